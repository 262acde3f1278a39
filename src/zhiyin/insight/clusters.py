"""Groups in a cloud of points: K-means or a Gaussian mixture, how many, and which is which again.

How many: those numbers whose groups come back when half of the points are drawn anew (stability,
the adjusted Rand index between two halves' groupings of the same points; Ben-Hur, Elisseeff, Guyon
2002), and among them the best silhouette; for a mixture the best BIC. Which is which: after a new
fit the groups are matched to the old ones so that most customers stay where they were (Kuhn 1955,
the Hungarian method). Seeds are fixed: the same points give the same groups.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from zhiyin.insight.contract import Floats

Labels = npt.NDArray[np.int64]
SAMPLE, SHOWN = 3_000, 1_200  # points to choose on; the silhouette needs all pairs
DRAWS = 3
STABLE = 0.75
KEPT = 0.3  # share of members in common (Jaccard) from which a group is the same as before
_FIT_MIXTURE = 20_000


class Method(StrEnum):
    KMEANS = "kmeans"
    MIXTURE = "mixture"


class Grouping(msgspec.Struct, frozen=True):
    """Where the groups are. A mixture has a weight and the inverse Cholesky factor of each."""

    centres: list[list[float]]
    weights: list[float] = []
    precisions: list[list[list[float]]] = []

    def place(self, points: Floats) -> Labels:
        """The group of each point."""
        return np.asarray(np.argmax(self.nearness(points), axis=1), dtype=np.int64)

    def nearness(self, points: Floats) -> Floats:
        """Log density (mixture) or minus the squared distance; the highest is the group."""
        centres = np.array(self.centres)
        if not self.weights:
            # |x - c|² without |x|², which is the same for all groups
            return np.asarray(2 * points @ centres.T - (centres**2).sum(axis=1))
        found = np.empty((len(points), len(centres)))
        for k, (centre, root) in enumerate(zip(centres, self.precisions, strict=True)):
            factor = np.array(root)
            away = (points - centre) @ factor
            scale = np.log(np.diag(factor)).sum() + np.log(self.weights[k])
            found[:, k] = scale - (away**2).sum(axis=1) / 2
        return found

    def membership(self, points: Floats) -> Floats:
        """P(point belongs to group) of a mixture; 1 for the nearest group of K-means."""
        if not self.weights:
            nearest = self.place(points)[:, None] == np.arange(len(self.centres))
            return np.asarray(nearest, dtype=np.float64)
        logs = self.nearness(points)
        odds = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def ordered(self, order: npt.NDArray[np.int64]) -> "Grouping":
        """The same groups in another order."""
        return Grouping(
            [self.centres[k] for k in order],
            [self.weights[k] for k in order] if self.weights else [],
            [self.precisions[k] for k in order] if self.weights else [],
        )


class Candidate(msgspec.Struct, frozen=True):
    """One number of groups and how good it is. `bic` (lower is better) is of a mixture only."""

    groups: int
    silhouette: float
    stability: float
    smallest: float
    bic: float | None = None


def grouped(
    points: Floats, counts: Iterable[int], method: Method = Method.KMEANS
) -> tuple[Grouping, list[Candidate]]:
    """Choose how many groups, and fit them on all points."""
    rng = np.random.default_rng(5)
    sample = points[np.sort(rng.permutation(len(points))[:SAMPLE])]
    halves = [np.sort(rng.permutation(len(sample))[: len(sample) // 2]) for _ in range(DRAWS + 1)]
    different = len(np.unique(sample, axis=0))
    tried = [_tried(sample, halves, k, method) for k in counts if k < different]
    if not tried:
        return _fitted(sample, 1, Method.KMEANS), []
    best = chosen(tried)
    return _fitted(points, best.groups, method, _fitted(sample, best.groups, method)), tried


def chosen(tried: list[Candidate]) -> Candidate:
    """The best among the stable ones; where none is stable, the most stable."""
    stable = [one for one in tried if one.stability >= STABLE]
    if not stable:
        return max(tried, key=lambda one: (one.stability, -one.groups))
    if all(one.bic is not None for one in stable):
        return min(stable, key=lambda one: (one.bic or 0.0, one.groups))
    return max(stable, key=lambda one: (one.silhouette, -one.groups))


def matched(then: Labels, now: Labels, groups_then: int, groups_now: int) -> dict[int, int]:
    """For each group now the one that it continues, by the members in common; new ones are absent.

    `then` and `now` are the groups of the same customers by the old and the new fit.
    """
    common = np.zeros((groups_now, groups_then))
    np.add.at(common, (now, then), 1.0)
    either = common.sum(axis=1, keepdims=True) + common.sum(axis=0, keepdims=True) - common
    alike = np.divide(common, either, out=np.zeros_like(common), where=either > 0)
    rows, columns = linear_sum_assignment(-alike)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if alike[row, column] >= KEPT}


def _tried(
    sample: Floats, halves: list[npt.NDArray[np.int64]], k: int, method: Method
) -> Candidate:
    groupings = [_fitted(sample[half], k, method) for half in halves]
    placed = [one.place(sample) for one in groupings]
    agree = [float(adjusted_rand_score(placed[0], other)) for other in placed[1:]]
    label, shown = placed[0][:SHOWN], sample[:SHOWN]
    several = len(np.unique(label)) > 1
    shape = float(silhouette_score(shown, label)) if several else -1.0
    smallest = float(np.bincount(placed[0], minlength=k).min() / len(sample))
    bic = None
    if method == Method.MIXTURE:
        bic = float(_mixture(k).fit(sample).bic(sample))
    return Candidate(k, shape, float(np.mean(agree)), smallest, bic)


def _fitted(points: Floats, k: int, method: Method, begin: Grouping | None = None) -> Grouping:
    """`begin` is a fit of a sample that the search goes on from: one start then is enough."""
    if method == Method.MIXTURE:
        rng = np.random.default_rng(7)
        learned = points[np.sort(rng.permutation(len(points))[:_FIT_MIXTURE])]
        mixture = _mixture(k).fit(learned)
        return Grouping(
            mixture.means_.tolist(), mixture.weights_.tolist(),
            mixture.precisions_cholesky_.tolist(),
        )  # fmt: skip
    if begin is not None and len(begin.centres) == k:
        search = KMeans(k, init=np.array(begin.centres), n_init=1, random_state=3)
    else:
        search = KMeans(k, n_init=4, random_state=3)
    return Grouping(search.fit(points).cluster_centers_.tolist())


def _mixture(k: int) -> GaussianMixture:
    # a ridge on the covariances: habits with a few values must not become groups without width
    return GaussianMixture(k, n_init=1, random_state=3, reg_covar=0.02, max_iter=200)
