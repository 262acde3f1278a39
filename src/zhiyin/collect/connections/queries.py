"""What the page of a connection shows beside its runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Sum

from zhiyin.collect.models import Arrival, Connection, Import, SavedMapping, TurnedAway

DAYS = 30  # of what was turned away
SHOWN = 20


@dataclass(frozen=True)
class Topic:
    """What came under one topic: how much, when last, and whether it waits to be mapped."""

    name: str
    messages: int
    last_at: datetime
    unread: int
    waits: Import | None


@dataclass(frozen=True)
class Refused:
    """How often something was turned away for a reason."""

    reason: str
    times: int
    last_at: datetime


def mappings_of(one: Connection) -> list[SavedMapping]:
    """The mappings by which this connection is read."""
    shapes = one.runs.exclude(made=None).values("made__shape").distinct()
    found = SavedMapping.objects.filter(header_digest__in=shapes)
    return list(found.select_related("by").order_by("kind", "-used_at"))


def arrivals(one: Connection) -> list[Topic]:
    """What came to a webhook, by topic, the newest first."""
    counted = one.arrivals.values("topic").annotate(n=Count("id"), last=Max("received_at"))
    last = one.cursor.get("last", 0)  # devices are read in their order, not by import
    kept = one.kind == Connection.Kind.DEVICES
    left = one.arrivals.filter(pk__gt=last) if kept else one.arrivals.filter(made=None)
    unread = dict(left.values_list("topic").annotate(n=Count("id")))
    waiting: dict[str, Import] = {}
    held = Arrival.objects.filter(
        connection=one, made__state__in=(Import.State.NEW, Import.State.CHECKED)
    ).select_related("made")
    for arrival in held.order_by("topic", "id").distinct("topic"):
        if arrival.made is not None:
            waiting[arrival.topic] = arrival.made
    return [
        Topic(row["topic"], row["n"], row["last"], unread.get(row["topic"], 0),
              waiting.get(row["topic"]))
        for row in counted.order_by("-last")[:SHOWN]
    ]  # fmt: skip


def turned_away(one: Connection, now: datetime) -> list[Refused]:
    """What was not let in within these days, by reason."""
    found = one.turned_away.filter(day__gt=(now - timedelta(days=DAYS)).date())
    rows = found.values("reason").annotate(n=Sum("times"), last=Max("last_at")).order_by("-n")
    return [
        Refused(str(TurnedAway.Reason(row["reason"]).label), row["n"], row["last"]) for row in rows
    ]
