"""Whom an offer changes: found where planted, left alone where not, refused without a lot."""

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from zhiyin.insight import uplift
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.given import ColumnsError
from zhiyin.insight.uplift import NotRandomisedError, Send, UpliftModel, qini, qini_curve


def people(
    n: int = 4_000, seed: int = 1, *, effect: float = 0.25, elsewhere: float = 0.0,
    by_lot: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """The offer adds `effect` for the young, `elsewhere` for others; the rich buy anyway."""
    rng = np.random.default_rng(seed)
    age, money = rng.uniform(18, 70, n), rng.gamma(2, 100, n)
    city = rng.choice(["北京", "上海", "Leeds"], n)
    chance = 0.5 if by_lot else 1 / (1 + np.exp(-(age - 44) / 8))
    mailed = rng.random(n) < chance
    base = 0.15 + 0.3 * (money > 250)
    gain = np.where(age < 35, effect, elsewhere)
    bought = rng.random(n) < np.clip(base + gain * mailed, 0, 1)
    return pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(n)], "age": age, "money": money, "city": city,
         "mailed": mailed, "bought": bought.astype(int)}
    )  # fmt: skip


def fit(table: object, **more: object) -> UpliftModel:
    options = {"treated": "mailed", "outcome": "bought", "customer_id": "customer_id", **more}
    return uplift.fit(table, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def young() -> UpliftModel:
    return fit(people(elsewhere=-0.1))


def test_a_planted_effect_is_found_and_beats_the_response_model(young: UpliftModel) -> None:
    told = {r.name: r for r in young.rankings}
    assert young.in_use == "model"
    assert young.ranking.low > 0
    assert young.ranking.qini > told["response"].qini
    assert abs(told["random"].qini) < 0.05
    scored = young.score().to_pandas()
    age = people(elsewhere=-0.1).age.to_numpy()
    assert scored.value[age < 30].mean() == pytest.approx(0.25, abs=0.06)
    assert scored.value[age > 50].mean() == pytest.approx(-0.1, abs=0.06)


def test_only_those_whom_it_does_good_are_sent_to(young: UpliftModel) -> None:
    assert young.decision.send is Send.BEST
    scored = young.score().to_pandas()
    age = people(elsewhere=-0.1).age.to_numpy()
    assert scored.send[age < 30].mean() > 0.95
    assert scored.send[age > 50].mean() < 0.05
    assert "Send to those" in young.decision.sentence.en


def test_a_score_has_an_interval_and_reasons(young: UpliftModel) -> None:
    scored = young.score()
    low, value, high = (np.array(scored.column(c)) for c in ("low", "value", "high"))
    assert (low <= value).all()
    assert (value <= high).all()
    reasons = [msgspec.json.decode(r) for r in scored.column("reasons").to_pylist()[:50]]
    first = [r[0]["feature"] for r in reasons]
    assert first.count("age") > 40
    assert scored.column("customer_id").to_pylist()[:2] == ["c0", "c1"]


def test_an_equal_effect_is_sent_to_all_without_a_ranking() -> None:
    model = fit(people(effect=0.1, elsewhere=0.1, seed=4))
    assert model.decision.send is Send.ALL
    assert model.in_use == "baseline"
    assert len(set(model.score().column("value").to_pylist())) == 1
    assert all(model.score().column("send").to_pylist())


def test_no_effect_or_one_that_does_not_pay_is_sent_to_none() -> None:
    nothing = fit(people(effect=0.0, seed=6))
    assert nothing.decision.send is Send.NONE
    dear = fit(people(effect=0.1, elsewhere=0.1, seed=4), worth=1.0, cost=0.3)
    assert dear.decision.send is Send.NONE
    assert "negative" in dear.decision.sentence.en


def test_what_was_not_given_by_lot_is_refused() -> None:
    with pytest.raises(NotRandomisedError, match=r"Not by lot.*age differs most"):
        fit(people(by_lot=False))
    model = fit(people(by_lot=False), despite_bias=True)
    assert model.balance.refused
    assert any("Not by lot" in n.en for n in model.notes)


def test_qini_is_that_of_scikit_uplift() -> None:
    """Values computed with scikit-uplift 0.5.1: sklift.metrics.qini_auc_score."""
    rng = np.random.default_rng(0)
    n = 200
    treated = (np.arange(n) % 2).astype(float)
    score = np.round(rng.random(n), 2)
    outcome = (rng.random(n) < 0.2 + 0.4 * score * treated).astype(float)
    assert float(qini(score, outcome, treated)(np.ones((1, n)))[0]) == pytest.approx(
        0.14174473322657857, abs=1e-9
    )
    x, y = qini_curve(score, outcome, treated)
    assert (x[0], y[0], x[-1]) == (0, 0, n)


def test_perfect_is_one_and_its_reverse_is_below_zero() -> None:
    rng = np.random.default_rng(1)
    treated, outcome = (rng.random(500) < 0.5).astype(float), (rng.random(500) < 0.3).astype(float)
    best = outcome * treated - outcome * (1 - treated)
    ones = np.ones((1, 500))
    assert qini(best, outcome, treated)(ones)[0] == pytest.approx(1.0)
    assert qini(-best, outcome, treated)(ones)[0] < 0


def test_the_same_bits_again_and_from_any_library() -> None:
    rows = people(n=1_500)
    first = fit(rows)
    for other in (rows, pl.from_pandas(rows), pa.table(rows)):
        again = fit(other)
        assert again.score().equals(first.score())
        assert again.rankings == first.rankings


def test_poor_tables_are_refused_in_words() -> None:
    rows = people(n=600)
    with pytest.raises(NotEnoughHistoryError, match="100 people"):
        fit(rows.head(1))
    with pytest.raises(NotEnoughHistoryError, match="same for everybody"):
        fit(rows.assign(bought=1))
    with pytest.raises(NotEnoughHistoryError, match="100 people"):
        fit(rows.assign(mailed=True))
    with pytest.raises(ColumnsError, match="'again' is the outcome in disguise"):
        fit(rows.assign(again=rows.bought * 10 + 3))
    with pytest.raises(ColumnsError, match="'mailed' cannot be read as flag"):
        fit(rows.assign(mailed=7))


def test_unknown_values_and_new_texts_are_scored() -> None:
    rows = people(n=1_500)
    rows.loc[rows.index[:200], "age"] = None
    rows.loc[rows.index[200:300], "city"] = None
    rows.loc[rows.index[300:310], "bought"] = None
    model = fit(rows)
    assert any("10 rows left out" in n.en for n in model.notes)
    new = pd.DataFrame({"customer_id": ["x"], "age": [None], "money": [1e12], "city": ["Mars"]})
    value = model.score(new.astype({"age": float})).column("value").to_pylist()
    assert np.isfinite(value).all()
    amount = fit(people(n=1_500).assign(bought=lambda d: d.bought * d.money))
    assert np.isfinite(amount.ranking.qini)
