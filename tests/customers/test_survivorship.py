"""Which of several values stands: laws that hold in whatever order they came."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from zhiyin.customers.survivorship import (
    Candidate,
    FieldPolicy,
    Missing,
    Policy,
    Strategy,
    completeness,
    survivor,
)

A, B, C = (UUID(int=n) for n in (1, 2, 3))
_moment = st.integers(0, 100)
_candidate = st.builds(
    Candidate, value=st.sampled_from(["Ann", "Ann Lee", "王小明", ""]), at=_moment,
    source=st.sampled_from([A, B, C]), weak=st.booleans(), locked=st.booleans(),
)  # fmt: skip
_policy = st.builds(
    lambda strategy, missing: Policy(
        {"name": FieldPolicy(strategy, missing, "?")}, {A: 0, B: 1}
    ),
    st.sampled_from(list(Strategy)), st.sampled_from(list(Missing)),
)  # fmt: skip


def of(strategy: Strategy, missing: Missing = Missing.PASSING) -> Policy:
    return Policy({"name": FieldPolicy(strategy, missing)}, {A: 0, B: 1})


OLD_TRUSTED = Candidate("Ann", 1, A)
NEW = Candidate("Anna", 9, B)
LONG = Candidate("Ann Mary Lee", 5, C)


def test_each_strategy_chooses_its_own() -> None:
    all_three = [OLD_TRUSTED, NEW, LONG]
    assert survivor("name", all_three, of(Strategy.NEWEST)) == NEW
    assert survivor("name", all_three, of(Strategy.TRUSTED)) == OLD_TRUSTED
    assert survivor("name", all_three, of(Strategy.COMPLETE)) == LONG


def test_what_was_said_in_passing_stands_only_where_nothing_was_said() -> None:
    passing = Candidate("Anne", 99, A, weak=True)
    assert survivor("name", [passing, NEW], of(Strategy.NEWEST)) == NEW
    assert survivor("name", [passing], of(Strategy.NEWEST)) == passing
    assert survivor("name", [passing], of(Strategy.NEWEST, Missing.LEAVE)) is None


@given(st.lists(_candidate, max_size=6), _policy, st.randoms(use_true_random=False))
def test_the_order_in_which_they_came_does_not_matter(found, policy, random) -> None:  # type: ignore[no-untyped-def]
    turned = list(found)
    random.shuffle(turned)
    one, other = survivor("name", found, policy), survivor("name", turned, policy)
    assert (one is None) is (other is None)
    if one and other:
        assert (one.locked, one.weak, one.at) == (other.locked, other.weak, other.at)


@given(st.lists(_candidate, min_size=1, max_size=6), _policy)
def test_a_lock_stands_above_everything(found: list[Candidate], policy: Policy) -> None:
    lock = Candidate("locked", 0, C, locked=True)
    chosen = survivor("name", [one for one in found if not one.locked] + [lock], policy)
    assert chosen == lock


@given(st.text(), st.text())
def test_a_longer_name_is_never_less_complete(one: str, more: str) -> None:
    assert completeness(one + more) >= completeness(one)
