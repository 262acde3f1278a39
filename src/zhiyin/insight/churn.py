"""Who will not buy again within the next 60 days, how sure that is, and why.

Asked of customers who bought in the last year. Gone is who buys nothing within a fixed time, or
(`by_rhythm`) within the time in which he himself, by his own gaps, nearly always came back. Small
boosted trees and a logistic regression learn from slices of the past; the mixture of the two that
fits a *later* slice best is calibrated on that slice; another kind takes its place where
`churn_contest` says so. Classes are never reweighted: the output is a probability. Naive baseline:
the longer ago the last purchase, the higher the risk. Contracts: see `subscription` and `leads`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression

from zhiyin.features.history import History
from zhiyin.insight import rivals, scorecard, trees
from zhiyin.insight.answers import Answer
from zhiyin.insight.calibration import (
    Platt,
    RiskInterval,
    fit_interval,
    fit_platt,
    log_loss,
    points_of,
)
from zhiyin.insight.columns import Rows
from zhiyin.insight.contract import (
    Floats,
    Frame,
    KnownUntil,
    NotEnoughHistoryError,
    Past,
    Reason,
    Words,
    horizon_for,
    known_until,
    remembered,
    score_table,
)
from zhiyin.insight.reasons import design, strongest
from zhiyin.insight.rhythm import fit_rhythm
from zhiyin.insight.rivals import Kind, Rival
from zhiyin.insight.tables import Tabular, known_history

ACTIVE_DAYS = 365
SLICES = 4
HORIZONS = (60, 30, 14)
RHYTHMS = (14, 30, 60, 90, 120, 180, 365)
NINE_IN_TEN = 1.2816  # standard deviations of a normal distribution
MOST_ROWS = 90_000  # customers times slices: below what LightGBM takes two threads for
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

    def scaled(self, rows: Floats) -> Floats:
        known = np.where(np.isfinite(rows), rows, self.median)
        known = np.clip(known, self.least, self.most)
        return np.asarray((_log(known) - self.mean) / self.spread)

    def contributions(self, rows: Floats) -> Floats:
        """What each feature adds to the log-odds, against the average customer."""
        return np.asarray(self.scaled(rows) * self.weight)

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
    kind: Kind = Kind.MIXED
    rival: Rival | None = None

    def inputs(self, frame: Frame) -> dict[str, Floats]:
        offered = design(frame)
        unknown = np.full(len(frame), np.nan)
        return {name: offered.get(name, unknown) for name in self.features}

    def margins(self, rows: Floats) -> Floats:
        if self.rival is not None:
            return self.rival.margins(Rows(rows, self.logistic.scaled(rows)))
        return _mixed(self.booster, self.logistic, self.tree_share, rows)

    def parts(self, rows: Floats) -> Floats:
        """What each feature adds to the margin, against the average customer."""
        if self.rival is not None:
            both = Rows(rows, self.logistic.scaled(rows))
            return self.rival.parts(both, np.arange(rows.shape[1]))
        parts = np.zeros(rows.shape)
        if self.tree_share > 0:
            parts += self.tree_share * trees.contributions(self.booster, rows)[:, :-1]
        if self.tree_share < 1:
            parts += (1 - self.tree_share) * self.logistic.contributions(rows)
        return parts

    def predict(self, frame: Frame) -> Floats:
        return self.calibrated(self.margins(_matrix(self.inputs(frame))))

    def baseline(self, frame: Frame) -> Floats:
        return self.naive(np.log1p(frame.column("recency_days")))

    def explain(self, frame: Frame) -> list[list[Reason]]:
        """Why this risk: contributions in percentage points against the typical customer."""
        inputs = self.inputs(frame)
        rows = _matrix(inputs)
        margin = self.margins(rows)
        points = points_of(margin, self.parts(rows), self.typical_margin, self.calibrated)
        return strongest(inputs, points)

    def what_if(self, frame: Frame, changes: Mapping[str, float]) -> Floats:
        """The risk of each customer if features had other values: a pattern, not an effect.

        Raises KeyError for a feature that the model does not use.
        """
        inputs = self.inputs(frame)
        for name, value in changes.items():
            if name not in inputs:
                raise KeyError(f"{name} is not used; there are {', '.join(inputs)}")
            inputs[name] = np.full(len(frame), value)
        if "overdue" in inputs and "recency_days" in changes and "overdue" not in changes:
            gap = np.maximum(frame.column("mean_gap_days"), 1.0)
            inputs["overdue"] = inputs["recency_days"] / gap
        return self.calibrated(self.margins(_matrix(inputs)))

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
class Slices:
    """What is learned from, and the later slice that calibrates; labels are 1 for gone."""

    features: list[str]
    rows: Floats
    gone: Floats
    held: Frame
    held_rows: Floats
    held_gone: Floats


@dataclass(frozen=True)
class Churn:
    """The question; `fit` needs a past of at least two horizons and a month.

    `by_rhythm`: a customer is gone after the shortest of `RHYTHMS` days that covers nine in ten of
    his own gaps, `horizon` at most. `kind` fits that kind instead of the mixture.
    """

    horizon: timedelta = timedelta(days=60)
    name: str = "churn"
    kind: scorecard.Kind = scorecard.Kind.PROBABILITY
    by_rhythm: bool = False
    rival: Kind | None = None

    @property
    def baseline_name(self) -> Words:
        return Words("按未购天数排", "ordered by days since last purchase")

    @property
    def title(self) -> Words:
        return Words("流失预测", "Churn")

    @property
    def question(self) -> Words:
        d = self.horizon.days
        if self.by_rhythm:
            return Words(
                f"近一年买过的客户，超过本人购买节奏（最长 {d} 天）仍不购买的概率",
                f"Chance of no purchase within one's own rhythm ({d} days at most), for customers "
                "of the last year",
            )
        return Words(
            f"近一年买过的客户，{d} 天内不再购买的概率",
            f"Chance of no purchase within {d} days, for customers of the last year",
        )

    def asked(self, frame: Frame) -> Frame:
        """The customers that the question is about."""
        return frame.where(frame.column("recency_days") <= ACTIVE_DAYS)

    def patience(self, frame: Frame) -> Floats:
        """The days without a purchase after which each customer counts as gone."""
        if not self.by_rhythm:
            return np.full(len(frame), float(self.horizon.days))
        mean, spread = fit_rhythm(frame).of(frame)
        steps = np.array([d for d in RHYTHMS if d < self.horizon.days] + [self.horizon.days])
        at = np.searchsorted(steps, np.exp(mean + NINE_IN_TEN * spread))
        return np.asarray(steps[np.minimum(at, len(steps) - 1)], dtype=np.float64)

    def actual(self, known: KnownUntil, frame: Frame) -> Floats:
        """1 where no order came within the horizon, or within the customer's own patience."""
        everyone = known.frame(frame.as_of)
        patience = self.patience(everyone)
        bought = np.zeros(len(everyone), dtype=bool)
        for days in np.unique(patience):
            waited = patience == days
            came = known.buyers(frame.as_of, timedelta(days=float(days)), "orders") > 0
            bought[waited] = came[waited]
        asked = everyone.column("recency_days") <= ACTIVE_DAYS
        return np.asarray(~bought[asked], dtype=np.float64)

    def slices(self, known: KnownUntil, as_of: datetime) -> Slices:
        """Cut the past before a date into what is learned from and what calibrates."""
        later = as_of - self.horizon
        dates = known.snapshots(later - self.horizon, self.horizon / 2, SLICES)
        if not dates:
            raise NotEnoughHistoryError(
                f"churn needs {2 * self.horizon.days + 30} days of history before {as_of:%Y-%m-%d}"
            )
        frames = [self.asked(known.frame(at)) for at in dates]
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
        if len(rows) > MOST_ROWS:
            kept = np.sort(np.random.default_rng(23).permutation(len(rows))[:MOST_ROWS])
            rows, gone = rows[kept], gone[kept]
        inputs = design(held)
        return Slices(
            features, rows, gone, held, _matrix({n: inputs[n] for n in features}), held_gone
        )

    def fit(self, history: Past, as_of: datetime) -> ChurnModel:
        cut = self.slices(known_until(history, as_of), as_of)
        logistic = fit_logistic(cut.rows, cut.gone)
        rival, booster, share = None, "", 0.0
        losses: dict[str, float] = {}
        if self.rival is not None:
            both = Rows(cut.rows, logistic.scaled(cut.rows))
            rival = rivals.fit([self.rival], both, cut.gone)[self.rival]
            margin = rival.margins(Rows(cut.held_rows, logistic.scaled(cut.held_rows)))
        else:
            booster = trees.grow(cut.rows, cut.gone, objective="binary")
            share, losses = _best_share(booster, logistic, cut)
            margin = _mixed(booster, logistic, share, cut.held_rows)
        platt = fit_platt(margin, cut.held_gone)
        recency = np.log1p(cut.held.column("recency_days"))
        naive = fit_platt(recency, cut.held_gone)
        return ChurnModel(
            horizon_days=self.horizon.days,
            features=cut.features,
            booster=booster,
            logistic=logistic,
            tree_share=share,
            calibrated=platt,
            interval=fit_interval(platt(margin), cut.held_gone),
            naive=naive,
            naive_interval=fit_interval(naive(recency), cut.held_gone),
            typical_margin=float(np.mean(margin)),
            learned_from=len(cut.gone),
            losses=losses,
            kind=self.rival or Kind.MIXED,
            rival=rival,
        )


def _best_share(booster: str, logistic: Logistic, cut: Slices) -> tuple[float, dict[str, float]]:
    """How much the trees count: what fits the later slice best once calibrated there."""
    losses = {}
    for share in TREE_SHARES:
        margin = _mixed(booster, logistic, share, cut.held_rows)
        risk = fit_platt(margin, cut.held_gone)(margin)
        losses[f"{share:.1f}"] = log_loss(risk, cut.held_gone)
    return float(min(losses, key=lambda key: losses[key])), losses


def fit(
    orders: Tabular | History,
    as_of: datetime,
    *,
    horizon: timedelta | None = None,
    by_rhythm: bool = False,
) -> Answer[ChurnModel]:
    """Learn from order lines what was known before a date; `.score()` answers for that date.

    Without a `horizon` the longest of 60, 30 and 14 days is taken that the history allows.
    """
    past = remembered(known_history(orders))
    days = (as_of - past.span()[0]).days
    question = Churn(horizon or horizon_for(days, HORIZONS), by_rhythm=by_rhythm)
    model = question.fit(past, as_of)
    return Answer(model, question.asked(past.frame(as_of)))
