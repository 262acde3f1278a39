"""How each room forgets a person, told table by table in its forgets.py.

Every table of the database is declared: its rows of a person go, or are kept without the person
where the law wants them, or it may mention somebody in words, or it holds nobody and says why. A
test walks the database and fails at a table, or a column with room for text, that no room spoke
for. Who reads the declarations and acts on them is `govern.erasing`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from django.db import connection
from psycopg import sql

SHORTEST_WORD = 6  # a shorter number may be anybody's
INSTEAD = "[…]"  # shorter than any word, so it fits wherever the word stood
MOST_PATTERNS = 200  # that PostgreSQL looks for; where there are more, every text is read instead
_LETTER = re.compile(r"[A-Za-z0-9]")
_BEGINNINGS = re.compile(r"(?<![A-Za-z0-9])\S")


def folded(text: str) -> str:
    """In small letters, each where it was."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(
        one if len(one.lower()) > 1 else one.lower() for one in text
    )  # fmt: skip


@dataclass(frozen=True)
class Leaving:
    """Who is to be forgotten: their ids, and the words that are theirs alone.

    `seen` are their identifiers as kind, namespace and value, and `words` the values: addresses,
    numbers and cards, never a name, which others may have too. `batches` brought something of
    theirs.
    """

    customers: tuple[UUID, ...]
    identifiers: tuple[UUID, ...] = ()
    seen: frozenset[tuple[str, str, str]] = frozenset()
    words: tuple[str, ...] = ()
    batches: frozenset[UUID] = frozenset()
    keep_orders: bool = True
    places: list[str] = field(default_factory=list)  # in the store of files, whose bytes go next

    @property
    def ids(self) -> list[str]:
        """Customers and identifiers as text."""
        return [str(one) for one in (*self.customers, *self.identifiers)]

    @cached_property
    def values(self) -> frozenset[str]:
        """Their identifiers as a whole cell of a file may hold them."""
        return frozenset(folded(one) for one in self.words)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The digits of their phones, with and without the country's."""
        phones = [re.sub(r"\D", "", one) for one in self.words if one.startswith("+")]
        return frozenset({*phones, *(one.removeprefix("86") for one in phones)})

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """The words that are told apart from others, in small letters."""
        said = {*self.values, *self.numbers}
        return tuple(sorted(one for one in said if len(one) >= SHORTEST_WORD))

    @cached_property
    def _by_start(self) -> dict[str, list[str]]:
        """The words by how they begin, the longest first: thousands cost no more than a few."""
        found: dict[str, list[str]] = {}
        for word in sorted(self.spoken, key=len, reverse=True):
            found.setdefault(word[:SHORTEST_WORD], []).append(word)
        return found

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where one of the words stands, not within a longer one."""
        small, end = folded(text), 0
        for start in (hit.start() for hit in _BEGINNINGS.finditer(small)):
            if start < end:
                continue
            for word in self._by_start.get(small[start : start + SHORTEST_WORD], ()):
                after = start + len(word)
                if small.startswith(word, start) and not _LETTER.match(small, after):
                    end = after
                    yield start, after
                    break

    def mentioned_in(self, text: str) -> bool:
        """Whether one of the words stands in it."""
        return next(self._places(text), None) is not None

    def unsaid(self, text: str) -> str:
        """The text without them."""
        parts, last = [], 0
        for start, end in self._places(text):
            parts += [text[last:start], INSTEAD]
            last = end
        return "".join([*parts, text[last:]])

    def parameters(self) -> dict[str, list[UUID] | list[str]]:
        """As the conditions of declarations name them."""
        return {
            "customers": list(self.customers), "identifiers": list(self.identifiers),
            "texts": [str(one) for one in self.customers],
        }  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """Rows that go, or with `sets` stay without the person.

    `keeping` is for rows that the law may want: this rule where they are kept, or where not.
    """

    table: str
    where: str
    sets: str = ""
    keeping: bool | None = None

    def applies(self, leaving: Leaving) -> bool:
        """Whether it is asked of this erasure."""
        return self.keeping is None or self.keeping is leaving.keep_orders

    def count(self, leaving: Leaving) -> int:
        """How many rows it is about."""
        return _executed(f"select count(*) from {self.table} where {self.where}", leaving, True)  # noqa: S608

    def act(self, leaving: Leaving) -> int:
        """Do it; how many rows."""
        verb = f"update {self.table} set {self.sets}" if self.sets else f"delete from {self.table}"  # noqa: S608
        return _executed(f"{verb} where {self.where}", leaving, False)


@dataclass(frozen=True)
class Step:
    """What SQL alone cannot forget: runs to its `yield` before the rules, then to its end."""

    name: str
    run: Callable[[Leaving], Generator[None, None, int]]


@dataclass(frozen=True)
class Outside:
    """What lies beside the database, forgotten before it: may be run again.

    `again`: what processes held back may come after it, so it is run once more at the end.
    """

    name: str
    count: Callable[[Leaving], int]
    act: Callable[[Leaving], int]
    again: bool = False


_rules: list[Rule] = []
_steps: list[Step] = []
_outside: list[Outside] = []
_columns: dict[str, dict[str, str]] = {}  # by table; why one may stay
_whole: set[str] = set()  # tables whose rows of a person go altogether
_mentions: list[tuple[str, str]] = []


def gone(table: str, where: str = "customer_id = any(%(customers)s)") -> None:
    """The rows of a person go."""
    _rules.append(Rule(table, where))
    _whole.add(table)


def kept_without(table: str, where: str, sets: str, *, keeps: str, why: str) -> None:
    """The law wants the rows: they stay without the person, unless orders go too."""
    _rules.append(Rule(table, where, sets, keeping=True))
    _rules.append(Rule(table, where, keeping=False))
    nobody(table, keeps, why=why)
    for one in sets.split(", "):
        _columns.setdefault(table, {})[one.partition(" ")[0]] = ""


def mends(table: str, where: str, sets: str) -> None:
    """Rows of others that name a person by their id: the name is taken out."""
    _rules.append(Rule(table, where, sets))
    nobody(table, sets.partition(" ")[0], why="ids, which are taken out")


def mentions(table: str, columns: str) -> None:
    """Text in which somebody of ours may have written a person's address: it is taken out."""
    for column in columns.split():
        _mentions.append((table, column))
        _columns.setdefault(table, {})[column] = ""


