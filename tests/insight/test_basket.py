"""Rules of baskets: right to the basket, honest about chance, better than what everybody buys."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from zhiyin.insight import basket
from zhiyin.insight.basket import benjamini_hochberg, lifts
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.given import ColumnsError

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def lines(baskets: int = 1_200, seed: int = 1, *, tied: bool = True) -> pa.Table:
    """Thirty products by their own chance; `p00` and `p01` go together, and with `p02` on top."""
    rng = np.random.default_rng(seed)
    chance = 0.3 / (1 + np.arange(30)) + 0.03
    inside = rng.random((baskets, 30)) < chance
    if tied:
        inside[:, 21] |= inside[:, 20] & (rng.random(baskets) < 0.7)
        inside[:, 22] |= inside[:, 20] & inside[:, 21] & (rng.random(baskets) < 0.8)
    order, product = np.nonzero(inside)
    return pa.table(
        {
            "order_id": [f"o{o:05d}" for o in order],
            "customer_id": [f"c{o % 300}" for o in order],
            "product_id": [f"p{p:02d}" for p in product],
            "category": [f"k{p // 10}" for p in product],
            "at": [AS_OF - timedelta(minutes=int(baskets - o)) for o in order],
        }
    )


def test_support_confidence_and_lift_are_counted_right() -> None:
    rows = lines()
    inside: dict[str, set[str]] = {}
    for order, product in zip(rows["order_id"].to_pylist(), rows["product_id"].to_pylist(),
                              strict=True):  # fmt: skip
        inside.setdefault(order, set()).add(product)
    n = len(inside)
    table = basket.fit(rows, AS_OF, min_support=0.005, longest=3).score().to_pylist()
    assert any(len(r["if"]) == 2 for r in table)
    for rule in table[:200]:
        whole, left = {*rule["if"], rule["then"]}, set(rule["if"])
        both = sum(whole <= b for b in inside.values())
        have = sum(left <= b for b in inside.values())
        then = sum(rule["then"] in b for b in inside.values())
        assert rule["baskets"] == both
        assert rule["support"] == pytest.approx(both / n)
        assert rule["confidence"] == pytest.approx(both / have)
        assert rule["lift"] == pytest.approx(both * n / have / then)
        assert rule["low"] < rule["lift"] < rule["high"]


def test_all_frequent_sets_are_found() -> None:
    rows = lines(baskets=200)
    inside: dict[str, set[str]] = {}
    for order, product in zip(rows["order_id"].to_pylist(), rows["product_id"].to_pylist(),
                              strict=True):  # fmt: skip
        inside.setdefault(order, set()).add(product)
    expected = set()
    products = sorted({p for b in inside.values() for p in b})
    for size in (2, 3, 4):
        for items in combinations(products, size):
            if sum(set(items) <= b for b in inside.values()) >= 8:
                expected.add(items)
    table = basket.fit(rows, AS_OF, min_support=0, min_baskets=8, longest=4).score().to_pylist()
    assert {tuple(sorted([*r["if"], r["then"]])) for r in table} == expected


def test_planted_ties_are_found_first() -> None:
    table = basket.fit(lines(), AS_OF).score().to_pylist()
    planted = {"p20", "p21", "p22"}
    assert {*table[0]["if"], table[0]["then"]} == planted
    assert all(r["then"] in planted and planted & {*r["if"]} for r in table[:6])
    assert all(r["finding"] for r in table[:6])
    assert "×" in table[0]["sentence_en"]
    assert "倍" in table[0]["sentence_zh"]


def test_independent_products_make_hardly_any_finding() -> None:
    marked = looked = 0
    for seed in range(10):
        table = basket.fit(lines(seed=seed, tied=False), AS_OF, longest=2).score()
        marked += sum(table.column("finding").to_pylist())
        looked += table.num_rows
    assert looked > 2_000
    assert marked <= 0.002 * looked


def test_intervals_of_a_lift_hold_the_truth() -> None:
    rng = np.random.default_rng(3)
    n, pa_, pb, p11 = 4_000, 0.2, 0.1, 0.03
    cells = rng.multinomial(n, [p11, pa_ - p11, pb - p11, 1 - pa_ - pb + p11], 2_000).astype(float)
    both, a, b = cells[:, 0], cells[:, 0] + cells[:, 1], cells[:, 0] + cells[:, 2]
    _, low, high, _ = lifts(both, a, b, float(n))
    covered = ((low <= 1.5) & (high >= 1.5)).mean()
    assert 0.93 < covered < 0.97


def test_suggestions_are_better_than_what_is_in_most_baskets() -> None:
    model = basket.fit(lines(4_000), AS_OF, longest=2)
    assert model.in_use == "model"
    assert "p21" in model.suggest(["p20"], 3)
    assert "p20" not in model.suggest(["p20"])
    assert model.suggest([], 2) == model.baskets.popular()[:2]
    alike = basket.fit(lines(1_000, tied=False), AS_OF)
    assert alike.in_use == "baseline"
    assert alike.suggest(["p05"], 2) == alike.baskets.popular()[:2]


def test_categories_and_segments_have_rules_of_their_own() -> None:
    by_category = basket.fit(lines(), AS_OF, level="category").score()
    assert set(by_category.column("then").to_pylist()) <= {"k0", "k1", "k2"}
    segments = {"customer_id": [f"c{i}" for i in range(300)],
                "segment": ["新客" if i < 150 else "老客" for i in range(300)]}  # fmt: skip
    table = basket.fit(lines(), AS_OF, segments=segments).score()
    assert {*table.column("segment").to_pylist()} == {None, "新客", "老客"}


def test_later_lines_other_orders_and_other_libraries_change_no_bit() -> None:
    rows = lines(400)
    at = AS_OF - timedelta(minutes=100)
    early = np.array([t < at for t in rows["at"].to_pylist()])
    first = basket.fit(rows, at).score()
    mixed = rows.take(pa.array(np.random.default_rng(1).permutation(rows.num_rows)))
    for other in (rows.filter(pa.array(early)), mixed, rows.to_pandas(), pl.from_arrow(rows)):
        assert basket.fit(other, at).score().equals(first)


def test_poor_baskets_are_refused_and_returns_left_out() -> None:
    one = {"order_id": ["a", "b"], "product_id": ["p", "p"], "at": [AS_OF - timedelta(days=1)] * 2}
    with pytest.raises(NotEnoughHistoryError, match="two different things"):
        basket.fit(one, AS_OF)
    with pytest.raises(NotEnoughHistoryError):
        basket.fit({**one, "at": [AS_OF + timedelta(days=1)] * 2}, AS_OF)
    with pytest.raises(ColumnsError, match="'category' is missing"):
        basket.fit(one, AS_OF, level="category")
    rows = lines(400)
    rows = rows.append_column("quantity", pa.array([-1.0] + [1.0] * (rows.num_rows - 1)))
    assert basket.fit(rows, AS_OF).baskets.left_out == {"quantity is not above zero": 1}


def test_benjamini_hochberg_is_its_definition() -> None:
    p = np.array([0.01, 0.02, 0.03, 0.5])
    assert benjamini_hochberg(p).tolist() == pytest.approx([0.04, 0.04, 0.04, 0.5])
