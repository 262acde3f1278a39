"""Delegations: for a time, a colleague acts on what belongs to somebody else.

The receiver never gains a field or an action beyond the own role or the giver's, whichever is less
(access.py sees to it), never what would outlive the delegation, and cannot hand it on. Each is
audited, and it can be ended by either side.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Delegation, User
from zhiyin.accounts.services import NotAllowed

LONGEST = timedelta(days=366)


@transaction.atomic
def delegate(
    *, giver: User, receiver: User, starts_at: datetime, ends_at: datetime, reason: str, by: User
) -> Delegation:
    """Let `receiver` act on what belongs to `giver`, from one moment to another."""
    made = Delegation(
        giver=giver, receiver=receiver, starts_at=starts_at, ends_at=ends_at,
        reason=reason.strip()[:200], by=by,
    )  # fmt: skip
    access.require(by, "delegation.change", made)
    _check(made)
    made.save(force_insert=True)
    record(
        by, "delegation.given", made, giver=giver.pk, receiver=receiver.pk, starts_at=starts_at,
        ends_at=ends_at,
    )  # fmt: skip
    return made


@transaction.atomic
def end_delegation(delegation: Delegation, *, by: User) -> Delegation:
    """End it now; the giver, the receiver and an administrator may."""
    held = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
    if held.receiver_id != by.pk:
        access.require(by, "delegation.change", held)
    if held.ended_at is None:
        held.ended_at, held.ended_by = timezone.now(), by
        held.save(update_fields=["ended_at", "ended_by"])
        record(by, "delegation.ended", held, giver=held.giver_id, receiver=held.receiver_id)
    return held


def delegations_for(user: User) -> QuerySet[Delegation]:
    """Those that this user gave, received or may see, and that are not over."""
    seen = access.scoped(user, Delegation.objects.all(), "delegation.see")
    return (
        Delegation.objects.filter(Q(pk__in=seen.values("pk")) | Q(receiver=user))
        .filter(ended_at=None)
        .filter(ends_at__gt=timezone.now())
        .select_related("giver", "receiver", "by")
        .order_by("starts_at", "id")
    )


def _check(new: Delegation) -> None:
    if new.giver_id == new.receiver_id:
        raise NotAllowed(_("Choose somebody else."))
    if not new.receiver.is_active or not new.giver.is_active:
        raise NotAllowed(_("Choose a colleague whose account is open."))
    if new.ends_at <= new.starts_at or new.ends_at <= timezone.now():
        raise NotAllowed(_("The end comes after the beginning, and is still to come."))
    if new.ends_at - new.starts_at > LONGEST:
        raise NotAllowed(_("A delegation lasts a year at most; give a new one after that."))
    if not new.reason:
        raise NotAllowed(_("Say why."))