def nobody(table: str, columns: str = "", *, why: str) -> None:
    """These columns hold no customer; `why` is for the reader."""
    assert why
    known = _columns.setdefault(table, {})
    known.update(dict.fromkeys(columns.split(), why))


def taken_by_step(table: str) -> None:
    """A step of this room forgets what is in it."""
    _whole.add(table)


def step(run: Callable[[Leaving], Generator[None, None, int]]) -> None:
    """Register what a room does in the transaction around the rules."""
    _steps.append(Step(run.__name__, run))


def outside(
    name: str, *, count: Callable[[Leaving], int], act: Callable[[Leaving], int],
    again: bool = False,
) -> None:  # fmt: skip
    """Register what a room forgets that is not in the database, or not by SQL."""
    _outside.append(Outside(name, count, act, again))


def rules() -> Sequence[Rule]:
    """Those of all rooms, the highest room first: it hangs on those below."""
    return tuple(reversed(_rules))


def steps() -> Sequence[Step]:
    """Those of all rooms."""
    return tuple(_steps)


def outsiders() -> Sequence[Outside]:
    """Those of all rooms."""
    return tuple(_outside)


def declared() -> dict[str, frozenset[str] | None]:
    """By table the columns that a room spoke for; None where rows go as a whole."""
    found: dict[str, frozenset[str] | None] = {
        table: frozenset(columns) for table, columns in _columns.items()
    }
    return found | dict.fromkeys(_whole)


def unsay(leaving: Leaving) -> dict[str, int]:
    """Take the words out of every text that may mention them; rows by table."""
    done: dict[str, int] = {}
    for table, column in _mentions:
        for place, text, kind in list(_mentioning(table, column, leaving)):
            _put(table, column, kind, place, leaving.unsaid(text))
            done[table] = done.get(table, 0) + 1
    return done


def mentioned(leaving: Leaving) -> int:
    """How many texts mention one of the words."""
    return sum(1 for table, column in _mentions for _ in _mentioning(table, column, leaving))


def _mentioning(table: str, column: str, leaving: Leaving) -> Iterator[tuple[str, str, str]]:
    """Where the words may stand: place of the row, text, type of the column."""
    asked = sql.SQL("select ctid::text, {0}::text, pg_typeof({0})::text from {1}").format(
        sql.Identifier(column), sql.Identifier(table)
    )
    words = [*leaving.spoken, *(_in_json(word) for word in leaving.spoken)]
    patterns = sorted({f"%{_literal(word)}%" for word in words})
    with connection.cursor() as cursor:
        if len(patterns) <= MOST_PATTERNS:
            liked = sql.SQL(" where lower({}::text) like any(%s) for update")
            cursor.execute(asked + liked.format(sql.Identifier(column)), [patterns])
        else:
            cursor.execute(asked + sql.SQL(" where {} is not null").format(sql.Identifier(column)))
        yield from ((place, text, kind) for place, text, kind in cursor
                    if leaving.mentioned_in(text))  # fmt: skip


def _put(table: str, column: str, kind: str, place: str, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("update {} set {} = {}::{} where ctid = %s::tid").format(
                sql.Identifier(table), sql.Identifier(column), sql.Literal(text), sql.SQL(kind)
            ),
            [place],
        )


def _in_json(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)[1:-1]


def _literal(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)


def _executed(statement: str, leaving: Leaving, fetch: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, leaving.parameters())
        if not fetch:
            return int(cursor.rowcount)
        row = cursor.fetchone()
        return int(row[0]) if row else 0
