"""What the screens of users, departments and the audit trail read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from zhiyin.accounts import access
from zhiyin.accounts.models import AuditEntry, Department, User
from zhiyin.accounts.roles import Role

AUDIT_PAGE = 50


def users_for(
    reader: User, *, text: str = "", role: str = "", closed: bool = False
) -> QuerySet[User]:
    """The users whom this reader may see, by name."""
    users = access.scoped(reader, User.objects.select_related("department"), "user.see")
    users = users.filter(is_active=not closed, kind=User.Kind.PERSON)
    if text:
        users = users.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if role in Role.values:
        users = users.filter(roles__contains=[role])
    return users.order_by("name", "id")


def colleagues(*, besides: User | None = None) -> QuerySet[User]:
    """Everybody whose account is open, by name, with their department."""
    found = User.objects.filter(is_active=True, kind=User.Kind.PERSON).select_related("department")
    if besides is not None:
        found = found.exclude(pk=besides.pk)
    return found.order_by("name", "id")


def departments_for(user: User) -> QuerySet[Department]:
    """Where this user may put people."""
    scope = access.scope_of(user, "user.change")
    if scope is access.Scope.ALL:
        return Department.objects.order_by("path")
    ids = access.department_ids(user, scope)
    return Department.objects.filter(pk__in=ids).order_by("path")


def department_tree() -> list[Department]:
    """Every department from the roots down, siblings by name; each with its `people` counted."""
    rows = Department.objects.annotate(
        people=Count("users", filter=Q(users__is_active=True))
    ).order_by("name_zh")
    below: dict[UUID | None, list[Department]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    tree: list[Department] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        node = waiting.pop()
        tree.append(node)
        waiting.extend(reversed(below.get(node.id, [])))
    return tree


@dataclass(frozen=True)
class DepartmentNode:
    """A department as the tree on the screen shows it."""

    name: str
    url: str
    count: int
    children: list[DepartmentNode]


def department_nodes(tree: list[Department], *, linked: bool) -> list[DepartmentNode]:
    """The tree as nested nodes; `linked` where the reader may change departments."""
    nodes: dict[UUID | None, list[DepartmentNode]] = {None: []}
    for row in tree:
        url = reverse("department", args=[row.pk]) if linked else ""
        below = nodes.setdefault(row.pk, [])
        people = int(getattr(row, "people", 0))
        nodes[row.parent_id].append(DepartmentNode(row.name, url, people, below))
    return nodes[None]


@dataclass(frozen=True)
class AuditLine:
    """An entry as a person reads it: with the name of who did it, where they still work here."""

    entry: AuditEntry
    who: str

    @property
    def detail(self) -> list[tuple[str, str]]:
        return [
            (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
            for name, value in self.entry.detail.items()
            if value is not None
        ]


@dataclass(frozen=True)
class AuditFilter:
    """What the reader of the audit trail looks for; empty fields do not filter."""

    by: UUID | None = None
    verb: str = ""
    about: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None


def audit_page(wanted: AuditFilter) -> list[AuditLine]:
    """The newest entries that match, one more than a page where more follow."""
    entries = AuditEntry.objects.order_by("-seq")
    if wanted.by:
        entries = entries.filter(by=wanted.by)
    if wanted.verb:
        entries = entries.filter(verb=wanted.verb)
    if wanted.about:
        entries = entries.filter(Q(object_id=wanted.about) | Q(object_type=wanted.about))
    if wanted.first:
        entries = entries.filter(at__gte=_midnight(wanted.first))
    if wanted.last:
        entries = entries.filter(at__lt=_midnight(wanted.last + timedelta(days=1)))
    if wanted.before:
        entries = entries.filter(seq__lt=wanted.before)
    page = list(entries[: AUDIT_PAGE + 1])
    names = dict(User.objects.filter(pk__in={e.by for e in page if e.by}).values_list("pk", "name"))
    return [AuditLine(entry, names.get(entry.by, "") if entry.by else "") for entry in page]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone()).astimezone(UTC)
