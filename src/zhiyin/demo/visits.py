"""Simulated visits to the web shop and the app, with what was looked at and left in carts.

A visit that precedes a real order looks at what was then bought; others browse, and some fill a
cart and leave it. Each visit happens on a device; only in some of them does the visitor sign in,
so whose device it is has to be found out. Events have the names of the house's vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.demo.chance import (
    DAY_US,
    Bools,
    Ints,
    device_ids,
    moments,
    numbered,
    take,
    waking_hours,
    within,
)
from zhiyin.demo.orders import OrderBook
from zhiyin.demo.parameters import Parameters
from zhiyin.demo.people import People

SECOND_US = 1_000_000
CHANNELS = ("web", "app", "mini program")


@dataclass(frozen=True)
class Devices:
    """The devices of people: one each, two for some; numbers beyond are unknown visitors'."""

    first: pa.Array
    second: pa.Array  # null where there is none
    owners: pa.Table  # truth: Device, Customer


@dataclass(frozen=True)
class Sessions:
    """Visits: `who` is an index of people or -1 for a visitor who never says who they are."""

    who: Ints
    start_us: Ints
    invoice: Ints  # the order it leads to, or -1
    cart: Bools  # fills a cart and leaves it
    policy: Bools  # reads the return policy
    signed_in: Bools

    def __add__(self, other: "Sessions") -> "Sessions":
        names = ("who", "start_us", "invoice", "cart", "policy", "signed_in")
        return Sessions(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in names))


def devices(rng: np.random.Generator, people: People, seed: int, parameters: Parameters) -> Devices:
    """Hands out devices; second accounts of a person use the person's devices."""
    size = len(people)
    own = pa.array(people.person)
    first = device_ids(np.arange(size), seed).take(own)
    has_second = rng.random(size) < parameters.second_device_share
    second = pc.if_else(pa.array(has_second), device_ids(np.arange(size, 2 * size), seed), None)
    second = second.take(own)
    owners = pa.table(
        {
            "Device": pa.concat_arrays([first, second]),
            "Customer": pa.concat_arrays([people.ref, people.ref]),
        }
    )
    return Devices(first, second, owners.filter(pc.is_valid(owners["Device"])))


def policy_visits(who: Ints, at_us: Ints) -> Sessions:
    """Signed-in visits that do nothing but read the return policy."""
    size = len(who)
    no, yes = np.zeros(size, np.bool_), np.ones(size, np.bool_)
    return Sessions(who, at_us, np.full(size, -1), no, yes, yes)


def sessions(
    rng: np.random.Generator, people: People, book: OrderBook, parameters: Parameters
) -> Sessions:
    """All visits apart from those of the planted path."""
    size = len(people)
    dense_us = book.end_us - parameters.dense_days * DAY_US
    at_us = book.invoices.at_us
    kept = np.flatnonzero(
        (at_us >= dense_us) | (rng.random(len(at_us)) < parameters.sparse_visit_share)
    )
    ahead = (rng.gamma(2.0, 9.0, len(kept)) * 60 * SECOND_US).astype(np.int64) + 300 * SECOND_US
    before_order = Sessions(
        who=book.invoices.buyer[kept],
        start_us=at_us[kept] - ahead,
        invoice=kept,
        cart=np.zeros(len(kept), np.bool_),
        policy=rng.random(len(kept)) < 0.01,
        signed_in=rng.random(len(kept)) < parameters.signed_in_share,
    )

    # Interest fades some weeks after the last order; nobody browses before the first one. The pace
    # is the same for those who will leave, so that only its fading tells, not its height.
    fading = (rng.exponential(40, size) * DAY_US).astype(np.int64)
    until = np.minimum(book.last_us + fading, book.end_us)
    since = np.minimum(np.maximum(book.first_us, dense_us - 30 * DAY_US), until)
    pace = parameters.browse_only_visits_per_100_days * rng.gamma(1.0, 1.0, size)
    who = np.repeat(np.arange(size), rng.poisson(pace * (until - since) / (100 * DAY_US)))
    span = (until - since)[who]
    start = waking_hours(rng, since[who] + (rng.random(len(who)) * span).astype(np.int64))
    anonymous = rng.poisson(size * parameters.anonymous_devices_per_customer * 1.6)
    unknown = -1 - rng.integers(
        0, max(1, int(size * parameters.anonymous_devices_per_customer)), anonymous
    )
    who = np.concatenate([who, unknown])
    start = np.concatenate(
        [start, waking_hours(rng, rng.integers(dense_us, book.end_us, anonymous))]
    )
    start = np.minimum(start, book.end_us - 3_600 * SECOND_US)
    browsing = Sessions(
        who=who,
        start_us=start,
        invoice=np.full(len(who), -1),
        cart=rng.random(len(who)) < parameters.cart_share,
        policy=rng.random(len(who)) < 0.02,
        signed_in=(who >= 0) & (rng.random(len(who)) < 0.25),
    )
    return before_order + browsing


