"""Each method against its definition, and what tables may hold."""

from datetime import timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.insight.demand.shelves import AS_OF, daily
from zhiyin.insight import demand
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.demand.measures import naive_scale, wape, wrmsse
from zhiyin.insight.demand.series import Every, Panel, panel
from zhiyin.insight.demand.simple import croston, moving_average, seasonal_level, seasonal_naive
from zhiyin.insight.demand.smoothing import smoothed
from zhiyin.insight.given import ColumnsError


def of(values: list[list[float]], every: Every = Every.DAY) -> Panel:
    rows = np.array(values, dtype=float)
    return Panel(every, {"k": [str(i) for i in range(len(rows))]}, rows, rows.sum(1), 20_000, {})


def test_the_average_counts_from_the_first_sale() -> None:
    assert moving_average(of([[0] * 26 + [4, 6], [2] * 28]), 3).tolist() == [[5] * 3, [2] * 3]


def test_the_season_repeats_and_short_pasts_take_the_average() -> None:
    week = [1.0, 2, 3, 4, 5, 6, 7]
    assert seasonal_naive(of([week * 3]), 9)[0].tolist() == [*week, 1, 2]
    assert seasonal_naive(of([[2.0, 4.0]]), 2)[0].tolist() == [3, 3]


def test_the_level_moves_the_season() -> None:
    year = 100 + 50 * np.sin(2 * np.pi * np.arange(52) / 52)
    values = np.concatenate([year, 1.2 * year[:20]])
    said = seasonal_level(of([values.tolist()], Every.WEEK), 6)[0]
    assert np.allclose(said, 1.2 * year[20:26], rtol=0.02)


def test_croston_finds_the_rate_of_rare_sales() -> None:
    values = [0.0] * 400
    for t in range(0, 400, 8):
        values[t] = 4.0
    assert croston(of([values]), 1)[0, 0] == pytest.approx(0.95 * 4 / 8, rel=0.02)


def test_smoothing_follows_level_season_and_trend() -> None:
    flat = [10.0] * 60
    season = [float(x) for x in [2, 4, 6, 8, 6, 4, 2] * 10]
    up = [float(t) for t in range(70)]
    said = smoothed(of([flat + [10.0] * 10, season, up]), 7)
    assert np.allclose(said[0], 10)
    assert np.allclose(said[1], [2, 4, 6, 8, 6, 4, 2], atol=0.3)
    assert said[2][0] == pytest.approx(70, abs=2)
    assert said[2][-1] > said[2][0]


def test_wrmsse_of_the_naive_step_is_one() -> None:
    rng = np.random.default_rng(1)
    walk = rng.normal(0, 1, (5, 4000)).cumsum(axis=1)
    scale = naive_scale(walk[:, :-1], np.zeros(5, dtype=int))
    errors = wrmsse(walk[:, 1:], walk[:, :-1], scale, np.ones(5))
    assert errors == pytest.approx(1.0, abs=0.02)
    assert wape(np.array([[2.0, 2.0]]), np.array([[1.0, 3.0]])) == 0.5


def test_periods_end_at_the_date_and_only_whole_ones_count() -> None:
    rows = {
        "product_id": ["a"] * 4,
        "at": [AS_OF - timedelta(days=d) for d in (1, 7, 8, 20)],
        "quantity": [1.0, 2.0, 4.0, 8.0],
    }
    seen = panel(rows, AS_OF, by="product_id", every=Every.WEEK)
    assert seen.values.tolist() == [[4.0, 3.0]]  # the week of day 20 is not whole


def test_what_comes_later_changes_no_bit_and_order_nothing() -> None:
    at = AS_OF - timedelta(days=30)
    rows = daily(series=5, days=140)
    early = pc.less(rows.column("at"), pa.scalar(at, rows.schema.field("at").type))
    later = rows.filter(pc.invert(early))
    later = later.set_column(2, "quantity", pa.array(np.full(later.num_rows, 999.0)))
    first = demand.fit(rows, at, horizon=7)
    mixed = pa.concat_tables([later, rows.filter(early)])
    mixed = mixed.take(pa.array(np.random.default_rng(1).permutation(mixed.num_rows)))
    for other in (rows.filter(early), mixed, pl.from_arrow(rows), rows.to_pandas()):
        again = demand.fit(other, at, horizon=7)
        assert again.score().equals(first.score())
        assert again.folds == first.folds


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            {"product_id": ["a"], "at": [AS_OF + timedelta(days=2)], "quantity": [1.0]},
            "nothing was",
        ),
        ({"product_id": [], "at": [], "quantity": []}, "nothing was sold"),
    ],
)
def test_nothing_sold_before_the_date_is_said(rows: dict[str, list], message: str) -> None:
    moment = pa.timestamp("us", tz="UTC")
    kinds = {"product_id": pa.string(), "at": moment, "quantity": pa.float64()}
    table = pa.table(rows, schema=pa.schema(list(kinds.items())))
    with pytest.raises(NotEnoughHistoryError, match=message):
        demand.fit(table, AS_OF)


@pytest.mark.parametrize("days", [1, 20, 3650])
def test_one_product_for_a_day_or_ten_years_is_forecast(days: int) -> None:
    at = [AS_OF - timedelta(days=d + 1) for d in range(days)]
    model = demand.fit({"product_id": ["a"] * days, "at": at, "quantity": [5.0] * days}, AS_OF,
                       horizon=7)  # fmt: skip
    assert np.allclose(model.forecast, 5.0, rtol=0.01)
    assert model.in_use == "baseline"  # nothing can beat the average of a constant


def test_returns_unknown_numbers_and_nobody_s_rows() -> None:
    rows = {
        "product_id": ["a", "a", None, "a"],
        "at": [AS_OF - timedelta(days=d) for d in (1, 2, 1, 1)],
        "quantity": [-3.0, 5.0, 1.0, None],
    }
    model = demand.fit(rows, AS_OF, horizon=2)
    assert model.panel.values.tolist() == [[5.0, -3.0]]
    assert model.panel.left_out == {
        "product_id is empty or no identifier": 1,
        "quantity is empty or no number": 1,
    }
    with pytest.raises(ColumnsError, match="'quantity' is missing"):
        demand.fit({"product_id": ["a"], "at": [AS_OF]}, AS_OF)
    with pytest.raises(ValueError, match="horizon"):
        demand.fit(rows, AS_OF, horizon=0)


def test_the_past_of_a_panel_does_not_know_its_future_prices() -> None:
    seen = panel(daily(series=3, days=60), AS_OF, by="product_id", every=Every.DAY)
    past = seen.until(40)
    assert past.end_day == seen.end_day - 20
    assert past.day_of(0) == seen.day_of(0)
    assert np.allclose(past.worth, 2.5 * seen.values[:, 12:40].sum(axis=1))
