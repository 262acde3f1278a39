"""Learns what sells, chooses a method for each series by a backtest, and says how good that was.

The backtest is nested: at each date the method was chosen by the other dates, so what is reported
was never seen by the choice. Where that is not found better than the 28-day average, the average is
used for everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight.compared import Compared, compared, in_use, spread
from zhiyin.insight.contract import Floats, Words
from zhiyin.insight.demand.calendar import Calendar, read_calendar
from zhiyin.insight.demand.choosing import (
    BASELINE,
    METHODS,
    NAMES,
    Chosen,
    Fold,
    choose,
    electable,
    mixture_name,
    tried,
)
from zhiyin.insight.demand.intervals import PROMISED, Errors, kinds, learn_errors
from zhiyin.insight.demand.measures import Accuracy, naive_scale, rmsse, wape, wrmsse
from zhiyin.insight.demand.series import JOINED, Every, Panel, panel
from zhiyin.insight.demand.stock import DEFAULT, StockSettings, proposals
from zhiyin.insight.given import Integers, Rows, left_out_words
from zhiyin.insight.threads import one_thread

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FoldError(msgspec.Struct, frozen=True):
    """wRMSSE at one date of the past, ours and each method's alone."""

    origin_day: int
    chosen: float
    alone: dict[str, float]


@dataclass(frozen=True)
class DemandModel:
    """Forecasts of `horizon` periods after `panel`, with what is known of their errors."""

    as_of: datetime
    panel: Panel
    horizon: int
    chosen: Chosen
    forecast: Floats
    usual: Floats
    errors: Errors | None
    judged: Compared | None
    folds: list[FoldError]
    accuracy: list[Accuracy]
    notes: list[Words]

    @property
    def in_use(self) -> Literal["model", "baseline"]:
        return in_use(self.judged)

    def score(self) -> pa.Table:
        """One row a series and period: the columns of `by`, at, value, low, high, method.

        `low` and `high` hold the middle 80 %; they are null where the past is too short to know.
        """
        series, steps = len(self.panel), self.horizon
        day = self.panel.day_of(self.panel.periods + np.arange(steps))
        at = [_EPOCH + timedelta(days=int(d)) for d in day]
        methods = [mixture_name(self.chosen.mixtures[w]).en for w in self.chosen.which]
        low, high = self.interval()
        columns: dict[str, pa.Array] = {
            name: pa.array([v for v in values for _ in range(steps)], pa.string())
            for name, values in self.panel.labels.items()
        }
        columns["at"] = pa.array(at * series, pa.timestamp("us", tz="UTC"))
        columns["value"] = pa.array(self.forecast.ravel(), pa.float64())
        columns["low"], columns["high"] = low, high
        columns["method"] = pa.array([m for m in methods for _ in range(steps)], pa.string())
        return pa.table(columns)

    def interval(self) -> tuple[pa.Array, pa.Array]:
        """Lower and upper end, in the order of `score`."""
        if self.errors is None:
            nothing = pa.nulls(self.forecast.size, pa.float64())
            return nothing, nothing
        low, high = self.errors.around(self.forecast, self.usual, kinds(self.panel.values))
        return pa.array(low.ravel(), pa.float64()), pa.array(high.ravel(), pa.float64())

    def propose(self, stock: Rows, settings: StockSettings = DEFAULT) -> pa.Table:
        """What runs out and what to order; see `stock.proposals` for columns and units."""
        growth = self.errors.growth if self.errors is not None else None
        return proposals(self.panel, self.forecast, self.usual, growth, stock, settings)


def fit(
    sales: Rows,
    as_of: datetime,
    *,
    by: str | Sequence[str] = "product_id",
    every: Literal["day", "week"] = "day",
    horizon: int = 28,
    measure: str = "quantity",
    calendar: Rows | None = None,
    folds: int = 3,
    deep: bool = False,
) -> DemandModel:
    """Learn from sales before `as_of`.

    `sales`: the columns `by`, at, `measure`, optionally price. `horizon` counts periods, at most a
    year of weeks. `calendar`: at and columns of numbers that are known ahead (holiday, promotion).
    `deep` lets the LSTM stand. Raises NotEnoughHistoryError, ColumnsError, DeepMissingError.
    """
    length = Every(every)
    if not 1 <= horizon <= 52 * (7 if length is Every.DAY else 1):
        raise ValueError("a horizon is at least one period and at most a year")
    methods = electable(deep=deep)
    seen = panel(sales, as_of, by=by, every=length, measure=measure)
    known = read_calendar(calendar)
    if seen.values.size < 500_000:
        with one_thread():
            return _fitted(seen, as_of, horizon, known, folds, methods)
    return _fitted(seen, as_of, horizon, known, folds, methods)


def _fitted(
    seen: Panel, as_of: datetime, horizon: int, known: Calendar, folds: int, methods: list[str]
) -> DemandModel:
    past = tried(seen, horizon, folds, known, methods)
    naive = Chosen([(BASELINE,)], np.zeros(len(seen), np.int64), np.ones(len(seen)))
    if len(past) < 2:
        average = METHODS[BASELINE](seen, horizon, known)
        short = Words(
            f"历史太短，无法回测（需要 {4 * horizon} 个周期以上），现在用近 28 天平均，不给区间。",
            f"The past is too short for a backtest ({4 * horizon} periods and more are needed); "
            "the 28-day average is in use, without an interval.",
        )
        return DemandModel(as_of, seen, horizon, naive, average, np.ones(len(seen)), None, None, [],
                           [], [short, *left_out_words(seen.left_out)])  # fmt: skip
    by_others = [choose([f for f in past if f is not held], methods) for held in past]
    blind = [c.forecast(f.said) for c, f in zip(by_others, past, strict=True)]
    judged = _judged(past, blind)
    chosen = choose(past, methods) if judged.wins else naive
    if not judged.wins:
        blind = [f.said[BASELINE] for f in past]
    errors, usual = _errors(seen, past, blind)
    said = {m: METHODS[m](seen, horizon, known) for m in chosen.used()}
    return DemandModel(
        as_of, seen, horizon, chosen, chosen.forecast(said), usual, errors, judged,
        [_fold_error(seen, f, b) for f, b in zip(past, blind, strict=True)],
        _accuracy(seen, past, blind), _notes(seen, chosen, judged, errors),
    )  # fmt: skip


