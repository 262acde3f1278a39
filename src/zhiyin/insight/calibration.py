"""Turning scores into probabilities that mean what they say, and the interval of a probability.

Platt's method (a logistic curve with two parameters) rather than isotonic regression: it keeps the
ranking without ties and needs far fewer customers. It is always fitted on a slice of time later
than the one that the model learned from.
"""

import msgspec
import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from zhiyin.insight.contract import Floats
from zhiyin.insight.metrics import wilson


class Platt(msgspec.Struct, frozen=True):
    """P = 1 / (1 + exp(-(slope * score + shift)))."""

    slope: float
    shift: float

    def __call__(self, score: Floats) -> Floats:
        return np.asarray(expit(self.slope * score + self.shift))


def fit_platt(score: Floats, happened: Floats) -> Platt:
    """Maximum likelihood, with Platt's smoothed targets so that no probability becomes 0 or 1."""
    positives = float(happened.sum())
    negatives = len(happened) - positives
    target = np.where(happened > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    centre, spread = float(np.mean(score)), float(np.std(score)) or 1.0
    z = (score - centre) / spread

    def loss(theta: Floats) -> tuple[float, Floats]:
        margin = theta[0] * z + theta[1]
        error = expit(margin) - target
        value = np.mean(np.logaddexp(0.0, margin) - target * margin)
        return float(value), np.array([np.mean(error * z), np.mean(error)])

    slope, shift = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return Platt(float(slope / spread), float(shift - slope * centre / spread))


def log_loss(probability: Floats, happened: Floats) -> float:
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    return float(-np.mean(happened * np.log(p) + (1 - happened) * np.log(1 - p)))


class RiskInterval(msgspec.Struct, frozen=True):
    """95 % interval of a risk: what happened to customers of like risk in the calibration slice.

    The slice is cut into groups of like risk; each has the Wilson interval of its observed share.
    Between the groups the bounds are interpolated, and they always hold the risk itself.
    """

    centre: list[float]
    low: list[float]
    high: list[float]

    def around(self, risk: Floats) -> tuple[Floats, Floats]:
        low = np.interp(risk, self.centre, self.low)
        high = np.interp(risk, self.centre, self.high)
        return np.minimum(low, risk), np.maximum(high, risk)


def fit_interval(risk: Floats, happened: Floats, groups: int = 20) -> RiskInterval:
    groups = max(1, min(groups, len(risk) // 50))
    parts = np.array_split(np.argsort(risk, kind="stable"), groups)
    n = np.array([float(len(p)) for p in parts])
    low, high = wilson(np.array([happened[p].sum() for p in parts]), n)
    return RiskInterval([float(risk[p].mean()) for p in parts], low.tolist(), high.tolist())


def points_of(margin: Floats, parts: Floats, typical: float, calibrated: Platt) -> Floats:
    """Parts of a margin (rows x features) as parts of the probability.

    They add up in log-odds. Each is scaled by the slope of the straight line between the typical
    probability and this one's, so that they add up in points of probability as well.
    """
    away = margin - typical
    risk, usual = calibrated(margin), calibrated(np.array([typical]))
    tangent = risk * (1 - risk) * calibrated.slope
    far = np.abs(away) > 1e-6
    slope = np.where(far, (risk - usual) / np.where(far, away, 1.0), tangent)
    return np.asarray(parts * slope[:, None])
