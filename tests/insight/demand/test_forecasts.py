"""A forecast of what will be sold: better than the average, with intervals that hold."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.insight.demand.shelves import AS_OF, WEEKDAY, daily, weekly
from zhiyin.insight import demand
from zhiyin.insight.demand import DemandModel


@pytest.fixture(scope="module")
def shop() -> DemandModel:
    return demand.fit(daily(), AS_OF, horizon=14)


def test_weekdays_are_learned_and_the_average_is_beaten(shop: DemandModel) -> None:
    assert shop.in_use == "model"
    assert shop.judged is not None
    assert shop.judged.model < shop.judged.baseline
    table = shop.score().filter(pc.equal(shop.score().column("product_id"), "s04"))
    at = table.column("at").to_pylist()
    truth = 20.0 * WEEKDAY[[d.weekday() for d in at]]
    value = np.array(table.column("value").to_pylist())
    assert at[0] == AS_OF
    assert np.corrcoef(value, truth)[0, 1] > 0.9
    assert np.abs(value / truth - 1).mean() < 0.2


def test_intervals_hold_what_they_promise(shop: DemandModel) -> None:
    assert shop.errors is not None
    assert 0.74 < shop.errors.coverage < 0.86
    table = shop.score()
    rng = np.random.default_rng(9)
    inside = []
    for row in table.to_pylist():
        s = int(row["product_id"][1:])
        level = 0.15 if s % 4 == 3 else 4.0 * (1 + s % 5)
        came = rng.poisson(level * WEEKDAY[row["at"].weekday()])
        inside.append(row["low"] <= came <= row["high"])
    assert 0.7 < np.mean(inside) < 0.95  # of days that nobody has seen


def test_a_season_of_the_year_is_learned_at_every_level() -> None:
    model = demand.fit(weekly(), AS_OF, by=["store", "dept"], every="week", horizon=8)
    assert model.in_use == "model"
    levels = {a.level: a for a in model.accuracy}
    assert set(levels) == {"store · dept", "store", "dept", "all"}
    assert levels["store · dept"].accuracy > 0.9
    assert levels["store · dept"].accuracy > levels["store · dept"].baseline + 0.05
    assert levels["all"].accuracy >= levels["store · dept"].accuracy
    assert model.score().column_names[:3] == ["store", "dept", "at"]
    assert model.score().num_rows == 9 * 8


def test_pure_noise_is_left_to_the_average() -> None:
    model = demand.fit(daily(series=8, days=100, weekday=False, seed=4), AS_OF, horizon=14)
    if model.in_use == "baseline":
        assert set(model.score().column("method").to_pylist()) == {"28-day average"}
    assert model.judged is not None
    assert abs(model.judged.model - model.judged.baseline) < 0.1


def test_what_is_known_ahead_is_used() -> None:
    rng = np.random.default_rng(3)
    days = 200
    promoted = rng.random(days + 14) < 0.15
    day = [AS_OF - timedelta(days=days - d) for d in range(days + 14)]
    rows = [
        {"product_id": f"p{p}", "at": day[d],
         "quantity": float(rng.poisson(30 if promoted[d] else 10))}
        for p in range(6) for d in range(days)
    ]  # fmt: skip
    calendar = pa.table({"at": day, "promotion": promoted.astype(float)})
    model = demand.fit(pa.Table.from_pylist(rows), AS_OF, horizon=14, calendar=calendar)
    value = model.forecast.mean(axis=0)
    ahead = promoted[days:]
    assert value[ahead].mean() > 1.8 * value[~ahead].mean()


def test_the_notes_say_which_methods_are_used_and_how_sure(shop: DemandModel) -> None:
    told = " ".join(n.en for n in shop.notes)
    assert "methods in use by number of series" in told
    assert "intervals promise 80%" in told
    assert {f.chosen > 0 for f in shop.folds} == {True}
    assert len(shop.folds) == 3
    assert {"average", "season", "smoothing", "trees"} <= set(shop.folds[0].alone)


def test_the_lstm_stands_where_it_is_asked_for() -> None:
    pytest.importorskip("torch")
    rows = daily(series=4, days=100)
    model = demand.fit(rows, AS_OF, horizon=7, deep=True)
    assert "lstm" in model.folds[0].alone
    assert model.folds[-1].alone["lstm"] < 1.5 * model.folds[-1].alone["average"]
    again = demand.fit(rows, AS_OF, horizon=7, deep=True)
    assert again.folds == model.folds
