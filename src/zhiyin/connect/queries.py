"""Reads of this room: endpoints with how they do, the log of one, one delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.connect.models import Attempt, Delivery, Endpoint, HostRule

PAGE = 50
DAY = timedelta(hours=24)
State = Delivery.State


@dataclass(frozen=True)
class Tally:
    """What became of an endpoint's messages of the last day, and what waits however old it is."""

    delivered: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Line:
    """An endpoint in the list."""

    endpoint: Endpoint
    tally: Tally


def endpoints(user: User) -> QuerySet[Endpoint]:
    """The endpoints that this user may see, the newest first."""
    found = Endpoint.objects.select_related("owner").order_by("-id")
    return access.scoped(user, found, "webhook.see")


def lines(user: User, *, now: datetime) -> list[Line]:
    """The list with its figures, in two queries however many there are."""
    found = list(endpoints(user))
    tallies = tally([one.pk for one in found], now=now)
    return [Line(one, tallies.get(one.pk, Tally())) for one in found]


def tally(ids: list[UUID], *, now: datetime) -> Mapping[UUID, Tally]:
    """The figures of several endpoints."""
    recent = Q(id__gte=first_id(now - DAY))
    counted = (
        Delivery.objects.filter(recent | Q(state=State.WAITING), endpoint_id__in=ids)
        .order_by()
        .values("endpoint_id")
        .annotate(
            delivered=Count("id", filter=Q(state=State.DELIVERED)),
            failed=Count("id", filter=Q(state=State.FAILED)),
            waiting=Count("id", filter=Q(state=State.WAITING)),
        )
    )
    return {
        row["endpoint_id"]: Tally(row["delivered"], row["failed"], row["waiting"])
        for row in counted
    }


def log(endpoint: Endpoint, *, state: str = "", before: UUID | None = None) -> list[Delivery]:
    """A page of the log and one more, the newest first, each with its last attempt."""
    last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-id")
    found = Delivery.objects.filter(endpoint=endpoint).select_related("occurrence")
    if state in State.values:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    annotated = found.annotate(
        last_status=Subquery(last.values("status")[:1]),
        last_reason=Subquery(last.values("reason")[:1]),
        last_ms=Subquery(last.values("milliseconds")[:1]),
    )
    return list(annotated.order_by("-pk")[: PAGE + 1])


def delivery(user: User, delivery_id: UUID) -> QuerySet[Delivery]:
    """One delivery, where its endpoint is in this user's sight."""
    seen = Delivery.objects.select_related("endpoint__owner", "occurrence")
    return seen.filter(pk=delivery_id, endpoint__in=endpoints(user))


def switched_off(user: Person) -> int:
    """How many endpoints were switched off by themselves and wait for somebody."""
    off = access.scoped(user, Endpoint.objects.filter(active=False), "webhook.see")
    return off.exclude(stopped_because=Endpoint.Stop.BY_HAND).count()


def host_rules() -> list[HostRule]:
    """What this installation narrows."""
    return list(HostRule.objects.select_related("by").order_by("kind", "pattern"))


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids rise with time, so the log's index finds a period."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
