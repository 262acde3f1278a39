"""The models against their definitions, and against whatever a table may hold."""

from datetime import timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.insight.recommend.tastes import AS_OF, people, products, ratings
from zhiyin.insight import recommend
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.given import ColumnsError
from zhiyin.insight.recommend.als import fit_als
from zhiyin.insight.recommend.ease import fit_ease
from zhiyin.insight.recommend.ranking import coverage, hits, ndcg, ranks
from zhiyin.insight.recommend.ratings import read_ratings
from zhiyin.insight.recommend.scoring import EaseScorer


def test_ease_is_its_closed_form() -> None:
    likes = read_ratings(ratings(), AS_OF).likes()
    dense = likes.toarray()
    inverse = np.linalg.inv(dense.T @ dense + 50 * np.eye(dense.shape[1]))
    expected = np.where(np.eye(len(inverse)) == 1, 0, -inverse / np.diag(inverse)[None, :])
    assert np.allclose(fit_ease(likes, 50.0), expected, atol=1e-6)


def test_als_solves_its_equations() -> None:
    likes = read_ratings(ratings(), AS_OF).likes()
    model = fit_als(likes, factors=6, rounds=5)
    dense, y = likes.toarray(), model.factors
    for person in (0, 17):
        trust = np.diag(1 + model.confidence * dense[person])
        expected = np.linalg.solve(y.T @ trust @ y + model.ridge * np.eye(6),
                                   y.T @ trust @ (dense[person] > 0))  # fmt: skip
        assert np.allclose(model.tastes(likes)[person], expected, atol=1e-6)


def test_reasons_add_up_to_the_score() -> None:
    known = read_ratings(ratings(), AS_OF)
    likes = known.likes()
    ease = EaseScorer(fit_ease(likes, 50.0), _none(likes))
    als = fit_als(likes, factors=6, rounds=5)
    one = likes[[3]]
    for product in (0, 20):
        assert ease.contributions(one, product).sum() == pytest.approx(
            ease.scores(one)[0, product], abs=1e-5
        )
        assert als.contributions(one, product).sum() == pytest.approx(
            als.scores(one)[0, product], abs=1e-6
        )


def _none(likes):  # type: ignore[no-untyped-def]
    return type(likes)((0, likes.shape[1]))


def test_ranks_share_places_and_the_measures_follow() -> None:
    scores = np.array([[3.0, 1.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    place = ranks(scores, np.array([1, 0]))
    assert place.tolist() == [2.5, 1.5]
    assert ndcg(np.array([0.0, 1.0, 10.0])).tolist() == [1.0, pytest.approx(1 / np.log2(3)), 0.0]
    assert hits(np.array([9.0, 10.0])).tolist() == [1.0, 0.0]
    assert coverage(np.array([1, 1, 2]), 8) == 0.25


def test_what_comes_later_changes_no_bit() -> None:
    at = AS_OF - timedelta(days=120)
    rows = ratings()
    until = rows.filter(pc.less(rows.column("at"), pa.scalar(at, rows.schema.field("at").type)))
    later = rows.filter(pc.invert(pc.less(rows.column("at"), pa.scalar(at))))
    changed = later.set_column(1, "product_id", pa.array([f"x{i}" for i in range(later.num_rows)]))
    whole = recommend.fit(rows, at, products=products(), people=people())
    for other in (until, pa.concat_tables([changed, until])):
        again = recommend.fit(other, at, products=products(), people=people())
        assert again.score().equals(whole.score())
        assert again.judged == whole.judged


def test_the_same_data_in_any_order_and_any_library_give_the_same_bits() -> None:
    rows = ratings()
    first = recommend.fit(rows, AS_OF).score()
    shuffled = rows.take(pa.array(np.random.default_rng(1).permutation(rows.num_rows)))
    assert recommend.fit(shuffled, AS_OF).score().equals(first)
    assert recommend.fit(rows.to_pandas(), AS_OF).score().equals(first)
    assert recommend.fit(pl.from_arrow(rows), AS_OF).score().equals(first)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("one customer", {"customer_id": ["a", "a"], "product_id": ["p", "q"]}),
        ("all the same", {"customer_id": ["a"] * 50, "product_id": ["p"] * 50}),
        ("one purchase each", {"customer_id": [f"c{i}" for i in range(60)],
                               "product_id": [f"p{i % 7}" for i in range(60)]}),
        ("ten years of one product", {"customer_id": [f"c{i % 40}" for i in range(3650)],
                                      "product_id": ["p"] * 3650}),
    ],
)  # fmt: skip
def test_poor_data_fall_back_to_popularity_and_say_so(name: str, rows: dict[str, list]) -> None:
    n = len(rows["customer_id"])
    table = {**rows, "at": [AS_OF - timedelta(days=n - i) for i in range(n)]}
    shop = recommend.fit(table, AS_OF)
    assert shop.in_use == "baseline", name
    assert any("popular" in note.en for note in shop.notes)
    shop.score()
    assert len(shop.suggest("somebody new", 3)) > 0


def test_rows_that_say_nothing_are_counted_and_left_out() -> None:
    rows = pd.DataFrame(
        {
            "customer_id": ["a", None, "b", "", "c"],
            "product_id": ["p", "q", "p", "p", "q"],
            "at": [AS_OF - timedelta(days=1)] * 4 + [None],
            "weight": [1.0, 1.0, -2.0, 1.0, 1.0],
        }
    )
    shop = recommend.fit(rows, AS_OF)
    assert shop.ratings.customers.to_pylist() == ["a"]
    assert shop.ratings.left_out == {
        "customer_id is empty or no identifier": 2,
        "at is empty or no date": 1,
        "weight is not above zero": 1,
    }
    told = " ".join(note.en for note in shop.notes)
    assert "2 rows left out: customer_id is empty" in told


def test_nothing_before_the_date_and_missing_columns_are_said() -> None:
    future = {"customer_id": ["a"], "product_id": ["p"], "at": [AS_OF + timedelta(days=1)]}
    with pytest.raises(NotEnoughHistoryError, match="2026-01-01"):
        recommend.fit(future, AS_OF)
    with pytest.raises(ColumnsError, match="'product_id' is missing"):
        recommend.fit({"customer_id": ["a"], "at": [AS_OF]}, AS_OF)
    with pytest.raises(ColumnsError, match="'at' cannot be read as moment"):
        recommend.fit({"customer_id": ["a"], "product_id": ["p"], "at": ["soon"]}, AS_OF)


def test_attributes_may_be_unknown_or_numbers() -> None:
    table = products()
    price = pa.array([None if i % 5 == 0 else float(i % 9) for i in range(table.num_rows)])
    table = table.append_column("price", price).append_column(
        "note", pa.nulls(table.num_rows, pa.string())
    )
    shop = recommend.fit(ratings(), AS_OF, products=table)
    assert len(shop.products) == table.num_rows
    assert shop.suggest("c000", 3)
