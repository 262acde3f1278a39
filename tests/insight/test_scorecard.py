"""The scorecard tells a good model from a bad one, and then the baseline is in use."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from tests.insight import shop
from zhiyin.features.history import History
from zhiyin.insight.contract import Floats, Frame, KnownUntil, Past, Words, remembered
from zhiyin.insight.next_purchase import NextPurchase
from zhiyin.insight.scorecard import Kind, Verdict, backtest, cut_offs
from zhiyin.insight.value import Value, ValueModel

HORIZON = timedelta(days=60)


@dataclass(frozen=True)
class Guess:
    """Knows the truth to a degree between 0 (noise) and 1; so does its baseline."""

    model_skill: float
    baseline_skill: float
    truth: dict[datetime, Floats]

    def _guess(self, frame: Frame, skill: float, seed: int) -> Floats:
        noise = np.random.default_rng(seed).random(len(frame))
        truth = self.truth.get(frame.as_of, np.zeros(len(frame)))
        return np.clip(skill * (0.2 + 0.6 * truth) + (1 - skill) * noise, 0, 1)

    def predict(self, frame: Frame) -> Floats:
        return self._guess(frame, self.model_skill, 1)

    def baseline(self, frame: Frame) -> Floats:
        return self._guess(frame, self.baseline_skill, 2)

    def inputs(self, frame: Frame) -> dict[str, Floats]:
        return {"recency_days": frame.column("recency_days")}


@dataclass(frozen=True)
class Guessing:
    model_skill: float
    baseline_skill: float
    name: str = "guess"
    kind: Kind = Kind.PROBABILITY
    horizon: timedelta = HORIZON
    title: Words = Words("猜", "guess")  # noqa: RUF009
    question: Words = Words("猜什么", "guess what")  # noqa: RUF009
    baseline_name: Words = Words("瞎猜", "blind guess")  # noqa: RUF009

    def fit(self, history: Past, as_of: datetime) -> Guess:
        past = remembered(history)
        known = KnownUntil(past, as_of + HORIZON)
        truth = {as_of: self.actual(known, past.frame(as_of))}
        return Guess(self.model_skill, self.baseline_skill, truth)

    def asked(self, frame: Frame) -> Frame:
        return frame

    def actual(self, known: KnownUntil, frame: Frame) -> Floats:
        return (known.buyers(frame.as_of, HORIZON, "orders") > 0).astype(np.float64)


def judged(model_skill: float, baseline_skill: float, history: History):
    cutoffs = cut_offs(shop.TODAY, HORIZON)
    return backtest(Guessing(model_skill, baseline_skill), history, cutoffs, shop.TODAY)


def test_a_better_model_wins_and_is_in_use(shop_history):
    card = judged(0.6, 0.1, shop_history)
    assert (card.verdict, card.in_use) == (Verdict.WIN, "model")
    assert "现在用模型" in card.sentence.zh
    assert all(cut.model > cut.baseline for cut in card.series)


def test_a_worse_model_loses_and_the_page_says_so(shop_history):
    card = judged(0.1, 0.6, shop_history)
    assert (card.verdict, card.in_use) == (Verdict.BASELINE, "baseline")
    assert "模型不如" in card.sentence.zh
    assert "baseline is in use" in card.sentence.en


def test_an_equal_model_is_unclear_and_not_in_use(shop_history):
    card = judged(0.3, 0.3, shop_history)
    assert (card.verdict, card.in_use) == (Verdict.UNCLEAR, "baseline")


def test_cut_offs_do_not_overlap_and_end_before_today():
    dates = cut_offs(shop.TODAY, HORIZON)
    assert [b - a for a, b in pairwise(dates)] == [HORIZON, HORIZON]
    assert dates[-1] + HORIZON == shop.TODAY


def test_fewer_than_three_cut_offs_are_refused(shop_history):
    with pytest.raises(ValueError, match="three"):
        backtest(Guessing(1, 0), shop_history, cut_offs(shop.TODAY, HORIZON, 2))


def test_windows_of_the_next_purchase_hold_what_they_promise(shop_history):
    cutoffs = cut_offs(shop.TODAY, timedelta(days=60))
    until = shop.TODAY + timedelta(days=100)
    found = NextPurchase().coverage(shop_history, shop_history.lines, cutoffs, until)
    assert found.actual == pytest.approx(found.expected, abs=0.12)


def test_a_value_lies_in_its_interval_and_its_drivers_add_up(shop_history):
    frame = Frame.of(shop_history.customer_features(shop.TODAY), shop.TODAY)
    model = Value().fit(shop_history, shop.TODAY)
    assert isinstance(model, ValueModel)
    plain = ValueModel(60, model.frequency, model.money, model.features, "", 0.0, {})
    value, low, high = plain.yearly(frame)
    assert np.all((low <= value) & (value <= high))
    assert value == pytest.approx(plain.expected(frame, 365), abs=1e-6)
    totals = [sum(r.points for r in reasons) for reasons in plain.explain(frame)]
    assert np.corrcoef(totals, value)[0, 1] == pytest.approx(1.0, abs=1e-3)
