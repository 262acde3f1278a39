"""What a customer is offered, why, and what rules take away."""

from collections import Counter
from datetime import timedelta

import msgspec
import pyarrow as pa
import pytest

from tests.insight.recommend.tastes import AS_OF, SHELVES, people, products, ratings, shelf
from zhiyin.insight import recommend
from zhiyin.insight.recommend import Recommender, Rules, Settings, Source


@pytest.fixture(scope="module")
def shop() -> Recommender:
    return recommend.fit(ratings(), AS_OF, products=products(), people=people())


def test_customers_are_offered_their_own_taste(shop: Recommender) -> None:
    assert shop.in_use == "model"
    own = [
        shelf(offer.product_id[:3]) == c % SHELVES
        for c in range(40)
        for offer in shop.suggest(f"c{c:03d}", 5)
    ]
    assert sum(own) / len(own) > 0.9


def test_an_offer_says_because_of_which_purchases(shop: Recommender) -> None:
    has = {p for c, p in _pairs(ratings()) if c == "c005"}
    offers = [o for o in shop.suggest("c005", 5) if o.source is Source.HISTORY]
    assert offers
    for offer in offers:
        assert 1 <= len(offer.because) <= 2
        assert set(offer.because) <= has
        assert offer.reason.zh.startswith("因为买过 thing p")
        assert offer.reason.en.startswith("because of thing p")


def test_what_a_customer_has_is_not_offered_again(shop: Recommender) -> None:
    table = shop.score(n=8)
    assert not set(_pairs(table)) & set(_pairs(ratings()))


def test_a_purchase_long_ago_may_be_offered_again() -> None:
    rows = ratings()
    shop = recommend.fit(rows, AS_OF)
    rules = Rules(again_after=timedelta(days=150))
    again = set(_pairs(shop.score(n=30, rules=rules))) & set(_pairs(rows))
    since = AS_OF - timedelta(days=150)
    last = {(r["customer_id"], r["product_id"]): r["at"] for r in rows.to_pylist()}
    assert again
    assert all(last[pair] <= since for pair in again)


def test_only_what_is_in_stock_and_never_what_is_barred(shop: Recommender) -> None:
    rules = Rules(in_stock=frozenset(f"p{i:02d}" for i in range(20)), never=frozenset({"p00"}))
    offered = set(shop.score(n=10, rules=rules).column("product_id").to_pylist())
    assert offered
    assert offered <= {f"p{i:02d}" for i in range(1, 20)}


def test_who_has_not_agreed_is_offered_nothing(shop: Recommender) -> None:
    rules = Rules(may_contact=frozenset({"c001"}))
    assert shop.suggest("c002", rules=rules) == []
    assert set(shop.score(rules=rules).column("customer_id").to_pylist()) == {"c001"}


def test_personal_offers_can_be_switched_off_by_a_person(shop: Recommender) -> None:
    rules = Rules(not_personalised=frozenset({"c001", "new1"}))
    for customer in ("c001", "new1"):
        offers = shop.suggest(customer, 3, rules=rules)
        assert {o.source for o in offers} == {Source.POPULAR}
        assert all(o.because == [] for o in offers)
    batch = shop.score(["c001"], 3, rules=rules)
    assert set(batch.column("source").to_pylist()) == {"popular"}


def test_a_new_product_reaches_those_who_like_its_kind(shop: Recommender) -> None:
    table = shop.score(n=5, rules=Rules(new_places=1))
    new = [r for r in table.to_pylist() if r["source"] == "new"]
    assert len(new) == len(shop.ratings.customers)
    assert {r["rank"] for r in new} == {5}
    own = [shelf(r["product_id"][:3]) == int(r["customer_id"][1:]) % SHELVES for r in new]
    assert sum(own) / len(own) > 0.9
    assert all(msgspec.json.decode(r["reasons"])[0]["en"].startswith("new, and like") for r in new)


def test_a_new_customer_is_offered_what_people_alike_buy(shop: Recommender) -> None:
    for s in range(SHELVES):
        offers = shop.suggest(f"new{s}", 5)
        assert {o.source for o in offers} == {Source.PEOPLE}
        assert sum(shelf(o.product_id[:3]) == s for o in offers) >= 4
    assert {o.source for o in shop.suggest("a stranger", 5)} == {Source.POPULAR}


def test_a_batch_holds_the_same_offers_as_one_by_one(shop: Recommender) -> None:
    asked = ["c000", "new2", "c007", "a stranger"]
    batch = shop.score(asked, 6).to_pylist()
    for customer in asked:
        alone = [(o.rank, o.product_id, o.because) for o in shop.suggest(customer, 6)]
        mine = [r for r in batch if r["customer_id"] == customer]
        assert [(r["rank"], r["product_id"], r["because"]) for r in mine] == alone


def test_diversity_brings_other_things(shop: Recommender) -> None:
    rules = Rules(never=frozenset(p for p in shop.products.to_pylist() if p.endswith("-new")))

    def shelves(diversity: float) -> float:
        lists = [shop.suggest(f"c{c:03d}", 5, rules=rules, diversity=diversity) for c in range(20)]
        return sum(len({shelf(o.product_id) for o in one}) for one in lists) / len(lists)

    assert shelves(0.9) > shelves(0.0)
    first = [shop.suggest(f"c{c:03d}", 5, rules=rules, diversity=0.5)[0] for c in range(20)]
    plain = [shop.suggest(f"c{c:03d}", 5, rules=rules)[0] for c in range(20)]
    assert [o.product_id for o in first] == [o.product_id for o in plain]


def test_als_serves_large_catalogues_with_reasons() -> None:
    shop = recommend.fit(
        ratings(), AS_OF, products=products(), settings=Settings(method="als", factors=8)
    )
    assert shop.method == "als"
    assert shop.in_use == "model"
    offers = [o for c in range(20) for o in shop.suggest(f"c{c:03d}", 3)]
    assert Counter(len(o.because) > 0 for o in offers)[True] == len(offers)


def test_without_taste_popularity_is_served_and_the_model_says_so() -> None:
    shop = recommend.fit(ratings(faithful=0.25, seed=5), AS_OF)
    assert shop.in_use == "baseline"
    assert {o.source for o in shop.suggest("c000", 5)} == {Source.POPULAR}
    assert shop.judged is not None
    assert shop.judged.sentence in shop.notes


def _pairs(table: pa.Table) -> list[tuple[str, str]]:
    return list(
        zip(table.column("customer_id").to_pylist(), table.column("product_id").to_pylist(),
            strict=True)
    )  # fmt: skip
