"""Sharing single rows: one function a use case, one transaction, one audit entry.

A share carries what its giver had at that moment, so it never opens more than the giver saw. It
needs a permission of its own ("customer.share") and ends at a date, or when somebody ends it; from
the next request on the row is closed again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Department, Share, User
from zhiyin.accounts.policy import Level, resource_named
from zhiyin.accounts.services import NotAllowed


@transaction.atomic
def share(
    resource: str,
    row: Model,
    *,
    by: User,
    reason: str,
    user: User | None = None,
    department: Department | None = None,
    may_change: bool = False,
    until: datetime | None = None,
) -> Share:
    """Open a row to a colleague or to a department and those below it; replaces an older share."""
    access.require(by, f"{resource}.share", row)
    reason = _checked(resource, by, user, department, reason, until)
    known = resource_named(resource)
    may = {a for a in known.shareable if access.can_reach(by, f"{resource}.{a}", row)}
    if may_change and "change" not in may:
        raise NotAllowed(_("You may not change this record yourself, so nobody can through you."))
    levels = access.levels_at(by, resource, row)
    most = Level.WRITE if may_change else Level.READ
    live = Share.objects.filter(
        resource=resource, row_id=row.pk, user=user, department=department, ended_at=None
    )
    live.update(ended_at=timezone.now(), ended_by=by)
    made = Share.objects.create(
        resource=resource, row_id=row.pk, user=user, department=department,
        may_change=may_change, actions=sorted(may if may_change else may & {"see"}),
        levels={name: int(min(level, most)) for name, level in levels.items()},
        until=until, reason=reason, by=by,
    )  # fmt: skip
    record(
        by, f"{resource}.shared", row, share=made.pk, user=made.user_id,
        department=made.department_id, may_change=may_change, until=until,
    )  # fmt: skip
    return made


@transaction.atomic
def end_share(share: Share, row: Model, *, by: User) -> Share:
    """Close a row again; who gave the share may, and whoever may share the row."""
    held = Share.objects.select_for_update(of=("self",)).get(pk=share.pk)
    if held.row_id != row.pk:
        raise access.OutOfSight
    if held.by_id != by.pk:
        access.require(by, f"{held.resource}.share", row)
    if held.ended_at is None:
        held.ended_at, held.ended_by = timezone.now(), by
        held.save(update_fields=["ended_at", "ended_by"])
        record(
            by, f"{held.resource}.unshared", row, share=held.pk, user=held.user_id,
            department=held.department_id,
        )  # fmt: skip
    return held


def forget(resource: str, rows: Collection[UUID]) -> None:
    """Rows that are no more leave no share behind, not even an ended one."""
    Share.objects.filter(resource=resource, row_id__in=list(rows)).delete()


def live_shares(resource: str, row: Model) -> QuerySet[Share]:
    """The shares of a row that hold now, with whom and by whom."""
    now = timezone.now()
    return (
        Share.objects.filter(resource=resource, row_id=row.pk, ended_at=None)
        .filter(Q(until=None) | Q(until__gt=now))
        .select_related("user", "department", "by")
        .order_by("created_at", "id")
    )


def _checked(
    resource: str,
    by: User,
    user: User | None,
    department: Department | None,
    reason: str,
    until: datetime | None,
) -> str:
    if (user is None) == (department is None):
        raise NotAllowed(_("Choose a colleague or a department."))
    if user is not None and (user.pk == by.pk or not user.is_active):
        raise NotAllowed(_("Choose a colleague whose account is open."))
    if user is not None and not access.allowed(user, f"{resource}.see"):
        raise NotAllowed(_("This colleague's role opens no records of this kind."))
    if until is not None and until <= timezone.now():
        raise NotAllowed(_("The last day is over already."))
    if not reason.strip():
        raise NotAllowed(_("Say why."))
    return reason.strip()[:200]
