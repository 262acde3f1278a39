"""Laws of identity, on generated histories: order makes no difference, and all can be undone."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.book import NOBODY, day, identifiers, links, whose
from zhiyin.identity.edges import live
from zhiyin.identity.kinds import Guards, Kind, KindRule
from zhiyin.identity.ledger import Ledger

NAMES = ["p0", "p1", "e0", "e1", "c0", "c1", "i0", "i1", "d0", "d1", "k0", "o0@app", "o1@app"]
# Bounds so narrow that generated histories break all of them.
NARROW = Guards(
    {
        **Guards().kinds,
        Kind.PHONE: KindRule(True, 1, 1, 3),
        Kind.EMAIL: KindRule(True, 2, 2, 3),
        Kind.OPEN_ID: KindRule(True, 5, 1, 4),
        Kind.DEVICE: KindRule(False, 1, 1, 3),
    },
    largest_person=6,
    big_merge=2,
)
_rules = st.sampled_from(["a person said so", "seen together", "matched", "used by", "kept apart"])
_names = st.sampled_from(NAMES)


@dataclass(frozen=True)
class Said:
    """A statement of a history; a retraction names the place of an earlier one."""

    a: str
    b: str
    rule: str
    seen: int
    retracts: int | None


_said = st.builds(Said, _names, _names, _rules, st.integers(0, 5), st.none() | st.integers(0, 40))
_histories = st.lists(_said, min_size=1, max_size=24)
_QUICK = settings(max_examples=60, deadline=None)


def _rows(history: list[Said]) -> list[pa.Table]:
    rows: list[pa.Table] = []
    for place, said in enumerate(history):
        if said.retracts is not None and said.retracts < place:
            first = rows[said.retracts]
            state = pa.array(["retracted"], pa.string())
            rows.append(first.set_column(first.schema.get_field_index("state"), "state", state))
        else:
            rows.append(links((f"x{place}", said.a, said.b, said.rule, said.seen)))
    return rows


def _told(rows: list[pa.Table], guards: Guards) -> Ledger:
    ledger = Ledger(guards)
    ledger.append(identifiers(*NAMES), links(), at=day(0))
    for place, row in enumerate(rows, start=1):
        ledger.append(NOBODY, row, at=day(place))
    return ledger


def _from_scratch(ledger: Ledger, at: int | None = None) -> dict[str, str | None]:
    standing = ledger.people(None if at is None else day(at)).standing
    return dict(
        zip(standing["identifier"].to_pylist(), standing["customer"].to_pylist(), strict=True)
    )


@given(_histories)
@_QUICK
def test_statement_by_statement_gives_the_people_of_all_statements_at_once(
    history: list[Said],
) -> None:
    for guards in (Guards(), NARROW):
        ledger = _told(_rows(history), guards)
        assert whose(ledger) == _from_scratch(ledger)


@given(_histories)
@_QUICK
def test_a_book_opened_where_another_stands_goes_on_like_it(history: list[Said]) -> None:
    rows = _rows(history)
    first = _told(rows[: len(rows) // 2], NARROW)
    opened = Ledger.opened(first.standing(), live(first.log), NARROW)
    for place, row in enumerate(rows[len(rows) // 2 :], start=len(rows)):
        known = set(opened.log["edge"].to_pylist())
        if row["state"][0].as_py() == "retracted" and row["edge"][0].as_py() not in known:
            return  # a link that was gone when the book was opened is not in it
        first.append(NOBODY, row, at=day(place))
        opened.append(NOBODY, row, at=day(place))
        assert whose(opened) == whose(first)


@given(_histories, st.randoms(use_true_random=False))
@_QUICK
def test_any_order_of_statements_gives_the_same_people(history: list[Said], random: object) -> None:
    rows = _rows(history)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert whose(_told(rows, NARROW)) == whose(_told(shuffled, NARROW))


@given(_histories, st.integers(0, 25))
@_QUICK
def test_the_map_of_any_day_is_what_the_links_of_that_day_give(
    history: list[Said], at: int
) -> None:
    ledger = _told(_rows(history), NARROW)
    assert whose(ledger, at) == _from_scratch(ledger, at)


@given(_histories, st.sets(_names, min_size=1, max_size=4), st.lists(st.tuples(_names, _names)))
@_QUICK
def test_splits_and_merges_taken_back_in_any_order_leave_no_trace(
    history: list[Said], chosen: set[str], merged: list[tuple[str, str]]
) -> None:
    ledger = _told(_rows(history), NARROW)
    before = whose(ledger)
    end = len(history) + 1
    rows = len(ledger.log)
    ledger.split(chosen, source="clerk", at=day(end), edge="s")
    ledger.append(
        NOBODY,
        links(*((f"m{place}", a, b, "a person said so") for place, (a, b) in enumerate(merged))),
        at=day(end),
    )
    written = ledger.log["edge"][rows:].to_pylist()
    ledger.retract(written[::2], source="clerk", at=day(end))
    ledger.retract(written[1::2], source="clerk", at=day(end))
    assert whose(ledger) == before


@given(_histories)
@_QUICK
def test_no_person_breaks_a_bound(history: list[Said]) -> None:
    people: dict[str, list[str]] = {}
    for name, customer in whose(_told(_rows(history), NARROW)).items():
        if customer is not None:
            people.setdefault(customer, []).append(name)
    for customer, names in people.items():
        assert len(names) <= NARROW.largest_person
        assert sum(name.startswith("p") for name in names) <= 1
        assert sum(name.startswith("i") for name in names) <= 1
        assert sum(name.endswith("@app") for name in names) <= 1
        assert customer.removeprefix("of ") in names
