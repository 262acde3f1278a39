"""Why can this user see this record, and who else can? Told from the very ways that access.py
compiles to filters, so an explanation cannot differ from what happens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from zhiyin.accounts import access
from zhiyin.accounts.access import Way, Why
from zhiyin.accounts.models import Delegation, Department, Share, Territory, User
from zhiyin.accounts.policy import Level, Resource, Scope, parse
from zhiyin.accounts.roles import Role

# What may be done with a record, in words and in the order in which people think of it.
_DEEDS: dict[str, Promise] = {
    "see": pgettext_lazy("deed", "see"),
    "add": pgettext_lazy("deed", "add"),
    "change": pgettext_lazy("deed", "change"),
    "tag": pgettext_lazy("deed", "tag"),
    "reveal": pgettext_lazy("deed", "look behind masks"),
    "assign": pgettext_lazy("deed", "assign"),
    "share": pgettext_lazy("deed", "share"),
    "merge": pgettext_lazy("deed", "merge"),
    "export": pgettext_lazy("deed", "export"),
}


def _order(action: str) -> tuple[int, str]:
    known = list(_DEEDS)
    return (known.index(action) if action in known else len(known), action)


@dataclass(frozen=True)
class Told:
    """One way: whether it opens the row, what it lets do, and the sentence about it."""

    way: Way
    opens: bool
    text: str

    @property
    def actions(self) -> list[str]:
        return [str(_DEEDS.get(one, one)) for one in sorted(self.way.actions, key=_order)]

    @property
    def hidden(self) -> int:
        """How many fields stay hidden on this way."""
        return sum(1 for level in self.way.levels.values() if level is Level.HIDDEN)


@dataclass(frozen=True)
class Explanation:
    """The answer: yes or no, the ways that open the row, and the nearest that do not."""

    user: User
    allowed: bool
    open: list[Told]
    near: list[Told]


def explain(user: User, permission: str, row: Model) -> Explanation:
    """Why this user has the permission for this row, or how near they come to it."""
    resource, action = parse(permission)
    names = _Names(user, resource, row)
    told = []
    for way in access.ways(user, resource):
        opens = way.rows.hold(resource, row)
        told.append((way, opens and action in way.actions, opens, names.sentence(way, opens)))
    return Explanation(
        user,
        any(gives for _, gives, _, _ in told),
        [Told(way, True, text) for way, gives, _, text in told if gives],
        [Told(way, opens, text) for way, gives, opens, text in told if not gives],
    )


class _Names:
    """The names that the sentences about one user and one row need; asked at once."""

    def __init__(self, user: User, resource: Resource, row: Model) -> None:
        self.user, self.resource, self.row = user, resource, row
        found = access.ways(user, resource)
        ids: dict[Why, list[UUID]] = {}
        for way in found:
            if way.source is not None:
                ids.setdefault(way.why, []).append(way.source)
        self.territories = Territory.objects.in_bulk(ids.get(Why.TERRITORY, []))
        self.shares = {
            one.pk: one
            for one in Share.objects.filter(pk__in=ids.get(Why.SHARE, [])).select_related(
                "by", "department"
            )
        }
        self.delegations = {
            one.pk: one
            for one in Delegation.objects.filter(pk__in=ids.get(Why.DELEGATION, [])).select_related(
                "giver"
            )
        }

    def sentence(self, way: Way, opens: bool) -> str:
        if way.source is None:
            return self._of_role(way, opens)
        if way.why is Why.TERRITORY:
            name = {"name": self.territories[way.source].name}
            if opens:
                return _("It lies in the territory %(name)s, where they work.") % name
            return _("They work in the territory %(name)s, but it lies outside.") % name
        if way.why is Why.SHARE:
            return self._of_share(self.shares[way.source], opens)
        giver = {"name": self.delegations[way.source].giver.name}
        if opens:
            return _("They stand in for %(name)s, to whom it belongs.") % giver
        return _("They stand in for %(name)s, but it belongs to somebody else.") % giver

    def _of_role(self, way: Way, opens: bool) -> str:
        if way.scope is Scope.ALL:
            return _("Their role opens every record of this kind.")
        mine = self.resource.owner and getattr(self.row, self.resource.owner) == self.user.pk
        if opens and mine:
            return _("It belongs to them, and their role opens what is their own.")
        if way.scope is Scope.OWN:
            return _("Their role opens what is their own; this belongs to somebody else.")
        if way.scope is Scope.TEAM:
            if opens:
                return _("It belongs to their department, and their role opens that.")
            return _("Their role opens their department; this belongs to another one.")
        if opens:
            return _("It belongs to their department or one below, and their role opens those.")
        return _("Their role opens their department and those below; this belongs to another one.")

    def _of_share(self, share: Share, opens: bool) -> str:
        if not opens:
            return _("Another record was shared with them, not this one.")
        if share.department is not None:
            return _("%(by)s shared it with the department %(name)s.") % {
                "by": share.by.name, "name": share.department.name,
            }  # fmt: skip
        return _("%(by)s shared it with them.") % {"by": share.by.name}


@dataclass(frozen=True)
class Group:
    """Some people who can see a row for the same reason."""

    why: str
    names: list[str]
    people: int


SHOWN_NAMES = 5


def who_can_see(resource: Resource, row: Model, near: Iterable[User]) -> list[Group]:
    """The people to whom a row is open, grouped by the first way that opens it to them.

    `near` are the users to look at: a company's few hundred, with `department` at hand.
    """
    groups: dict[str, list[str]] = {}
    departments = _above(getattr(row, resource.department) if resource.department else None)
    owner = getattr(row, resource.owner) if resource.owner else None
    for user in near:
        why = _first_way(resource, user, owner, departments)
        if why:
            groups.setdefault(why, []).append(user.name)
    return [Group(why, names[:SHOWN_NAMES], len(names)) for why, names in groups.items()]


def _first_way(resource: Resource, user: User, owner: UUID | None, departments: list[UUID]) -> str:
    seen = [g.scope for g in resource.grants_of(user.roles) if "see" in g.actions]
    widest = max(seen, default=Scope.NONE)
    if widest > Scope.NONE and user.pk == owner:
        return _("Owner")
    if widest is Scope.ALL:
        roles = [Role(role) for role in user.roles]
        return _("Role: %(role)s") % {"role": "、".join(str(role.label) for role in roles)}
    if widest >= Scope.TEAM and departments and user.department_id == departments[-1]:
        return _("Same department")
    if widest is Scope.DEPARTMENT and user.department_id in departments:
        return _("Department above")
    return ""


def _above(department: UUID | None) -> list[UUID]:
    """The departments from the root down to this one."""
    if department is None:
        return []
    path = Department.objects.values_list("path", flat=True).get(pk=department)
    return [UUID(part) for part in path.split("/") if part]
