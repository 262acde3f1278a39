"""Simulated shops: members with a card, and their till receipts.

Some members are people whom the web shop knows, under a name that another clerk wrote down; the
others are known in the shop only. Articles and prices are those of the real orders.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.demo import people as persons
from zhiyin.demo.chance import DAY_US, MINUTE_US, Bools, moments, numbered, take, within
from zhiyin.demo.orders import OrderBook, Purchases
from zhiyin.demo.parameters import Parameters
from zhiyin.demo.people import People

SHOPS = [("S01", "上海 南京西路"), ("S02", "London Covent Garden"), ("S03", "杭州 湖滨")]


@dataclass(frozen=True)
class Shops:
    """The member register, the receipts, and who of the web shop's customers is behind a card."""

    members: pa.Table
    receipts: pa.Table
    written_card: pa.Array  # what each online profile says of a card; mostly nothing
    holders: pa.Table  # truth: Customer, Member card
    purchases: Purchases  # of online customers only


def make(
    rng: np.random.Generator, people: People, book: OrderBook, parameters: Parameters
) -> Shops:
    """Members and receipts over the whole period of the orders."""
    size = len(people)
    holds = (rng.random(size) < parameters.card_share) & (people.person == np.arange(size))
    known = np.flatnonzero(holds)
    extra = int(size * parameters.shop_only_per_customer)
    strangers = persons.make(
        rng,
        numbered("shop-", np.arange(extra)),
        pa.repeat("United Kingdom", extra),
        rng.integers(book.begin_us, book.end_us - 30 * DAY_US, extra),
        book.end_us,
        parameters,
        start=size,
    )
    count = len(known) + extra
    cards = numbered("ZY", 80_000_000 + rng.permutation(count * 7)[:count], 8)

    members = _register(rng, people, known, strangers, cards)
    joined = np.concatenate([people.since_us[known], strangers.since_us])
    receipts, buyer, at_us = _receipts(rng, book, cards, joined, parameters)
    online = buyer < len(known)

    slot = np.full(size, -1)
    slot[known] = np.arange(len(known))
    tells = (slot >= 0) & (rng.random(size) < parameters.card_written_share)
    return Shops(
        members=members,
        receipts=receipts,
        written_card=cards.take(pa.array(slot, mask=~tells)),
        holders=pa.table(
            {"Customer": people.ref.take(pa.array(known)), "Member card": cards[: len(known)]}
        ),
        purchases=Purchases(known[buyer[online]], at_us[online]),
    )


def _register(
    rng: np.random.Generator,
    people: People,
    known: np.ndarray,
    strangers: People,
    cards: pa.Array,
) -> pa.Table:
    """What the till knows of a member: the known ones first, often written differently."""
    index = pa.array(known)

    def both(mine: pa.Array, theirs: pa.Array) -> pa.Array:
        return pa.concat_arrays([mine.take(index).cast(theirs.type), theirs])

    def sometimes(column: pa.Array, share: float) -> pa.Array:
        kept: Bools = rng.random(len(column)) < share
        return pc.if_else(pa.array(kept), column, None)

    other_clerk = pa.array(rng.random(len(people)) < 0.35)
    name = pc.if_else(other_clerk, people.rewritten, people.written)
    joined = both(moments(people.since_us), moments(strangers.since_us))
    return pa.table(
        {
            "Member card": cards,
            "Name": both(name, strangers.written),
            "Mobile": sometimes(both(people.mobile, strangers.mobile), 0.85),
            "Birthday": sometimes(both(people.birthday, strangers.birthday), 0.6),
            "E-mail": sometimes(both(people.email, strangers.email), 0.3),
            "City": both(people.city, strangers.city),
            "Member since": joined,
            "Simulated": pa.repeat(True, len(cards)),
        }
    )


def _receipts(
    rng: np.random.Generator,
    book: OrderBook,
    cards: pa.Array,
    joined_us: np.ndarray,
    parameters: Parameters,
) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Receipt lines, and for each receipt its member and moment."""
    # A gamma mix makes a few regulars and many rare visitors (negative binomial counts).
    mean = parameters.receipts_per_member * rng.gamma(1.2, 1 / 1.2, len(cards))
    counts = rng.poisson(mean)
    buyer = np.repeat(np.arange(len(cards)), counts)
    start = joined_us[buyer]
    day = start + (rng.random(len(buyer)) * (book.end_us - start)).astype(np.int64)
    at_us = day - day % DAY_US + (10 * 60 + rng.integers(0, 600, len(day))) * MINUTE_US
    at_us = np.minimum(at_us, book.end_us)
    order = np.argsort(at_us, kind="stable")
    buyer, at_us = buyer[order], at_us[order]

    lines = 1 + rng.poisson(1.6, len(buyer))
    receipt = np.repeat(np.arange(len(buyer)), lines)
    article = pa.array(rng.choice(book.articles, len(receipt)))
    shop = rng.integers(0, len(SHOPS), len(buyer))[receipt]
    table = pa.table(
        {
            "Receipt": numbered("R", receipt, 7),
            "Line": within(lines) + 1,
            "Shop": take([s[0] for s in SHOPS], shop),
            "Shop name": take([s[1] for s in SHOPS], shop),
            "Member card": cards.take(pa.array(buyer[receipt])),
            "Sold at": moments(at_us[receipt]),
            "SKU": book.sku.take(article),
            "Product": book.description.take(article),
            "Quantity": 1 + rng.poisson(0.7, len(receipt)),
            "Unit price": book.price.take(article),
            "Currency": pa.repeat("GBP", len(receipt)),
            "Simulated": pa.repeat(True, len(receipt)),
        }
    )
    return table, buyer, at_us
