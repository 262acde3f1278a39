"""How sources do: what they sent, how much of it was refused, and how long it takes to get through.

Read from the pump's tallies, so the screens ask the same few rows whether a source sends ten events
a day or ten thousand a second.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncHour
from django.utils.translation import get_language

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.collect import source_rules
from zhiyin.collect.models import Connection, Import, Refusal, Run, Source, Tally, ToArchive
from zhiyin.collect.source_rules import Health, Hour

Outcome = Tally.Outcome
HOURS, MINUTES = 24, 60
IN = (Outcome.KEPT, Outcome.ANONYMOUS)
LAG_LOOK = timedelta(minutes=5)  # the lag of a pump is the longest wait within this
MOST_WAITING = 50_000  # requests of the inbox that are looked at


@dataclass(frozen=True)
class Waiting:
    """What of a source lies in the inbox; `oldest` is when the first of it came."""

    messages: int = 0
    oldest: datetime | None = None


@dataclass
class Day:
    """The last 24 hours of a source, the present one last."""

    hours: list[int] = field(default_factory=lambda: [0] * HOURS)
    set_aside: int = 0
    duplicates: int = 0
    anonymous: int = 0
    withheld: int = 0

    @property
    def events(self) -> int:
        """How many came in."""
        return sum(self.hours)


@dataclass(frozen=True)
class SourceLine:
    """One source as the table shows it."""

    source: Source
    health: Health | None  # None: it promised nothing
    imports: int
    day: Day
    lag: timedelta | None  # None: nothing came within the hour, and nothing waits

    @property
    def name(self) -> str:
        """What the source is called in the user's language."""
        return name_of(self.source)

    @property
    def trend(self) -> list[int]:
        """Hour by hour, where there is something to draw."""
        return self.day.hours if self.day.events else []


def name_of(source: Source) -> str:
    """What a source is called in the user's language."""
    chinese = (get_language() or "zh").startswith("zh")
    return source.name_zh if chinese else source.name_en


def lines(user: User, now: datetime) -> list[SourceLine]:
    """Every source that this user may see, those in trouble first."""
    mine = access.scoped(user, Import.objects.all(), "import.see")
    counts: dict[Any, int] = dict(mine.order_by().values_list("source").annotate(count=Count("id")))
    sources = list(access.scoped(user, Source.objects.order_by("key"), "source.see"))
    found, late = days(now), lags(now)
    order = {"bad": 0, "warn": 1, "good": 2, None: 3}
    made = [
        SourceLine(
            one, source_rules.health(one, now), counts.get(one.pk, 0), found[one.pk],
            late.get(one.pk),
        )
        for one in sources
    ]  # fmt: skip
    return sorted(made, key=lambda line: (not line.source.troubles, order[line.health]))


def days(now: datetime) -> defaultdict[UUID, Day]:
    """The last 24 hours of each source: what SDKs sent, and what files brought."""
    start = _hour(now) - timedelta(hours=HOURS - 1)
    found: defaultdict[UUID, Day] = defaultdict(Day)
    rows = (
        Tally.objects.filter(at__gte=start).annotate(hour=TruncHour("at"))
        .values_list("source", "hour", "outcome").annotate(n=Sum("events")).order_by()
    )  # fmt: skip
    for source, hour, outcome, n in rows:
        day = found[source]
        if outcome in IN:
            day.hours[_place(hour, start)] += n
        if outcome == Outcome.SET_ASIDE:
            day.set_aside += n
        elif outcome == Outcome.DUPLICATE:
            day.duplicates += n
        elif outcome == Outcome.ANONYMOUS:
            day.anonymous += n
        elif outcome == Outcome.WITHHELD:
            day.withheld += n
    loaded = Import.objects.filter(state=Import.State.LOADED, finished_at__gte=start)
    for source, at, n in loaded.values_list("source", "finished_at", "loaded"):
        if at is not None and n:
            found[source].hours[_place(at, start)] += n
    return found


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _place(moment: datetime, start: datetime) -> int:
    return min(max(0, int((moment - start) / timedelta(hours=1))), HOURS - 1)


