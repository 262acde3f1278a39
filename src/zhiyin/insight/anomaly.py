"""What is out of the ordinary: visits that fall, complaints that jump, for a metric or a customer.

    from zhiyin.insight import anomaly
    watch = anomaly.fit(daily, as_of)
    watch.alerts()

`daily` has series (a metric, a customer), at and value; several rows of a day are added up and a
day without a row counts as zero. A day is held against the same weekday of the eight weeks before
it: the distance from their median, in units of the usual distance (median absolute deviation over
all days of those weeks, each from its own weekday). Counts are compared by square roots, whose
spread does not grow with the level. The threshold is the quantile of this very statistic in
simulated noise, so that on a day on which nothing happens an alert comes as seldom as stated. Naive
baseline: no memory of weekdays (the distance from the median of all those days).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight.contract import (
    DAY_US,
    Floats,
    NotEnoughHistoryError,
    Reason,
    Words,
    microseconds,
)
from zhiyin.insight.given import As, Flags, Given, Integers, Rows, given, left_out_words

WEEKS = 8
_FALSE_ALARMS = 0.001  # per series and day
_FEWEST_COUNT = 5.0  # typical count of a weekday below which a count is not judged
_SIMULATED = 200_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Watch:
    """Series x days that can be judged; `z` is NaN where a day cannot be (too few counts)."""

    as_of: datetime
    series: list[str]
    first_day: int
    value: Floats
    usual: Floats
    low: Floats
    high: Floats
    z: Floats
    threshold: float
    false_alarms: float
    notes: list[Words]

    def score(self) -> pa.Table:
        """series, at, value, usual, low, high, z, alert: every day judged, series by series.

        `low` to `high` is what is within the ordinary.
        """
        series, days = self.z.shape
        at = [_EPOCH + timedelta(days=self.first_day + d) for d in range(days)]
        alert = np.nan_to_num(np.abs(self.z)) > self.threshold
        table = {
            "series": pa.array([s for s in self.series for _ in range(days)], pa.string()),
            "at": pa.array(at * series, pa.timestamp("us", tz="UTC")),
            "value": pa.array(self.value.ravel()),
            "usual": pa.array(self.usual.ravel()),
            "low": pa.array(self.low.ravel()),
            "high": pa.array(self.high.ravel()),
            "z": pa.array(self.z.ravel(), mask=~np.isfinite(self.z.ravel())),
            "alert": pa.array(alert.ravel()),
        }
        return pa.table(table)

    def alerts(self, days: int = 1) -> pa.Table:
        """Alerts of the last `days`, the furthest first, with reasons."""
        table = self.score()
        recent = np.tile(np.arange(self.z.shape[1]) >= self.z.shape[1] - days, len(self.series))
        keep = np.asarray(table.column("alert").to_numpy()) & recent
        found = table.filter(pa.array(keep))
        far = -np.abs(np.asarray(found.column("z").to_numpy(), dtype=np.float64))
        found = found.take(pa.array(np.lexsort((np.arange(len(far)), far))))
        reasons = [_reason(row) for row in found.to_pylist()]
        return found.append_column("reasons", pa.array(reasons, pa.string()))


def _reason(row: dict[str, object]) -> str:
    value, usual = float(str(row["value"])), float(str(row["usual"]))
    low, high, z = (float(str(row[k])) for k in ("low", "high", "z"))
    up = value > usual
    told = Reason(
        "jump" if up else "fall",
        f"{value:,.0f}，同一星期日子通常 {usual:,.0f}（正常范围 {low:,.0f}–{high:,.0f}），"
        f"{'高' if up else '低'}得反常",
        f"{value:,.0f}, usually {usual:,.0f} on this weekday (ordinary: {low:,.0f} to "
        f"{high:,.0f}): unusually {'high' if up else 'low'}",
        round(z, 1),
    )
    return msgspec.json.encode([told]).decode()


def fit(
    daily: Rows, as_of: datetime, *, counts: bool = True, false_alarms: float = _FALSE_ALARMS
) -> Watch:
    """Judge every day before `as_of` that has eight weeks before it.

    `counts`: values are counts (negative ones are left out); else any numbers. `false_alarms`: how
    often an alert may come for a series on an ordinary day. Raises NotEnoughHistoryError where no
    day has eight weeks before it, ValueError for a rate outside 0 to 0.5.
    """
    if not 0 < false_alarms < 0.5:
        raise ValueError("a rate of false alarms lies between 0 and 0.5")
    taken = given(
        daily, {"series": As.IDENTIFIER, "at": As.MOMENT, "value": As.NUMBER}, before=as_of
    )
    left_out = dict(taken.left_out)
    if counts and len(taken) and (taken.numbers("value") < 0).any():
        good = taken.numbers("value") >= 0
        left_out["a count is below zero"] = int((~good).sum())
        taken = Given(taken.rows.filter(pa.array(good)).combine_chunks(), left_out)
    if len(taken) == 0:
        raise NotEnoughHistoryError(f"nothing was counted before {as_of:%Y-%m-%d}")
    names, values, first, began = _by_day(taken, microseconds(as_of) // DAY_US)
    past = 7 * WEEKS
    if values.shape[1] <= past:
        raise NotEnoughHistoryError(
            f"{past + 1} days before {as_of:%Y-%m-%d} are needed; there are {values.shape[1]}"
        )
    shown = 2 * np.sqrt(values + 3 / 8) if counts else values  # Anscombe (1948)
    z, middle, scale = _distances(shown)
    known = np.arange(values.shape[1])[None, past:] - began[:, None] >= past
    threshold = threshold_for(false_alarms)

    def back(of: Floats) -> Floats:
        return np.maximum((np.maximum(of, 0.0) / 2) ** 2 - 3 / 8, 0.0) if counts else of

    usual = back(middle)
    if counts:
        known &= usual >= _FEWEST_COUNT
    return Watch(
        as_of, names, first + past, values[:, past:], usual, back(middle - threshold * scale),
        back(middle + threshold * scale), np.where(known, z, np.nan), threshold, false_alarms,
        _notes(known, z, threshold, false_alarms, left_out),
    )  # fmt: skip


def _by_day(taken: Given, end: int) -> tuple[list[str], Floats, int, Integers]:
    """Series x days up to the date, the first day, and when each series began."""
    names, who = taken.coded("series")
    day, value = taken.moments("at") // DAY_US, taken.numbers("value")
    first = int(day.min())
    grid = np.zeros((len(names), int(end) - first))
    order = np.lexsort((value, day, who))  # sums must not depend on the order of the rows
    np.add.at(grid, (who[order], day[order] - first), value[order])
    began = np.full(len(names), grid.shape[1], dtype=np.int64)
    np.minimum.at(began, who, day - first)
    return names.to_pylist(), grid, first, began


def _distances(shown: Floats) -> tuple[Floats, Floats, Floats]:
    """For each day from the 57th on: z, the median of its weekday, and the usual distance."""
    windows = np.lib.stride_tricks.sliding_window_view(shown, 7 * WEEKS, axis=1)[:, :-1]
    by_weekday = windows.reshape(*windows.shape[:2], WEEKS, 7)
    medians = np.median(by_weekday, axis=2)  # of each of the seven weekdays
    middle = medians[:, :, 0]  # the window begins eight weeks ago, on the same weekday
    away = np.abs(by_weekday - medians[:, :, None, :])
    scale = 1.4826 * np.median(away.reshape(*windows.shape[:2], -1), axis=2)
    # where nothing ever moves, one unit is the least that counts
    scale = np.maximum(scale, 0.25)
    now = shown[:, 7 * WEEKS :]
    return (now - middle) / scale, np.asarray(middle), scale


@lru_cache(maxsize=16)
def threshold_for(false_alarms: float) -> float:
    """The distance that noise exceeds on `false_alarms` of the days (normal, simulated)."""
    rng = np.random.default_rng(12)
    far = []
    for _ in range(_SIMULATED // 20_000):
        noise = rng.normal(0, 10.0, (20_000, 7 * WEEKS + 1))
        far.append(np.abs(_distances(noise)[0]).ravel())
    return float(np.quantile(np.concatenate(far), 1 - false_alarms))


def _notes(
    known: Flags, z: Floats, threshold: float, false_alarms: float, left_out: dict[str, int]
) -> list[Words]:
    judged = int(known.sum())
    found = int((np.abs(z[known]) > threshold).sum())
    return [
        Words(
            f"看了 {judged:,} 个序列日，{found:,} 个反常；平静的日子里每个序列每天误报不超过 "
            f"{false_alarms:.1%}，即这里约 {judged * false_alarms:,.0f} 个",
            f"{judged:,} days of series judged, {found:,} out of the ordinary; on ordinary days "
            f"{false_alarms:.1%} of them alert by chance, here about {judged * false_alarms:,.0f}",
        ),
        *left_out_words(left_out),
    ]
