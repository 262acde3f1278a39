"""The ledger of identity in PostgreSQL: its pages are read, decided in memory, and written.

Pages are cells: the cells of what is touched, those next to them, and those next to those, which is
all that a decision depends on (docs/identity.md). Their identifiers are locked as they are read, so
two transactions never decide of one cell at the same time; in the order of their numbers, so that
they do not wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import connection

from zhiyin.collect.bulk import copy_rows
from zhiyin.customers.identities.kinds import GUARDS
from zhiyin.identity.changes import Changes
from zhiyin.identity.edges import ASSERTED, IDENTIFIERS, RETRACTED, STATEMENTS
from zhiyin.identity.kinds import Guards
from zhiyin.identity.ledger import STANDING, Ledger

_NODES = """
select i.id::text, i.kind, i.namespace, i.own_customer::text, i.number, i.customer_id::text,
    coalesce(i.cell, i.id)::text, i.public, i.cell::text
from customers_identifier i where i.id in (
    select unnest(%(ids)s::uuid[])
    union select mate.id from customers_identifier one join customers_identifier mate
        on mate.cell = one.cell where one.id = any(%(ids)s::uuid[]))
order by i.number
"""
_LOCKED = "for no key update of i"
# The links that hold at these ends.
_LIVE = """
select s.id, s.a_id::text, s.b_id::text, s.rule, s.probability, s.source_id::text, s.seen_at, s.at
from (
    select * from customers_statement where a_id = any(%(ids)s::uuid[])
    union
    select * from customers_statement where b_id = any(%(ids)s::uuid[])
) s where s.retracts is null
    and (%(at)s::timestamptz is null or s.at <= %(at)s)
    and not exists (
        select from customers_statement r where r.retracts = s.id
        and (%(at)s::timestamptz is null or r.at <= %(at)s))