def _judged(past: Sequence[Fold], blind: Sequence[Floats]) -> Compared:
    """wRMSSE against the 28-day average; series are resampled, each with its worth."""
    ours = np.mean([rmsse(f.actual, b, f.scale) for f, b in zip(past, blind, strict=True)], axis=0)
    naive = np.mean([rmsse(f.actual, f.said[BASELINE], f.scale) for f in past], axis=0)
    worth = np.mean([f.worth for f in past], axis=0)
    known = np.isfinite(ours) & np.isfinite(naive) & (worth > 0)
    weight = worth[known] / worth[known].mean() if known.any() else np.zeros(0)
    names = Words("按序列择优", "the best for each series"), NAMES[BASELINE]
    if not known.any():
        nan = float("nan")
        return Compared(Words("wRMSSE", "wRMSSE"), *names, nan, nan, 0.0, 0.0, 0.0, 0)
    return compared(
        Words("wRMSSE", "wRMSSE"),
        (names[0], ours[known] * weight),
        (names[1], naive[known] * weight),
        better="lower",
    )


def _errors(seen: Panel, past: Sequence[Fold], blind: Sequence[Floats]) -> tuple[Errors, Floats]:
    """Each series' usual error: its own over the folds, mixed with what its step size suggests."""
    off = [f.actual - b for f, b in zip(past, blind, strict=True)]
    squared = [(o**2).mean(axis=1) for o in off]
    steps = [np.where(np.isfinite(f.scale), f.scale, np.nan) for f in past]

    def usual(which: Sequence[int], step: Floats) -> Floats:
        own = np.mean([squared[i] for i in which], axis=0)
        each = np.mean([steps[i] for i in which], axis=0)
        ratio = float(np.nanmedian(own / each)) if np.isfinite(own / each).any() else 1.0
        expected = np.where(np.isfinite(step), step * ratio, own)
        weight = len(which) / (len(which) + 1.0)
        return np.asarray(np.sqrt(np.maximum(weight * own + (1 - weight) * expected, 1e-12)))

    folds = range(len(past))
    held = [usual([i for i in folds if i != k], steps[k]) for k in folds]
    errors = learn_errors(off, held, kinds(seen.values), [f.actual for f in past])
    return errors, usual(list(folds), naive_scale(seen.values, seen.started))


def _fold_error(seen: Panel, fold: Fold, blind: Floats) -> FoldError:
    def of(said: Floats) -> float:
        return wrmsse(fold.actual, said, fold.scale, fold.worth)

    return FoldError(
        int(seen.day_of(fold.origin)), of(blind), {m: of(s) for m, s in fold.said.items()}
    )


def _accuracy(seen: Panel, past: Sequence[Fold], blind: Sequence[Floats]) -> list[Accuracy]:
    """1 − WAPE of the period at each level: the series, each column of `by`, everything."""
    names = seen.names()
    levels: list[tuple[str, Words, list[str]]] = [
        (JOINED.join(seen.labels), Words("每个序列", "each series"), names)
    ]
    if len(seen.labels) > 1:
        levels += [(c, Words(f"按 {c}", f"by {c}"), v) for c, v in seen.labels.items()]
    levels.append(("all", Words("合计", "everything"), ["all"] * len(seen)))
    found = []
    for key, name, group in levels:
        groups, at = np.unique(np.array(group), return_inverse=True)
        ours = [1 - wape(_summed(f.actual, at), _summed(b, at))
                for f, b in zip(past, blind, strict=True)]  # fmt: skip
        naive = [1 - wape(_summed(f.actual, at), _summed(f.said[BASELINE], at)) for f in past]
        found.append(
            Accuracy(key, name, float(np.mean(ours)), spread(ours), float(np.mean(naive)),
                     len(past), len(groups))
        )  # fmt: skip
    return found


def _summed(values: Floats, group: Integers) -> Floats:
    total = np.zeros((int(group.max()) + 1, values.shape[1]))
    np.add.at(total, group, values)
    return total


def _notes(seen: Panel, chosen: Chosen, judged: Compared, errors: Errors) -> list[Words]:
    counts = np.bincount(chosen.which, minlength=len(chosen.mixtures))
    used = [(mixture_name(m), int(n)) for m, n in zip(chosen.mixtures, counts, strict=True) if n]
    zh = "；".join(f"{name.zh}：{n:,} 个" for name, n in used)
    en = "; ".join(f"{name.en}: {n:,}" for name, n in used)
    return [
        judged.sentence,
        Words(f"各序列所用方法：{zh}", f"methods in use by number of series: {en}"),
        Words(
            f"区间按 {PROMISED:.0%} 给出，回测中实际落入 {errors.coverage:.0%}",
            f"intervals promise {PROMISED:.0%}; in the backtest {errors.coverage:.0%} fell inside",
        ),
        *left_out_words(seen.left_out),
    ]
