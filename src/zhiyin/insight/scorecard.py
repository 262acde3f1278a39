"""Is a model better than a naive guess? `backtest` answers by going back in time.

At each cut-off the model is fitted on what was known then and asked about what came after; the
naive baseline of the same question is asked too. Every metric is the mean over the cut-offs, and
the interval of the difference comes from a bootstrap over customers. A model that does not win is
not used: the scorecard says so in one plain sentence, and `in_use` is "baseline".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight import metrics
from zhiyin.insight.contest import Contest
from zhiyin.insight.contract import (
    Floats,
    Frame,
    KnownUntil,
    Past,
    Remembered,
    Words,
    microseconds,
    remembered,
)
from zhiyin.insight.metrics import Measure
from zhiyin.insight.reasons import feature_name

RESAMPLES = 300
PSI_WATCH, PSI_ACT = 0.1, 0.25


class Verdict(StrEnum):
    WIN = "win"
    UNCLEAR = "unclear"
    BASELINE = "baseline"


class Kind(StrEnum):
    PROBABILITY = "probability"
    AMOUNT = "amount"


class Metric(msgspec.Struct, frozen=True):
    """One row of the scorecard. `difference` and its interval point up when the model is better.

    `gate` is the difference that is worth having; `decides` marks the metrics behind the verdict.
    """

    key: str
    name: Words
    note: Words
    model: float
    baseline: float
    difference: float
    low: float
    high: float
    gate: float
    verdict: Verdict
    decides: bool
    ceiling: float | None = None


class CutOff(msgspec.Struct, frozen=True):
    """One date of the backtest: AUC for a probability, rank correlation for an amount."""

    as_of_us: int
    n: int
    positives: int
    model: float
    model_low: float
    model_high: float
    baseline: float
    baseline_low: float
    baseline_high: float


class CalibrationPoint(msgspec.Struct, frozen=True):
    """Of those told `predicted`, `actual` did it (95 % interval), over n customers."""

    predicted: float
    actual: float
    low: float
    high: float
    n: int


class Drift(msgspec.Struct, frozen=True):
    """How far a feature moved between the training data and now."""

    feature: str
    name: Words
    psi: float
    level: Literal["ok", "watch", "retrain"]


class Scorecard(msgspec.Struct, frozen=True):
    """What a backtest found. `contest` has all kinds of models side by side, where one was held."""

    model: str
    kind: Kind
    title: Words
    question: Words
    baseline_name: Words
    horizon_days: int
    as_of_us: int
    n: int
    metrics: list[Metric]
    verdict: Verdict
    in_use: Literal["model", "baseline"]
    sentence: Words
    series_name: Words
    series: list[CutOff]
    calibration_model: list[CalibrationPoint]
    calibration_baseline: list[CalibrationPoint]
    drift: list[Drift]
    notes: list[Words] = []
    contest: Contest | None = None

    def json(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, data: bytes) -> "Scorecard":
        return msgspec.json.decode(data, type=cls)


class Judged(Protocol):
    """A fitted model as the backtest sees it."""

    def predict(self, frame: Frame) -> Floats: ...

    def baseline(self, frame: Frame) -> Floats: ...

    def inputs(self, frame: Frame) -> dict[str, Floats]: ...


class Model(Protocol):
    """A question that can be fitted at a date and checked after it."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def title(self) -> Words: ...
    @property
    def question(self) -> Words: ...
    @property
    def baseline_name(self) -> Words: ...
    @property
    def horizon(self) -> timedelta: ...

    def fit(self, history: Past, as_of: datetime) -> Judged: ...

    def asked(self, frame: Frame) -> Frame: ...

    def actual(self, known: KnownUntil, frame: Frame) -> Floats: ...


@dataclass(frozen=True)
class _Round:
    """What was predicted at one cut-off and what came."""

    fitted: Judged
    frame: Frame
    model: Floats
    baseline: Floats
    actual: Floats


@dataclass(frozen=True)
class _Row:
    key: str
    name: Words
    note: Words
    measure: Callable[[Floats, Floats], Measure]
    gate: float
    decides: bool
    better: Literal["higher", "lower", "one"]


