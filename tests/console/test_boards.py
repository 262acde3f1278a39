"""A board keeps its cards: a move changes where one lies, and nothing else."""

from __future__ import annotations

from decimal import Decimal

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.console.boards import Board, Card, Lane, Move

BOARD = Board(
    "b",
    "Deals",
    (
        Lane("one", "One", (Card("a", "A", amount=Decimal(100), at=10), Card("b", "B"))),
        Lane("two", "Two", (Card("c", "C", amount=Decimal(300), at=50), Card("d", "D", days=9))),
        Lane("end", "End", is_end=True),
    ),
)


def test_a_card_goes_below_the_one_it_was_put_under() -> None:
    moved = BOARD.moved(Move("a", "two", above="c", below="d"))
    assert moved.order() == {"one": ["b"], "two": ["c", "a", "d"], "end": []}
    assert moved.lanes[1].total == 400
    assert moved.lanes[1].weighted == 160


def test_when_the_neighbour_above_has_gone_the_one_below_decides() -> None:
    moved = BOARD.moved(Move("a", "two", above="gone", below="d"))
    assert moved.order()["two"] == ["c", "a", "d"]
    assert BOARD.moved(Move("a", "two")).order()["two"] == ["a", "c", "d"]


def test_what_is_not_on_the_board_changes_nothing() -> None:
    assert BOARD.moved(Move("nobody", "two")) is BOARD
    assert BOARD.moved(Move("a", "nowhere")) is BOARD
    assert BOARD.moved(Move.of(QueryDict("card=a&lane=%27%3B"))) is BOARD


def test_a_lane_is_slow_when_most_of_its_cards_are() -> None:
    cards = (Card("a", "A", days=9), Card("b", "B", days=8), Card("c", "C", days=1))
    assert Lane("x", "X", cards, slow_after=7).is_slow
    assert not Lane("x", "X", cards, slow_after=8).is_slow
    assert not Lane("x", "X", ()).is_slow


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdx"), st.sampled_from(["one", "two", "end", "no"]),
            st.sampled_from("abcd-"), st.sampled_from("abcd-"),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_no_card_is_ever_lost_or_doubled(moves: list[tuple[str, str, str, str]]) -> None:
    board = BOARD
    for move in moves:
        board = board.moved(Move(*move))
    assert sorted(card for ids in board.order().values() for card in ids) == ["a", "b", "c", "d"]
    assert BOARD.ordered(board.order()).order() == board.order()
