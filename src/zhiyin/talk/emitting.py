"""Telling people: called by the services of every room, within the transaction of the deed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from zhiyin.accounts import records
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.talk import defaults, rules
from zhiyin.talk.kinds import NoticeKind
from zhiyin.talk.models import Hours, KindDefault, Mail, Notice, Preference, PushDevice

Fact = str | int | bool | None


@transaction.atomic
def notify(
    users: Iterable[User],
    kind: NoticeKind,
    *,
    by: User | None = None,
    ref: Ref | None = None,
    at: datetime | None = None,
    **detail: Fact,
) -> list[Notice]:
    """Tell these users. Not whoever did it, nobody who left, nobody who may not see the record."""
    told = {user.pk: user for user in users if user.is_active and (by is None or user != by)}
    if ref is not None:
        told = {pk: user for pk, user in told.items() if records.visible(user, [ref])}
    if not told:
        return []
    moment = at or timezone.now()
    wanted = {one.user_id: one for one in Preference.objects.filter(user__in=told, kind=kind.key)}
    usual = defaults.of(kind)
    with_device = set(PushDevice.objects.filter(user__in=told).values_list("user", flat=True))
    hours = {one.user_id: one for one in Hours.objects.filter(user__in=told)}
    made = [
        _notice(
            user, kind, wanted.get(pk) or usual, wishes_of(hours.get(pk)), moment, pk in with_device
        )
        for pk, user in told.items()
    ]
    for notice in made:
        notice.by, notice.detail = by, detail
        notice.record_type, notice.record_id = ref or ("", None)
    made = [one for one in made if one.in_product or one.mail_due or one.push_due]
    return Notice.objects.bulk_create(made)


def _notice(
    user: User,
    kind: NoticeKind,
    wanted: Preference | KindDefault,
    wishes: rules.Wishes,
    at: datetime,
    has_device: bool,
) -> Notice:
    due = {Mail.OFF: None, Mail.NOW: rules.due_now(at, wishes),
           Mail.DIGEST: rules.due_in_digest(at, wishes)}  # fmt: skip
    push = has_device and wanted.push
    return Notice(
        user=user, kind=kind.key, in_product=wanted.in_product, mail_due=due[Mail(wanted.mail)],
        push_due=rules.due_now(at, wishes) if push else None,
    )  # fmt: skip


def wishes_of(hours: Hours | None) -> rules.Wishes:
    """A user's wishes; the house's own where nothing was said."""
    if hours is None:
        default = Hours(zone=settings.TIME_ZONE)
        return rules.Wishes(ZoneInfo(settings.TIME_ZONE), None, default.digest_at)
    try:
        zone = ZoneInfo(hours.zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo(settings.TIME_ZONE)
    quiet = (hours.quiet_from, hours.quiet_until) if hours.quiet else None
    return rules.Wishes(zone, quiet, hours.digest_at)
