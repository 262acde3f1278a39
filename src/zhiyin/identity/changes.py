"""What a new answer changes: whose identifiers move, which customers merge and which split.

The customer of a person is the one of its oldest identifier (`people`), so the older customer
survives a merge, and of a split the part that holds the oldest identifier keeps the customer while
the other becomes again who it was before it was merged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.identity.kinds import Guards


@dataclass(frozen=True)
class Move:
    """Identifiers that went from one customer to another (None: to or from nobody)."""

    before: str | None
    after: str | None
    identifiers: int
    merges: bool  # nothing is left of the customer they came from
    big: bool  # goes by the lane of big merges


@dataclass(frozen=True)
class Changes:
    """Identifiers with a new customer (identifier, before, after), and how customers moved."""

    moved: pa.Table
    moves: tuple[Move, ...]


MOVED = pa.schema(
    [
        pa.field("identifier", pa.string(), nullable=False),
        pa.field("before", pa.string()),
        pa.field("after", pa.string()),
    ]
)


def compare(before: pa.Table, after: pa.Table, guards: Guards) -> Changes:
    """The difference of two answers for whole cells: tables of identifier and customer.

    An identifier that is in `after` alone is new and moves from nobody.
    """
    places = pc.index_in(
        after["identifier"].combine_chunks(), value_set=before["identifier"].combine_chunks()
    )
    old = before["customer"].combine_chunks().take(places)
    new = after["customer"].combine_chunks()
    differs = pc.not_equal(pc.fill_null(old, ""), pc.fill_null(new, ""))
    moved = pa.table([after["identifier"].combine_chunks(), old, new], schema=MOVED).filter(differs)
    return Changes(moved, _moves(moved, new, guards))


def _moves(moved: pa.Table, now: pa.Array, guards: Guards) -> tuple[Move, ...]:
    pairs = Counter(zip(moved["before"].to_pylist(), moved["after"].to_pylist(), strict=True))
    left = set(pc.unique(now).to_pylist()) if pairs else set()
    return tuple(
        Move(
            before,
            after,
            count,
            merges=before is not None and after is not None and before not in left,
            big=before is not None and count > guards.big_merge,
        )
        for (before, after), count in sorted(
            pairs.items(), key=lambda item: tuple(one or "" for one in item[0])
        )
    )
