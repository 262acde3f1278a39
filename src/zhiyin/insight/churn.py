"""Who will not buy again within the next 60 days, how sure that is, and why.

Asked of customers who bought in the last year. Small boosted trees and a logistic regression learn
from slices of the past; the mixture of the two that fits a *later* slice best is calibrated on that
slice. Classes are never reweighted: the output is a probability. Naive baseline: the longer ago the
last purchase, the higher the risk.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression

from zhiyin.insight import trees
from zhiyin.insight.calibration import (
    Platt,
    RiskInterval,
    fit_interval,
    fit_platt,
    log_loss,
)
from zhiyin.insight.contract import (
    Floats,
    Frame,
    KnownUntil,
    NotEnoughHistoryError,
    Past,
    Reason,
    Words,
    known_until,
    remembered,
    score_table,
)
from zhiyin.insight.reasons import design, strongest
from zhiyin.insight.scorecard import Kind

ACTIVE_DAYS = 365
SLICES = 4
TREE_SHARES = (0.0, 0.5, 1.0)


class Logistic(msgspec.Struct, frozen=True):
    """Logistic regression on standardised log-scaled inputs; the simple rival of the trees.

    Inputs are held within the 1st and 99th percentile of the training data: a straight line must
    not run away with one order of 74,000 pieces.
    """

    median: list[float]
    least: list[float]
    most: list[float]
    mean: list[float]
    spread: list[float]
    weight: list[float]
    intercept: float

    def contributions(self, rows: Floats) -> Floats:
        """What each feature adds to the log-odds, against the average customer."""
        known = np.where(np.isfinite(rows), rows, self.median)
        known = np.clip(known, self.least, self.most)
        return np.asarray((_log(known) - self.mean) / self.spread * self.weight)

    def margins(self, rows: Floats) -> Floats:
        return np.asarray(self.contributions(rows).sum(axis=1) + self.intercept)


def fit_logistic(rows: Floats, happened: Floats) -> Logistic:
    least, median, most = np.array(
        [np.quantile(c[np.isfinite(c)] if np.isfinite(c).any() else [0.0], [0.01, 0.5, 0.99])
         for c in rows.T]
    ).T  # fmt: skip
    logged = _log(np.clip(np.where(np.isfinite(rows), rows, median), least, most))
    mean, spread = logged.mean(axis=0), logged.std(axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    fitted = LogisticRegression(C=0.05, max_iter=1000).fit((logged - mean) / spread, happened)
    return Logistic(
        median.tolist(),
        least.tolist(),
        most.tolist(),
        mean.tolist(),
        spread.tolist(),
        fitted.coef_[0].tolist(),
        float(fitted.intercept_[0]),
    )


def _log(values: Floats) -> Floats:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


class ChurnModel(msgspec.Struct, frozen=True, tag="churn"):
    """Everything that scoring needs; plain numbers and LightGBM text.

    `losses`: log loss on the calibration slice by share of the trees ("0.0" is the logistic
    regression alone, "1.0" the trees alone).
    """

    horizon_days: int
    features: list[str]
    booster: str
    logistic: Logistic
    tree_share: float
    calibrated: Platt
    interval: RiskInterval
    naive: Platt
    naive_interval: RiskInterval
    typical_margin: float
    learned_from: int
    losses: dict[str, float]

    def inputs(self, frame: Frame) -> dict[str, Floats]:
        offered = design(frame)
        unknown = np.full(len(frame), np.nan)
        return {name: offered.get(name, unknown) for name in self.features}

    def margins(self, rows: Floats) -> Floats:
        return _mixed(self.booster, self.logistic, self.tree_share, rows)

    def predict(self, frame: Frame) -> Floats:
        return self.calibrated(self.margins(_matrix(self.inputs(frame))))

    def baseline(self, frame: Frame) -> Floats:
        return self.naive(np.log1p(frame.column("recency_days")))

    def explain(self, frame: Frame) -> list[list[Reason]]:
        """Why this risk: contributions in percentage points against the typical customer.

        Contributions add up in log-odds. Each is scaled by the slope of the straight line between
        the typical customer's probability and this one's, so they add up in points as well.
        """
        inputs = self.inputs(frame)
        rows = _matrix(inputs)
        parts = np.zeros((len(frame), len(inputs)))
        if self.tree_share > 0:
            parts += self.tree_share * trees.contributions(self.booster, rows)[:, :-1]
        if self.tree_share < 1:
            parts += (1 - self.tree_share) * self.logistic.contributions(rows)
        margin = self.margins(rows)
        away = margin - self.typical_margin
        risk, typical = self.calibrated(margin), self.calibrated(np.array([self.typical_margin]))
        tangent = risk * (1 - risk) * self.calibrated.slope
        far = np.abs(away) > 1e-6
        slope = np.where(far, (risk - typical) / np.where(far, away, 1.0), tangent)
        return strongest(inputs, parts * slope[:, None])

    def explain_baseline(self, frame: Frame) -> list[list[Reason]]:
        risk = self.baseline(frame)
        offered = design(frame)
        inputs = {"recency_days": offered["recency_days"]}
        return strongest(inputs, (risk - risk.mean())[:, None], offered, least=0.0)

    def score_frame(self, frame: Frame, in_use: str = "model") -> pa.Table:
        if in_use == "model":
            risk, reasons = self.predict(frame), self.explain(frame)
            low, high = self.interval.around(risk)
        else:
            risk, reasons = self.baseline(frame), self.explain_baseline(frame)
            low, high = self.naive_interval.around(risk)
        told = [msgspec.json.encode(r).decode() for r in reasons]
        return score_table(frame.ids, risk, low, high, told)

    def score(self, history: Past, as_of: datetime) -> pa.Table:
        return self.score_frame(remembered(history).frame(as_of))


def _matrix(inputs: dict[str, Floats]) -> Floats:
    return np.column_stack(list(inputs.values()))


def _mixed(booster: str, logistic: Logistic, share: float, rows: Floats) -> Floats:
    margin = np.zeros(len(rows))
    if share > 0:
        margin += share * trees.margins(booster, rows)
    if share < 1:
        margin += (1 - share) * logistic.margins(rows)
    return margin


@dataclass(frozen=True)
class Churn:
    """The question; `fit` needs a past of at least two horizons and a month."""

    horizon: timedelta = timedelta(days=60)
    name: str = "churn"
    kind: Kind = Kind.PROBABILITY

    @property
    def baseline_name(self) -> Words:
        return Words("按未购天数排", "ordered by days since last purchase")

    @property
    def title(self) -> Words:
        return Words("流失预测", "Churn")

    @property
    def question(self) -> Words:
        d = self.horizon.days
        return Words(
            f"近一年买过的客户，{d} 天内不再购买的概率",
            f"Chance of no purchase within {d} days, for customers of the last year",
        )

    def asked(self, frame: Frame) -> Frame:
        """The customers that the question is about."""
        return frame.where(frame.column("recency_days") <= ACTIVE_DAYS)

    def actual(self, known: KnownUntil, frame: Frame) -> Floats:
        """1 where no order came within the horizon."""
        everyone = known.frame(frame.as_of)
        bought = known.buyers(frame.as_of, self.horizon, "orders") > 0
        asked = everyone.column("recency_days") <= ACTIVE_DAYS
        return np.asarray(~bought[asked], dtype=np.float64)

    def fit(self, history: Past, as_of: datetime) -> ChurnModel:
        known = known_until(history, as_of)
        later = as_of - self.horizon
        slices = known.snapshots(later - self.horizon, self.horizon / 2, SLICES)
        if not slices:
            raise NotEnoughHistoryError(
                f"churn needs {2 * self.horizon.days + 30} days of history before {as_of:%Y-%m-%d}"
            )
        frames = [self.asked(known.frame(at)) for at in slices]
        gone = np.concatenate([self.actual(known, f) for f in frames])
        held = self.asked(known.frame(later))
        held_gone = self.actual(known, held)
        if len(gone) < 50 or not 0 < gone.mean() < 1 or not 0 < held_gone.mean() < 1:
            raise NotEnoughHistoryError("churn needs customers who stayed and customers who left")

        offered = [design(f) for f in frames]
        features = [
            name for name in offered[0]
            if any(np.nanmax(o[name], initial=-np.inf) > np.nanmin(o[name], initial=np.inf)
                   for o in offered)
        ]  # fmt: skip
        rows = np.vstack([_matrix({n: o[n] for n in features}) for o in offered])
        booster = trees.grow(rows, gone, objective="binary")
        logistic = fit_logistic(rows, gone)

        held_inputs = design(held)
        held_rows = _matrix({n: held_inputs[n] for n in features})
        losses, best = {}, (np.inf, 0.0, Platt(1.0, 0.0), np.zeros(0))
        for share in TREE_SHARES:
            margin = _mixed(booster, logistic, share, held_rows)
            platt = fit_platt(margin, held_gone)
            risk = platt(margin)
            losses[f"{share:.1f}"] = loss = log_loss(risk, held_gone)
            if loss < best[0]:
                best = (loss, share, platt, risk)
        _, share, platt, risk = best
        recency = np.log1p(held.column("recency_days"))
        naive = fit_platt(recency, held_gone)
        return ChurnModel(
            horizon_days=self.horizon.days,
            features=features,
            booster=booster,
            logistic=logistic,
            tree_share=share,
            calibrated=platt,
            interval=fit_interval(risk, held_gone),
            naive=naive,
            naive_interval=fit_interval(naive(recency), held_gone),
            typical_margin=float(np.mean(_mixed(booster, logistic, share, held_rows))),
            learned_from=len(gone),
            losses=losses,
        )
