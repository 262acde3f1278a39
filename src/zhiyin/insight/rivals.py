"""Five ways to tell two classes apart, fitted the same way and kept as plain numbers.

A decision tree, a random forest and boosted small trees (all three grown by LightGBM, so that the
parts of a score are exact Shapley values and a model is text), a logistic regression, and a support
vector machine with an RBF kernel on Nyström landmarks (Williams, Seeger 2001). `mixed` is half the
log-odds of logistic regression and half of the boosted trees. A score is on the log-odds scale
before calibration; classes are never reweighted, or it could not become a probability. `parts` of a
score are told for each column; `owner` says which column a feature of a straight line belongs to.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec
import numpy as np
from scipy.spatial.distance import cdist
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from zhiyin.insight import trees
from zhiyin.insight.columns import Owner, Rows
from zhiyin.insight.contract import Floats, Words

LANDMARKS = 200


class Kind(StrEnum):
    """Which classifier. The first is what the others have to beat."""

    LOGISTIC = "logistic"
    TREE = "tree"
    FOREST = "forest"
    SVM = "svm"
    BOOSTED = "boosted"
    MIXED = "mixed"


NAMES: dict[Kind, Words] = {
    Kind.LOGISTIC: Words("逻辑回归", "Logistic regression"),
    Kind.TREE: Words("决策树", "Decision tree"),
    Kind.FOREST: Words("随机森林", "Random forest"),
    Kind.SVM: Words("支持向量机", "Support vector machine"),
    Kind.BOOSTED: Words("LightGBM 小树", "LightGBM, small trees"),
    Kind.MIXED: Words("LightGBM 与逻辑回归各半", "LightGBM and logistic regression, half each"),
}


class Grown(msgspec.Struct, frozen=True, tag="grown"):
    """Trees of any kind, as LightGBM's text."""

    text: str

    def margins(self, rows: Rows) -> Floats:
        return trees.margins(self.text, rows.trees)

    def parts(self, rows: Rows, owner: Owner) -> Floats:
        return trees.contributions(self.text, rows.trees)[:, :-1]


class Line(msgspec.Struct, frozen=True, tag="line"):
    """A straight line over the features of `Columns.for_lines`."""

    weight: list[float]
    intercept: float
    typical: list[float]

    def margins(self, rows: Rows) -> Floats:
        return np.asarray(rows.lines @ np.array(self.weight) + self.intercept)

    def parts(self, rows: Rows, owner: Owner) -> Floats:
        """Weight times the distance from the average row, added up over a column's features."""
        each = (rows.lines - self.typical) * self.weight
        begins = np.searchsorted(owner, range(int(owner[-1]) + 1))
        return np.asarray(np.add.reduceat(each, begins, axis=1))


class Kernel(msgspec.Struct, frozen=True, tag="kernel"):
    """A straight line over the likeness to some of the rows learned from."""

    landmarks: list[list[float]]
    gamma: float
    mixing: list[list[float]]
    weight: list[float]
    intercept: float
    typical: list[float]

    def margins(self, rows: Rows) -> Floats:
        near = np.exp(-self.gamma * cdist(rows.lines, np.array(self.landmarks), "sqeuclidean"))
        return np.asarray(near @ (np.array(self.mixing) @ np.array(self.weight)) + self.intercept)

    def parts(self, rows: Rows, owner: Owner) -> Floats:
        """What changes when one column is average instead: such a model has no exact parts."""
        full, count = self.margins(rows), int(owner[-1]) + 1
        parts = np.empty((len(rows), count))
        for at in range(count):
            lines = np.where(owner == at, np.array(self.typical), rows.lines)
            parts[:, at] = full - self.margins(Rows(rows.trees, lines))
        return parts


class Mixture(msgspec.Struct, frozen=True, tag="mixture"):
    """Half of each."""

    line: Line
    grown: Grown

    def margins(self, rows: Rows) -> Floats:
        return np.asarray((self.line.margins(rows) + self.grown.margins(rows)) / 2)

    def parts(self, rows: Rows, owner: Owner) -> Floats:
        both = self.line.parts(rows, owner) + self.grown.parts(rows, owner)
        return np.asarray(both / 2)


