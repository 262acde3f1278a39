"""Reading the timeline: one query over all providers, folded, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers.fields import Levels, levels_of_history
from zhiyin.customers.models import Customer
from zhiyin.customers.timeline.entries import Entry
from zhiyin.customers.timeline.registry import Provider, Row, facts_of, providers

PAGE = 60  # rows before folding
RUN = timedelta(minutes=45)  # a longer pause begins a new visit
SAME_MOMENT = 20  # rows of one moment that a page may have to look past


@dataclass(frozen=True)
class Timeline:
    """Some lines, newest first, and the mark from which the older ones begin."""

    entries: list[Entry]
    older: str


@dataclass(frozen=True)
class Mark:
    """Up to where somebody has read: a moment, and the key of the line there."""

    at: datetime
    key: str

    @classmethod
    def of(cls, text: str) -> Mark | None:
        """The mark of an address; None where there is none."""
        moment, _, key = text.partition("~")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return cls(at, key) if at.tzinfo else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.key}"


def read(
    customer: Customer,
    *,
    reader: User,
    kind: str = "",
    source: UUID | None = None,
    before: str = "",
) -> Timeline:
    """Lines older than `before`, of one kind or source if asked, that the reader may know of."""
    mark = Mark.of(before)
    found = _rows(customer.pk, kind, source, mark)
    found.sort(key=lambda row: (row.at, row.key), reverse=True)
    if mark:
        found = [row for row in found if (row.at, row.key) < (mark.at, mark.key)]
    page, more = found[:PAGE], len(found) > PAGE
    told = {provider.name: provider.tell for provider in providers()}
    lines = [line for row in page if (line := told[row.provider](row)) is not None]
    lines = [line for line in lines if not kind or line.kind == kind]
    levels = levels_of_history(reader, customer)
    lines = [line for line in lines if _may_know(line, levels)]
    older = str(Mark(page[-1].at, page[-1].key)) if more else ""
    return Timeline(folded(lines), older)


def _may_know(line: Entry, levels: Levels) -> bool:
    needed = Level.MASKED if line.bare else Level.READ
    return all(levels.get(field, Level.HIDDEN) >= needed for field in line.fields)


def _rows(customer: UUID, kind: str, source: UUID | None, mark: Mark | None) -> list[Row]:
    """What all providers of this kind have to tell, in no order."""
    asked = _statement(kind, source is not None, mark is not None)
    if asked is None:
        return []
    given = {_CUSTOMER: customer, _SOURCE: source, _MOMENT: mark.at if mark else None}
    with connection.cursor() as cursor:
        cursor.execute(asked.sql, asked.filled(given))
        found = cursor.fetchall()
    return [
        Row(provider=provider, key=key, at=at, source=origin, data=facts_of(data))
        for provider, key, at, origin, data in found
    ]


@dataclass(frozen=True)
class Statement:
    """The union in SQL, with stand-ins among its parameters."""

    sql: str
    parameters: tuple[Any, ...]

    def filled(self, given: Mapping[Any, Any]) -> list[Any]:
        """The parameters with what is `given` for the stand-ins."""
        return [
            given.get(one, one) if isinstance(one, UUID | datetime) else one
            for one in self.parameters
        ]


# Stand for what differs from one reading to the next.
_CUSTOMER, _SOURCE = UUID(int=1), UUID(int=2)
_MOMENT = datetime(1, 1, 2, 3, 4, 5, tzinfo=UTC)
_compiled: dict[tuple[object, ...], Statement | None] = {}


def _statement(kind: str, by_source: bool, marked: bool) -> Statement | None:
    """The union, put together once: that takes longer than the database takes to answer it."""
    asked = tuple(one for one in providers() if not kind or kind in one.kinds)
    question = (asked, kind, by_source, marked)
    if question not in _compiled:
        _compiled[question] = _compile(asked, kind, by_source, marked)
    return _compiled[question]


def _compile(
    asked: tuple[Provider, ...], kind: str, by_source: bool, marked: bool
) -> Statement | None:
    parts = []
    for provider in asked:
        rows = provider.rows(_CUSTOMER)
        if kind in provider.narrow:
            rows = rows.filter(provider.narrow[kind])
        rows = rows.filter(row_origin=_SOURCE) if by_source else rows
        rows = rows.filter(row_at__lte=_MOMENT) if marked else rows
        parts.append(rows.order_by("-row_at")[: PAGE + 1 + (SAME_MOMENT if marked else 0)])
    if not parts:
        return None
    union = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    sql, parameters = union.query.sql_with_params()
    return Statement(sql, tuple(parameters))


def folded(lines: list[Entry]) -> list[Entry]:
    """Runs of looking around become one line each: how many, and where the visit ended."""
    result: list[Entry] = []
    for line in lines:
        last = result[-1] if result else None
        if last and line.folds and line.folds == last.folds and last_of(last) - line.at <= RUN:
            result[-1] = replace(last, count=last.count + 1, key=f"{last.key}",
                                 last=line.at.isoformat())  # fmt: skip
        else:
            result.append(line)
    return result


def last_of(line: Entry) -> datetime:
    """When the earliest event of a folded line was."""
    return datetime.fromisoformat(line.last) if line.last else line.at
