"""Rows as a file: only the fields that this user may read, masked where they may not.

A spreadsheet runs cells that begin like a formula; in CSV they get an apostrophe, in XLSX they are
written as text. Rows are read a chunk at a time, so that a large export needs little memory.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

import xlsxwriter
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, audit
from zhiyin.accounts.models import User
from zhiyin.cleaning.rejects import escape_formula
from zhiyin.objects.definitions import ObjectType, Raw
from zhiyin.objects.drawing import Column, Drawing
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.levels import of_row

MOST_ROWS = 50_000
CHUNK = 1000


def take(of: ObjectType, rows: QuerySet[Any], columns: Sequence[Column], *, by: User) -> list[UUID]:
    """Whose rows may leave, in the order given; checks right and size, writes the audit entry."""
    permission = of.permission("export")
    access.require(by, permission)
    reached = access.scoped(by, rows, permission).values_list("pk", flat=True)
    ids = list(reached[: MOST_ROWS + 1])
    if len(ids) > MOST_ROWS:
        raise CannotBe(
            gettext("An export holds at most %(limit)s rows; narrow the list first")
            % {"limit": f"{MOST_ROWS:,}"}
        )
    with transaction.atomic():
        audit.exported(by, of.plural_name, rows=len(ids), fields=[column.key for column in columns])
    return ids


def csv_pieces(of: ObjectType, ids: list[UUID], drawing: Drawing, *, by: User) -> Iterator[bytes]:
    """A CSV file in pieces, UTF-8 with the mark by which spreadsheets know it."""
    yield b"\xef\xbb\xbf"
    yield _lines([[escape_formula(str(column.label)) for column in drawing.columns]])
    piece: list[list[str]] = []
    for row in _rows(of, ids, drawing, by):
        piece.append([escape_formula(_text(value)) for value in row])
        if len(piece) == CHUNK:
            yield _lines(piece)
            piece = []
    yield _lines(piece)


def xlsx_file(of: ObjectType, ids: list[UUID], drawing: Drawing, *, by: User) -> IO[bytes]:
    """An Excel file on disk, at its beginning; numbers and days are typed, text is only text."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 1)
        for at, column in enumerate(drawing.columns):
            sheet.write_string(0, at, str(column.label))
        for line, row in enumerate(_rows(of, ids, drawing, by), start=1):
            for at, value in enumerate(row):
                if isinstance(value, bool) or value is None:
                    sheet.write_blank(line, at, None)
                elif isinstance(value, int | float | Decimal):
                    sheet.write_number(line, at, float(value))
                elif isinstance(value, datetime):
                    sheet.write_datetime(line, at, timezone.make_naive(value), day)
                else:
                    sheet.write_string(line, at, _text(value))
    file.seek(0)
    return file


def _rows(of: ObjectType, ids: list[UUID], drawing: Drawing, by: User) -> Iterator[list[Raw]]:
    fields = [column.field for column in drawing.columns]
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        rows = of.model._default_manager.select_related(*of.joined).filter(pk__among=part)
        found = {row.pk: row for row in rows}
        if of.as_seen is not None:
            of.as_seen(list(found.values()), by)
        for pk in part:
            if row := found.get(pk):
                cells = drawing.cells(row, of_row(by, of, row, fields))
                yield [cell.raw for cell in cells]


def _lines(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _text(value: Raw) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)