Rival = Grown | Line | Kernel | Mixture


def fit(kinds: Iterable[Kind], rows: Rows, happened: Floats) -> dict[Kind, Rival]:
    """Learn each from the same rows and labels (0 or 1); the same bits every time.

    A mixture asked for beside its halves is made of them, not learned again.
    """
    wanted = list(kinds)
    needed = [k for k in _FITS if k in wanted or (Kind.MIXED in wanted and k in _HALVES)]
    found = {kind: _FITS[kind](rows, happened) for kind in needed}
    if Kind.MIXED in wanted:
        line, grown = (found[half] for half in _HALVES)
        assert isinstance(line, Line)
        assert isinstance(grown, Grown)
        found[Kind.MIXED] = Mixture(line, grown)
    return {kind: found[kind] for kind in wanted}


def _tree(rows: Rows, happened: Floats) -> Grown:
    """One tree, not shrunk: up to 16 leaves of at least 1 % of the rows."""
    return Grown(
        trees.grow(
            rows.trees, happened, objective="binary", rounds=1,
            num_leaves=16, learning_rate=1.0, min_data_in_leaf=max(20, len(rows) // 100),
            lambda_l2=1.0, feature_fraction=1.0, bagging_fraction=1.0, bagging_freq=0,
        )
    )  # fmt: skip


def _forest(rows: Rows, happened: Floats) -> Grown:
    """Breiman (2001): trees on bootstrap-like samples, each split among a few random columns."""
    few = min(1.0, 1.5 * rows.trees.shape[1] ** -0.5)
    return Grown(
        trees.grow(
            rows.trees, happened, objective="binary", rounds=100, boosting="rf",
            num_leaves=48, min_data_in_leaf=max(5, len(rows) // 500), lambda_l2=0.0,
            feature_fraction=1.0, feature_fraction_bynode=few,
            bagging_fraction=0.632, bagging_freq=1,
        )
    )  # fmt: skip


def _boosted(rows: Rows, happened: Floats) -> Grown:
    return Grown(trees.grow(rows.trees, happened, objective="binary"))


def _logistic(rows: Rows, happened: Floats) -> Line:
    found = LogisticRegression(C=0.1, max_iter=2000).fit(rows.lines, happened)
    return Line([float(v) for v in found.coef_[0]], float(found.intercept_[0]), _average(rows))


def _svm(rows: Rows, happened: Floats) -> Kernel:
    """An RBF kernel of the median distance, on landmarks drawn with a fixed seed."""
    rng = np.random.default_rng(17)
    landmarks = rows.lines[np.sort(rng.permutation(len(rows))[:LANDMARKS])]
    apart = cdist(landmarks, landmarks, "sqeuclidean")
    gamma = 1.0 / float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0
    values, vectors = np.linalg.eigh(np.exp(-gamma * apart))
    kept = values > 1e-8 * values.max()
    mixing = vectors[:, kept] / np.sqrt(values[kept])
    near = np.exp(-gamma * cdist(rows.lines, landmarks, "sqeuclidean")) @ mixing
    found = LinearSVC(C=1.0, random_state=3, max_iter=5000, dual=False).fit(near, happened)
    return Kernel(
        landmarks.tolist(), gamma, mixing.tolist(),
        [float(v) for v in found.coef_[0]], float(found.intercept_[0]), _average(rows),
    )  # fmt: skip


def _average(rows: Rows) -> list[float]:
    return [float(v) for v in rows.lines.mean(axis=0)]


_FITS: dict[Kind, Callable[[Rows, Floats], Rival]] = {
    Kind.LOGISTIC: _logistic,
    Kind.TREE: _tree,
    Kind.FOREST: _forest,
    Kind.SVM: _svm,
    Kind.BOOSTED: _boosted,
}
_HALVES = (Kind.LOGISTIC, Kind.BOOSTED)
