"""Sending what waits: one endpoint after the other, one message at a time, at least once.

A delivery is claimed for a while, sent, and its attempt noted. A sender that is killed in between
leaves the claim to run out, and the message goes again under the same id.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.connect import catalogue, egress, policies, rules, signing, vault
from zhiyin.connect.egress import Limits
from zhiyin.connect.models import Attempt, Delivery, Endpoint, Occurrence
from zhiyin.connect.reasons import EgressError
from zhiyin.connect.rules import Result

log = structlog.get_logger(__name__)
PURPOSE = "webhook secret"
LIMITS = Limits(connect_seconds=5, total_seconds=10, answer_bytes=64_000)
CLAIM = timedelta(minutes=2)  # longer than any attempt can take
BUDGET = 30.0  # seconds for one endpoint, before others get the worker's hand
State = Delivery.State


@dataclass(frozen=True)
class Run:
    """What a turn did, and whether more is due at once."""

    sent: int
    more: bool


def deliver(endpoint_id: UUID, *, clock: Callable[[], datetime] = timezone.now) -> Run:
    """Send what is due for one endpoint, until none is, the host fails, or time is up."""
    begun, sent = time.monotonic(), 0
    while time.monotonic() - begun < BUDGET:
        claimed = _claim(endpoint_id, now=clock())
        if claimed is None:
            return Run(sent, more=False)
        attempt(claimed, clock=clock)
        sent += 1
    return Run(sent, more=True)


def _claim(endpoint_id: UUID, *, now: datetime) -> Delivery | None:
    """The first that is due, ours until the claim runs out; none while the host is spared."""
    open_ = Endpoint.objects.filter(pk=endpoint_id, active=True)
    if not open_.filter(Q(held_until=None) | Q(held_until__lte=now)).exists():
        return None
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    with transaction.atomic():
        due = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(free, endpoint_id=endpoint_id, state=State.WAITING, due_at__lte=now)
            .select_related("endpoint__owner", "occurrence")
            .order_by("due_at", "id")
            .first()
        )
        if due is not None:
            due.claimed_until = now + CLAIM
            due.save(update_fields=["claimed_until"])
    return due


def attempt(delivery: Delivery, *, clock: Callable[[], datetime] = timezone.now) -> Result | None:
    """Send one delivery and note what came of it; None where its owner may not know of it."""
    endpoint, occurrence = delivery.endpoint, delivery.occurrence
    body = message(occurrence, endpoint.owner, with_values=endpoint.with_values)
    if body is None:
        _finish(delivery, State.WITHHELD, now=clock())
        return None
    try:
        result = post(endpoint, occurrence, body, now=clock())
    except vault.UnreadableError:
        stop(endpoint, Endpoint.Stop.SECRET, by=None, now=clock())
        return None
    _note(delivery, result, now=clock())
    return result


def message(occurrence: Occurrence, owner: User, *, with_values: bool) -> bytes | None:
    """The body, made anew from what the owner may see now; None where that is nothing."""
    event = catalogue.known(occurrence.type)
    if event is None or not access.allowed(owner, "webhook.see"):
        return None
    data = event.tell(owner, occurrence, with_values)
    if data is None:
        return None
    return msgspec.json.encode({"type": occurrence.type, "timestamp": occurrence.at, "data": data})


def post(endpoint: Endpoint, occurrence: Occurrence, body: bytes, *, now: datetime) -> Result:
    """One signed POST. Address and policy are judged here again, whatever was judged before."""
    signed = signing.headers(
        secrets_of(endpoint, now), occurrence.message_id, int(now.timestamp()), body
    )
    try:
        answer = egress.send(
            "POST", endpoint.url, policy=policies.current(), headers=signed, body=body,
            limits=LIMITS, resolver=egress.look_up,
        )  # fmt: skip
    except EgressError as error:
        return Result(failed=error.reason)
    return Result(
        answer.status, retry_after=answer.headers.get("retry-after", ""),
        milliseconds=answer.milliseconds,
    )  # fmt: skip


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    """The secrets that sign now: the newest, and the one before while it is rotated out."""
    old = endpoint.old_secret if endpoint.rotates_until(now) is not None else None
    sealed = [bytes(one) for one in (endpoint.secret, old) if one is not None]
    return [vault.unseal(one, purpose=PURPOSE) for one in sealed]


def _note(delivery: Delivery, result: Result, *, now: datetime) -> None:
    """Keep the attempt, and do what the rules say follows from it."""
    endpoint = delivery.endpoint
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        following = rules.after(
            result, attempts=delivery.attempts + 1, created_at=delivery.created_at,
            failures=endpoint.failures, failing_since=endpoint.failing_since, now=now,
            luck=random.random(),  # noqa: S311  (spreads load; nothing to guess)
        )  # fmt: skip
        _keep(delivery, result, now=now)
        delivery.attempts += 1
        if following.delivered:
            _finish(delivery, State.DELIVERED, now=now)
            Endpoint.objects.filter(pk=endpoint.pk).update(
                failures=0, failing_since=None, held_until=None, delivered_at=now
            )
            return
        if following.wait is None:
            _finish(delivery, State.FAILED, now=now)
        else:
            delivery.due_at, delivery.claimed_until = now + following.wait, None
            delivery.save(update_fields=["due_at", "claimed_until", "attempts"])
        if following.hold is not None:
            Endpoint.objects.filter(pk=endpoint.pk).update(
                failures=F("failures") + 1, failing_since=endpoint.failing_since or now,
                held_until=now + following.hold,
            )  # fmt: skip
        if following.gone:
            stop(endpoint, Endpoint.Stop.GONE, by=None, now=now)
        elif following.lost:
            stop(endpoint, Endpoint.Stop.FAILING, by=None, now=now)


def _keep(delivery: Delivery, result: Result, *, now: datetime) -> None:
    Attempt.objects.create(
        delivery=delivery, at=now, status=result.status, milliseconds=result.milliseconds,
        reason=result.reason or "",
    )  # fmt: skip
    log.info("webhook sent", delivery=str(delivery.pk), status=result.status, reason=result.reason,
             ms=result.milliseconds)  # fmt: skip


@transaction.atomic
def finish_test(delivery: Delivery, result: Result, *, now: datetime) -> None:
    """Keep what came of a test; whatever it is, the host's record stays as it was."""
    _keep(delivery, result, now=now)
    delivery.attempts = 1
    _finish(delivery, State.DELIVERED if result.reason is None else State.FAILED, now=now)


def _finish(delivery: Delivery, state: str, *, now: datetime) -> None:
    delivery.state, delivery.finished_at, delivery.claimed_until = state, now, None
    delivery.save(update_fields=["state", "finished_at", "claimed_until", "attempts"])


@transaction.atomic
def stop(endpoint: Endpoint, because: str, *, by: User | None, now: datetime) -> None:
    """Switch an endpoint off. What waits goes out when it is on again, unless the host is gone."""
    changed = Endpoint.objects.filter(pk=endpoint.pk, active=True).update(
        active=False, stopped_because=because, stopped_at=now
    )
    if not changed:
        return
    if because == Endpoint.Stop.GONE:
        waiting = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING)
        waiting.update(state=State.CANCELLED, finished_at=now, claimed_until=None)
    record(by, "webhook.stopped", endpoint, because=because)


def sweep(now: datetime) -> list[UUID]:
    """The endpoints for which something is due."""
    due = Delivery.objects.filter(state=State.WAITING, due_at__lte=now, endpoint__active=True)
    free = Q(endpoint__held_until=None) | Q(endpoint__held_until__lte=now)
    return list(due.filter(free).order_by().values_list("endpoint_id", flat=True).distinct())
