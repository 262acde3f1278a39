"""The beginning of a text or table, to be shown on a page; the page escapes it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice

from zhiyin.files import store
from zhiyin.files.models import File
from zhiyin.files.names import ending_of

BYTES = 64 * 1024
ROWS, COLUMNS, CELL = 50, 30, 200
_CHARSETS = {"gb18030": "gb18030", "text16": "utf-16"}
_TABLES = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True)
class Preview:
    """Lines of text, or rows of a table; `more` where the file goes on."""

    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    more: bool = False


def read(file: File) -> Preview:
    """The first part of a text file."""
    head = b""
    for chunk in store.configured().chunks(file.content.place):
        head += chunk
        if len(head) >= BYTES:
            break
    more = file.content.size > BYTES
    text = head[:BYTES].decode(_CHARSETS.get(file.content.kind, "utf-8-sig"), "replace")
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    delimiter = _TABLES.get(ending_of(file.name))
    rows = _rows(text, delimiter) if delimiter else ()
    return Preview(rows=rows, more=more or len(rows) > ROWS) if rows else Preview(text, (), more)


def _rows(text: str, delimiter: str) -> tuple[tuple[str, ...], ...]:
    try:
        found = list(islice(csv.reader(io.StringIO(text), delimiter=delimiter), ROWS))
    except csv.Error:
        return ()
    return tuple(tuple(cell[:CELL] for cell in row[:COLUMNS]) for row in found if row)
