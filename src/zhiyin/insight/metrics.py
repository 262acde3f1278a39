"""How good a prediction was, for many bootstrap resamples at once.

Each function returns a `Measure`: given a matrix of weights (resamples x customers) it gives one
value a resample, sorting the customers only once. A row of ones gives the plain metric. A resample
gives every customer a Poisson(1) weight, the same for all his snapshots (a cluster bootstrap).
"""

from collections.abc import Callable

import msgspec
import numpy as np

from zhiyin.insight.contract import Floats

Measure = Callable[[Floats], Floats]


class Span(msgspec.Struct, frozen=True):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


def spanned(values: Floats) -> Span:
    """The first of the values with the interval that the others, its resamples, give."""
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Span(float(values[0]), float(low), float(high))


def _tied_groups(score: Floats, *, descending: bool) -> tuple[np.ndarray, np.ndarray]:
    """The order of the scores and where each group of equal scores begins."""
    order = np.argsort(-score if descending else score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    return order, starts


def _per_group(weights: Floats, order: np.ndarray, starts: np.ndarray) -> Floats:
    return np.asarray(np.add.reduceat(weights[:, order], starts, axis=1))


def auc(score: Floats, happened: Floats) -> Measure:
    """Probability that a random positive ranks above a random negative; ties count half."""
    order, starts = _tied_groups(score, descending=False)

    def measure(weights: Floats) -> Floats:
        positive = _per_group(weights * happened, order, starts)
        negative = _per_group(weights * (1 - happened), order, starts)
        below = np.cumsum(negative, axis=1) - negative
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        won = (positive * (below + negative / 2)).sum(axis=1)
        return np.asarray(np.divide(won, pairs, out=np.full(len(pairs), 0.5), where=pairs > 0))

    return measure


def pr_auc(score: Floats, happened: Floats) -> Measure:
    """Average precision, as in scikit-learn."""
    order, starts = _tied_groups(score, descending=True)

    def measure(weights: Floats) -> Floats:
        positive = _per_group(weights * happened, order, starts)
        seen = np.cumsum(_per_group(weights, order, starts), axis=1)
        precision = np.cumsum(positive, axis=1) / np.maximum(seen, 1e-12)
        total = np.maximum(positive.sum(axis=1), 1e-12)
        return np.asarray((precision * positive).sum(axis=1) / total)

    return measure


def captured(score: Floats, amount: Floats, share: float = 0.1) -> Measure:
    """Part of the whole `amount` held by the best-scored `share` of customers; ties are split."""
    order, starts = _tied_groups(score, descending=True)

    def measure(weights: Floats) -> Floats:
        amounts = _per_group(weights * amount, order, starts)
        people = _per_group(weights, order, starts)
        before = np.cumsum(people, axis=1) - people
        room = share * people.sum(axis=1, keepdims=True)
        taken = np.clip((room - before) / np.maximum(people, 1e-12), 0.0, 1.0)
        total = amounts.sum(axis=1)
        held = (amounts * taken).sum(axis=1)
        return np.asarray(np.divide(held, total, out=np.zeros(len(total)), where=total != 0))

    return measure


def lift(score: Floats, happened: Floats, share: float = 0.1) -> Measure:
    """How many times more positives the best-scored `share` holds than a random one."""
    held = captured(score, happened, share)
    return lambda weights: np.asarray(held(weights) / share)


def brier(probability: Floats, happened: Floats) -> Measure:
    squared = (probability - happened) ** 2
    return lambda weights: np.asarray(weights @ squared / weights.sum(axis=1))


def log_loss(probability: Floats, happened: Floats) -> Measure:
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    surprise = -(happened * np.log(p) + (1 - happened) * np.log(1 - p))
    return lambda weights: np.asarray(weights @ surprise / weights.sum(axis=1))


def ece(probability: Floats, happened: Floats, bins: int = 10) -> Measure:
    """Expected calibration error over bins of equal size: |predicted - actual|, averaged."""
    cuts = np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1])
    member = np.searchsorted(cuts, probability, side="right")
    error = (probability - happened)[:, None] * (member[:, None] == np.arange(bins))
    return lambda weights: np.asarray(np.abs(weights @ error).sum(axis=1) / weights.sum(axis=1))


