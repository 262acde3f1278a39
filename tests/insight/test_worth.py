"""What a customer is worth: the parts add up to the cent, and nothing is made up."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.insight.contract import Reason, score_table
from zhiyin.insight.tables import BadTableError
from zhiyin.insight.worth import FACTS, PARTS, Costs, worth

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
COSTS = Costs(
    margin=0.4, order=3, returned=8, ticket=5, complaint=12, capital=0.1, unpaid=0.5, referral=30
)


def values(money: list[float]) -> pa.Table:
    value = np.array(money)
    ids = pa.array([f"c{i}" for i in range(len(value))])
    return score_table(ids, value, value / 2, value * 2)


def facts(**columns: list[float]) -> pa.Table:
    n = len(next(iter(columns.values())))
    return pa.table({"customer_id": [f"c{i}" for i in range(n)], **columns})


def total(table: pa.Table) -> np.ndarray:
    return np.asarray(table["total"].to_numpy())


def test_every_cost_lowers_the_total_and_a_referral_raises_it():
    known = facts(
        orders_365d=[4.0] * 5, revenue_365d=[400.0] * 5, tickets_365d=[0, 9.0, 0, 0, 0],
        returns_365d=[0, 0, 3.0, 0, 0], days_late=[0, 0, 0, 45.0, 0],
        referrals_365d=[0, 0, 0, 0, 1.0],
    )  # fmt: skip
    found = worth(values([400.0] * 5), known, COSTS)
    plain, service, returns, late, brings = total(found.table)
    assert service < plain
    assert returns < plain
    assert late < plain
    assert brings == pytest.approx(plain + 30)
    assert set(found.unknown) == set(FACTS) - set(known.column_names)
    assert np.all(found.table["low"].to_numpy() < total(found.table))
    assert np.all(found.table["high"].to_numpy() > total(found.table))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 99), st.integers(0, 9)), min_size=1,
             max_size=6),
    st.floats(0, 1),
)  # fmt: skip
def test_the_parts_add_up_to_the_cent(people: list[tuple[float, int, int]], margin: float):
    money, orders, tickets = (list(column) for column in zip(*people, strict=True))
    known = facts(orders_365d=orders, revenue_365d=money, tickets_365d=tickets)
    table = worth(values(money), known, Costs(margin=margin, order=1.5, ticket=4)).table
    cents = sum(np.rint(100 * table[part].to_numpy()) for part in PARTS)
    assert np.array_equal(np.rint(100 * total(table)), cents)


def test_reasons_name_the_parts_from_the_largest_to_the_sum():
    found = worth(
        values([1000.0]), facts(orders_365d=[5.0], revenue_365d=[900.0], tickets_365d=[4.0]), COSTS
    )
    told = msgspec.json.decode(found.table["reasons"][0].as_py(), type=list[Reason])
    assert told[0].feature == "revenue"
    assert told[0].zh == "预计收入 1,000.00"
    assert told[-1].zh.startswith("合计")
    assert sum(r.points for r in told[:-1]) == pytest.approx(told[-1].points)


def test_risk_loyalty_and_voice_are_told_beside_and_not_added():
    bad = facts(
        orders_365d=[9.0, 9.0], revenue_365d=[900.0, 900.0], returned_365d=[0, 800.0],
        complaints_365d=[0, 8.0], days_late=[0, 60.0], overdue=[0, 100.0],
        tenure_days=[900.0, 30.0], active_months=[12.0, 1.0], categories=[6.0, 1.0],
        referrals_365d=[3.0, 0], influence=[0.9, 0.1], reviews_365d=[5.0, 0],
    )  # fmt: skip
    table = worth(values([900.0, 900.0]), bad, Costs()).table
    good, poor = (table.slice(i, 1).to_pylist()[0] for i in (0, 1))
    assert good["risk"] < 30 < 60 < poor["risk"]
    assert good["loyalty"] == 100
    assert poor["loyalty"] < 10
    assert good["voice"] > 80 > poor["voice"]
    assert good["total"] == poor["total"] == 900


def test_bad_facts_are_refused_with_the_row():
    with pytest.raises(BadTableError, match="row 2: tickets_365d is negative"):
        worth(values([1.0, 1.0]), facts(tickets_365d=[0.0, -1.0]), COSTS)
    with pytest.raises(BadTableError, match="no column customer_id"):
        worth(values([1.0]), pa.table({"x": [1]}), COSTS)
    with pytest.raises(BadTableError, match="margin is a share between 0 and 1, not 40"):
        Costs(margin=40)
    empty = worth(values([]), facts(tickets_365d=[]), COSTS)
    assert empty.table.num_rows == 0
