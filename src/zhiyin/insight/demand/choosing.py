"""Which method for which series? Each is asked at several dates of the past about what came next.

A series has few errors of its own, so they are mixed with what the method does over all series:
only a method that is clearly better for one series is used for it. Means of two and three methods
stand for election too; they win more often than any method alone (Bates and Granger 1969).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from zhiyin.insight.contract import Floats, Words
from zhiyin.insight.demand import lstm
from zhiyin.insight.demand.boosted import boosted
from zhiyin.insight.demand.calendar import Calendar
from zhiyin.insight.demand.lstm import recurrent
from zhiyin.insight.demand.measures import naive_scale, rmsse
from zhiyin.insight.demand.series import Panel
from zhiyin.insight.demand.simple import croston, moving_average, seasonal_level, seasonal_naive
from zhiyin.insight.demand.smoothing import smoothed
from zhiyin.insight.given import Flags, Integers

Forecaster = Callable[[Panel, int, Calendar], Floats]
Mixture = tuple[str, ...]

BASELINE = "average"
METHODS: dict[str, Forecaster] = {
    BASELINE: lambda panel, horizon, _: moving_average(panel, horizon),
    "season": lambda panel, horizon, _: seasonal_naive(panel, horizon),
    "level": lambda panel, horizon, _: seasonal_level(panel, horizon),
    "croston": lambda panel, horizon, _: croston(panel, horizon),
    "smoothing": lambda panel, horizon, _: smoothed(panel, horizon),
    "trees": boosted,
    "lstm": recurrent,
}
NAMES = {
    BASELINE: Words("近 28 天平均", "28-day average"),
    "season": Words("上一季同期", "last season"),
    "level": Words("上一季同期 × 当前水平", "last season at the present level"),
    "croston": Words("Croston（SBA）", "Croston (SBA)"),
    "smoothing": Words("指数平滑", "exponential smoothing"),
    "trees": Words("LightGBM", "LightGBM"),
    "lstm": Words("LSTM", "LSTM"),
}
_FINALISTS = 4  # of all methods and mixtures, by their error over all series
_TRUST_IN_ALL = 12.0  # folds' worth of weight on what a method does over all series


@dataclass(frozen=True)
class Fold:
    """One date of the past: what was said then by each method, and what came."""

    origin: int
    actual: Floats
    said: dict[str, Floats]
    scale: Floats  # mean squared step of the past, as in RMSSE
    worth: Floats

    def mixed(self, mixture: Mixture) -> Floats:
        return np.asarray(np.mean([self.said[m] for m in mixture], axis=0))


def tried(
    panel: Panel, horizon: int, folds: int, calendar: Calendar, methods: Sequence[str]
) -> list[Fold]:
    """Ask every method at up to `folds` dates, a horizon apart, oldest first."""
    least = max(2 * horizon, 2 * panel.every.month)
    origins = [
        origin for k in range(folds, 0, -1) if (origin := panel.periods - k * horizon) >= least
    ]
    found = []
    for origin in origins:
        past = panel.until(origin)
        found.append(
            Fold(
                origin,
                panel.values[:, origin : origin + horizon],
                {m: METHODS[m](past, horizon, calendar) for m in methods},
                naive_scale(past.values, past.started),
                past.worth,
            )
        )
    return found


@dataclass(frozen=True)
class Chosen:
    """For each series one of `mixtures`; `error` is its expected RMSSE, squared."""

    mixtures: list[Mixture]
    which: Integers
    error: Floats

    def forecast(self, said: dict[str, Floats]) -> Floats:
        whole = np.zeros_like(next(iter(said.values())))
        for at, mixture in enumerate(self.mixtures):
            mine = self.which == at
            if not mine.any():
                continue
            whole[mine] = np.mean([said[m][mine] for m in mixture], axis=0)
        return whole

    def used(self) -> list[str]:
        return sorted({m for at in set(self.which.tolist()) for m in self.mixtures[at]})


def choose(folds: Sequence[Fold], methods: Sequence[str]) -> Chosen:
    """One of the finalists for each series, by its own errors shrunk to everybody's."""
    candidates: list[Mixture] = [
        c for size in (1, 2, 3) for c in combinations(methods, size) if len(set(c)) == size
    ]
    squared = np.stack([_squared(folds, c) for c in candidates])  # candidates x series
    seen: Flags = np.asarray(np.isfinite(squared).all(axis=0))
    worth = np.mean([f.worth for f in folds], axis=0)
    overall = _overall(np.sqrt(squared), seen, worth)
    order = sorted(range(len(candidates)), key=lambda c: (overall[c], len(candidates[c]), c))
    finalists = order[:_FINALISTS]
    own = np.where(seen, squared, np.nan)[finalists]
    usual = np.where(seen, squared[finalists].mean(axis=0), 1.0)
    usual = np.where(usual > 0, usual, 1.0)
    relative = np.where(np.isfinite(own), own / usual, 1.0)
    known = relative[:, seen]
    everybody = known.mean(axis=1) if known.shape[1] else np.ones(len(finalists))
    weight = len(folds) / (len(folds) + _TRUST_IN_ALL)
    shrunk = weight * relative + (1 - weight) * everybody[:, None]
    # ties and near ties go to the one that is best overall
    which = np.argmin(np.round(shrunk, 9), axis=0)
    error = np.maximum(np.take_along_axis(shrunk, which[None, :], axis=0)[0] * usual, 1e-9)
    return Chosen([candidates[c] for c in finalists], which.astype(np.int64), error)


def _squared(folds: Sequence[Fold], mixture: Mixture) -> Floats:
    """Mean squared RMSSE of each series over the folds."""
    each = [rmsse(f.actual, f.mixed(mixture), f.scale) ** 2 for f in folds]
    return np.asarray(np.mean(each, axis=0))


def _overall(errors: Floats, seen: Flags, worth: Floats) -> Floats:
    if not seen.any():
        return np.zeros(len(errors))
    weights = worth[seen] if worth[seen].sum() > 0 else np.ones(int(seen.sum()))
    return np.asarray(errors[:, seen] @ weights / weights.sum())


def electable(*, deep: bool) -> list[str]:
    """The methods that stand; the LSTM only where it was asked for."""
    if deep and not lstm.is_available():
        raise lstm.DeepMissingError("the LSTM needs PyTorch: pip install 'zhiyin[deep]'")
    return [m for m in METHODS if m != "lstm" or deep]


def mixture_name(mixture: Mixture) -> Words:
    names = [NAMES[m] for m in mixture]
    if len(names) == 1:
        return names[0]
    zh, en = "、".join(n.zh for n in names), ", ".join(n.en for n in names)
    return Words(f"{zh} 的平均", f"mean of {en}")