def rmse(predicted: Floats, actual: Floats) -> Measure:
    squared = (predicted - actual) ** 2
    return lambda weights: np.asarray(np.sqrt(weights @ squared / weights.sum(axis=1)))


def gini(predicted: Floats, actual: Floats) -> Measure:
    """Normalised Gini of an amount: how much of it the best-ranked hold, 1 as the truth ranks it.

    Twice the area between the curve of the amount held (from the best-ranked on) and the
    diagonal, over that of the perfect order; equal predictions share what they hold.
    """
    orders = [_tied_groups(by, descending=True) for by in (predicted, actual)]

    def area(weights: Floats, order: np.ndarray, starts: np.ndarray) -> Floats:
        amounts = _per_group(weights * actual, order, starts)
        people = _per_group(weights, order, starts)
        held = np.cumsum(amounts, axis=1) - amounts / 2
        total = amounts.sum(axis=1) * people.sum(axis=1)
        shared = (people * held).sum(axis=1)
        return np.asarray(np.divide(shared, total, out=np.full(len(total), 0.5), where=total > 0))

    def measure(weights: Floats) -> Floats:
        ours, best = (area(weights, *order) - 0.5 for order in orders)
        return np.asarray(np.divide(ours, best, out=np.zeros(len(ours)), where=best > 0))

    return measure


def total_ratio(predicted: Floats, actual: Floats) -> Measure:
    """Sum predicted over sum that came; 1 is perfect."""
    return lambda weights: np.asarray((weights @ predicted) / np.maximum(weights @ actual, 1e-12))


def spearman(predicted: Floats, actual: Floats) -> Measure:
    """Rank correlation; a resample weights the customers, their ranks stay."""
    a, b = _ranks(predicted), _ranks(actual)

    def measure(weights: Floats) -> Floats:
        share = weights / weights.sum(axis=1, keepdims=True)
        mean_a, mean_b = share @ a, share @ b
        cov = share @ (a * b) - mean_a * mean_b
        var = (share @ a**2 - mean_a**2) * (share @ b**2 - mean_b**2)
        return np.asarray(np.divide(cov, np.sqrt(var), out=np.zeros(len(cov)), where=var > 0))

    return measure


def _ranks(values: Floats) -> Floats:
    """Ranks from 0 to 1, ties sharing their mean."""
    _, member, count = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count + 1) / 2
    return np.asarray(middle[member] / max(len(values) - 1, 1))


def psi(then: Floats, now: Floats, bins: int = 10) -> float:
    """Population stability index: how far a feature's distribution moved. 0.1 watch, 0.25 act.

    Bins are the quantiles of `then`; unknown values are a bin of their own.
    """
    known = then[np.isfinite(then)]
    quantiles = np.linspace(0, 1, bins + 1)[1:-1]
    cuts: Floats = np.unique(np.quantile(known, quantiles)) if len(known) else np.zeros(0)

    def shares(values: Floats) -> Floats:
        place = np.searchsorted(cuts, values[np.isfinite(values)], side="right")
        counts = np.bincount(place, minlength=len(cuts) + 1).astype(np.float64)
        counts = np.r_[counts, np.sum(~np.isfinite(values))]
        # half a customer in each bin: an empty bin must not make the index infinite
        return np.asarray((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))

    a, b = shares(then), shares(now)
    return float(np.sum((b - a) * np.log(b / a)))


def wilson(successes: Floats, n: Floats, z: float = 1.959964) -> tuple[Floats, Floats]:
    """The 95 % interval of a share (Wilson 1927): honest for small n and near 0 or 1."""
    n = np.maximum(n, 1e-12)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.asarray(np.maximum(centre - half, 0.0)), np.asarray(np.minimum(centre + half, 1.0))


def poisson_weights(customers: int, resamples: int, seed: int) -> Floats:
    """The first row is the sample itself; the others are bootstrap resamples."""
    drawn = np.random.default_rng(seed).poisson(1.0, (resamples, customers)).astype(np.float64)
    drawn[drawn.sum(axis=1) == 0] = 1.0
    return np.vstack([np.ones(customers), drawn])
