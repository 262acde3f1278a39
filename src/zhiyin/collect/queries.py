"""What the screens of imports and sources show, read from the database and an import's folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import pyarrow as pa
from django.db import connection
from django.db.models import Count, QuerySet, Sum

from zhiyin.accounts import access, seat
from zhiyin.accounts.models import User, Work
from zhiyin.cleaning import mended
from zhiyin.cleaning.fields import CATALOGUE, Kind
from zhiyin.collect import files, services
from zhiyin.collect.models import (
    Event,
    Import,
    Received,
    SetAside,
    Source,
    ToArchive,
)

PAGE = 50
REJECTS_PAGE = 50


def imports_for(
    user: User, *, state: str = "", source: str = "", permission: str = "import.see"
) -> QuerySet[Import]:
    """The imports that this user may see, the newest first."""
    found = access.scoped(user, Import.objects.order_by("-created_at", "-id"), permission)
    if state:
        found = found.filter(state=state)
    if source:
        found = found.filter(source__key=source)
    return found.select_related("owner", "source", "work")


def state_counts(user: User, *, source: str = "") -> dict[str, int]:
    """How many of the user's imports are in each state; states without one are left out."""
    counted = imports_for(user, source=source).order_by().select_related(None)
    return dict(counted.values_list("state").annotate(count=Count("id")))


def is_busy(work: Work | None) -> bool:
    """Whether a step of an import waits for the worker or runs."""
    return work is not None and not work.is_over


@dataclass(frozen=True)
class Weight:
    """What an undo takes away, counted before anybody confirms it."""

    rows: int
    orders: int
    people: int  # whom this import made known
    mended_by: int  # later uploads of mended rows, which stay


@seat.system("what an import brought, as counts")
def weight(one: Import) -> Weight:
    """Count what the undo of an import would take away."""
    with connection.cursor() as cursor:  # rows of the rooms above, which this one cannot import
        cursor.execute(
            "select (select count(*) from customers_order where batch = %(batch)s),"
            " (select count(*) from customers_customer where created_by_batch = %(batch)s)",
            {"batch": one.pk},
        )
        orders, people = cursor.fetchone() or (0, 0)
    return Weight(
        rows=one.loaded,
        orders=orders,
        people=people,
        mended_by=Import.objects.filter(mends=one, state=Import.State.LOADED).count(),
    )


@dataclass(frozen=True)
class RejectedCell:
    """One cell of a rejected row; `bad` is the one that the reason speaks of."""

    text: str
    bad: bool


@dataclass(frozen=True)
class RejectedRow:
    """One reason why one row was rejected, with its cells as they came."""

    number: int
    field: str
    reason: str
    cells: list[RejectedCell]


@dataclass(frozen=True)
class RejectedPage:
    """Some of the rejected rows of an import."""

    columns: list[str]
    rows: list[RejectedRow]
    first: int
    total: int
    number: int

    @property
    def last(self) -> int:
        """The place of the last row on this page."""
        return self.first + len(self.rows) - 1

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.last < self.total


@dataclass(frozen=True)
class ChangedCell:
    """One cell that was mended: what stood there, what became of it."""

    row: int
    field: str
    original: str
    value: str


@dataclass(frozen=True)
class ChangedCells:
    """Some cells that one rule mended in one field."""

    rule: str
    field: str
    cells: list[ChangedCell]


def changed_cells(one: Import, *, chinese: bool, most: int = 5) -> list[ChangedCells]:
    """By rule and field some cells as they were and are; `most` of each."""
    language = "zh" if chinese else "en"
    kind = Kind(one.kind)
    labels = {entry.name: entry.zh if chinese else entry.en for entry in CATALOGUE[kind]}
    found: dict[tuple[str, str], list[ChangedCell]] = {}
    for entry in services.changed_cells(one).to_pylist():
        cells = found.setdefault((entry["rule"], entry["field"]), [])
        if len(cells) < most:
            cells.append(
                ChangedCell(entry["row_number"], entry["field"], entry["original"], entry["value"])
            )
    return [
        ChangedCells(mended.words_of(rule)[language], labels.get(field, field), cells)
        for (rule, field), cells in sorted(found.items(), key=lambda pair: pair[0])
    ]


def columns_of(one: Import) -> list[str]:
    """The header of the import's file."""
    return [column.name for column in services.look_at(one, 1).columns]


def has_rejects(one: Import) -> bool:
    """Whether a check left a table of rejected rows (it may be empty)."""
    return (files.folder(one.pk) / "rejected.parquet").exists()


def rejected_page(one: Import, number: int, *, chinese: bool) -> RejectedPage:
    """One page of rejected rows, the first of the file first."""
    table = services.rejected_rows(one)
    number = min(max(number, 1), max(1, -(-table.num_rows // REJECTS_PAGE)))
    start = (number - 1) * REJECTS_PAGE
    columns = columns_of(one)
    rows = list(_rejected(table.slice(start, REJECTS_PAGE), columns, chinese=chinese))
    return RejectedPage(columns, rows, start + 1, table.num_rows, number)


def _rejected(table: pa.Table, columns: Sequence[str], *, chinese: bool) -> Iterator[RejectedRow]:
    for entry in table.to_pylist():
        cells = [
            RejectedCell(text or "", bad=column is not None and column == entry["field"])
            for column, text in zip_longest(columns, entry["cells"])
        ]
        reason = entry["reason_zh" if chinese else "reason_en"]
        yield RejectedRow(entry["row_number"], entry["field"] or "", reason, cells)


def event_counts(source: Source | None = None) -> dict[str, int]:
    """Events stored, distinct, set aside, waiting in the inbox, and not yet in the lake."""
    of = {"source": source} if source else {}
    stored = Event.objects.filter(**of)
    waiting = Received.objects.filter(**({"source_id": source.pk} if source else {}))
    return {
        "stored": stored.count(),
        "distinct": stored.aggregate(n=Count("event_id", distinct=True))["n"],
        "rejected": SetAside.objects.filter(**of, state=SetAside.State.WAITING).count(),
        "waiting": waiting.aggregate(n=Sum("messages"))["n"] or 0,
        "unarchived": ToArchive.objects.aggregate(n=Sum("events"))["n"] or 0,
    }