def events(
    rng: np.random.Generator,
    visits: Sessions,
    people: People,
    owned: Devices,
    book: OrderBook,
    seed: int,
) -> pa.Table:
    """The events of the visits in the layout of the tracking export, in no particular order."""
    count = len(visits.who)
    buying = visits.invoice >= 0
    lines = np.where(
        buying, book.line_start[visits.invoice + 1] - book.line_start[visits.invoice], 0
    )
    quick = visits.policy & ~buying & ~visits.cart & visits.signed_in
    looks = np.where(buying, np.minimum(lines, 6), 1 + rng.poisson(2.2, count)) * ~quick
    adds = np.where(buying, np.minimum(lines, 4), 0)
    adds = np.where(visits.cart, np.minimum(looks, 1 + rng.poisson(0.8, count)), adds)

    blocks: list[tuple[str, Ints, Ints, Ints]] = []  # name, visit, seconds into it, line or -1

    def once(name: str, mask: Bools, seconds: Ints) -> None:
        hit = np.flatnonzero(mask)
        blocks.append((name, hit, seconds[hit], np.full(len(hit), -1)))

    def each(name: str, counts: Ints, seconds: Callable[[Ints, Ints], Ints], line: Ints) -> None:
        visit = np.repeat(np.arange(count), counts)
        nth = within(counts)
        blocks.append((name, visit, seconds(visit, nth), line))

    visit = np.repeat(np.arange(count), looks)
    nth = within(looks)
    browsed = rng.choice(book.articles, len(visit))
    bought = book.line_start[visits.invoice[visit]] + nth
    line = np.where(buying[visit], bought, browsed)
    start_of = np.cumsum(looks) - looks
    added = line[start_of[np.repeat(np.arange(count), adds)] + within(adds)]

    pace = rng.integers(15, 45, count)
    every = np.ones(count, np.bool_)
    once("Page Viewed", every, np.zeros(count, np.int64))
    once("Page Viewed", rng.random(count) < 0.5, pace // 2)
    each("Product Viewed", looks, lambda v, n: pace[v] * (n + 1), line)
    each("Product Added", adds, lambda v, n: pace[v] * (n + 1) + 9, added)
    once("Checkout Started", buying, pace * 7 + 15)
    once("Cart Abandoned", visits.cart, pace * 20 + 1_800)
    once("Return Policy Viewed", visits.policy, pace * 8)

    name = pa.concat_arrays([pa.repeat(b[0], len(b[1])) for b in blocks])
    visit = np.concatenate([b[1] for b in blocks])
    seconds = np.concatenate([b[2] for b in blocks])
    line = np.concatenate([b[3] for b in blocks])
    device, user, channel = _attributes(rng, visits, people, owned, seed)
    which = pa.array(visit)
    product = pa.array(np.maximum(line, 0), mask=line < 0)
    page = pc.if_else(pc.equal(name, "Return Policy Viewed"), "/returns", None)
    page = pc.if_else(pc.equal(name, "Page Viewed"), "/", page)
    page = pc.if_else(pc.equal(name, "Checkout Started"), "/checkout", page)
    return pa.table(
        {
            "Event": name,
            "Time": moments(visits.start_us[visit] + seconds * SECOND_US),
            "Device": device.take(which),
            "Customer": user.take(which),
            "Channel": channel.take(which),
            "Visit": numbered("V", visit, 7),
            "Page": page,
            "SKU": book.sku.take(product),
            "Product": book.description.take(product),
            "Price": book.price.take(product),
            "Reference": pa.nulls(len(visit), pa.string()),
        }
    )


def _attributes(
    rng: np.random.Generator, visits: Sessions, people: People, owned: Devices, seed: int
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Device, customer (only where signed in) and channel of each visit."""
    who = visits.who
    known = who >= 0
    index = pa.array(np.maximum(who, 0))
    other = pc.and_(pa.array(rng.random(len(who)) < 0.4), pc.is_valid(owned.second.take(index)))
    mine = pc.if_else(other, owned.second.take(index), owned.first.take(index))
    strange = device_ids(2 * len(people) + np.maximum(-1 - who, 0), seed)
    device = pc.if_else(pa.array(known), mine, strange)
    user = pc.if_else(pa.array(known & visits.signed_in), people.ref.take(index), None)
    channel = np.where(known & people.chinese[np.maximum(who, 0)], rng.integers(0, 3, len(who)), 0)
    channel = np.where(rng.random(len(who)) < 0.2, 1, channel)
    return device, user, take(CHANNELS, channel)
