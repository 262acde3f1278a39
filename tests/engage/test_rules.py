"""Everybody gets one outcome, and the hold-out never gets a message."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin.engage.rules import Decision, Outcome, Recipient, decide, decide_all, is_address
from zhiyin.ids import uuid7

GOOD = {"address": "ann@example.com", "consented": True}

addresses = st.sampled_from(["", "a@example.com", "A@example.com ", "b@example.com", "nonsense"])
recipients = st.builds(
    Recipient,
    customer_id=st.uuids(),
    held_out=st.booleans(),
    address=addresses,
    suppressed=st.booleans(),
    consented=st.booleans(),
    recent_messages=st.integers(0, 4),
    missing=st.sampled_from(["", "first_name"]),
)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, Outcome.PENDING),
        ({"missing": "tier"}, Outcome.TEMPLATE),
        ({"missing": "tier", "recent_messages": 2}, Outcome.CAPPED),
        ({"address": "", "recent_messages": 2}, Outcome.NO_ADDRESS),
        ({"address": "", "consented": False}, Outcome.NO_CONSENT),
        ({"consented": False, "suppressed": True}, Outcome.SUPPRESSED),
        ({"suppressed": True, "held_out": True}, Outcome.HELD_OUT),
    ],
)
def test_the_first_reason_counts(facts: dict[str, object], outcome: Outcome) -> None:
    person = Recipient(**{"customer_id": uuid7(), **GOOD, **facts})  # type: ignore[arg-type]
    assert decide(person, cap=2).outcome is outcome


def test_a_reason_says_which_placeholder_and_how_many_messages() -> None:
    base = {"customer_id": uuid7(), **GOOD}
    assert decide(Recipient(**base, missing="city"), cap=1).detail == "city"  # type: ignore[arg-type]
    assert decide(Recipient(**base, recent_messages=3), cap=3).detail == "3/3"  # type: ignore[arg-type]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(recipients, unique_by=lambda one: one.customer_id, max_size=12), st.integers(0, 3))
def test_each_person_gets_exactly_one_outcome(people: list[Recipient], cap: int) -> None:
    held = {one.address.strip().casefold() for one in people if one.held_out} - {""}
    decisions = list(decide_all(people, cap=cap, taken=set(held)))
    assert [one.customer_id for one in decisions] == [one.customer_id for one in people]
    written = chosen(people, decisions)
    assert not {one.customer_id for one in written} & {p.customer_id for p in people if p.held_out}
    for person in written:
        assert person.consented
        assert not person.suppressed
        assert person.recent_messages < cap
        assert not person.missing
    inboxes = Counter(one.address.strip().casefold() for one in written)
    assert all(count == 1 for count in inboxes.values())
    assert not held & set(inboxes)


def chosen(people: list[Recipient], decisions: list[Decision]) -> list[Recipient]:
    ids: set[UUID] = {one.customer_id for one in decisions if one.may_send}
    return [one for one in people if one.customer_id in ids]


@pytest.mark.parametrize(
    "text",
    ["", "ann", "ann@", "@example.com", "ann@example", "a b@example.com", "a@b@example.com",
     "ann@example.com\r\nBcc: x@y.zz", "Ann <ann@example.com>", f"{'a' * 250}@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_not_written_to(text: str) -> None:
    assert not is_address(text)


def test_an_ordinary_address_is_one() -> None:
    assert is_address(" lin.jing+tea@mail.example.cn ")
