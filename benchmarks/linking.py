"""Links between identifiers resolved as they come, in the book of a million people.

A batch brings new identifiers of known people, new people, devices that change hands, merges, and
a few links taken back. Counted are the identifiers at the ends of a batch's links. In memory.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from benchmarks.figures import figure
from zhiyin.identity.edges import ASSERTED, IDENTIFIERS, MOMENT, STATEMENTS
from zhiyin.identity.ledger import Ledger
from zhiyin.identity.people import resolve

START = datetime(2026, 3, 1, tzinfo=UTC)
BATCH = 25_000  # links
BATCHES = 8


def linking(people: int) -> None:
    rng = np.random.default_rng(5)
    kinds = ["phone", "card", "email", "device"]
    ledger = Ledger()
    clock, cpu = time.perf_counter(), time.process_time()
    base = _identifiers(0, people * 4, kinds)
    phone = np.arange(people) * 4
    a = np.repeat(phone, 3)
    b = (phone[:, None] + np.array([1, 2, 3])).ravel()
    ledger.append(base, _links(0, a, b, 0), at=START)
    loaded, cpu = time.perf_counter() - clock, time.process_time() - cpu
    note = f"{len(a):,} links at once, {loaded:.1f} s, {cpu:.1f} s of the processor"
    figure("linking.from_nothing", people * 4 / loaded, "identifiers/s", n=people * 4, note=note)
    edges, ids = len(a), people * 4
    touched, seconds, slowest, cpu = 0, 0.0, 0.0, 0.0
    for batch in range(1, BATCHES + 1):
        fresh = _identifiers(ids, BATCH // 2, ["open_id", "cookie", "email", "shop_account"])
        new = ids + np.arange(BATCH // 2)
        known = rng.integers(0, people, BATCH // 2) * 4
        switched = rng.integers(0, people, BATCH // 2) * 4
        merges = rng.random(BATCH // 2) < 0.02
        other = np.where(merges, rng.integers(0, people, BATCH // 2) * 4,
                         rng.integers(0, people, BATCH // 2) * 4 + 3)  # fmt: skip
        ends = np.concatenate([known, switched]), np.concatenate([new, other])
        rows = _links(edges, *ends, batch)
        clock, begun = time.perf_counter(), time.process_time()
        ledger.append(fresh, rows, at=START + timedelta(minutes=batch))
        ledger.retract([f"e{edges + place}" for place in range(0, BATCH, 200)], source="bench",
                       at=START + timedelta(minutes=batch))  # fmt: skip
        took = time.perf_counter() - clock
        cpu += time.process_time() - begun
        touched += len(np.unique(np.concatenate(ends)))
        seconds, slowest = seconds + took, max(slowest, took)
        edges, ids = edges + BATCH, ids + BATCH // 2
    scratch = ledger.people().standing["customer"]
    if not ledger.whose()["customer"].equals(scratch):
        raise SystemExit("batch by batch and from scratch do not agree")
    note = (
        f"{BATCHES} batches of {BATCH:,} links to {people:,} people, the slowest {slowest:.2f} s;"
        f" {touched / cpu:,.0f} a second of the processor; equal to all links from scratch"
    )
    figure("linking.added", touched / seconds, "identifiers/s", n=touched, note=note)
    clock = time.perf_counter()
    resolve(*ledger.around("i4"), ledger.guards)
    figure("linking.one_person", (time.perf_counter() - clock) * 1000, "ms", n=1,
           note="one person's cells found and resolved again")  # fmt: skip


def _identifiers(first: int, count: int, kinds: list[str]) -> pa.Table:
    numbers = np.arange(first, first + count)
    names = pa.array([f"i{number}" for number in numbers], pa.string())
    kind = pa.array(np.array(kinds, object)[numbers % len(kinds)], pa.string())
    return pa.table(
        [names, kind, pa.array([""] * count), names, pa.array(numbers)], schema=IDENTIFIERS
    )


def _links(first: int, a: np.ndarray, b: np.ndarray, minute: int) -> pa.Table:
    count = len(a)
    at = pa.array([START + timedelta(minutes=minute)] * count, MOMENT)

    def same(text: str) -> pa.Array:
        return pa.array([text] * count, pa.string())

    return pa.table(
        [
            pa.array([f"e{first + place}" for place in range(count)], pa.string()),
            pa.array([f"i{number}" for number in a], pa.string()),
            pa.array([f"i{number}" for number in b], pa.string()),
            same("signed in"), pa.array(np.ones(count)), same("bench"), at, at, same(ASSERTED),
        ],
        schema=STATEMENTS,
    )  # fmt: skip
