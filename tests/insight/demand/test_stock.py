"""What runs out and what to order, in numbers that can be checked by hand and by simulation."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests.insight.demand.shelves import AS_OF
from zhiyin.insight import demand
from zhiyin.insight.demand import StockSettings


def steady(sd: float = 3.0, days: int = 200, seed: int = 1) -> pa.Table:
    rng = np.random.default_rng(seed)
    rows = [
        {"product_id": f"p{p}", "at": AS_OF - timedelta(days=days - d),
         "quantity": float(max(0, round(rng.normal(20, sd))))}
        for p in range(8) for d in range(days)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def test_the_order_covers_lead_time_review_and_safety() -> None:
    model = demand.fit(steady(), AS_OF, horizon=14)
    stock = {"product_id": ["p0", "p1", "unknown"], "on_hand": [100.0, 2000.0, 5.0],
             "on_order": [20.0, 0.0, 0.0], "pack": [12.0, 1.0, 1.0]}  # fmt: skip
    table = model.propose(stock, StockSettings(service=0.95, lead_time=5, review=5)).to_pylist()
    first, second = table
    assert [r["product_id"] for r in table] == ["p0", "p1"]
    assert first["expected"] == pytest.approx(200, rel=0.05)
    assert 0 < first["safety"] < 60
    wanted = first["expected"] + first["safety"] - 120
    assert first["order"] % 12 == 0
    assert wanted <= first["order"] < wanted + 12
    assert first["runs_out_at"] == AS_OF + timedelta(days=4) or first["runs_out_at"] == (
        AS_OF + timedelta(days=5)
    )
    assert second["order"] == 0
    assert second["runs_out_at"] is None
    assert "order" in first["reason_en"]
    assert first["reason_zh"].startswith("p0：现有 100、在途 20")
    assert second["reason_en"].endswith("nothing to order")


def test_the_safety_stock_keeps_the_promised_service() -> None:
    """Of a thousand simulated lead times, about 95 in 100 end without running out."""
    model = demand.fit(steady(), AS_OF, horizon=14)
    settings = StockSettings(service=0.95, lead_time=4, review=3)
    plan = model.propose({"product_id": ["p0"], "on_hand": [0.0]}, settings).to_pylist()[0]
    rng = np.random.default_rng(2)
    sold = np.maximum(0, np.round(rng.normal(20, 3, (1000, 7)))).sum(axis=1)
    kept = float((sold <= plan["expected"] + plan["safety"]).mean())
    assert 0.9 < kept <= 1.0


def test_a_supplier_who_is_often_late_costs_more_safety() -> None:
    model = demand.fit(steady(), AS_OF, horizon=14)
    stock = {"product_id": ["p0", "p1"], "on_hand": [0.0, 0.0], "lead_time": [5.0, 5.0],
             "lead_time_sd": [0.0, 3.0]}  # fmt: skip
    plan = {r["product_id"]: r for r in model.propose(stock).to_pylist()}
    assert plan["p1"]["safety"] > plan["p0"]["safety"] + 50
    assert plan["p0"]["stock_out"] > 0.99
