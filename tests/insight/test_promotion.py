"""Planted habits of buying are recovered: who waits for promotions, and who minds a price."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from zhiyin.insight import promotion
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.given import ColumnsError
from zhiyin.insight.promotion import PromotionModel

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def lines(
    customers: int = 60, weeks: int = 52, seed: int = 1, *, waits: bool = True
) -> tuple[pa.Table, np.ndarray]:
    """Six products, each reduced by a third in some weeks; sales follow price ** elasticity.

    Half of the customers have an elasticity of −5, the others of −1 (all of −2.5 without `waits`).
    """
    rng = np.random.default_rng(seed)
    reduced = rng.random((6, weeks)) < 0.3
    price = np.where(reduced, 8.0, 12.0) * rng.lognormal(0, 0.02, (6, weeks))
    elasticity = np.where(np.arange(customers) % 2 == 0, -5.0, -1.0)
    if not waits:
        elasticity = np.full(customers, -2.5)
    rows = []
    for c in range(customers):
        rate = 0.35 * (price / 10.5) ** elasticity[c]
        sold = rng.poisson(rate)
        for p, w in zip(*np.nonzero(sold), strict=True):
            rows.append(
                {
                    "customer_id": f"c{c:03d}", "product_id": f"p{p}",
                    "at": AS_OF - timedelta(weeks=int(weeks - w), days=-1),
                    "quantity": float(sold[p, w]), "price": float(price[p, w]),
                    "list_price": 12.0 * 1.1,
                    "promoted": bool(reduced[p, w]),
                }
            )  # fmt: skip
    return pa.Table.from_pylist(rows), elasticity


@pytest.fixture(scope="module")
def shop() -> PromotionModel:
    return promotion.fit(lines()[0].drop_columns(["list_price"]), AS_OF)


def test_who_waits_for_promotions_is_found(shop: PromotionModel) -> None:
    assert shop.in_use == "model"
    scored = shop.score().to_pandas()
    waits = np.arange(len(scored)) % 2 == 0
    assert scored.value[waits].mean() > scored.value[~waits].mean() + 0.15
    assert (scored.low <= scored.value).all()
    assert (scored.value <= scored.high).all()
    assert "lines at a reduced price" in scored.reasons[0]


def test_planted_elasticities_lie_in_their_intervals(shop: PromotionModel) -> None:
    elasticity = lines()[1]
    scored = shop.score().to_pandas()
    inside = (scored.elasticity_low <= elasticity) & (elasticity <= scored.elasticity_high)
    assert inside.mean() > 0.85
    assert scored.elasticity[elasticity == -5].mean() == pytest.approx(-5, abs=1)
    assert scored.elasticity[elasticity == -1].mean() == pytest.approx(-1, abs=0.6)


def test_where_all_are_alike_everybody_has_the_usual_share() -> None:
    model = promotion.fit(lines(waits=False, seed=2)[0], AS_OF)
    scored = model.score().to_pandas()
    if model.in_use == "baseline":
        assert scored.value.nunique() == 1
        assert not scored.only_reduced.any()
    assert model.spread < 0.4
    assert model.elasticities is not None
    assert model.elasticities.overall == pytest.approx(-2.5, abs=0.3)
    assert model.elasticities.spread < 0.7


def test_a_customer_of_one_purchase_is_taken_to_be_like_all() -> None:
    rows, _ = lines()
    one = rows.slice(0, 1).set_column(0, "customer_id", pa.array(["newcomer"]))
    scored = promotion.fit(pa.concat_tables([rows, one]), AS_OF).score().to_pandas()
    new = scored[scored.customer_id == "newcomer"].iloc[0]
    others = scored[scored.customer_id != "newcomer"]
    assert abs(new.value - others.value.mean()) < 0.15
    assert new.high - new.low > (others.high - others.low).mean()


def test_promotions_are_told_from_list_or_usual_prices_too() -> None:
    rows, _ = lines()
    by_flag = promotion.fit(rows, AS_OF)
    usual = promotion.fit(rows.drop_columns(["promoted", "list_price"]), AS_OF)
    assert usual.in_use == "model"
    a, b = by_flag.score().to_pandas(), usual.score().to_pandas()
    assert np.corrcoef(a.value, b.value)[0, 1] > 0.8


def test_later_lines_other_orders_and_other_libraries_change_no_bit() -> None:
    rows, _ = lines(customers=30)
    at = AS_OF - timedelta(weeks=10)
    early = np.array([t < at for t in rows["at"].to_pylist()])
    first = promotion.fit(rows, at).score()
    mixed = rows.take(pa.array(np.random.default_rng(1).permutation(rows.num_rows)))
    for other in (rows.filter(pa.array(early)), mixed, rows.to_pandas(), pl.from_arrow(rows)):
        assert promotion.fit(other, at).score().equals(first)


def test_poor_lines_are_refused_or_left_out() -> None:
    rows, _ = lines(customers=20)
    with pytest.raises(NotEnoughHistoryError, match="50 order lines"):
        promotion.fit(rows.slice(0, 5), AS_OF)
    with pytest.raises(NotEnoughHistoryError):
        promotion.fit(rows, AS_OF - timedelta(weeks=900))
    with pytest.raises(ColumnsError, match="'price' is missing"):
        promotion.fit(rows.drop_columns(["price"]), AS_OF)
    returned = rows.slice(0, 3).set_column(3, "quantity", pa.array([-1.0, -2.0, 0.0]))
    model = promotion.fit(pa.concat_tables([rows, returned]), AS_OF)
    assert any("3 rows left out: quantity or price" in n.en for n in model.notes)


def test_prices_that_never_move_tell_no_elasticity() -> None:
    n = 200
    rows = {"customer_id": [f"c{i % 9}" for i in range(n)], "product_id": ["p"] * n,
            "at": [AS_OF - timedelta(days=i + 1) for i in range(n)], "quantity": [1.0] * n,
            "price": [5.0] * n}  # fmt: skip
    model = promotion.fit(rows, AS_OF)
    assert model.elasticities is None
    assert model.score().column("elasticity").null_count == 9
    assert model.in_use == "baseline"
