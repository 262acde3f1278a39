"""Customers as a file: only the fields that this user may read, masked where they may not.

A spreadsheet runs cells that begin like a formula; in CSV they get an apostrophe, in XLSX they are
written as text. Rows are read a chunk at a time, so that a large export needs little memory.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO
from uuid import UUID

import xlsxwriter
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, audit
from zhiyin.accounts.models import User
from zhiyin.cleaning.rejects import escape_formula
from zhiyin.customers.columns import Column, Drawing, Raw
from zhiyin.customers.fields import levels_for
from zhiyin.customers.models import Customer
from zhiyin.customers.services.values import CannotBe

MOST_ROWS = 50_000
CHUNK = 1000


def take(people: QuerySet[Customer], columns: list[Column], *, by: User) -> list[UUID]:
    """Whose rows may leave, in the order given; checks right and size, writes the audit entry."""
    access.require(by, "customer.export")
    reached = access.scoped(by, people, "customer.export").values_list("pk", flat=True)
    ids = list(reached[: MOST_ROWS + 1])
    if len(ids) > MOST_ROWS:
        raise CannotBe(
            gettext("An export holds at most %(limit)s people; narrow the list first")
            % {"limit": f"{MOST_ROWS:,}"}
        )
    with transaction.atomic():
        audit.exported(by, "customers", rows=len(ids), fields=[column.key for column in columns])
    return ids


def csv_pieces(ids: list[UUID], drawing: Drawing, *, by: User) -> Iterator[bytes]:
    """A CSV file in pieces, UTF-8 with the mark by which spreadsheets know it."""
    yield b"\xef\xbb\xbf"
    yield _lines([[str(column.label) for column in drawing.columns]])
    piece: list[list[str]] = []
    for row in _rows(ids, drawing, by):
        piece.append([escape_formula(_text(value)) for value in row])
        if len(piece) == CHUNK:
            yield _lines(piece)
            piece = []
    yield _lines(piece)


def xlsx_file(ids: list[UUID], drawing: Drawing, *, by: User) -> IO[bytes]:
    """An Excel file on disk, at its beginning; numbers and days are typed, text is only text."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 1)
        for at, column in enumerate(drawing.columns):
            sheet.write_string(0, at, str(column.label))
        for line, row in enumerate(_rows(ids, drawing, by), start=1):
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


def _rows(ids: list[UUID], drawing: Drawing, by: User) -> Iterator[list[Raw]]:
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        found = Customer.objects.select_related("owner", "department").in_bulk(part)
        for pk in part:
            if customer := found.get(pk):
                cells = drawing.cells(customer, levels_for(by, customer))
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
