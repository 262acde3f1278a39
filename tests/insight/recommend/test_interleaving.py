"""Two lists in one: fair, the same for a customer every time, and judged by customers."""

from hypothesis import given
from hypothesis import strategies as st

from zhiyin.insight.recommend import interleave, preferred

LISTS = st.lists(st.text("abcdefgh", min_size=1, max_size=2), max_size=12, unique=True)


@given(LISTS, LISTS, st.integers(0, 15))
def test_a_product_is_shown_once_and_the_list_is_as_long_as_can_be(a, b, n):  # type: ignore[no-untyped-def]
    shown = [p.product_id for p in interleave(a, b, n, customer_id="c", salt="s")]
    assert len(shown) == len(set(shown)) == min(n, len(set(a) | set(b)))
    assert set(shown) <= set(a) | set(b)


def test_a_page_shown_twice_is_the_same() -> None:
    a, b = list("abcdef"), list("fedcba")
    once = interleave(a, b, 4, customer_id="c7", salt="test-1")
    assert once == interleave(a, b, 4, customer_id="c7", salt="test-1")
    others = {tuple(p.team for p in interleave(a, b, 4, customer_id=f"c{i}", salt="test-1"))
              for i in range(30)}  # fmt: skip
    assert len(others) > 2


def test_each_side_comes_first_as_often() -> None:
    a, b = list("abcd"), list("wxyz")
    first = [interleave(a, b, 4, customer_id=str(i), salt="s")[0].team for i in range(2000)]
    assert 900 < first.count("a") < 1100


def test_clicks_of_equal_lists_decide_nothing_and_of_better_ones_do() -> None:
    even = {"customer_id": [str(i) for i in range(400)], "team": ["a", "b"] * 200}
    assert preferred(even).verdict is None
    assert "Not decided" in preferred(even).sentence.en
    better = {"customer_id": [str(i) for i in range(400)], "team": ["b", "b", "b", "a"] * 100}
    told = preferred(better)
    assert told.verdict == "b"
    assert told.low > 0.5


def test_one_eager_customer_has_one_vote() -> None:
    clicks = {"customer_id": ["eager"] * 500 + ["x", "y"], "team": ["b"] * 500 + ["a", "a"]}
    told = preferred(clicks)
    assert (told.customers, told.verdict) == (3, None)
    assert preferred({"customer_id": [], "team": []}).customers == 0