def waiting() -> dict[UUID, Waiting]:
    """What of each source lies in the inbox, of the requests that are next."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select source_id, sum(messages), min(received_at) from (select source_id, messages,"
            " received_at from collect_received order by id limit %s) r group by source_id",
            [MOST_WAITING],
        )
        return {source: Waiting(int(n), oldest) for source, n, oldest in cursor.fetchall()}


def lags(now: datetime) -> dict[UUID, timedelta]:
    """How long events of each source wait for the pump: those that wait now, or waited lately."""
    recent = Tally.objects.filter(at__gte=now - LAG_LOOK)
    found = {
        source: timedelta(milliseconds=ms)
        for source, ms in recent.values_list("source").annotate(ms=Max("lag_ms")).order_by()
    }
    for source, one in waiting().items():
        if one.oldest is not None:
            found[source] = max(found.get(source, timedelta(0)), now - one.oldest)
    return found


def hours(now: datetime) -> dict[UUID, Hour]:
    """The last hour of each source, for its thresholds."""
    late = lags(now)
    sums: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    since = Tally.objects.filter(at__gt=now - timedelta(hours=1), lane__gte=0)
    for source, outcome, n in (
        since.values_list("source", "outcome").annotate(n=Sum("events")).order_by()
    ):
        sums[source][outcome] = n
    return {
        source: Hour(
            sum(n for outcome, n in found.items() if outcome != Outcome.SET_ASIDE),
            found.get(Outcome.SET_ASIDE, 0), late.get(source, timedelta(0)),
        )
        for source in {*sums, *late}
        for found in [sums.get(source, {})]
    }  # fmt: skip


@dataclass(frozen=True)
class Minutes:
    """What came in, minute by minute of the last hour; the last one is not over."""

    starts: list[datetime]
    events: list[int]


@dataclass(frozen=True)
class Reason:
    """Why events were set aside, and how many."""

    reason: str
    events: int
    last_at: datetime


@dataclass(frozen=True)
class Turned:
    """Requests that the tracking door refused, and the status that it answered with."""

    status: int
    requests: int
    last_at: datetime


@dataclass(frozen=True)
class Report:
    """One source's health."""

    day: Day
    minutes: Minutes
    reasons: list[Reason]
    refused: list[Turned]
    waiting: Waiting
    lag: timedelta | None
    archive_events: int  # of all sources: the lake gets them in one go
    archive_lag: timedelta | None


def report(source: Source, now: datetime) -> Report:
    """Everything that the page of a source says."""
    reasons = (
        Tally.objects.filter(
            source=source, outcome=Outcome.SET_ASIDE, at__gte=now - timedelta(hours=HOURS)
        )
        .values_list("reason").annotate(n=Sum("events"), last=Max("last_at")).order_by("-n")
    )  # fmt: skip
    behind = ToArchive.objects.aggregate(events=Sum("events"), oldest=Min("at"))
    return Report(
        day=days(now)[source.pk],
        minutes=_minutes(source, now),
        reasons=[Reason(*row) for row in reasons],
        refused=refused(source, now),
        waiting=waiting().get(source.pk, Waiting()),
        lag=lags(now).get(source.pk),
        archive_events=behind["events"] or 0,
        archive_lag=now - behind["oldest"] if behind["oldest"] else None,
    )


def refused(source: Source | None, now: datetime) -> list[Turned]:
    """What the door refused of a source in 24 hours, the most first; None: of no known source."""
    since = _hour(now) - timedelta(hours=HOURS - 1)
    rows = (
        Refusal.objects.filter(source=source, hour__gte=since)
        .values_list("status").annotate(n=Sum("requests"), last=Max("last_at")).order_by("-n")
    )  # fmt: skip
    return [Turned(*row) for row in rows]


def _minutes(source: Source, now: datetime) -> Minutes:
    last = now.replace(second=0, microsecond=0)
    starts = [last - timedelta(minutes=back) for back in range(MINUTES - 1, -1, -1)]
    rows = Tally.objects.filter(source=source, at__gte=starts[0], lane__gte=0, outcome__in=IN)
    sums = dict(rows.values_list("at").annotate(n=Sum("events")).order_by())
    return Minutes(starts, [sums.get(start, 0) for start in starts])


@dataclass(frozen=True)
class Connected:
    """A connection and its last run."""

    connection: Connection
    run: Run | None


def connections(source: Source) -> list[Connected]:
    """The connections of a source by name, each with its last run."""
    found = list(source.connections.order_by("name"))
    last = Run.objects.filter(connection__in=found).order_by("connection", "-started_at")
    runs = {run.connection_id: run for run in last.distinct("connection")}
    return [Connected(one, runs.get(one.pk)) for one in found]
