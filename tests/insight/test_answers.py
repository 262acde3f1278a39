"""`fit(orders, as_of).score()`: order lines as people have them, and every way they can be bad."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.insight import shop
from zhiyin.insight import churn, churn_contest, value
from zhiyin.insight.answers import UnknownCustomerError
from zhiyin.insight.churn import Churn
from zhiyin.insight.contract import KnownUntil, NotEnoughHistoryError, remembered
from zhiyin.insight.rivals import Kind
from zhiyin.insight.scorecard import cut_offs
from zhiyin.insight.tables import BadTableError, order_lines

MONTH = timedelta(days=30)


def orders(customers: int = 220) -> pa.Table:
    """The shop's lines as an export has them."""
    lines = shop.lines(customers)
    quantity = lines["quantity"].to_numpy()
    price = np.abs(pc.cast(lines["amount"], pa.float64()).to_numpy())
    return pa.table(
        {
            "customer_id": lines["customer_id"],
            "order_id": lines["order_id"],
            "ordered_at": lines["ts_us"].cast(pa.timestamp("us", tz="UTC")),
            "product_id": lines["sku"],
            "quantity": quantity,
            "price": np.round(price, 4),
        }
    )


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return orders()


def test_value_and_churn_answer_from_a_plain_table(table: pa.Table):
    worth = value.fit(table, shop.TODAY, horizon=MONTH)
    scores = worth.score()
    assert scores.num_rows == len(worth.frame)
    assert np.all(scores["low"].to_numpy() <= scores["value"].to_numpy())
    one = scores["customer_id"][0].as_py()
    assert worth.explain(one)[0].feature == "expected_orders"
    assert len(worth.explain(one)) > 3
    with pytest.raises(UnknownCustomerError, match="nobody is not among"):
        worth.explain("nobody")
    gone = churn.fit(table, shop.TODAY, horizon=MONTH).score()
    assert np.all((gone["value"].to_numpy() > 0) & (gone["value"].to_numpy() < 1))


