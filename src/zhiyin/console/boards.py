"""A board of cards in lanes: what a room declares, and how a move changes the order.

A room fills `Board` from its rows, draws it with <c-board>, and takes a move at `move_url`: the
card, its new lane and its neighbours (`Move`). Sums and counts are computed here from what lies on
the board, so that they always agree with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.http import QueryDict


@dataclass(frozen=True)
class Foot:
    """The strip under a card: its next step, and its state in a word (none, late, today, done)."""

    text: str
    state: str = ""
    icon: str = "calendar-event"


@dataclass(frozen=True)
class Card:
    """One thing that moves: whose it is, what it is worth, how likely it is, what comes next."""

    id: str
    title: str
    subtitle: str = ""
    url: str = ""
    amount: Decimal | None = None
    at: float | None = None  # the probability in percent, with its interval
    lo: float | None = None
    hi: float | None = None
    owner: str = ""
    days: int | None = None  # in this lane
    badge: str = ""
    badge_tone: str = ""
    foot: Foot | None = None


@dataclass(frozen=True)
class Lane:
    """One column. `slow_after`: days after which a card here has stood longer than most."""

    key: str
    title: str
    cards: tuple[Card, ...] = ()
    add_url: str = ""
    slow_after: int | None = None
    is_end: bool = False  # what lies here is settled: no probability, no weighting
    more: int = 0  # cards that are not shown

    @property
    def count(self) -> int:
        return len(self.cards) + self.more

    @property
    def total(self) -> Decimal:
        """The money in this lane."""
        return sum((card.amount or Decimal(0) for card in self.cards), Decimal(0))

    @property
    def weighted(self) -> Decimal:
        """The money, each sum times its probability; to the unit."""
        parts = (
            (card.amount or Decimal(0)) * Decimal(str(card.at or 0)) / 100 for card in self.cards
        )
        return sum(parts, Decimal(0)).quantize(Decimal(1))

    @property
    def is_slow(self) -> bool:
        """Whether most cards here have stood too long."""
        slow = [self.slow_after is not None and (card.days or 0) > self.slow_after
                for card in self.cards]  # fmt: skip
        return bool(slow) and sum(slow) * 2 > len(slow)


@dataclass(frozen=True)
class Move:
    """Where a card is to lie: a lane, and the cards above and below it there."""

    card: str
    lane: str
    above: str = ""
    below: str = ""

    @classmethod
    def of(cls, body: QueryDict) -> Move:
        """What the browser sent; without neighbours the card goes to the top of the lane."""
        names = ("card", "lane", "above_id", "below_id")
        return cls(*(body.get(name, "")[:64] for name in names))


@dataclass(frozen=True)
class Board:
    """Lanes with their cards. Without `move_url` the board is only looked at."""

    id: str
    label: str
    lanes: tuple[Lane, ...] = field(default=())
    move_url: str = ""
    currency: str = ""

    def moved(self, move: Move) -> Board:
        """The board after a move; unchanged where the card or the lane is not (or no longer) here.

        The neighbour above decides; where somebody took it away meanwhile, the one below does.
        """
        card = next((c for lane in self.lanes for c in lane.cards if c.id == move.card), None)
        if card is None or move.lane not in {lane.key for lane in self.lanes}:
            return self
        rest = [
            replace(lane, cards=tuple(c for c in lane.cards if c.id != card.id))
            for lane in self.lanes
        ]
        return replace(
            self,
            lanes=tuple(
                replace(lane, cards=_put(card, lane.cards, move)) if lane.key == move.lane else lane
                for lane in rest
            ),
        )

    def order(self) -> dict[str, list[str]]:
        """Which cards lie in which lane, from the top."""
        return {lane.key: [card.id for card in lane.cards] for lane in self.lanes}

    def ordered(self, order: dict[str, list[str]]) -> Board:
        """The same cards laid as `order` says; what it does not name stays where it is."""
        cards = {card.id: card for lane in self.lanes for card in lane.cards}
        named = {card for ids in order.values() for card in ids}
        return replace(
            self,
            lanes=tuple(
                replace(
                    lane,
                    cards=tuple(cards[i] for i in order.get(lane.key, []) if i in cards)
                    + tuple(card for card in lane.cards if card.id not in named),
                )
                for lane in self.lanes
            ),
        )


def _put(card: Card, cards: Sequence[Card], move: Move) -> tuple[Card, ...]:
    ids = [one.id for one in cards]
    if move.above in ids:
        at = ids.index(move.above) + 1
    elif move.below in ids:
        at = ids.index(move.below)
    else:
        at = 0
    return (*cards[:at], card, *cards[at:])
