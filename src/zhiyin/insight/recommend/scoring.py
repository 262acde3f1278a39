"""From what a customer has to a score for every product, known and new.

Two models behind one face: EASE (weights between products) and ALS (factors). New products stand
behind the known ones and inherit from them (`content`).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from zhiyin.insight.contract import Floats
from zhiyin.insight.recommend.als import Als
from zhiyin.insight.recommend.ratings import Matrix, Numbers


class Scorer(Protocol):
    """Profiles are customers x known products; scores are customers x all products."""

    def scores(self, profiles: Matrix) -> Numbers: ...

    def contributions(self, profile: Matrix, product: int) -> Floats:
        """What each product of one profile (in its order) adds to the score of `product`."""
        ...


@dataclass(frozen=True)
class EaseScorer:
    weights: npt.NDArray[np.float32]
    inherits: Matrix

    def scores(self, profiles: Matrix) -> Numbers:
        known = np.asarray(profiles.astype(np.float32) @ self.weights)
        return _with_new(known, self.inherits)

    def contributions(self, profile: Matrix, product: int) -> Floats:
        known = self.weights.shape[0]
        if product < known:
            towards = self.weights[profile.indices, product]
        else:
            row = self.inherits[[product - known]]
            towards = self.weights[np.ix_(profile.indices, row.indices)] @ row.data
        return np.asarray(towards * profile.data, dtype=np.float64)


@dataclass(frozen=True)
class AlsScorer:
    als: Als
    inherits: Matrix

    def scores(self, profiles: Matrix) -> Numbers:
        return _with_new(self.als.scores(profiles), self.inherits)

    def contributions(self, profile: Matrix, product: int) -> Floats:
        known = len(self.als.factors)
        if product < known:
            return self.als.contributions(profile, product)
        row = self.inherits[[product - known]]
        parts = [
            share * self.als.contributions(profile, int(near))
            for near, share in zip(row.indices, row.data, strict=True)
        ]
        return np.asarray(sum(parts, np.zeros(len(profile.data))))


def _with_new(known: Numbers, inherits: Matrix) -> Numbers:
    if inherits.shape[0] == 0:
        return known
    new = inherits.astype(known.dtype) @ known.T
    return np.hstack([known, np.asarray(new).T])