def test_pandas_and_polars_give_the_same_bits_as_arrow(table: pa.Table):
    ours = order_lines(table)
    frame = table.to_pandas()
    assert order_lines(frame).equals(ours)
    assert order_lines(pl.from_arrow(table)).equals(ours)
    naive = frame.assign(ordered_at=frame["ordered_at"].dt.tz_localize(None))
    assert order_lines(naive).equals(ours)
    texts = frame.assign(ordered_at=frame["ordered_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    assert order_lines(texts).equals(ours)


@pytest.mark.parametrize("module", [value, churn])
def test_orders_on_or_after_the_date_change_nothing(table: pa.Table, module):
    """Deleted, shuffled or absurd: the score of the date keeps its bits."""
    known = pc.less(table["ordered_at"], pa.scalar(shop.TODAY, pa.timestamp("us", tz="UTC")))
    past, future = table.filter(known), table.filter(pc.invert(known))
    assert future.num_rows > 50
    shuffled = future.take(np.random.default_rng(1).permutation(future.num_rows))
    absurd = future.set_column(5, "price", pa.array(np.full(future.num_rows, 1e6)))
    scores = [
        module.fit(rows, shop.TODAY, horizon=MONTH).score()
        for rows in (past, pa.concat_tables([shuffled, past]), pa.concat_tables([past, absurd]))
    ]
    assert scores[0].equals(scores[1])
    assert scores[0].equals(scores[2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop_columns("price"), "no column price"),
        (lambda t: _with(t, "price", -1.0), "row 3: price is negative"),
        (lambda t: _with(t, "price", None), "row 3: price is empty or not a number"),
        (lambda t: _with(t, "price", float("inf")), "row 3: price is empty or not a number"),
        (lambda t: _with(t, "price", 1e300), "row 3: price times quantity is too large"),
        (lambda t: _with(t, "customer_id", None), "row 3: customer_id is empty"),
        (lambda t: _with(t, "customer_id", "  "), "row 3: customer_id is empty"),
        (lambda t: _with(t, "ordered_at", None), "row 3: ordered_at is empty"),
        (lambda t: t.set_column(2, "ordered_at", t["quantity"]), "ordered_at holds numbers"),
        (lambda t: t.set_column(2, "ordered_at", t["order_id"]), "ordered_at cannot be read"),
        (lambda t: t.set_column(4, "quantity", t["order_id"]), "quantity cannot be read"),
    ],
)
def test_a_bad_table_is_refused_with_row_field_and_reason(table: pa.Table, change, words: str):
    with pytest.raises(BadTableError, match=words):
        order_lines(change(table))


def _with(table: pa.Table, name: str, bad: object) -> pa.Table:
    values = table[name].to_pylist()
    values[2] = bad
    at = table.column_names.index(name)
    return table.set_column(at, name, pa.array(values, table.schema.field(name).type))


def tiny(people: int, orders_each: int, *, price: float = 10.0, days: int = 400) -> pd.DataFrame:
    """Everybody bought the same, on the same days."""
    start = pd.Timestamp("2024-01-01", tz="UTC")
    rows = [
        (f"c{p}", f"o{p}-{o}", start + pd.Timedelta(days=o * days / orders_each), "a", 1, price)
        for p in range(people)
        for o in range(orders_each)
    ]
    names = ["customer_id", "order_id", "ordered_at", "product_id", "quantity", "price"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize("module", [value, churn])
@pytest.mark.parametrize(
    "made", [tiny(1, 1), tiny(1, 40), tiny(60, 1), tiny(3, 3)],
    ids=["one row", "one customer", "one purchase each", "three customers"],
)  # fmt: skip
def test_too_little_to_learn_from_is_said(module, made: pd.DataFrame):
    with pytest.raises(NotEnoughHistoryError):
        module.fit(made, datetime(2025, 2, 10, tzinfo=UTC), horizon=MONTH)


def test_no_rows_and_dates_before_the_first_order_are_said(table: pa.Table):
    with pytest.raises(NotEnoughHistoryError, match="no rows"):
        value.fit(table.slice(0, 0), shop.TODAY)
    with pytest.raises(NotEnoughHistoryError):
        value.fit(table, shop.START - timedelta(days=10))


def test_everybody_the_same_gets_one_finite_value():
    made = tiny(60, 20)
    scores = value.fit(made, datetime(2025, 2, 10, tzinfo=UTC), horizon=MONTH).score()
    worth = scores["value"].to_numpy()
    assert np.all(np.isfinite(worth))
    assert worth.max() - worth.min() < 1e-6
    with pytest.raises(NotEnoughHistoryError, match="stayed and customers who left"):
        churn.fit(made, datetime(2025, 2, 10, tzinfo=UTC), horizon=MONTH)


def test_free_goods_and_returns_only_never_crash(table: pa.Table):
    free = table.set_column(5, "price", pa.array(np.zeros(table.num_rows)))
    with pytest.raises(NotEnoughHistoryError, match="positive value"):
        value.fit(free, shop.TODAY, horizon=MONTH)
    back = table.set_column(4, "quantity", pa.array(-np.ones(table.num_rows)))
    with pytest.raises((NotEnoughHistoryError, ValueError)):
        value.fit(back, shop.TODAY, horizon=MONTH)


def test_gone_by_ones_own_rhythm_is_asked_after_ones_own_time():
    past = remembered(shop.history(300))
    question = Churn(timedelta(days=90), by_rhythm=True)
    at = shop.TODAY - timedelta(days=90)
    frame = past.frame(at)
    patience = question.patience(frame)
    gap = frame.column("mean_gap_days")
    assert set(patience) <= {14.0, 30.0, 60.0, 90.0}
    often, seldom = patience[gap < 15], patience[gap > 60]
    assert often.mean() < seldom.mean()
    known = KnownUntil(past, shop.TODAY)
    own = question.actual(known, question.asked(frame))
    fixed = Churn(timedelta(days=90)).actual(known, question.asked(frame))
    assert own.sum() > fixed.sum()  # who waits shorter is sooner called gone
    model = question.fit(past, shop.TODAY)
    assert "购买节奏" in question.question.zh
    assert np.all(np.isfinite(model.predict(question.asked(past.frame(shop.TODAY)))))


def test_kinds_of_models_are_compared_by_going_back_in_time():
    history, question = shop.history(300), Churn(MONTH)
    held = churn_contest.held(
        question, history, cut_offs(shop.TODAY, MONTH), shop.TODAY, [Kind.TREE, Kind.BOOSTED]
    )
    assert {one.key for one in held.standings} == {Kind.LOGISTIC, Kind.TREE, Kind.BOOSTED}
    assert held.repeats == 3
    assert held.baseline.name == question.baseline_name
    again = churn_contest.held(
        question, history, cut_offs(shop.TODAY, MONTH), shop.TODAY, [Kind.TREE, Kind.BOOSTED]
    )
    assert again == held


@pytest.mark.parametrize("kind", [Kind.FOREST, Kind.SVM, Kind.TREE])
def test_another_kind_can_take_the_place_of_the_mixture(kind: Kind):
    past = remembered(shop.history(200))
    model = Churn(MONTH, rival=kind).fit(past, shop.TODAY)
    frame = past.frame(shop.TODAY)
    risk = model.predict(frame)
    assert np.all((risk > 0) & (risk < 1))
    assert len(model.explain(frame)) == len(frame)
    scores = model.score_frame(frame)
    assert np.all(scores["low"].to_numpy() <= risk)


def test_what_if_a_customer_had_bought_yesterday():
    past = remembered(shop.history(300))
    model = Churn(MONTH).fit(past, shop.TODAY)
    frame = past.frame(shop.TODAY)
    far = frame.where(frame.column("recency_days") > 60)
    assert model.what_if(far, {"recency_days": 1.0}).mean() < model.predict(far).mean()
    with pytest.raises(KeyError, match="shoe_size is not used"):
        model.what_if(far, {"shoe_size": 40.0})
