"""When a source is late or in trouble, decided from figures that are passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from zhiyin.collect.models import Source

BROKEN_AFTER = 3  # promises missed in a row: late becomes broken
FEWEST = 20  # events of an hour, below which a share of refused ones says nothing
Health = Literal["good", "warn", "bad"]


class Trouble(StrEnum):
    """What the keepers of a source are told of."""

    SILENT = "silent"
    REFUSED = "refused"
    LAG = "lag"
    DRIFT = "drift"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Hour:
    """What came from a source in the last hour, and how long the oldest waits or waited."""

    taken: int  # kept, come twice, or made anonymous
    set_aside: int
    lag: timedelta

    @property
    def refused_percent(self) -> float:
        """Of all that came, how much could not be taken in."""
        total = self.taken + self.set_aside
        return 100 * self.set_aside / total if total else 0.0


@dataclass(frozen=True)
class Plan:
    """How today's events follow the plan of a source; no percent where there are too few."""

    percent: float | None = None
    stopped: bool = False  # an event that came daily comes no more


def health(source: Source, now: datetime) -> Health | None:
    """On time, late or broken against what the source promised; None where it promised nothing."""
    if source.promise_minutes is None:
        return None
    if source.last_received_at is None:
        return "bad"
    silent, promise = now - source.last_received_at, timedelta(minutes=source.promise_minutes)
    if silent <= promise:
        return "good"
    return "warn" if silent <= BROKEN_AFTER * promise else "bad"


def troubles(source: Source, hour: Hour, plan: Plan, now: datetime) -> list[Trouble]:
    """What of a source is beyond its thresholds. One that is switched off has no troubles, and one
    that never sent anything is not silent: it has not begun."""
    if not source.enabled:
        return []
    found = []
    if source.last_received_at is not None and health(source, now) in ("warn", "bad"):
        found.append(Trouble.SILENT)
    most = source.most_refused_percent
    if most is not None and hour.taken + hour.set_aside >= FEWEST and hour.refused_percent > most:
        found.append(Trouble.REFUSED)
    lag = source.most_lag_seconds
    if lag is not None and hour.lag > timedelta(seconds=lag):
        found.append(Trouble.LAG)
    drift = source.most_drift_percent
    if drift is not None and plan.percent is not None and plan.percent > drift:
        found.append(Trouble.DRIFT)
    if drift is not None and plan.stopped:
        found.append(Trouble.STOPPED)
    return found