_PROBABILITY_ROWS = (
    _Row("auc", Words("排序能力", "Ranking"), Words("AUC，越高越好", "AUC, higher is better"),
         metrics.auc, 0.01, True, "higher"),
    _Row("pr_auc", Words("命中质量", "Precision"),
         Words("PR-AUC，越高越好", "PR-AUC, higher is better"),
         metrics.pr_auc, 0.01, False, "higher"),
    _Row("lift10", Words("前 10% 的命中", "Top 10% hits"), Words("提升倍数", "Lift over random"),
         metrics.lift, 0.05, False, "higher"),
    _Row("brier", Words("概率误差", "Probability error"),
         Words("Brier，越低越好", "Brier, lower is better"),
         metrics.brier, 0.001, True, "lower"),
    _Row("ece", Words("校准误差", "Calibration error"),
         Words("ECE，越低越好", "ECE, lower is better"),
         metrics.ece, 0.0, False, "lower"),
    _Row("total", Words("总人数", "Head count"), Words("预测 ÷ 实际", "Predicted ÷ actual"),
         metrics.total_ratio, 0.0, False, "one"),
)  # fmt: skip
_AMOUNT_ROWS = (
    _Row("spearman", Words("排序能力", "Ranking"),
         Words("Spearman 秩相关，越高越好", "Spearman rank correlation, higher is better"),
         metrics.spearman, 0.01, True, "higher"),
    _Row("rmse", Words("金额误差", "Amount error"),
         Words("RMSE，越低越好", "RMSE, lower is better"),
         metrics.rmse, 0.0, True, "lower"),
    _Row("top10", Words("前 10% 客户的收入", "Revenue of the top 10%"),
         Words("占实际收入的比例", "Share of actual revenue"),
         metrics.captured, 0.0, False, "higher"),
    _Row("total", Words("总金额", "Total amount"), Words("预测 ÷ 实际", "Predicted ÷ actual"),
         metrics.total_ratio, 0.0, False, "one"),
)  # fmt: skip


def cut_offs(as_of: datetime, horizon: timedelta, count: int = 3) -> list[datetime]:
    """The latest `count` dates whose horizon is over by `as_of`, oldest first, none overlapping."""
    return [as_of - k * horizon for k in range(count, 0, -1)]


def backtest(
    model: Model, history: Past, cutoffs: Sequence[datetime], as_of: datetime | None = None
) -> Scorecard:
    """Fit at each cut-off, compare with what came. `as_of` is "now", for the drift."""
    if len(cutoffs) < 3:
        raise ValueError("a backtest needs at least three cut-off dates")
    past = remembered(history)
    now = as_of or max(cutoffs) + model.horizon
    rounds = [_round(model, past, at, now) for at in sorted(cutoffs)]
    weights = _weights_by_customer(rounds)
    rows = _PROBABILITY_ROWS if model.kind == Kind.PROBABILITY else _AMOUNT_ROWS
    found = [_metric(row, rounds, weights) for row in rows]
    verdict = overall(found)
    series_row = rows[0]
    return Scorecard(
        model=model.name,
        kind=model.kind,
        title=model.title,
        question=model.question,
        baseline_name=model.baseline_name,
        horizon_days=model.horizon.days,
        as_of_us=microseconds(now),
        n=sum(len(r.actual) for r in rounds),
        metrics=found,
        verdict=verdict,
        in_use="model" if verdict == Verdict.WIN else "baseline",
        sentence=_sentence(model, found, verdict, rounds),
        series_name=series_row.note,
        series=[_cut_off(series_row, r, w) for r, w in zip(rounds, weights, strict=True)],
        calibration_model=_calibration(model.kind, rounds, lambda r: r.model),
        calibration_baseline=_calibration(model.kind, rounds, lambda r: r.baseline),
        drift=_drift(model, past, rounds[-1], now),
    )


def overall(rows: Sequence[Metric]) -> Verdict:
    """Win: a deciding metric wins and none loses. Baseline: one loses and none wins."""
    deciding = {row.verdict for row in rows if row.decides}
    if Verdict.WIN in deciding and Verdict.BASELINE not in deciding:
        return Verdict.WIN
    if Verdict.BASELINE in deciding and Verdict.WIN not in deciding:
        return Verdict.BASELINE
    return Verdict.UNCLEAR


def _round(model: Model, past: Remembered, at: datetime, now: datetime) -> _Round:
    fitted = model.fit(past, at)
    frame = model.asked(past.frame(at))
    actual = model.actual(KnownUntil(past, now), frame)
    return _Round(fitted, frame, fitted.predict(frame), fitted.baseline(frame), actual)


def _weights_by_customer(rounds: Sequence[_Round]) -> list[Floats]:
    everyone = pa.chunked_array([r.frame.ids for r in rounds]).unique().sort()
    drawn = metrics.poisson_weights(len(everyone), RESAMPLES, seed=20260101)
    return [drawn[:, pc.index_in(r.frame.ids, value_set=everyone).to_numpy()] for r in rounds]


