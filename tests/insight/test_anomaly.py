"""Alerts come for what is planted, and on ordinary days as seldom as stated."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from zhiyin.insight import anomaly
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.given import ColumnsError

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
WEEKDAY = np.array([1.0, 0.9, 0.8, 0.9, 1.2, 1.8, 1.6])


def visits(series: int = 3, days: int = 120, seed: int = 1, level: float = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    weekday = [(AS_OF - timedelta(days=days - d)).weekday() for d in range(days)]
    return rng.poisson(level * WEEKDAY[weekday], (series, days)).astype(float)


def table(values: np.ndarray) -> pa.Table:
    series, days = values.shape
    return pa.table(
        {
            "series": [f"s{s:04d}" for s in range(series) for _ in range(days)],
            "at": [AS_OF - timedelta(days=days - d, hours=-9) for d in range(days)] * series,
            "value": values.ravel(),
        }
    )


def test_a_fall_of_visits_and_a_jump_of_complaints_are_told() -> None:
    values = visits()
    values[0, -1] *= 0.4
    values[1, -1] *= 2.5
    alerts = anomaly.fit(table(values), AS_OF).alerts().to_pylist()
    assert {a["series"] for a in alerts} == {"s0000", "s0001"}
    told = {a["series"]: msgspec.json.decode(a["reasons"])[0] for a in alerts}
    assert told["s0000"]["feature"] == "fall"
    assert "unusually low" in told["s0000"]["en"]
    assert "高得反常" in told["s0001"]["zh"]
    for a in alerts:
        assert not a["low"] <= a["value"] <= a["high"]


def test_weekdays_are_no_alarm_though_they_differ_twofold() -> None:
    watch = anomaly.fit(table(visits(series=20, days=200)), AS_OF)
    alerts = watch.score().column("alert").to_pylist()
    assert sum(alerts) / len(alerts) < 0.004
    assert "days of series judged" in watch.notes[0].en


@pytest.mark.parametrize("rate", [0.01, 0.001])
def test_noise_alarms_as_seldom_as_stated(rate: float) -> None:
    """60,000 days of counts and of normal numbers on which nothing happens."""
    counts = visits(series=300, days=256, seed=3, level=60)
    rng = np.random.default_rng(5)
    for values, is_count in ((counts, True), (rng.normal(50, 10, (300, 256)), False)):
        watch = anomaly.fit(table(values), AS_OF, counts=is_count, false_alarms=rate)
        false = (np.abs(watch.z) > watch.threshold).mean()
        assert 0.5 * rate < false < 1.5 * rate


def test_a_fall_by_half_is_found_nearly_always() -> None:
    values = visits(series=300, days=80)
    values[:, -1] *= 0.5
    watch = anomaly.fit(table(values), AS_OF)
    assert (watch.z[:, -1] < -watch.threshold).mean() > 0.95


def test_later_days_other_orders_and_other_libraries_change_no_bit() -> None:
    rows = table(visits(days=100))
    at = AS_OF - timedelta(days=20)
    early = np.array([t < at for t in rows["at"].to_pylist()])
    first = anomaly.fit(rows, at).score()
    mixed = rows.take(pa.array(np.random.default_rng(1).permutation(rows.num_rows)))
    for other in (rows.filter(pa.array(early)), mixed, rows.to_pandas(), pl.from_arrow(rows)):
        assert anomaly.fit(other, at).score().equals(first)


def test_too_little_is_not_judged_and_said() -> None:
    with pytest.raises(NotEnoughHistoryError, match="57 days"):
        anomaly.fit(table(visits(days=56)), AS_OF)
    with pytest.raises(NotEnoughHistoryError, match="nothing was counted"):
        anomaly.fit(table(visits()), AS_OF - timedelta(days=900))
    with pytest.raises(ColumnsError, match="'value' is missing"):
        anomaly.fit(table(visits()).drop_columns(["value"]), AS_OF)
    with pytest.raises(ValueError, match="rate"):
        anomaly.fit(table(visits()), AS_OF, false_alarms=0)
    seldom = anomaly.fit(table(visits(level=0.3)), AS_OF)  # a customer who hardly ever comes
    assert np.isnan(seldom.z).all()
    assert not any(seldom.score().column("alert").to_pylist())
    same = anomaly.fit(table(np.full((1, 90), 7.0)), AS_OF)
    assert not any(same.score().column("alert").to_pylist())
    wrong = table(visits())
    wrong = wrong.set_column(2, "value", pa.array([None, -4.0, *wrong["value"].to_pylist()[2:]]))
    watch = anomaly.fit(wrong, AS_OF)
    assert sum("rows left out" in n.en for n in watch.notes) == 2
