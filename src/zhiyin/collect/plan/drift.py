"""How what comes differs from the plan: day by day, each way for itself, and what came no more.

Read from the counts of each day, so a report asks a few thousand rows at most, however much came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone
from django.utils.functional import Promise

from zhiyin.collect.models import Learnt, PlanDay, Source
from zhiyin.collect.plan import wording
from zhiyin.collect.plan.checking import Fault, mode_of
from zhiyin.collect.plan.schema import MODES, Mode, Plan
from zhiyin.collect.plan.services import plan_of

DAYS = 14
FEWEST = 20  # events of a day, below which a share says nothing
WEEK = 7
SILENCE = timedelta(hours=24)


@dataclass(frozen=True)
class Way:
    """One way in which events of a name deviate, over the days of the report."""

    event: str
    about: str  # the property; none where it is the event itself
    fault: Fault
    came: str  # the type that came, where that is what is wrong
    days: list[int]
    of: int  # events of the name that came in these days
    mode: Mode  # what the plan does with them

    @property
    def said(self) -> str:
        """In words."""
        return wording.of(self.fault, self.about, came=self.came)

    @property
    def becomes(self) -> str | Promise:
        """What the plan does with them, in words."""
        return MODES[self.mode]

    @property
    def events(self) -> int:
        """How many in all."""
        return sum(self.days)

    @property
    def percent(self) -> float:
        """Of the events of the name."""
        return 100 * self.events / self.of if self.of else 0.0


@dataclass(frozen=True)
class Stopped:
    """An event of the plan that came every day of a week, and then for a day no more."""

    event: str
    last_at: datetime
    a_day: float


@dataclass(frozen=True)
class Drift:
    """The report: days, oldest first, how many events came and deviated, and how."""

    days: list[date]
    came: list[int]
    deviated: list[int]
    ways: list[Way] = field(default_factory=list)
    stopped: list[Stopped] = field(default_factory=list)
    beyond: int = 0  # values under names beyond the cap, ever
    beyond_events: int = 0  # events whose names are

    @property
    def percent(self) -> float:
        """Of all that came in these days."""
        total = sum(self.came)
        return 100 * sum(self.deviated) / total if total else 0.0


def report(source: Source, now: datetime, *, days: int = DAYS) -> Drift:
    """What the last days say against the plan."""
    plan, today = plan_of(source), timezone.localdate(now)
    shown = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    place = {day: number for number, day in enumerate(shown)}
    came, deviated = [0] * days, [0] * days
    of: defaultdict[str, int] = defaultdict(int)
    counts: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0] * days)
    rows = PlanDay.objects.filter(source=source, day__gte=shown[0], day__lte=today)
    for day, event, about, fault, kind, n in rows.values_list(
        "day", "event", "property", "fault", "came", "events"
    ):
        if not fault:
            came[place[day]] += n
            of[event] += n
        elif fault == PlanDay.ANY:
            deviated[place[day]] += n
        else:
            counts[event, about, fault, kind][place[day]] += n
    ways = [
        Way(event, about, Fault(fault), kind, found, of[event], mode_of(plan, Fault(fault)))
        for (event, about, fault, kind), found in counts.items()
    ]
    ways.sort(key=lambda one: (-one.events, one.event, one.about))
    beyond, beyond_events = _beyond(source)
    return Drift(shown, came, deviated, ways, stopped(source, plan, now), beyond, beyond_events)


def _beyond(source: Source) -> tuple[int, int]:
    rows = Learnt.objects.filter(source=source, property="")
    unnamed = rows.filter(event="").values_list("events", flat=True).first()
    return rows.aggregate(n=Sum("beyond"))["n"] or 0, unnamed or 0


def stopped(source: Source, plan: Plan, now: datetime) -> list[Stopped]:
    """Events of the plan that have stopped coming."""
    learnt = Learnt.objects.filter(
        source=source, property="", event__in=list(plan.events), last_at__lt=now - SILENCE,
        last_at__gt=now - timedelta(days=30),
    )  # fmt: skip
    last = dict(learnt.values_list("event", "last_at"))
    if not last:
        return []
    earliest = timezone.localdate(min(last.values())) - timedelta(days=WEEK)
    rows = PlanDay.objects.filter(source=source, fault="", event__in=last, day__gte=earliest)
    days: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for event, day, n in rows.values_list("event", "day", "events"):
        days[event][day] = n
    found = []
    for event, at in sorted(last.items()):
        a_day = rhythm(days[event], timezone.localdate(at))
        if a_day:
            found.append(Stopped(event, at, a_day))
    return found


def rhythm(days: Mapping[date, int], last: date) -> float:
    """How many came a day in the week until `last`; 0 where not every day had some."""
    week = [days.get(last - timedelta(days=back), 0) for back in range(WEEK)]
    return sum(week) / WEEK if all(week) else 0.0


def shares(sources: Sequence[UUID], now: datetime) -> dict[UUID, float]:
    """Of each source with enough events today, how many percent deviate."""
    rows = PlanDay.objects.filter(
        source__in=sources, day=timezone.localdate(now), property="", fault__in=["", PlanDay.ANY]
    )
    sums: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for source, fault, n in rows.values_list("source", "fault").annotate(n=Sum("events")):
        sums[source][fault] = n
    return {
        source: 100 * held.get(PlanDay.ANY, 0) / held[""]
        for source, held in sums.items()
        if held.get("", 0) >= FEWEST
    }
