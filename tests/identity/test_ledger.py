"""People out of links: who is one, who keeps which customer, and how all of it is undone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.identity.book import NOBODY, NOTHING, book, day, identifiers, links, whose
from zhiyin.identity.edges import RETRACTED, UnknownRuleError
from zhiyin.identity.explain import By, explain
from zhiyin.identity.guarded import Held
from zhiyin.identity.kinds import Guards, Kind, UnknownKindError
from zhiyin.identity.ledger import Ledger, OutOfOrderError
from zhiyin.identity.network import UnknownIdentifierError


def _held(ledger: Ledger) -> dict[str, str]:
    table = ledger.people().held
    return dict(zip(table["edge"].to_pylist(), table["why"].to_pylist(), strict=True))


def test_identifiers_that_are_linked_are_one_person_and_the_oldest_gives_the_customer() -> None:
    ledger = book(["c1", "p1", "e1", "p2"], ("x", "p1", "e1"), ("y", "e1", "c1"))
    assert whose(ledger) == {"c1": "of c1", "p1": "of c1", "e1": "of c1", "p2": "of p2"}


def test_a_merge_keeps_the_older_customer_and_says_who_moved() -> None:
    ledger = book(["p1", "e1", "p2", "e2"], ("x", "p1", "e1"), ("y", "p2", "e2"))
    changes = ledger.append(NOBODY, links(("z", "e1", "p2"), at=1), at=day(1))
    assert set(whose(ledger).values()) == {"of p1"}
    (move,) = changes.moves
    assert (move.before, move.after, move.identifiers) == ("of p2", "of p1", 2)
    assert move.merges
    assert not move.big


def test_taking_the_link_back_gives_everybody_the_customer_they_had() -> None:
    ledger = book(["p1", "e1", "p2", "e2"], ("x", "p1", "e1"), ("y", "p2", "e2"))
    before = whose(ledger)
    ledger.append(NOBODY, links(("z", "e1", "p2"), at=1), at=day(1))
    ledger.retract(["z"], source="clerk", at=day(2))
    assert whose(ledger) == before


def test_a_split_holds_against_evidence_that_comes_again_and_is_itself_undone() -> None:
    ledger = book(["p1", "e1", "c1"], ("x", "p1", "e1"), ("y", "e1", "c1"))
    before = whose(ledger)
    ledger.split(["e1", "c1"], source="clerk", at=day(1), edge="s")
    apart = {"p1": "of p1", "e1": "of e1", "c1": "of e1"}
    assert whose(ledger) == apart
    ledger.append(NOBODY, links(("z", "p1", "c1"), at=2), at=day(2))
    assert whose(ledger) == apart
    assert _held(ledger)["z"] == Held.APART
    ledger.retract(["s/1", "s/2", "s/3"], source="clerk", at=day(3))
    assert whose(ledger) == before


def test_what_is_split_off_is_one_person_even_where_nothing_else_links_it() -> None:
    ledger = book(["p1", "e1", "c1"], ("x", "p1", "e1"), ("y", "p1", "c1"))
    ledger.split(["e1", "c1"], source="clerk", at=day(1), edge="s")
    assert whose(ledger) == {"p1": "of p1", "e1": "of e1", "c1": "of e1"}


def test_two_identity_cards_are_two_people_and_the_weaker_link_waits() -> None:
    ledger = book(
        ["i1", "p1", "i2"],
        ("weak", "p1", "i2", "matched"),
        ("strong", "p1", "i1", "one identity card"),
    )
    assert whose(ledger) == {"i1": "of i1", "p1": "of i1", "i2": "of i2"}
    assert _held(ledger) == {"weak": Held.TOO_MANY}
    ledger.retract(["strong"], source="clerk", at=day(1))
    assert whose(ledger) == {"i1": "of i1", "p1": "of p1", "i2": "of p1"}


def test_a_device_goes_to_whoever_used_it_last_and_never_makes_two_people_one() -> None:
    ledger = book(["p1", "d1", "k1"], ("x", "p1", "d1", "signed in"), ("k", "k1", "d1"))
    assert whose(ledger) == {"p1": "of p1", "d1": "of p1", "k1": "of p1"}
    ledger.append(
        identifiers("p2", first=3), links(("y", "p2", "d1", "signed in"), at=1), at=day(1)
    )
    assert whose(ledger) == {"p1": "of p1", "d1": "of p2", "k1": "of p2", "p2": "of p2"}
    ledger.append(NOBODY, links(("z", "p1", "d1", "signed in"), at=2), at=day(2))
    assert whose(ledger)["d1"] == "of p1"


def test_an_import_of_old_sights_takes_a_device_from_nobody() -> None:
    ledger = book(["p1", "d1", "p2"], ("x", "p1", "d1", "signed in", 9))
    ledger.append(NOBODY, links(("y", "p2", "d1", "signed in", 3), at=10), at=day(10))
    assert whose(ledger)["d1"] == "of p1"


def test_a_phone_shared_at_home_joins_nobody_and_follows_whoever_used_it_last() -> None:
    ledger = book(
        ["c1", "c2", "p1"], ("x", "c1", "p1", "used by", 1), ("y", "c2", "p1", "used by", 2)
    )
    assert whose(ledger) == {"c1": "of c1", "c2": "of c2", "p1": "of c2"}
    ledger.append(NOBODY, links(("z", "c1", "p1", "used by", 3), at=3), at=day(3))
    assert whose(ledger) == {"c1": "of c1", "c2": "of c2", "p1": "of c1"}


def test_a_phone_that_is_somebodys_own_stays_theirs_when_another_uses_it() -> None:
    ledger = book(["c1", "c2", "p1"], ("x", "c1", "p1"), ("y", "c2", "p1", "used by", 2))
    assert whose(ledger) == {"c1": "of c1", "c2": "of c2", "p1": "of c1"}


def test_a_device_that_nobody_signed_in_on_is_no_customer() -> None:
    ledger = book(["d1", "k1"], ("x", "d1", "k1"))
    assert whose(ledger) == {"d1": None, "k1": None}
    ledger.append(
        identifiers("p1", first=2), links(("y", "p1", "d1", "signed in"), at=1), at=day(1)
    )
    assert set(whose(ledger).values()) == {"of p1"}


def test_ten_thousand_people_with_one_phone_stay_ten_thousand() -> None:
    names = [f"c{number}" for number in range(10_000)]
    ledger = book(["p0", *names], *((f"x{name}", "p0", name) for name in names))
    found = whose(ledger)
    assert found.pop("p0") is None
    assert len(set(found.values())) == 10_000
    assert set(_held(ledger).values()) == {Held.PUBLIC}


def test_a_phone_becomes_public_with_one_more_neighbour_and_private_again_without_it() -> None:
    most = Guards().of(Kind.PHONE).most_neighbours
    cards = [f"n{number}@{number}" for number in range(most)]
    ledger = book(["p0", *cards], *((f"x{name}", "p0", name) for name in cards))
    assert set(whose(ledger).values()) == {"of p0"}
    ledger.append(identifiers("e1", first=most + 1), links(("one", "p0", "e1"), at=1), at=day(1))
    assert len(set(whose(ledger).values())) == most + 2
    ledger.retract(["one"], source="clerk", at=day(2))
    found = whose(ledger)
    assert found.pop("e1") == "of e1"
    assert set(found.values()) == {"of p0"}


def test_a_person_does_not_grow_over_the_bound_and_the_last_links_wait() -> None:
    guards = Guards(largest_person=4)
    names = ["e1", "p1", "c1", "o1", "p2", "c2"]
    chain = [(f"x{b}", a, b) for a, b in pairwise(names)]
    ledger = book(names, *chain, guards=guards)
    sizes = sorted(list(whose(ledger).values()).count(one) for one in set(whose(ledger).values()))
    assert max(sizes) <= 4
    assert Held.TOO_LARGE in _held(ledger).values()


def test_a_source_without_duplicates_gives_a_person_one_record() -> None:
    guards = Guards().with_one_record_from(Kind.RECORD)
    ledger = book(
        ["r1@shop", "r2@shop", "r3@till"],
        ("x", "r1@shop", "r3@till"), ("y", "r2@shop", "r3@till", "matched"),
        guards=guards,
    )  # fmt: skip
    assert whose(ledger)["r2@shop"] == "of r2@shop"
    assert whose(ledger)["r3@till"] == "of r1@shop"


def test_a_merge_of_many_identifiers_is_marked_for_its_own_lane() -> None:
    names = ["p1", *(f"o{number}@{number}" for number in range(5))]
    others = ["p2", *(f"n{number}@{number}" for number in range(5))]
    star = [(f"x{name}", "p1", name) for name in names[1:]]
    star += [(f"y{name}", "p2", name) for name in others[1:]]
    ledger = book([*names, *others], *star, guards=Guards(big_merge=5))
    (move,) = ledger.append(NOBODY, links(("z", "p1", "p2"), at=1), at=day(1)).moves
    assert move.merges
    assert move.big


def test_what_was_known_on_a_day_is_told_as_it_was() -> None:
    ledger = book(["p1", "e1", "p2"], ("x", "p1", "e1"))
    ledger.append(NOBODY, links(("y", "p1", "p2"), at=20), at=day(20))
    ledger.append(identifiers("d1", first=3), NOTHING, at=day(30))
    ledger.retract(["x"], source="clerk", at=day(40))
    assert whose(ledger, 5) == {"p1": "of p1", "e1": "of p1", "p2": "of p2"}
    assert whose(ledger, 25) == {"p1": "of p1", "e1": "of p1", "p2": "of p1"}
    assert whose(ledger, 30)["d1"] is None
    assert whose(ledger, 41) == whose(ledger)
    assert explain(*ledger.around("e1", day(25)), ledger.guards, "e1", "p2").one_person
    assert not explain(*ledger.around("e1"), ledger.guards, "e1", "p2").one_person


def test_the_road_between_two_identifiers_says_which_link_came_from_where() -> None:
    ledger = book(
        ["c1", "p1", "e1", "o1"],
        ("direct", "c1", "o1", "matched"),
        ("a", "c1", "p1", "signed in"), ("b", "p1", "e1", "signed in"),
        ("c", "e1", "o1", "signed in"),
    )  # fmt: skip
    around = ledger.around("c1")
    short = explain(*around, ledger.guards, "c1", "o1")
    assert [step.edge for step in short.road] == ["direct"]
    assert short.road[0].source == "till"
    weak = around[1].set_column(
        around[1].schema.get_field_index("probability"),
        "probability",
        [[0.8 if edge == "direct" else 1.0 for edge in around[1]["edge"].to_pylist()]],
    )
    strong = explain(around[0], weak, ledger.guards, "o1", "c1", By.STRONGEST)
    assert [(step.edge, step.a, step.b) for step in strong.road] == [
        ("c", "o1", "e1"), ("b", "e1", "p1"), ("a", "p1", "c1"),
    ]  # fmt: skip


def test_two_who_are_not_one_person_are_told_what_stands_between_them() -> None:
    ledger = book(["i1", "i2"], ("x", "i1", "i2"))
    told = explain(*ledger.around("i1"), ledger.guards, "i1", "i2")
    assert not told.one_person
    assert [(step.edge, step.held) for step in told.in_the_way] == [("x", Held.TOO_MANY)]


def test_a_link_said_twice_counts_once_and_one_retracted_before_it_came_never_counts() -> None:
    ledger = book(["p1", "e1", "p2"], ("x", "p1", "e1"), ("x", "p1", "e1"))
    assert whose(ledger)["e1"] == "of p1"
    gone = links(("y", "p1", "p2"), at=1, state=RETRACTED)
    ledger.append(NOBODY, gone, at=day(1))
    ledger.append(NOBODY, links(("y", "p1", "p2"), at=2), at=day(2))
    assert whose(ledger)["p2"] == "of p2"
    ledger.retract(["x"], source="clerk", at=day(3))
    ledger.append(NOBODY, links(("x", "p1", "e1"), at=4), at=day(4))
    assert whose(ledger)["e1"] == "of e1"


def test_a_loop_of_aliases_ends() -> None:
    ledger = book(
        ["p1", "p2", "p3"],
        ("x", "p1", "p2"),
        ("y", "p2", "p3"),
        ("z", "p3", "p1"),
        ("w", "p1", "p1"),
    )
    assert set(whose(ledger).values()) == {"of p1"}


def test_what_cannot_be_is_refused_whole() -> None:
    ledger = book(["p1"])
    with pytest.raises(UnknownIdentifierError):
        ledger.append(NOBODY, links(("x", "p1", "p9")), at=day(0))
    with pytest.raises(UnknownRuleError):
        ledger.append(NOBODY, links(("x", "p1", "p1", "a feeling")), at=day(0))
    with pytest.raises(ValueError, match="announced once"):
        ledger.append(identifiers("p1"), NOTHING, at=day(0))
    with pytest.raises(OutOfOrderError):
        ledger.append(NOBODY, NOTHING, at=day(-1))
    with pytest.raises(UnknownKindError):
        Guards().of("shoe size")
    assert whose(ledger) == {"p1": "of p1"}
