"""Qini: how well a ranking puts those whom the offer changes first.

Normalised as in scikit-uplift: the area between the Qini curve and the straight line of a random
order, over the same area of the perfect order, in which the offer may also drive people away
(`negative_effect=True`). 1 is perfect, 0 is random, below 0 is worse than random.
"""

from collections.abc import Callable

import numpy as np

from zhiyin.insight.contract import Floats
from zhiyin.insight.metrics import Measure


def qini(uplift: Floats, outcome: Floats, treated: Floats) -> Measure:
    """For many resamples at once; see `metrics`."""
    actual, perfect = (
        _curve(uplift, outcome, treated),
        _curve(outcome * treated - outcome * (1 - treated), outcome, treated),
    )

    def measure(weights: Floats) -> Floats:
        ours, random = _area(*actual(weights))
        best, _ = _area(*perfect(weights))
        room = best - random
        return np.asarray(
            np.divide(ours - random, room, out=np.zeros(len(room)), where=np.abs(room) > 1e-12)
        )

    return measure


def qini_curve(uplift: Floats, outcome: Floats, treated: Floats) -> tuple[Floats, Floats]:
    """People addressed, best first, and outcomes gained by it; both begin with 0."""
    people, gained = _curve(uplift, outcome, treated)(np.ones((1, len(uplift))))
    return people[0], gained[0]


def _curve(
    uplift: Floats, outcome: Floats, treated: Floats
) -> Callable[[Floats], tuple[Floats, Floats]]:
    order = np.argsort(-uplift, kind="stable")
    ranked = uplift[order]
    ends = np.r_[np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1]

    def measure(weights: Floats) -> tuple[Floats, Floats]:
        def summed(values: Floats) -> Floats:
            return np.asarray(np.cumsum((weights * values)[:, order], axis=1)[:, ends])

        people, asked = summed(np.ones(len(uplift))), summed(treated)
        came, came_asked = summed(outcome), summed(outcome * treated)
        others = people - asked
        share = np.divide(asked, others, out=np.zeros_like(asked), where=others > 0)
        gained = came_asked - (came - came_asked) * share
        zero = np.zeros((len(weights), 1))
        return np.hstack([zero, people]), np.hstack([zero, gained])

    return measure


def _area(people: Floats, gained: Floats) -> tuple[Floats, Floats]:
    """Under the curve, and under the straight line to its end."""
    ours = np.trapezoid(gained, people, axis=1)
    return np.asarray(ours), np.asarray(people[:, -1] * gained[:, -1] / 2)
