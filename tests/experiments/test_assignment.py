"""Assignment is stable, uniform, and unrelated between experiments."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zhiyin import experiments as x

KEY = b"a key of 16 byte"
PEOPLE = [f"00000000-0000-7000-8000-{n:012x}" for n in range(20_000)]


def points(experiment: str, key: bytes = KEY) -> np.ndarray:
    variants = x.with_hold_out(0.1)
    return x.assign_all(key, experiment, PEOPLE, variants)["point"].to_numpy()


def test_an_assignment_never_changes() -> None:
    """Stored assignments can be checked for years: this value is part of the format."""
    assert x.point(KEY, "spring", "c-1") == 0.0881021627843116


def test_points_are_uniform() -> None:
    counts = np.histogram(points("spring"), bins=50, range=(0, 1))[0]
    assert stats.chisquare(counts).pvalue > 1e-4
    assert stats.kstest(points("spring"), "uniform").pvalue > 1e-4


@pytest.mark.parametrize("other", [("summer", KEY), ("spring", b"another 16 byte!")])
def test_experiments_and_keys_are_independent(other: tuple[str, bytes]) -> None:
    table = np.histogram2d(points("spring"), points(*other), bins=5, range=[(0, 1), (0, 1)])[0]
    assert stats.chi2_contingency(table).pvalue > 1e-4


def test_names_do_not_run_into_each_other() -> None:
    assert x.point(KEY, "ab", "c") != x.point(KEY, "a", "bc")


def test_shares_come_out_as_planned() -> None:
    variants = x.with_hold_out(0.1, "a", "b")
    found = Counter(x.assign_all(KEY, "spring", PEOPLE, variants)["variant"].to_pylist())
    check = x.check_ratio(found, {each.name: each.share for each in variants})
    assert not check.mismatch
    assert set(found) == {x.HOLD_OUT, "a", "b"}


def test_a_larger_hold_out_keeps_those_already_held() -> None:
    held = []
    for share in (0.05, 0.1, 0.3):
        table = x.assign_all(KEY, "spring", PEOPLE[:2000], x.with_hold_out(share))
        rows = table.to_pylist()
        held.append({row["customer_id"] for row in rows if row["variant"] == x.HOLD_OUT})
    assert all(small < large for small, large in pairwise(held))


@given(
    people=st.lists(st.text(max_size=8), unique=True, max_size=20),
    shares=st.lists(st.integers(0, 5), min_size=1, max_size=5).filter(any),
)
def test_each_person_alone_gets_what_all_together_get(people: list[str], shares: list[int]) -> None:
    variants = [x.Variant(f"v{n}", share / sum(shares)) for n, share in enumerate(shares)]
    table = x.assign_all(KEY, "e", people, variants)
    assert table["variant"].to_pylist() == [x.assign(KEY, "e", each, variants) for each in people]
    empty = {each.name for each in variants if each.share == 0}
    assert not empty & set(table["variant"].to_pylist())


@pytest.mark.parametrize(
    "variants",
    [
        [],
        [x.Variant("a", 0.5)],
        [x.Variant("a", 1.5), x.Variant("b", -0.5)],
        [x.Variant("a", 0.5), x.Variant("a", 0.5)],
        [x.Variant("a", float("nan")), x.Variant("b", 1)],
    ],
)
def test_shares_that_divide_nothing_are_refused(variants: list[x.Variant]) -> None:
    with pytest.raises(x.BadSharesError):
        x.assign(KEY, "e", "c", variants)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        x.point(b"short", "e", "c")
