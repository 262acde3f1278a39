"""Was the offer given by lot? If it can be told from who people are, it was not.

Two signs: how well the offer can be predicted (cross-validated AUC with its interval; 0.5 is a
lot), and how far any single column differs between the arms (standardised mean difference; above
0.1 is commonly called unbalanced, Austin 2009).
"""

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from zhiyin.insight import metrics
from zhiyin.insight.contract import Floats, InsightError, Words
from zhiyin.insight.given import Integers

REFUSED_AUC, WARNED_AUC = 0.55, 0.52
REFUSED_DIFFERENCE, WARNED_DIFFERENCE = 0.25, 0.1
_RESAMPLES = 200


class NotRandomisedError(InsightError):
    """The arms differ in who the people are; an effect cannot be told from that difference."""


class Balance(msgspec.Struct, frozen=True):
    """`auc` of guessing the arm; `column` differs most, by `difference` standard deviations."""

    auc: float
    low: float
    high: float
    column: str
    difference: float
    treated: int
    control: int

    @property
    def refused(self) -> bool:
        return self.low > REFUSED_AUC or self.difference > REFUSED_DIFFERENCE

    @property
    def doubtful(self) -> bool:
        apart = self.low > 0.5 and self.auc > WARNED_AUC
        return apart or self.difference > max(WARNED_DIFFERENCE, self._by_chance())

    def _by_chance(self) -> float:
        """What a lot makes of the largest of some twenty differences, in 95 of 100 cases."""
        return 3.0 * float(np.sqrt(1 / max(self.treated, 1) + 1 / max(self.control, 1)))

    @property
    def sentence(self) -> Words:
        zh = (
            f"由客户特征猜测是否收到的 AUC 为 {self.auc:.3f}（{self.low:.3f}–{self.high:.3f}），"
            f"差别最大的一列是 {self.column}（{self.difference:.2f} 个标准差）"
        )
        en = (
            f"who got the offer can be guessed with an AUC of {self.auc:.3f} ({self.low:.3f} to "
            f"{self.high:.3f}); {self.column} differs most ({self.difference:.2f} standard "
            "deviations)"
        )
        if self.refused:
            return Words(f"不是随机分配：{zh}。", f"Not by lot: {en}.")
        if self.doubtful:
            return Words(f"可能不是随机分配，效果要打折看：{zh}。",
                         f"Perhaps not by lot, so read effects with care: {en}.")  # fmt: skip
        return Words(f"看得出是随机分配：{zh}。", f"By lot, as far as can be seen: {en}.")


def balance(rows: Floats, names: list[str], treated: Floats, folds: Integers) -> Balance:
    """`rows`: people x columns, scaled; `folds`: which part each person belongs to."""
    asked, others = int(treated.sum()), int((1 - treated).sum())
    difference, column = 0.0, "-"
    for name, values in zip(names, rows.T, strict=True):
        a, b = values[treated == 1], values[treated == 0]
        spread = float(np.sqrt((a.var() + b.var()) / 2))
        apart = abs(float(a.mean() - b.mean()))
        this = apart / spread if spread > 1e-9 else (10.0 if apart > 1e-9 else 0.0)
        if this > difference:
            difference, column = this, name
    guessed = np.full(len(treated), float(treated.mean()))
    for fold in np.unique(folds) if rows.shape[1] else []:
        out = folds == fold
        if 0 < treated[~out].mean() < 1:
            model = LogisticRegression(C=0.1, max_iter=300).fit(rows[~out], treated[~out])
            # the log-odds against their mean: folds with other shares must stay comparable
            margin = model.decision_function(rows[out])
            guessed[out] = margin - float(model.decision_function(rows[~out]).mean())
    weights = metrics.poisson_weights(len(treated), _RESAMPLES, seed=20260102)
    values = metrics.auc(guessed, treated)(weights)
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Balance(float(values[0]), float(low), float(high), column, difference, asked, others)
