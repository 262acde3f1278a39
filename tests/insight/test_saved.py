"""Saved customers: the increment over the hold-out, and never a customer counted twice."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from zhiyin.insight.saved import State, books, states
from zhiyin.insight.tables import BadTableError

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(days=30)
LATER = START + timedelta(days=60)


def alerts(n: int, held_out: list[bool], risk: float = 0.7) -> pa.Table:
    return pa.table(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "alerted_at": pa.array([START] * n, pa.timestamp("us", tz="UTC")),
            "risk": [risk] * n,
            "held_out": held_out,
        }
    )


def orders(who: list[int], day: float = 10) -> pa.Table:
    n = len(who)
    return pa.table(
        {
            "customer_id": pa.array([f"c{i}" for i in who], pa.string()),
            "order_id": pa.array([f"o{i}" for i in who], pa.string()),
            "ordered_at": pa.array([START + timedelta(days=day)] * n, pa.timestamp("us", tz="UTC")),
            "product_id": pa.array(["a"] * n, pa.string()),
            "quantity": pa.array([1] * n, pa.int64()),
            "price": pa.array([50.0] * n, pa.float64()),
        }
    )


def test_the_increment_is_what_the_treated_did_beyond_the_held_out():
    held = [i >= 400 for i in range(600)]
    came = [*range(200), *range(400, 440)]  # half of the treated, a fifth of the held out
    told = books(alerts(600, held), orders(came), LATER, WINDOW)
    assert (told.treated, told.held_out, told.open) == (400, 200, 0)
    assert (told.back_treated, told.back_expected) == (0.5, 0.2)
    assert told.saved.value == pytest.approx(120)
    assert 80 < told.saved.low < 120 < told.saved.high < 160
    assert told.revenue is not None
    assert told.revenue.value == pytest.approx(400 * (25 - 10))
    assert told.measured
    assert "多挽回约 120 人" in told.sentence.zh


def test_those_who_would_have_come_anyway_are_not_saved():
    held = [i >= 300 for i in range(600)]
    told = books(alerts(600, held), orders([*range(150), *range(300, 450)]), LATER, WINDOW)
    assert told.saved.low < 0 < told.saved.high
    assert "no effect to be seen yet" in told.sentence.en


def test_without_a_hold_out_the_forecast_stands_in_and_is_named():
    told = books(alerts(200, [False] * 200), orders(list(range(100))), LATER, WINDOW)
    assert not told.measured
    assert told.revenue is None
    assert told.back_expected == pytest.approx(0.3)
    assert told.saved.value == pytest.approx(200 * 0.2)
    assert "没有对照组" in told.sentence.zh


def test_an_alert_is_open_until_its_window_is_over_and_the_future_is_not_known():
    one = alerts(3, [False] * 3)
    early = START + timedelta(days=15)
    table = states(one, pa.concat_tables([orders([0], 10), orders([1], 20)]), early, WINDOW)
    assert table["state"].to_pylist() == [State.BACK, State.OPEN, State.OPEN]
    table = states(one, pa.concat_tables([orders([0], 10), orders([1], 20)]), LATER, WINDOW)
    assert table["state"].to_pylist() == [State.BACK, State.BACK, State.GONE]
    assert table["back_at"].to_pylist()[0] == START + timedelta(days=10)
    assert table["revenue"].to_pylist() == [50.0, 50.0, 0.0]
    late = states(one, orders([0], 31), LATER, WINDOW)
    assert late["state"].to_pylist()[0] == State.GONE
    nothing = books(one, orders([0]), early, WINDOW)
    assert nothing.open == 3
    assert "nothing to settle" in nothing.sentence.en


def test_bad_alerts_are_refused_with_the_row():
    twice = pa.concat_tables([alerts(2, [False] * 2), alerts(1, [False])])
    with pytest.raises(BadTableError, match="row 3: a second alert for this customer"):
        states(twice, orders([0]), LATER, WINDOW)
    with pytest.raises(BadTableError, match="row 1: risk is not between 0 and 1"):
        states(alerts(1, [False], risk=70), orders([0]), LATER, WINDOW)
    with pytest.raises(BadTableError, match="no column held_out"):
        states(alerts(1, [False]).drop_columns("held_out"), orders([0]), LATER, WINDOW)


def test_the_interval_of_a_difference_holds_it_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(150):
        held = [i >= 150 for i in range(250)]
        came = np.flatnonzero(rng.random(250) < np.where(held, 0.2, 0.35)).tolist()
        told = books(alerts(250, held), orders(came), LATER, WINDOW)
        inside += told.saved.low <= 150 * 0.15 <= told.saved.high
    assert inside / 150 > 0.89
