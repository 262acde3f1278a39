"""Understand everybody, once: `train_all` is the one call that an application makes.

Snapshots of features are computed once and shared; each predictive model is backtested at three
dates before it is fitted, and where it does not beat its naive baseline the baseline's scores are
returned. A question that the history is too short for is skipped and says so; the others go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, cast

import ibis.expr.types as ir
import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight import churn_contest, store
from zhiyin.insight.churn import HORIZONS, Churn, ChurnModel
from zhiyin.insight.contract import (
    Frame,
    NotEnoughHistoryError,
    Past,
    Remembered,
    Words,
    horizon_for,
    microseconds,
    remembered,
)
from zhiyin.insight.next_purchase import NextPurchase, NextPurchaseModel
from zhiyin.insight.personas import PersonaModel, Personas
from zhiyin.insight.rfm import Rfm, RfmModel
from zhiyin.insight.rivals import NAMES
from zhiyin.insight.scorecard import Scorecard, backtest, cut_offs
from zhiyin.insight.store import AnyModel
from zhiyin.insight.threads import one_thread
from zhiyin.insight.value import HORIZONS as VALUE_HORIZONS
from zhiyin.insight.value import Value, ValueModel

Progress = Callable[[str, int, int], None]
_CORRELATED = 0.3  # Gamma-Gamma assumes that frequency and order value are independent
STAGES = ("features", "rfm", "personas", "value", "churn", "next_purchase")


class AskableHistory(Past, Protocol):
    """A history whose order lines can be asked as well (for the coverage of windows)."""

    @property
    def lines(self) -> ir.Table: ...


@dataclass
class Understanding:
    """What was learned: fitted models, their scorecards, and everybody's scores.

    `scores[model]` has the columns of the lake's score table without the received day. `rfm` has
    one row a customer with the three grades and the segment.
    """

    as_of: datetime
    version: int
    scores: dict[str, pa.Table] = field(default_factory=dict)
    scorecards: dict[str, Scorecard] = field(default_factory=dict)
    models: dict[str, AnyModel] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    rfm: pa.Table | None = None

    @property
    def personas(self) -> PersonaModel | None:
        return cast("PersonaModel | None", self.models.get("personas"))

    def save(self, root: Path) -> dict[str, str]:
        """Store every model; returns the digest of each manifest, to be kept elsewhere."""
        return {
            name: store.save(root, name, model, version=self.version, as_of=self.as_of)
            for name, model in self.models.items()
        }


def _silent(stage: str, done: int, total: int) -> None: ...


def train_all(
    history: AskableHistory,
    as_of: datetime,
    progress: Progress = _silent,
    attributes: pa.Table | None = None,
    version: int = 1,
    personas_before: PersonaModel | None = None,
) -> Understanding:
    """Fit, backtest and score all questions as of a date.

    `progress(stage, done, total)` is called as each of `STAGES` begins and when all are done; an
    exception raised in it stops the training. `attributes` may hold customer_id, age,
    top_category and discount_share for the personas; groups that go on since `personas_before`
    keep their keys and names.
    Raises NotEnoughHistoryError where nobody bought before `as_of`.
    """
    told = Understanding(as_of, version)
    # one thread adds in one order, so the same data give the same bits, and no step waits for a
    # second core that is busy with something else
    with one_thread():
        _train(told, history, progress, Personas(attributes, personas_before))
    return told


def _train(
    told: Understanding, history: AskableHistory, progress: Progress, personas: Personas
) -> None:
    as_of, past, total = told.as_of, remembered(history), len(STAGES)

    progress("features", 0, total)
    frame = past.frame(as_of)
    if len(frame) == 0:
        raise NotEnoughHistoryError(f"no purchase before {as_of:%Y-%m-%d}")
    progress("rfm", 1, total)
    _segment(told, frame)
    progress("personas", 2, total)
    _attempt(told, "personas", lambda: _group(told, frame, personas))
    days = (as_of - past.span()[0]).days
    progress("value", 3, total)
    _attempt(told, "value", lambda: _value(told, past, frame, days))
    progress("churn", 4, total)
    _attempt(told, "churn", lambda: _churn(told, past, frame, days))
    progress("next_purchase", 5, total)
    _attempt(told, "next_purchase", lambda: _next_purchase(told, past, frame, history.lines))
    progress("done", total, total)


def _attempt(told: Understanding, name: str, step: Callable[[], None]) -> None:
    try:
        step()
    except NotEnoughHistoryError as short:
        told.skipped[name] = str(short)


def _segment(told: Understanding, frame: Frame) -> None:
    model: RfmModel = Rfm().fit_frame(frame)
    told.models["rfm"] = model
    told.scores["rfm"] = _labelled(told, "rfm", model.score_frame(frame))
    told.rfm = model.table(frame)


def _group(told: Understanding, frame: Frame, question: Personas) -> None:
    model = question.fit_frame(frame)
    told.models["personas"] = model
    scores = model.score_frame(frame, question.attributes)
    told.scores["personas"] = _labelled(told, "personas", scores)


def _value(told: Understanding, past: Remembered, frame: Frame, days: int) -> None:
    question = Value(horizon_for(days, VALUE_HORIZONS))
    card = backtest(question, past, cut_offs(told.as_of, question.horizon), told.as_of)
    model: ValueModel = question.fit(past, told.as_of)
    notes = [_mixture_words(model)]
    if abs(model.money.correlation) > _CORRELATED:
        rho = model.money.correlation
        notes.append(
            Words(
                f"购买次数与每单金额相关（{rho:.2f}），Gamma-Gamma 假定两者无关，金额要打折看",
                f"Orders and order value are correlated ({rho:.2f}); Gamma-Gamma assumes that "
                "they are not, so read amounts with care",
            )
        )
    told.scorecards["value"] = msgspec.structs.replace(card, notes=notes)
    told.models["value"] = model
    scores = model.score_frame(question.asked(frame), card.in_use)
    told.scores["value"] = _labelled(told, "value", scores)


def _mixture_words(model: ValueModel) -> Words:
    share = model.tree_share
    return Words(
        f"模型 = BG/NBD × Gamma-Gamma 占 {1 - share:.0%}，LightGBM 占 {share:.0%}；"
        "区间为后验模拟的中间 80%",
        f"Model = {1 - share:.0%} BG/NBD × Gamma-Gamma and {share:.0%} LightGBM; "
        "the interval is the middle 80% of a posterior simulation",
    )


def _churn(told: Understanding, past: Remembered, frame: Frame, days: int) -> None:
    question = Churn(horizon_for(days, HORIZONS))
    cutoffs = cut_offs(told.as_of, question.horizon)
    held = churn_contest.held(question, past, cutoffs, told.as_of)
    question = replace(question, rival=churn_contest.clearly_best(held))
    card = msgspec.structs.replace(backtest(question, past, cutoffs, told.as_of), contest=held)
    model: ChurnModel = question.fit(past, told.as_of)
    told.models["churn"] = model
    told.scorecards["churn"] = msgspec.structs.replace(card, notes=_churn_words(model))
    scores = model.score_frame(question.asked(frame), card.in_use)
    told.scores["churn"] = _labelled(told, "churn", scores)


def _churn_words(model: ChurnModel) -> list[Words]:
    interval = Words(
        "区间为相近风险客户实际流失率的 95% Wilson 区间",
        "the interval is the 95% Wilson interval of customers of like risk",
    )
    if model.rival is not None:
        name = NAMES[model.kind]
        return [
            Words(
                f"模型 = {name.zh}（回测中明显好于其他），在更晚的一段上校准；{interval.zh}",
                f"Model = {name.en}, clearly the best in the backtest, calibrated on a later "
                f"slice; {interval.en}",
            )
        ]
    share = model.tree_share
    simple, mixed, grown = (model.losses[key] for key in ("0.0", "0.5", "1.0"))
    rivals = Words(
        f"校准段上的对数损失：逻辑回归 {simple:.4f}，各半 {mixed:.4f}，LightGBM {grown:.4f}",
        f"Log loss on the calibration slice: logistic regression {simple:.4f}, half each "
        f"{mixed:.4f}, LightGBM {grown:.4f}",
    )
    note = Words(
        f"模型 = LightGBM 占 {share:.0%}，逻辑回归占 {1 - share:.0%}，在更晚的一段上校准；"
        f"{interval.zh}",
        f"Model = {share:.0%} LightGBM and {1 - share:.0%} logistic regression, calibrated on a "
        f"later slice; {interval.en}",
    )
    return [note, rivals]


def _next_purchase(told: Understanding, past: Remembered, frame: Frame, lines: ir.Table) -> None:
    question = NextPurchase()
    card = backtest(question, past, cut_offs(told.as_of, question.horizon), told.as_of)
    model: NextPurchaseModel = question.fit(past, told.as_of)
    cutoffs = cut_offs(told.as_of, question.horizon)
    covered = question.coverage(past, lines, cutoffs, told.as_of)
    told.scorecards["next_purchase"] = msgspec.structs.replace(card, notes=[covered.words()])
    told.models["next_purchase"] = model
    told.scores["next_purchase"] = _labelled(
        told, "next_purchase", model.score_frame(frame, card.in_use)
    )


def _labelled(told: Understanding, name: str, scores: pa.Table) -> pa.Table:
    """The columns of the lake's score table, but for the received day."""
    n = scores.num_rows
    return pa.table(
        {
            "customer_id": scores.column("customer_id"),
            "model": pa.array([name] * n, pa.string()),
            "version": pa.array(np.full(n, told.version, dtype=np.int32)),
            "as_of_us": pa.array(np.full(n, microseconds(told.as_of), dtype=np.int64)),
            "value": scores.column("value"),
            "low": scores.column("low"),
            "high": scores.column("high"),
            "reasons": scores.column("reasons"),
        }
    )
