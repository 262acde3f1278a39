"""How wrong a forecast was: wRMSSE, WAPE and the accuracy that shops speak of (1 − WAPE).

RMSSE is that of the M5 competition: the root mean squared error over that of saying "as in the
period before" within the past, from the first sale on; series are weighed by what they bring in.
"""

import msgspec
import numpy as np

from zhiyin.insight.contract import Floats, Words


class Accuracy(msgspec.Struct, frozen=True):
    """1 − WAPE at one level, mean and spread (standard deviation) over the folds."""

    level: str
    name: Words
    accuracy: float
    spread: float
    baseline: float
    folds: int
    series: int


def wape(actual: Floats, forecast: Floats) -> float:
    """Sum of absolute errors over the sum of what was sold."""
    sold = float(np.abs(actual).sum())
    return float(np.abs(actual - forecast).sum()) / sold if sold > 0 else float("nan")


def naive_scale(history: Floats, started: np.ndarray) -> Floats:
    """Mean squared step from period to period since the first sale; 1 where nothing moves."""
    steps = np.diff(history, axis=1) ** 2
    counts = np.arange(steps.shape[1])[None, :] >= started[:, None]
    total = np.where(counts, steps, 0.0).sum(axis=1)
    scale = np.divide(
        total, counts.sum(axis=1), out=np.zeros(len(history)), where=counts.any(axis=1)
    )
    return np.where(scale > 0, scale, np.nan)


def rmsse(actual: Floats, forecast: Floats, scale: Floats) -> Floats:
    """For each series; NaN where its past never moved (it says nothing about any method)."""
    return np.asarray(np.sqrt(((actual - forecast) ** 2).mean(axis=1) / scale))


def wrmsse(actual: Floats, forecast: Floats, scale: Floats, worth: Floats) -> float:
    """Mean RMSSE, weighed by worth, over the series whose past moved."""
    each = rmsse(actual, forecast, scale)
    known = np.isfinite(each) & (worth > 0)
    total = float(worth[known].sum())
    return float((each[known] * worth[known]).sum()) / total if total > 0 else float("nan")
