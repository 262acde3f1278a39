"""How many get from step to step, within what time, and how sure the shares are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight import metrics
from zhiyin.insight.given import Rows
from zhiyin.insight.paths.sequences import PAUSE, Unit, sequences

_NEVER = np.iinfo(np.int64).max


class FunnelStep(msgspec.Struct, frozen=True):
    """`share` is of those who reached the step before, with its 95 % interval (Wilson).

    `overall` is of those who began; `median_seconds` is from the step before.
    """

    event: str
    reached: int
    share: float
    low: float
    high: float
    overall: float
    median_seconds: float | None


@dataclass(frozen=True)
class Funnel:
    steps: list[FunnelStep]
    units: int

    def table(self) -> pa.Table:
        return pa.Table.from_pylist([msgspec.structs.asdict(s) for s in self.steps])


def funnel(
    events: Rows,
    steps: Sequence[str],
    as_of: datetime,
    *,
    within: timedelta | None = None,
    unit: Unit = Unit.CUSTOMER,
    since: datetime | None = None,
    pause: timedelta = PAUSE,
) -> Funnel:
    """Steps in their order, others may lie between; each as early as possible after the last.

    `within` is the time from the first step to each later one; a sequence counts from its first
    time of step one. Raises ValueError without steps.
    """
    if not steps:
        raise ValueError("a funnel needs at least one step")
    walked = sequences(events, as_of, unit=unit, since=since, pause=pause, collapse=False)
    rows = np.arange(len(walked.event))
    reached_at = np.full(len(walked), -1, dtype=np.int64)  # row of the last step reached
    began_us = np.zeros(len(walked), dtype=np.int64)
    alive = np.ones(len(walked), dtype=np.bool_)
    found: list[FunnelStep] = []
    limit = None if within is None else within // timedelta(microseconds=1)
    before = first = len(walked)
    for number, name in enumerate(steps):
        fits = (walked.event == walked.place(name)) & alive[walked.unit]
        fits &= rows > reached_at[walked.unit]
        if number and limit is not None:
            fits &= walked.at_us - began_us[walked.unit] <= limit
        next_at = np.full(len(walked), _NEVER, dtype=np.int64)
        np.minimum.at(next_at, walked.unit[fits], rows[fits])
        arrived = next_at < _NEVER
        took = walked.at_us[next_at[arrived]] - walked.at_us[np.maximum(reached_at[arrived], 0)]
        if number == 0:
            began_us[arrived] = walked.at_us[next_at[arrived]]
            first = before = int(arrived.sum())
        reached_at[arrived] = next_at[arrived]
        alive = arrived
        n = int(arrived.sum())
        low, high = metrics.wilson(np.array([float(n)]), np.array([float(before)]))
        found.append(
            FunnelStep(
                name, n, n / before if before else 0.0,
                float(low[0]) if before else 0.0, float(high[0]) if before else 1.0,
                n / first if first else 0.0,
                float(np.median(took)) / 1e6 if number and n else None,
            )
        )  # fmt: skip
        before = n
    return Funnel(found, len(walked))
