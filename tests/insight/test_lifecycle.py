"""Stages of a customer's life: each rule names whom it should, and moves are counted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pyarrow as pa

from tests.insight import shop
from zhiyin.features.history import History
from zhiyin.insight.contract import Reason
from zhiyin.insight.lifecycle import Rules, Stage, moves, scores, stages

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def bought(**days_ago: list[float]) -> History:
    """Customers by name with the days before now on which they spent 10 each."""
    rows = [
        {"customer_id": name, "order_id": f"{name}{day}", "ts_us": _us(day), "sku": "a",
         "quantity": 1, "amount": Decimal("10.0000")}
        for name, days in days_ago.items() for day in days
    ]  # fmt: skip
    return History.from_arrow(pa.Table.from_pylist(rows).cast(shop.LINES))


def _us(days_ago: float) -> int:
    return shop.microseconds(NOW - timedelta(days=days_ago))


MONTHLY = [15 + 30.0 * k for k in range(12)]
CROWD = {f"crowd{i}": [k + i for k in MONTHLY] for i in range(12)}


def test_every_stage_is_named_by_its_rule():
    history = bought(
        **CROWD,
        fresh=[20.0],
        grows=[5.0, 15, 25, 35, 45, 55, 65, 75, 100, 150, 300],
        fades=[89.0, 92, 105, 120, 135, 150, 165, 179, 200, 230],
        gone=[k + 200 for k in MONTHLY],
        back=[10.0, *[k + 260 for k in MONTHLY]],
    )
    table = stages(history, NOW, prospects=["nobody", "fresh"])
    found = dict(zip(table["customer_id"].to_pylist(), table["stage"].to_pylist(), strict=True))
    assert found["crowd0"] == Stage.MATURE
    assert found["fresh"] == Stage.NEW
    assert found["grows"] == Stage.GROWING
    assert found["fades"] == Stage.DECLINING
    assert found["gone"] == Stage.LOST
    assert found["back"] == Stage.WON_BACK
    assert found["nobody"] == Stage.PROSPECT
    told = dict(zip(table["customer_id"].to_pylist(), table["reasons"].to_pylist(), strict=True))
    reasons = msgspec.json.decode(told["gone"], type=list[Reason])
    assert reasons[0].zh.startswith("已流失：超过 120 天没买")
    assert "usually every" in reasons[1].en
    model = dict(zip(table["customer_id"].to_pylist(), table["by_model"].to_pylist(), strict=True))
    assert model["gone"] in (Stage.LOST, Stage.DECLINING)
    assert scores(table)["value"].to_pylist()[0] == float(list(Stage).index(Stage(found["back"])))


def test_moves_between_two_dates_add_up():
    history = shop.history(200)
    before = stages(history, shop.TODAY - timedelta(days=90))
    after = stages(history, shop.TODAY)
    found = moves(before, after)
    both = set(before["customer_id"].to_pylist()) & set(after["customer_id"].to_pylist())
    assert sum(move.customers for move in found) == len(both)
    for stage in {move.before for move in found}:
        assert abs(sum(m.share for m in found if m.before == stage) - 1) < 1e-9
    assert any(move.before != move.after for move in found)


def test_the_future_cannot_change_a_stage():
    lines = shop.lines(150)
    past = lines.filter(pa.compute.less(lines["ts_us"], shop.microseconds(shop.TODAY)))
    later = lines.filter(pa.compute.greater_equal(lines["ts_us"], shop.microseconds(shop.TODAY)))
    assert later.num_rows > 0
    told = [stages(History.from_arrow(rows), shop.TODAY) for rows in (lines, past)]
    assert told[0].equals(told[1])


def test_one_customer_with_one_purchase_has_a_stage_and_no_model():
    table = stages(bought(only=[400.0]), NOW, rules=Rules(lost_days=30))
    # without a rhythm nobody is called lost by gaps that are not known
    assert table["stage"].to_pylist() == [Stage.MATURE]
    assert table["by_model"].to_pylist() == [None]
