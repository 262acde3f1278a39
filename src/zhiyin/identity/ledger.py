"""The book of identifiers and links in memory, kept up to date statement by statement.

Only the cells that a statement touches are resolved again. Nothing is ever overwritten: links,
retractions and the versions of the map identifier → customer are appended, so that the book can
say what it knew on any day. An application that keeps these tables in a database opens a book at
the pages that are touched (`opened`; docs/identity.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.identity.changes import Changes, compare
from zhiyin.identity.edges import (
    ASSERTED,
    IDENTIFIERS,
    MOMENT,
    RETRACTED,
    STATEMENTS,
    Codes,
    Mask,
    checked,
    live,
)
from zhiyin.identity.kinds import Guards
from zhiyin.identity.network import UnknownIdentifierError
from zhiyin.identity.people import People, public_ones, resolve

VERSIONS = pa.schema(
    [
        pa.field("identifier", pa.string(), nullable=False),
        pa.field("customer", pa.string()),
        pa.field("since", MOMENT, nullable=False),
    ]
)

# Identifiers as they stand: what they are, and what was decided of them.
STANDING = pa.schema(
    [
        *IDENTIFIERS,
        pa.field("customer", pa.string()),
        pa.field("cell", pa.string(), nullable=False),
        pa.field("public", pa.bool_(), nullable=False),
    ]
)
_SOURCE, _STATE, _AT = (STATEMENTS.get_field_index(name) for name in ("source", "state", "at"))


class OutOfOrderError(ValueError):
    """A statement learned before the last one: the past of the book is not rewritten."""


class Ledger:
    """Identifiers, statements and whose everything is, now and at any moment before."""

    def __init__(self, guards: Guards | None = None) -> None:
        self.guards = guards or Guards()
        self.identifiers = IDENTIFIERS.empty_table()
        self.log = STATEMENTS.empty_table()
        self._place: dict[str, int] = {}  # of an identifier
        self._edge: dict[str, int] = {}  # first row of an edge in the log
        self._a: Codes = np.zeros(0, np.int64)
        self._b: Codes = np.zeros(0, np.int64)
        self._live: Mask = np.zeros(0, bool)
        self._gone: set[str] = set()
        self._cell: Codes = np.zeros(0, np.int64)
        self._public: Mask = np.zeros(0, bool)
        self._customer = np.zeros(0, object)
        self._known_since: list[tuple[int, datetime]] = []  # identifiers before, from when
        self._versions: list[pa.Table] = []
        self._last: datetime | None = None

    @classmethod
    def opened(cls, standing: pa.Table, edges: pa.Table, guards: Guards | None = None) -> Ledger:
        """A book opened at some of its pages: identifiers as they stand (schema STANDING), and the
        live links between them.

        Whoever appends gives the cells of what will be touched with those next to them, twice; and
        of what may become public or cease to be, all neighbours with theirs. An identifier that is
        public and alone may be left out together with its links.
        """
        book = cls(guards)
        table = standing.select(STANDING.names).cast(STANDING).combine_chunks()
        book.identifiers = table.select(IDENTIFIERS.names)
        names = table["identifier"].to_pylist()
        book._place = {name: place for place, name in enumerate(names)}
        book._known_since.append((len(names), datetime.min.replace(tzinfo=UTC)))
        cells = table["cell"].combine_chunks().dictionary_encode().indices.to_numpy()
        _, firsts, group = np.unique(cells, return_index=True, return_inverse=True)
        book._cell = firsts[group].astype(np.int64)
        book._public = table["public"].combine_chunks().to_numpy(zero_copy_only=False).copy()
        book._customer = np.array([*table["customer"].to_pylist(), None], object)[:-1]
        said = edges.append_column("state", pa.array([ASSERTED] * len(edges), pa.string()))
        said = said.select(STATEMENTS.names).cast(STATEMENTS)
        ends = (
            pc.index_in(said[end].combine_chunks(), value_set=table["identifier"].combine_chunks())
            for end in ("a", "b")
        )
        book._a, book._b = (places.to_numpy().astype(np.int64) for places in ends)
        book._edge = {edge: row for row, edge in enumerate(said["edge"].to_pylist())}
        book._live = np.ones(len(said), bool)
        book.log = said
        return book

    def settle(self, names: Iterable[str], *, at: datetime) -> Changes:
        """Decide of the cells of these identifiers again, from the links that hold."""
        places = np.array(sorted(self._place[name] for name in names), np.int64)
        return self._settle(places, at)

    def standing(self) -> pa.Table:
        """Every identifier as it stands now (schema STANDING)."""
        names = self.identifiers["identifier"].combine_chunks()
        return pa.table(
            [
                *self.identifiers.columns, pa.array(self._customer, pa.string()),
                names.take(pa.array(self._cell)), pa.array(self._public),
            ],
            schema=STANDING,
        )  # fmt: skip

    def append(self, identifiers: pa.Table, statements: pa.Table, *, at: datetime) -> Changes:
        """Write down new identifiers and statements, all learned at `at`; who changes by it."""
        if self._last is not None and at < self._last:
            raise OutOfOrderError(f"{at} is before {self._last}")
        table = checked(_dated(statements, at))
        fresh = identifiers.select(IDENTIFIERS.names).cast(IDENTIFIERS)
        unknown = self._unknown(fresh, table)
        if unknown:
            raise UnknownIdentifierError(f"{unknown} ends of links that nobody announced")
        touched = self._write(fresh, table, at)
        return self._settle(touched, at)

    def split(self, chosen: Iterable[str], *, source: str, at: datetime, edge: str) -> Changes:
        """Un-merge: these identifiers are one person, and kept apart from the rest of theirs.

        The links between them stay and are held back; retracting the edges that this writes
        (`edge`/1, /2 …) merges again.
        """
        names = sorted(set(chosen))
        parted = {self._place[name] for name in names}
        people = {self._customer[place] for place in parted} - {None}
        cells = self._cells(np.array(sorted(parted), np.int64))
        near = np.flatnonzero(self._with_attached(self._with_attached(cells)))
        rest = [
            self.identifiers["identifier"][place].as_py()
            for place in near.tolist()
            if place not in parted and self._customer[place] in people
        ]
        pairs = [
            *((names[0], other, "a person said so") for other in names[1:]),
            *((one, other, "kept apart") for one in names for other in rest),
        ]
        return self.append(IDENTIFIERS.empty_table(), decided(pairs, source, at, edge), at=at)

    def retract(self, edges: Sequence[str], *, source: str, at: datetime) -> Changes:
        """Take links back, or what keeps identifiers apart."""
        rows = self.log.take(pa.array([self._edge[edge] for edge in edges], pa.int64()))
        count = len(rows)
        rows = rows.set_column(_SOURCE, "source", pa.array([source] * count, pa.string()))
        rows = rows.set_column(_STATE, "state", pa.array([RETRACTED] * count, pa.string()))
        return self.append(IDENTIFIERS.empty_table(), rows, at=at)

    def whose(self, at: datetime | None = None) -> pa.Table:
        """The map identifier → customer as it stood at a moment (now), in order of identifiers."""
        if at is None:
            customers = pa.array(self._customer, pa.string())
            return pa.table([self.identifiers["identifier"], customers], ["identifier", "customer"])
        known = self._known_at(at)["identifier"].combine_chunks()
        past = [
            table.filter(pc.less_equal(table["since"], pa.scalar(at, MOMENT)))
            for table in self._versions
        ]
        versions = pa.concat_tables([VERSIONS.empty_table(), *past])
        places = pc.index_in(versions["identifier"].combine_chunks(), value_set=known)
        row = np.full(len(known), -1)
        row[places.to_numpy()] = np.arange(len(versions))  # the last one wins
        customers = (
            versions["customer"].combine_chunks().take(pa.array(row, pa.int64(), mask=row < 0))
        )
        return pa.table([known, customers], ["identifier", "customer"])

    def versions(self) -> pa.Table:
        """All that was ever said of whose an identifier is, in the order in which it was said."""
        return pa.concat_tables([VERSIONS.empty_table(), *self._versions])

    def people(self, at: datetime | None = None) -> People:
        """Everybody from all links that held at a moment (now), from scratch."""
        known = self.identifiers if at is None else self._known_at(at)
        return resolve(known, live(self.log, at), self.guards)

    def around(self, name: str, at: datetime | None = None) -> tuple[pa.Table, pa.Table]:
        """The identifiers around one, and the links that hold between them, for `explain`."""
        if at is not None:
            return self._around_at(name, at)
        inside = self._with_attached(
            self._with_attached(self._cells(np.array([self._place[name]])))
        )
        inside[self._beside(np.flatnonzero(inside))] = True
        return self._neighbourhood(inside)

    def _around_at(self, name: str, at: datetime) -> tuple[pa.Table, pa.Table]:
        past = Ledger(self.guards)
        past.append(self._known_at(at), self.log.filter(
            pc.less_equal(self.log["at"], pa.scalar(at, MOMENT))), at=at)  # fmt: skip
        return past.around(name)

    def _unknown(self, fresh: pa.Table, table: pa.Table) -> int:
        names = set(fresh["identifier"].to_pylist())
        ends = set(table["a"].to_pylist()) | set(table["b"].to_pylist())
        return sum(1 for end in ends if end not in self._place and end not in names)

    def _known_at(self, at: datetime) -> pa.Table:
        count = max((after for after, since in self._known_since if since <= at), default=0)
        return self.identifiers.slice(0, count)

    def _write(self, fresh: pa.Table, table: pa.Table, at: datetime) -> Codes:
        """Append both; the places of the identifiers at the ends of what changed."""
        start = len(self.identifiers)
        names = fresh["identifier"].to_pylist()
        for offset, name in enumerate(names):
            if self._place.setdefault(name, start + offset) != start + offset:
                raise ValueError("an identifier is announced once")
        self.identifiers = pa.concat_tables([self.identifiers, fresh])
        self._known_since.append((len(self.identifiers), at))
        news = np.arange(start, start + len(names))
        self._cell = np.concatenate([self._cell, news])
        self._public = np.concatenate([self._public, np.zeros(len(names), bool)])
        self._customer = np.concatenate([self._customer, np.full(len(names), None, object)])
        row = len(self.log)
        a = np.fromiter(map(self._place.__getitem__, table["a"].to_pylist()), np.int64, len(table))
        b = np.fromiter(map(self._place.__getitem__, table["b"].to_pylist()), np.int64, len(table))
        holds = np.zeros(len(table), bool)
        retracted = []
        edges, states = table["edge"].to_pylist(), table["state"].to_pylist()
        for offset, (edge, state) in enumerate(zip(edges, states, strict=True)):
            if state == RETRACTED:
                self._gone.add(edge)
                retracted.append(edge)
                self._edge.setdefault(edge, row + offset)
            elif edge not in self._edge or not self._said(edge):
                self._edge[edge] = row + offset
                holds[offset] = edge not in self._gone
        self.log = pa.concat_tables([self.log, table])
        self._a, self._b = np.concatenate([self._a, a]), np.concatenate([self._b, b])
        self._live = np.concatenate([self._live, holds])
        self._live[[self._edge[edge] for edge in retracted]] = False
        self._last = at
        return np.unique(np.concatenate([news, a, b]))

    def _said(self, edge: str) -> bool:
        """Whether the edge was asserted before, and not only retracted in advance."""
        row = self._edge[edge]
        return row >= len(self.log) or self.log["state"][row].as_py() == ASSERTED

    def _settle(self, touched: Codes, at: datetime) -> Changes:
        """Resolve the cells of what was touched, and note whose anything is now."""
        near = np.concatenate([touched, self._beside(self._judged(touched))])
        changing = self._with_attached(self._cells(near))
        identifiers, edges = self._neighbourhood(self._with_attached(changing))
        answer = resolve(identifiers, edges, self.guards).standing
        places = np.flatnonzero(changing)
        names = self.identifiers["identifier"].take(pa.array(places)).combine_chunks()
        answer = answer.take(pc.index_in(names, value_set=answer["identifier"].combine_chunks()))
        customers = pa.array(self._customer[places], pa.string())
        before = pa.table([names, customers], ["identifier", "customer"])
        changes = compare(before, answer.select(["identifier", "customer"]), self.guards)
        within = pc.index_in(answer["cell"].combine_chunks(), value_set=names)
        self._cell[places] = places[within.to_numpy()]
        self._customer[places] = answer["customer"].to_numpy()
        if len(changes.moved):
            since = pa.array([at] * len(changes.moved), MOMENT)
            moved = [changes.moved["identifier"], changes.moved["after"], since]
            self._versions.append(pa.table(moved, schema=VERSIONS))
        return changes

    def _with_attached(self, inside: Mask) -> Mask:
        """These cells and those next to them.

        Once: what a change in these can change (their carriers). Twice: what that depends on (all
        who used those carriers). It ends there, since carriers make no two people one.
        """
        rows = self._live & (inside[self._a] != inside[self._b])
        rows &= ~self._public[self._a] & ~self._public[self._b]
        return inside | self._cells(np.concatenate([self._a[rows], self._b[rows]]))

    def _cells(self, places: Codes) -> Mask:
        cells = np.zeros(len(self._cell), bool)
        cells[self._cell[places]] = True
        found: Mask = cells[self._cell]
        return found

    def _judged(self, touched: Codes) -> Codes:
        """Judge anew which of these are public; returns those of which that changed."""
        near = np.zeros(len(self._cell), bool)
        near[touched] = True
        rows = np.flatnonzero(self._live & (near[self._a] | near[self._b]))
        known = near.copy()
        known[self._a[rows]] = True
        known[self._b[rows]] = True
        places = np.flatnonzero(known)
        table = self.identifiers.take(pa.array(places))
        public = public_ones(table, self._links(rows), self.guards)
        now = self._public.copy()
        now[places] = public
        changed: Codes = touched[now[touched] != self._public[touched]]
        self._public[touched] = now[touched]
        return changed

    def _beside(self, places: Codes) -> Codes:
        """The neighbours of these."""
        if not len(places):
            return places
        those = np.zeros(len(self._cell), bool)
        those[places] = True
        rows = self._live & (those[self._a] | those[self._b])
        return np.concatenate([self._a[rows], self._b[rows]])

    def _neighbourhood(self, inside: Mask) -> tuple[pa.Table, pa.Table]:
        places = np.flatnonzero(inside)
        identifiers = self.identifiers.take(pa.array(places))
        rows = np.flatnonzero(self._live & inside[self._a] & inside[self._b])
        return (
            identifiers.append_column("public", pa.array(self._public[places])),
            self._links(rows),
        )

    def _links(self, rows: Codes) -> pa.Table:
        return self.log.take(pa.array(rows)).drop_columns(["state"])


def decided(
    pairs: Sequence[tuple[str, str, str]], source: str, at: datetime, edge: str
) -> pa.Table:
    """What somebody decided of pairs (a, b, rule), as statements with ids `edge`/1, /2 …"""
    return pa.Table.from_pylist(
        [
            {"edge": f"{edge}/{number}", "a": a, "b": b, "rule": rule, "probability": 1.0,
             "source": source, "seen_at": at, "at": at, "state": ASSERTED}
            for number, (a, b, rule) in enumerate(pairs, start=1)
        ],
        STATEMENTS,
    )  # fmt: skip


def _dated(statements: pa.Table, at: datetime) -> pa.Table:
    learned = pa.array([at] * len(statements), MOMENT)
    return statements.select(STATEMENTS.names).set_column(_AT, "at", learned)
