"""What one call of training gives to the application."""

import re
from datetime import timedelta

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from tests.insight import shop
from zhiyin.features.history import History
from zhiyin.insight.contract import NotEnoughHistoryError, Words, microseconds
from zhiyin.insight.scorecard import Kind, Scorecard, Verdict
from zhiyin.insight.training import STAGES, Understanding, horizon_for, train_all

COLUMNS = ["customer_id", "model", "version", "as_of_us", "value", "low", "high", "reasons"]


def test_every_question_is_answered_for_everyone(understood: Understanding, shop_history: History):
    everyone = shop_history.customer_features(shop.TODAY).column("customer_id").to_pylist()
    assert understood.skipped == {}
    assert set(understood.scores) == {"rfm", "personas", "value", "churn", "next_purchase"}
    for name, scores in understood.scores.items():
        assert scores.column_names == COLUMNS
        ids = scores.column("customer_id").to_pylist()
        assert len(set(ids)) == len(ids)
        if name != "churn":  # asked of the customers of the last year only
            assert sorted(ids) == sorted(everyone)


def test_scores_lie_in_their_intervals(understood: Understanding):
    for name in ("value", "churn"):
        t = understood.scores[name]
        value, low, high = (t.column(c).to_numpy() for c in ("value", "low", "high"))
        assert np.all((low <= value) & (value <= high))
    risk = understood.scores["churn"].column("value").to_numpy()
    assert np.all((risk > 0) & (risk < 1))


def test_every_score_has_reasons_in_both_languages(understood: Understanding):
    for name, scores in understood.scores.items():
        for text in scores.column("reasons").to_pylist()[:50]:
            reasons = msgspec.json.decode(text)
            assert reasons, name
            for reason in reasons:
                assert re.search(r"[一-鿿]", reason["zh"])
                assert not re.search(r"[一-鿿]", reason["en"])


def test_a_churn_reason_names_the_days_and_the_rhythm(understood: Understanding):
    told = " ".join(understood.scores["churn"].column("reasons").to_pylist())
    assert re.search(r"\d+ 天没买，本人通常 \d+ 天一次", told)
    assert re.search(r"\d+ days? since last purchase; usually every \d+", told)


def test_contributions_add_up_to_the_distance_from_the_typical_customer(
    understood: Understanding, shop_history: History
):
    from zhiyin.insight.churn import Churn, ChurnModel
    from zhiyin.insight.contract import Frame

    model = understood.models["churn"]
    assert isinstance(model, ChurnModel)
    frame = Frame.of(shop_history.customer_features(shop.TODAY), shop.TODAY)
    frame = Churn().asked(frame)
    model = msgspec.structs.replace(model, tree_share=1.0)
    risk = model.predict(frame)
    typical = float(model.calibrated(np.array([model.typical_margin]))[0])
    points = [sum(r.points for r in reasons) for reasons in model.explain(frame)]
    # the four strongest reasons tell most of the story, and its direction
    away = 100 * (risk - typical)
    far = np.abs(away) > 15
    assert np.mean(np.sign(np.array(points)[far]) == np.sign(away[far])) > 0.85


def test_a_scorecard_compares_with_the_baseline_and_survives_json(understood: Understanding):
    assert set(understood.scorecards) == {"value", "churn", "next_purchase"}
    for card in understood.scorecards.values():
        assert len(card.series) == 3
        assert {m.verdict for m in card.metrics} <= set(Verdict)
        assert (card.in_use == "model") == (card.verdict == Verdict.WIN)
        assert all(m.low <= m.difference + 1e-9 and m.difference - 1e-9 <= m.high
                   for m in card.metrics if m.key in ("auc", "brier", "spearman"))  # fmt: skip
        assert sum(p.n for p in card.calibration_model) == card.n
        assert card.drift
        assert Scorecard.from_json(card.json()) == card
    churn = {m.key: m for m in understood.scorecards["churn"].metrics}
    assert set(churn) == {"auc", "pr_auc", "lift10", "brier", "ece", "total"}
    assert churn["lift10"].ceiling is not None
    value = understood.scorecards["value"]
    assert value.kind == Kind.AMOUNT
    assert [m.key for m in value.metrics] == ["spearman", "rmse", "top10", "total"]


def test_progress_is_told_from_first_to_last():
    heard: list[tuple[str, int, int]] = []
    train_all(shop.history(60), shop.TODAY, lambda *step: heard.append(step))
    assert [stage for stage, _, _ in heard] == [*STAGES, "done"]
    assert heard[-1] == ("done", len(STAGES), len(STAGES))


def test_training_can_be_stopped_from_its_progress():
    class StoppedError(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "value":
            raise StoppedError

    with pytest.raises(StoppedError):
        train_all(shop.history(60), shop.TODAY, stop)


def test_a_short_history_gets_what_it_allows_and_says_what_it_lacks():
    soon = shop.START + timedelta(days=60)
    told = train_all(shop.history(300), soon)
    assert "rfm" in told.scores
    assert set(told.skipped) >= {"value", "churn"}
    assert all("days" in why for why in told.skipped.values())


def test_no_purchase_at_all_is_a_clear_error():
    with pytest.raises(NotEnoughHistoryError):
        train_all(shop.history(20), shop.START - timedelta(days=1))


def test_the_longest_horizon_that_can_be_tested_is_taken():
    assert horizon_for(373, (365, 180, 90, 60, 30)) == timedelta(days=60)
    assert horizon_for(2_000, (365, 180, 90, 60, 30)) == timedelta(days=365)
    with pytest.raises(NotEnoughHistoryError):
        horizon_for(90, (60, 30))


def _altered(lines: pa.Table, how: str) -> pa.Table:
    """The same past, another future."""
    cut = microseconds(shop.TODAY)
    us = lines.column("ts_us").to_numpy()
    past, future = lines.filter(pa.array(us < cut)), lines.filter(pa.array(us >= cut))
    rng = np.random.default_rng(9)
    if how == "deleted":
        return past
    if how == "shuffled":
        columns = {n: future.column(n).take(pa.array(rng.permutation(len(future))))
                   for n in future.column_names if n != "ts_us"}  # fmt: skip
        columns["ts_us"] = future.column("ts_us")
        future = pa.table(columns).select(lines.column_names)
    else:
        column = lines.column_names.index("quantity")
        future = future.set_column(column, "quantity", pa.array([-7] * len(future), pa.int64()))
    return pa.concat_tables([future, past])


@pytest.mark.parametrize("how", ["deleted", "shuffled", "altered"])
def test_the_future_cannot_change_a_bit_of_any_score(
    how: str, shop_lines: pa.Table, understood: Understanding
):
    other = train_all(History.from_arrow(_altered(shop_lines, how)), shop.TODAY)
    for name, scores in understood.scores.items():
        assert scores.equals(other.scores[name]), name
    assert other.scorecards == understood.scorecards
    assert other.models == understood.models


def test_the_order_of_the_rows_cannot_change_a_bit_of_any_score(
    shop_lines: pa.Table, understood: Understanding
):
    mixed = shop_lines.take(pa.array(np.random.default_rng(1).permutation(len(shop_lines))))
    other = train_all(History.from_arrow(mixed), shop.TODAY)
    assert all(scores.equals(other.scores[n]) for n, scores in understood.scores.items())


def test_sentences_exist_in_both_languages(understood: Understanding):
    for card in understood.scorecards.values():
        for words in (card.sentence, card.title, card.question, card.baseline_name, *card.notes):
            assert isinstance(words, Words)
            assert re.search(r"[一-鿿]", words.zh)
            assert not re.search(r"[一-鿿]", words.en)
