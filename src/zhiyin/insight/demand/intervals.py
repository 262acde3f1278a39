"""How far a forecast was off in the past, in units of what the series is usually off.

The interval of a series is its usual error times quantiles that all series of its kind share; kinds
differ in how often nothing is sold. The coverage is measured on folds that the quantiles have not
seen. How errors add up over a lead time is measured too: they are no independent throws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhiyin.insight.contract import Floats
from zhiyin.insight.given import Integers

PROMISED = 0.8  # of what comes lies inside, as everywhere in this room
_KINDS = (0.1, 0.6)  # share of periods without a sale
_FEWEST = 200  # errors; a kind with fewer shares those of all


@dataclass(frozen=True)
class Errors:
    """Off by so many usual errors: quantiles by kind; growth of the summed error by step."""

    low: Floats
    high: Floats
    growth: Floats
    coverage: float

    def around(self, forecast: Floats, usual: Floats, kind: Integers) -> tuple[Floats, Floats]:
        """Series x horizon; nothing below zero is promised."""
        low = forecast + self.low[kind][:, None] * usual[:, None]
        high = forecast + self.high[kind][:, None] * usual[:, None]
        return np.minimum(np.maximum(low, 0.0), forecast), np.maximum(high, forecast)


def kinds(values: Floats) -> Integers:
    """0: sells nearly always, 1: often not, 2: seldom."""
    return np.asarray(np.digitize((values == 0).mean(axis=1), _KINDS), dtype=np.int64)


def learn_errors(
    off: Sequence[Floats], usual: Sequence[Floats], kind: Integers, actual: Sequence[Floats]
) -> Errors:
    """`off`: actual − forecast of each fold, series x horizon; `usual`: the error to expect."""
    scaled = [o / u[:, None] for o, u in zip(off, usual, strict=True)]
    low, high = _quantiles(scaled, kind)
    summed = np.concatenate([np.cumsum(s, axis=1) for s in scaled])
    growth = np.sqrt((summed**2).mean(axis=0))
    growth = np.maximum.accumulate(growth)
    return Errors(low, high, growth, _coverage(scaled, off, usual, kind, actual))


def _quantiles(scaled: Sequence[Floats], kind: Integers) -> tuple[Floats, Floats]:
    every = np.concatenate([s.ravel() for s in scaled])
    ends = (1 - PROMISED) / 2, (1 + PROMISED) / 2
    low, high = np.zeros(3), np.zeros(3)
    for k in range(3):
        mine = np.concatenate([s[kind == k].ravel() for s in scaled])
        low[k], high[k] = np.quantile(mine if len(mine) >= _FEWEST else every, ends)
    return np.minimum(low, 0.0), np.maximum(high, 0.0)


def _coverage(
    scaled: Sequence[Floats],
    off: Sequence[Floats],
    usual: Sequence[Floats],
    kind: Integers,
    actual: Sequence[Floats],
) -> float:
    """Share inside, each fold judged by the quantiles of the others."""
    if len(scaled) < 2:
        return float("nan")
    inside = []
    for held in range(len(scaled)):
        low, high = _quantiles([s for i, s in enumerate(scaled) if i != held], kind)
        forecast = actual[held] - off[held]
        least = np.maximum(forecast + low[kind][:, None] * usual[held][:, None], 0.0)
        most = forecast + high[kind][:, None] * usual[held][:, None]
        inside.append((actual[held] >= least) & (actual[held] <= most))
    return float(np.mean(inside))