"""
RINGS = 2
STATEMENT_COLUMNS = (
    "id", "retracts", "a_id", "b_id", "rule", "probability", "source_id", "by_id", "batch",
    "seen_at", "at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fresh:
    """An identifier that nobody has seen before."""

    id: UUID
    kind: str
    namespace: str
    own_customer: UUID


@dataclass(frozen=True, slots=True)
class Said:
    """A link to be written down, or with `retracts` one to be taken back."""

    a: UUID
    b: UUID
    rule: str
    source: UUID
    seen_at: datetime
    probability: float = 1.0
    by: UUID | None = None
    batch: UUID | None = None
    retracts: int | None = None


@dataclass(frozen=True, slots=True)
class Stands:
    """Whose an identifier is, what is decided together with it, and whether it is public."""

    customer: UUID | None
    cell: UUID | None
    public: bool


@dataclass
class Decided:
    """How everything on the opened pages stands now, how it stood, and who moves by it."""

    now: dict[UUID, Stands]
    before: dict[UUID, Stands]
    own: dict[UUID, UUID]  # identifier → who it would be alone, of those that were known before
    carriers: set[UUID]
    changes: Changes
    statements: list[int] = field(default_factory=list)  # ids of what was written down


@dataclass(frozen=True)
class _Reading:
    """How pages are read: as of a moment (now), and whether to be written."""

    at: datetime | None
    locks: bool = False


@dataclass
class _Pages:
    nodes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    edges: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    def public(self, name: str) -> bool:
        return bool(self.nodes[name][7])


def append(
    fresh: Sequence[Fresh], said: Sequence[Said], *, at: datetime, guards: Guards = GUARDS
) -> Decided:
    """Decide anew with these identifiers and links, which are written down; the identifiers
    themselves and what was decided are left to the caller (see `moving`)."""
    known = {str(one.id) for one in fresh}
    ends = {str(end) for one in said for end in (one.a, one.b)} - known
    retracting = any(one.retracts is not None for one in said)
    pages = _opened(ends, said, guards, judged=ends if retracting else frozenset())
    written = write(said, at=at)
    ledger = Ledger.opened(_standing(pages), _links(pages), guards)
    # What is public already stays so, however many more share it; its links count for nobody.
    counting = [
        (edge, one) for edge, one in zip(written, said, strict=True)
        if retracting or not any(
            str(end) in pages.nodes and pages.public(str(end)) for end in (one.a, one.b)
        )
    ]  # fmt: skip
    last = max((int(row[4]) for row in pages.nodes.values()), default=0)
    announced = pa.Table.from_pylist(
        [
            {"identifier": str(one.id), "kind": one.kind, "namespace": one.namespace,
             "own_customer": str(one.own_customer), "number": last + place}
            for place, one in enumerate(fresh, start=1)
        ],
        IDENTIFIERS,
    )  # fmt: skip
    statements = pa.Table.from_pylist(
        [
            {"edge": str(one.retracts or edge), "a": str(one.a), "b": str(one.b),
             "rule": one.rule, "probability": one.probability, "source": str(one.source),
             "seen_at": one.seen_at, "at": at,
             "state": ASSERTED if one.retracts is None else RETRACTED}
            for edge, one in counting
        ],
        STATEMENTS,
    )  # fmt: skip
    changes = ledger.append(announced, statements, at=at)
    return _decided(pages, ledger, changes, written)


def settle(identifiers: Iterable[UUID], *, at: datetime, guards: Guards = GUARDS) -> Decided:
    """Decide anew of these from the links that hold; nothing is written down."""
    names = {str(one) for one in identifiers}
    pages = _opened(names, (), guards, judged=names)
    ledger = Ledger.opened(_standing(pages), _links(pages), guards)
    changes = ledger.settle(names & pages.nodes.keys(), at=at)
    return _decided(pages, ledger, changes, [])


def opened_at(
    identifiers: Iterable[UUID], at: datetime | None = None, guards: Guards = GUARDS
) -> tuple[pa.Table, pa.Table]:
    """The identifiers around these (schema STANDING), and the links that hold between them, or
    held at a moment: what `explain` asks for. Nothing is locked."""
    names = {str(one) for one in identifiers}
    pages = _opened(names, (), guards, judged=names, reading=_Reading(at))
    return _standing(pages), _links(pages)


def write(said: Sequence[Said], *, at: datetime) -> list[int]:
    """Write statements down; returns their ids."""
    if not said:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('customers_statement', 'id'))"
            " from generate_series(1, %s)",
            [len(said)],
        )
        ids = [int(row[0]) for row in cursor.fetchall()]
    copy_rows(
        "customers_statement",
        STATEMENT_COLUMNS,
        (
            (id_, one.retracts, one.a, one.b, one.rule, one.probability, one.source, one.by,
             one.batch, one.seen_at, at)
            for id_, one in zip(ids, said, strict=True)
        ),
    )  # fmt: skip
    return ids


def _opened(
    touched: set[str], said: Sequence[Said], guards: Guards,
    judged: Collection[str] = frozenset(), reading: _Reading | None = None,
) -> _Pages:  # fmt: skip
    """The pages that hold these identifiers, with as many around them as decide.

    Of what may cease to be public (`judged`) all links matter.
    """
    pages = _Pages()
    reading = reading or _Reading(None, locks=True)
    ring = _read_nodes(touched, pages, reading)
    number = rings = 0
    while ring:
        asked = {name for name in ring if not pages.public(name) or name in judged}
        rows = _read_edges(asked, reading)
        pages.edges.update((row[0], row) for row in rows)
        if number == 0:
            # Where an identifier becomes public or ceases to be, its neighbours are touched too.
            rings = RINGS + (bool(judged) or _crowded(pages, said, guards))
        if number == rings:
            break
        number += 1
        ends = {end for row in rows for end in row[1:3]} - pages.nodes.keys()
        ring = _read_nodes(ends, pages, reading)
    pages.edges = {
        id_: row for id_, row in pages.edges.items()
        if row[1] in pages.nodes and row[2] in pages.nodes
    }  # fmt: skip
    return pages


def _crowded(pages: _Pages, said: Sequence[Said], guards: Guards) -> bool:
    """Whether one of these gets more neighbours than its kind may have."""
    near: dict[str, set[str]] = {}
    pairs = [(str(one.a), str(one.b)) for one in said]
    for a, b in (*pairs, *((row[1], row[2]) for row in pages.edges.values())):
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    return any(
        name in pages.nodes
        and not pages.public(name)
        and len(others) > guards.of(str(pages.nodes[name][1])).most_neighbours
        for name, others in near.items()
    )


def _read_nodes(ids: Collection[str], pages: _Pages, reading: _Reading) -> set[str]:
    """Read the cells of these; returns what was not read before."""
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_NODES + (_LOCKED if reading.locks else ""), {"ids": sorted(ids)})
        rows = cursor.fetchall()
    new = {row[0]: row for row in rows if row[0] not in pages.nodes}
    pages.nodes.update(new)
    return set(new)


def _read_edges(ids: Collection[str], reading: _Reading) -> list[tuple[Any, ...]]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, {"ids": sorted(ids), "at": reading.at})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _standing(pages: _Pages) -> pa.Table:
    rows = sorted(pages.nodes.values(), key=lambda row: int(row[4]))
    columns = list(zip(*rows, strict=True))[: len(STANDING)] or [()] * len(STANDING)
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, STANDING, strict=True)]
    return pa.table(arrays, schema=STANDING)


def _links(pages: _Pages) -> pa.Table:
    """Live links, in the schema of statements without the state."""
    columns = list(zip(*pages.edges.values(), strict=True)) or [()] * 8
    columns[0] = tuple(map(str, columns[0]))
    kinds = [one for one in STATEMENTS if one.name != "state"]
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(arrays, schema=pa.schema(kinds))


def _decided(pages: _Pages, ledger: Ledger, changes: Changes, written: list[int]) -> Decided:
    table = ledger.standing()
    names, customers, cells = (
        table[column].to_pylist() for column in ("identifier", "customer", "cell")
    )
    public = table["public"].to_pylist()
    alone: dict[str, int] = {}
    for cell in cells:
        alone[cell] = alone.get(cell, 0) + 1
    now = {
        UUID(name): Stands(
            UUID(customer) if customer else None,
            UUID(cell) if alone[cell] > 1 else None,
            shared,
        )
        for name, customer, cell, shared in zip(names, customers, cells, public, strict=True)
    }
    before = {
        UUID(row[0]): Stands(
            UUID(row[5]) if row[5] else None, UUID(row[8]) if row[8] else None, row[7]
        )
        for row in pages.nodes.values()
    }
    return Decided(
        now, before,
        {UUID(row[0]): UUID(row[3]) for row in pages.nodes.values()},
        {UUID(row[0]) for row in pages.nodes.values() if not GUARDS.of(str(row[1])).personal},
        changes, written,
    )  # fmt: skip