def _metric(row: _Row, rounds: Sequence[_Round], weights: Sequence[Floats]) -> Metric:
    model = np.mean(
        [row.measure(r.model, r.actual)(w) for r, w in zip(rounds, weights, strict=True)], axis=0
    )
    base = np.mean(
        [row.measure(r.baseline, r.actual)(w) for r, w in zip(rounds, weights, strict=True)], axis=0
    )
    if row.better == "higher":
        gain = model - base
    elif row.better == "lower":
        gain = base - model
    else:
        gain = np.abs(base - 1) - np.abs(model - 1)
    low, high = (float(v) for v in np.quantile(gain[1:], [0.025, 0.975]))
    if low > 0 and gain[0] >= row.gate:
        verdict = Verdict.WIN
    elif high < 0:
        verdict = Verdict.BASELINE
    else:
        verdict = Verdict.UNCLEAR
    ceiling = None
    if row.key == "lift10":
        ceiling = float(np.mean([min(10.0, 1 / max(r.actual.mean(), 1e-9)) for r in rounds]))
    return Metric(
        row.key, row.name, row.note, float(model[0]), float(base[0]), float(gain[0]), low, high,
        row.gate, verdict, row.decides, ceiling,
    )  # fmt: skip


def _cut_off(row: _Row, r: _Round, weights: Floats) -> CutOff:
    def span(predicted: Floats) -> tuple[float, float, float]:
        values = row.measure(predicted, r.actual)(weights)
        low, high = np.quantile(values[1:], [0.025, 0.975])
        return float(values[0]), float(low), float(high)

    return CutOff(
        microseconds(r.frame.as_of), len(r.actual), int(np.sum(r.actual > 0)),
        *span(r.model), *span(r.baseline),
    )  # fmt: skip


def _calibration(
    kind: Kind, rounds: Sequence[_Round], which: Callable[[_Round], Floats], bins: int = 10
) -> list[CalibrationPoint]:
    """Ten groups of equal size; for amounts the interval is that of a mean."""
    predicted = np.concatenate([which(r) for r in rounds])
    actual = np.concatenate([r.actual for r in rounds])
    points = []
    for group in np.array_split(np.argsort(predicted, kind="stable"), bins):
        if len(group) == 0:
            continue
        n, mean = len(group), float(actual[group].mean())
        if kind == Kind.PROBABILITY:
            bounds = metrics.wilson(np.array([actual[group].sum()]), np.array([float(n)]))
            low, high = float(bounds[0][0]), float(bounds[1][0])
        else:
            half = 1.96 * float(actual[group].std()) / n**0.5
            low, high = mean - half, mean + half
        points.append(CalibrationPoint(float(predicted[group].mean()), mean, low, high, n))
    return points


def _drift(model: Model, past: Remembered, last: _Round, now: datetime) -> list[Drift]:
    """How the features moved between the last cut-off and now, the furthest first."""
    today = last.fitted.inputs(model.asked(past.frame(now)))
    moved = []
    for feature, then in last.fitted.inputs(last.frame).items():
        value = metrics.psi(then, today[feature])
        level: Literal["ok", "watch", "retrain"] = (
            "retrain" if value > PSI_ACT else "watch" if value > PSI_WATCH else "ok"
        )
        moved.append(Drift(feature, feature_name(feature), value, level))
    return sorted(moved, key=lambda d: (-d.psi, d.feature))


def _sentence(
    model: Model, rows: Sequence[Metric], verdict: Verdict, rounds: Sequence[_Round]
) -> Words:
    first = rows[0]
    k, base = len(rounds), model.baseline_name
    zh_pair = f"{first.note.zh.split('，')[0]} {first.model:.3f} 对 {first.baseline:.3f}"
    en_pair = f"{first.note.en.split(',')[0]} {first.model:.3f} against {first.baseline:.3f}"
    if verdict == Verdict.WIN:
        return Words(
            f"可以用。在 {k} 个截止日的回测里比「{base.zh}」的基线好（{zh_pair}），现在用模型。",
            f"Fit for use. In a backtest at {k} dates it beats the baseline “{base.en}” "
            f"({en_pair}); the model is in use.",
        )
    if verdict == Verdict.BASELINE:
        return Words(
            f"模型不如「{base.zh}」的基线（{zh_pair}，{k} 个截止日），现在用基线。",
            f"The baseline “{base.en}” is better ({en_pair}, {k} dates); the baseline is in use.",
        )
    return Words(
        f"还说不准模型是否比「{base.zh}」的基线好（{zh_pair}，{k} 个截止日），现在用基线。",
        f"It is not clear that the model beats the baseline “{base.en}” "
        f"({en_pair}, {k} dates); the baseline is in use.",
    )
