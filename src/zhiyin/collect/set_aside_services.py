"""What was set aside: mended and sent again, through the inbox like everything else, or discarded.

Sent again, a message keeps the moment at which it first arrived, so that its times are corrected as
they would have been then; it counts once, like any message that comes twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from zhiyin.accounts import access
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.models import Received, SetAside
from zhiyin.collect.pump import messages
from zhiyin.collect.pump.messages import MOST_BYTES
from zhiyin.collect.tracking.bodies import Refused, look

State = SetAside.State
MOST = 5_000  # of one press
DEALT_WITH_KEPT, WAITING_KEPT = timedelta(days=30), timedelta(days=90)
MOST_BODY = 2 * MOST_BYTES


@dataclass(frozen=True)
class Sent:
    """What became of a press: how many go in again, and how many cannot, being no JSON."""

    sent: int
    unfit: int


class NotWaiting(Exception):  # noqa: N818 (it says what is so)
    """Somebody has sent it again or discarded it meanwhile."""


class Unreadable(ValueError):  # noqa: N818 (it says what is so)
    """The text is no message."""


@transaction.atomic
def replay(chosen: QuerySet[SetAside], *, by: User) -> Sent:
    """Send up to MOST of these again as they came."""
    access.require(by, "set_aside.replay")
    sent: list[Received] = []
    done: list[UUID] = []
    unfit = 0
    for row in _waiting(chosen):
        try:
            sent.append(_request(row, row.message))
        except Unreadable:
            unfit += 1
        else:
            done.append(row.pk)
    Received.objects.bulk_create(sent)
    SetAside.objects.filter(pk__in=done).update(state=State.REPLAYED)
    if done:
        record(by, "set_aside.replayed", rows=len(done))
    return Sent(len(done), unfit)


@transaction.atomic
def mend(row: SetAside, text: str, *, by: User) -> None:
    """Send one again as it was mended. Raises `Unfit` where it would be set aside once more."""
    access.require(by, "set_aside.replay", row)
    if not may_edit(by):
        raise Denied("set_aside.replay")
    held = SetAside.objects.select_for_update().filter(pk=row.pk, state=State.WAITING).first()
    if held is None:
        raise NotWaiting(row.pk)
    check(text, kind=held.kind, received=held.received_at, source=held.source_id)
    _request(held, text).save(force_insert=True)
    held.state = State.REPLAYED
    held.save(update_fields=["state"])
    record(by, "set_aside.mended", held)


@transaction.atomic
def discard(chosen: QuerySet[SetAside], *, by: User) -> int:
    """Put up to MOST of these away for good; what they said is forgotten."""
    access.require(by, "set_aside.discard")
    ids = [row.pk for row in _waiting(chosen)]
    SetAside.objects.filter(pk__in=ids).update(state=State.DISCARDED, message="")
    if ids:
        record(by, "set_aside.discarded", rows=len(ids))
    return len(ids)


def forget(now: datetime) -> int:
    """What was dealt with a month ago, and what nobody dealt with for as long as events are hot."""
    old = Q(received_at__lt=now - WAITING_KEPT) | Q(received_at__lt=now - DEALT_WITH_KEPT) & ~Q(
        state=State.WAITING
    )
    return SetAside.objects.filter(old).delete()[0]


def may_edit(user: User) -> bool:
    """Who sees a message whole may write it anew."""
    return access.levels(user, "set_aside")["message"] is Level.WRITE


def may_read(user: User) -> bool:
    """Whether messages are shown to this user whole."""
    return access.levels(user, "set_aside")["message"] >= Level.READ


def check(text: str, *, kind: str, received: datetime, source: UUID) -> None:
    """Raise `Unfit` where the pump would not take this message, in the pump's own words."""
    messages.read(
        text.encode(), kind, None, place=lambda: source, received=received, source=source,
        currency=settings.CURRENCY,
    )  # fmt: skip


def _waiting(chosen: QuerySet[SetAside]) -> Sequence[SetAside]:
    """Those that nobody else has taken; held until the transaction ends."""
    ids = list(
        chosen.filter(state=State.WAITING).order_by("pk").values_list("pk", flat=True)[:MOST]
    )
    locked = SetAside.objects.select_for_update(skip_locked=True, of=("self",))
    return list(locked.filter(pk__in=ids, state=State.WAITING).order_by("pk"))


def _request(row: SetAside, text: str) -> Received:
    """The message as a request of its own."""
    try:
        body = text.encode()
        if not isinstance(json.loads(text), dict):
            raise Unreadable(row.pk)
        if row.kind == "batch":
            body = msgspec.json.encode({"batch": [msgspec.Raw(body)]})
        seen = look(body, batch=row.kind == "batch", most=MOST_BODY)
    except (ValueError, RecursionError, Refused) as error:
        raise Unreadable(row.pk) from error
    return Received(
        partition=seen.partition, source_id=row.source_id, kind=row.kind, messages=1,
        received_at=row.received_at, body=body,
    )  # fmt: skip
