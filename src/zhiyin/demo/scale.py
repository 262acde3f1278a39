"""Whole companies of any size, for benchmarks: people, order lines and events in Parquet.

Purchases follow the model that the product's value model assumes, so its findings can be held
against stated parameters: BG/NBD for when (Fader, Hardie and Lee, 2005) and Gamma-Gamma for how
much (Fader and Hardie, 2013), with a yearly season laid over the calendar. Customers are made in
chunks, each with a random stream of its own: memory does not grow with the number of customers,
and the content depends on the seed and the chunk size only.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhiyin.demo import people as persons
from zhiyin.demo.chance import (
    DAY_US,
    MINUTE_US,
    Floats,
    Ints,
    device_ids,
    moments,
    numbered,
    pick,
    pick_sorted,
    stream,
    take,
)
from zhiyin.demo.convert import ORDER_LINES
from zhiyin.demo.parameters import DEFAULT, Parameters
from zhiyin.demo.people import People
from zhiyin.demo.places import ABROAD, BRITISH

WEEK_DAYS = 7.0


@dataclass(frozen=True)
class BuyingProcess:
    """How generated customers buy. Time is in weeks, money in pounds an order."""

    r: float = 0.55  # purchase rates: Gamma(shape r, rate alpha)
    alpha: float = 9.0
    a: float = 0.75  # chance to leave after a repeat purchase: Beta(a, b)
    b: float = 3.2
    p: float = 6.0  # value of an order: Gamma(shape p, rate nu), nu ~ Gamma(shape q, rate gamma)
    q: float = 3.8
    gamma: float = 16.0
    season: float = 0.35  # the intensity swings by this share of its mean over a year …
    season_peak_day: int = 325  # … and is highest on this day of the year (late November)
    weeks: int = 104  # the length of the record; first purchases are spread evenly over it
    articles: int = 4_000


DEFAULT_PROCESS = BuyingProcess()
DEFAULT_END = datetime(2026, 6, 30, tzinfo=UTC)

EVENT_NAMES = (
    ("Page Viewed", 30),
    ("Product Viewed", 44),
    ("Product Added", 14),
    ("Cart Abandoned", 3),
    ("Checkout Started", 5),
    ("Return Policy Viewed", 1),
    ("Email Sent", 3),
)


@dataclass(frozen=True)
class Generated:
    """What was written, and where."""

    folder: Path
    customers: int
    orders: int
    lines: int
    events: int


def generate(
    customers: int,
    *,
    seed: int,
    out: Path,
    lines_per_customer: int = 10,
    events_per_customer: int = 20,
    process: BuyingProcess = DEFAULT_PROCESS,
    parameters: Parameters = DEFAULT,
    end: datetime = DEFAULT_END,
    chunk: int = 25_000,
    progress: Callable[[int, int], None] | None = None,
) -> Generated:
    """Writes `profiles/`, `order_lines/`, `events/`, `persons/` and `truth.json` under `out`.

    Each is a folder of Parquet parts, one a chunk: profiles in the layout of `simulate`, order
    lines in that of Online Retail, events in that of `simulate`; `persons` is truth and says which
    accounts are one human being. `progress(done, customers)` is
    called after each chunk. Parts of a former run are removed, nothing else is.
    """
    if customers < 1 or chunk < 1:
        raise ValueError(f"Ask for at least one customer and one a chunk: {customers}, {chunk}.")
    folders = {name: out / name for name in ("profiles", "persons", "order_lines", "events")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("part-*.parquet"):
            old.unlink()
    orders = lines = events = 0
    end_us = int(end.timestamp()) * 1_000_000
    shelf = _shelf(stream(seed, "shelf"), process)
    for part, start in enumerate(range(0, customers, chunk)):
        size = min(chunk, customers - start)
        rng = stream(seed, "scale", part)
        refs = numbered("", 10_000_000 + start + np.arange(size), 8)
        buyer, order_us, values = purchases(rng, size, end_us, process)
        first_us = np.full(size, end_us)
        np.minimum.at(first_us, buyer, order_us)
        country = _countries(rng, size)
        people = persons.make(rng, refs, country, first_us, end_us, parameters, start=start)
        device = device_ids(start + np.arange(size), seed)
        tables = {
            "profiles": persons.profile_table(
                people, member_card=pa.nulls(size, pa.string()), device=device
            ),
            "persons": persons.person_table(people),
            "order_lines": _order_lines(
                rng, refs, country, buyer, order_us, values, lines_per_customer, shelf, part
            ),
            "events": _events(rng, people, device, end_us, events_per_customer, shelf, part),
        }
        for name, table in tables.items():
            file = folders[name] / f"part-{part:05d}.parquet"
            pq.write_table(table, file, compression="zstd", compression_level=1)
        orders += len(buyer)
        lines += tables["order_lines"].num_rows
        events += tables["events"].num_rows
        if progress is not None:
            progress(start + size, customers)
    truth = {
        "seed": seed,
        "customers": customers,
        "chunk": chunk,
        "end": end.isoformat(),
        "process": asdict(process),
        "parameters": asdict(parameters),
    }
    (out / "truth.json").write_text(json.dumps(truth, indent=2), encoding="utf-8")
    return Generated(out, customers, orders, lines, events)


def purchases(
    rng: np.random.Generator, size: int, end_us: int, process: BuyingProcess
) -> tuple[Ints, Ints, Floats]:
    """Buyer, moment and value of every order, by customer and then by time.

    The process runs on a clock of its own, in weeks, and the season maps that clock to the
    calendar; over whole years both run equally fast, so the parameters keep their meaning.
    """
    rate = rng.gamma(process.r, 1 / process.alpha, size)
    leave = rng.beta(process.a, process.b, size)
    now = rng.random(size) * process.weeks
    alive = np.arange(size)
    who, when = [alive], [now.copy()]
    while len(alive):
        now[alive] += rng.exponential(1.0, len(alive)) / np.maximum(rate[alive], 1e-12)
        alive = alive[now[alive] < process.weeks]
        who.append(alive)
        when.append(now[alive])
        alive = alive[rng.random(len(alive)) >= leave[alive]]
    buyer, clock = np.concatenate(who), np.concatenate(when)
    order = np.lexsort((clock, buyer))
    buyer, clock = buyer[order], clock[order]
    nu = rng.gamma(process.q, 1 / process.gamma, size)
    values = rng.gamma(process.p, 1.0, len(buyer)) / nu[buyer]
    return buyer, _calendar(clock, end_us, process), np.maximum(values, 0.01)


def _calendar(clock: Floats, end_us: int, process: BuyingProcess) -> Ints:
    """The moments that belong to readings of the process's clock: whole minutes."""
    begin_us = end_us - int(process.weeks * WEEK_DAYS) * DAY_US
    days = np.arange(int(process.weeks * WEEK_DAYS) + 1)
    day_of_year = (begin_us // DAY_US + days) % 365.25
    swing = 1 + process.season * np.cos(
        2 * np.pi * (day_of_year - process.season_peak_day) / 365.25
    )
    passed = np.concatenate([[0.0], np.cumsum((swing[1:] + swing[:-1]) / 2)])
    passed *= process.weeks / passed[-1]
    minutes = np.interp(clock, passed, days) * (DAY_US / MINUTE_US)
    result: Ints = begin_us + minutes.astype(np.int64) * MINUTE_US
    return np.minimum(result, end_us - MINUTE_US)


def _countries(rng: np.random.Generator, size: int) -> pa.Array:
    names = [BRITISH, *ABROAD]
    return take(names, pick(rng, [90.0] + [10.0 / len(ABROAD)] * len(ABROAD), size))


@dataclass(frozen=True)
class _Shelf:
    """Articles with a popularity that falls like 1/rank^0.8, as in the real shop."""

    sku: pa.Array
    product: pa.Array
    price: pa.Array
    edges: Floats

    def draw(self, rng: np.random.Generator, size: int) -> Ints:
        return pick_sorted(rng, self.edges, size)


def _shelf(rng: np.random.Generator, process: BuyingProcess) -> _Shelf:
    numbers = np.arange(process.articles)
    pence = np.maximum(10, np.exp(rng.normal(5.6, 0.9, process.articles))).astype(np.int64)
    return _Shelf(
        sku=numbered("", 20_000 + numbers, 5),
        product=numbered("ARTICLE ", numbers, 5),
        price=_thousandths(pence * 10),
        edges=np.cumsum(1 / (1 + numbers) ** 0.8),
    )


def _order_lines(
    rng: np.random.Generator,
    refs: pa.Array,
    country: pa.Array,
    buyer: Ints,
    order_us: Ints,
    values: Floats,
    lines_per_customer: int,
    shelf: _Shelf,
    part: int,
) -> pa.Table:
    """Lines whose sum is the order's value to the penny, `lines_per_customer` on average."""
    extra = max(0, len(refs) * lines_per_customer - len(buyer))
    lines = 1 + np.bincount(rng.integers(0, len(buyer), extra), minlength=len(buyer))
    order = np.repeat(np.arange(len(buyer)), lines)
    # Each line's share of the order in pence; the first line takes what rounding left.
    weight = rng.gamma(1.5, 1.0, len(order))
    starts = np.cumsum(lines) - lines
    whole = np.maximum(np.rint(values * 100).astype(np.int64), lines)
    share = weight / np.add.reduceat(weight, starts)[order]
    pence = 1 + (share * (whole - lines)[order]).astype(np.int64)
    pence[starts] += whole - np.add.reduceat(pence, starts)
    quantity = 1 + rng.poisson(1.2, len(order))
    quantity = np.where(pence % quantity == 0, quantity, 1)
    mills = pence // quantity * 10
    article = pa.array(shelf.draw(rng, len(order)))
    whom = pa.array(buyer[order])
    return pa.table(
        [
            numbered(f"{part:05d}-", order, 7),
            shelf.sku.take(article),
            shelf.product.take(article),
            pa.array(quantity),
            pa.array(order_us[order] // 1000).cast(pa.timestamp("ms")),
            _thousandths(mills),
            refs.take(whom),
            country.take(whom),
        ],
        schema=ORDER_LINES,
    )


def _thousandths(numbers: Ints) -> pa.Array:
    """Whole thousandths as decimals with three places, without a detour over floats.

    A decimal128 is a little-endian 128-bit number: the low half is the value, the high half its
    sign, which is 0 here.
    """
    halves = np.zeros((len(numbers), 2), np.int64)
    halves[:, 0] = numbers
    return pa.Array.from_buffers(pa.decimal128(12, 3), len(numbers), [None, pa.py_buffer(halves)])


def _events(
    rng: np.random.Generator,
    people: People,
    device: pa.Array,
    end_us: int,
    events_per_customer: int,
    shelf: _Shelf,
    part: int,
) -> pa.Table:
    """Events with a gamma mix of activity, more of them lately, in order of time."""
    size = len(people)
    count = size * events_per_customer
    activity = np.cumsum(rng.gamma(0.8, 1.0, size))
    who = pick_sorted(rng, activity, count)
    since = people.since_us[who]
    at_us = since + ((1 - rng.random(count) ** 2) * (end_us - since)).astype(np.int64)
    order = np.argsort(at_us, kind="stable")
    who, at_us = who[order], at_us[order]
    kind = pick(rng, [float(e[1]) for e in EVENT_NAMES], count)
    of_article = np.isin(kind, [1, 2])
    article = pa.array(shelf.draw(rng, count), mask=~of_article)
    index = pa.array(who)
    signed_in = rng.random(count) < 0.4
    number = np.arange(count)
    return pa.table(
        {
            "Message": numbered(f"{part:05d}-", number, 8),
            "Event": take([e[0] for e in EVENT_NAMES], kind),
            "Time": moments(at_us),
            "Device": device.take(index),
            "Customer": people.ref.take(pa.array(who, mask=~signed_in)),
            "Channel": take(["web", "app", "mini program"], rng.integers(0, 3, count)),
            "Visit": numbered(f"{part:05d}-", who, 6),
            "Page": pa.nulls(count, pa.string()),
            "SKU": shelf.sku.take(article),
            "Product": shelf.product.take(article),
            "Price": shelf.price.take(article),
            "Reference": pa.nulls(count, pa.string()),
            "Simulated": pa.repeat(True, count),
        }
    )
