"""Rejected rows: which row, which field, why, and the cells as they came.

A rejects file is a CSV that a person opens in a spreadsheet, mends and sends again. Three columns
in front say what is wrong; cells that a spreadsheet would run as a formula are escaped with an
apostrophe. The reader recognises such a file by its header and undoes both.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO

import pyarrow as pa

from .errors import Reason

SCHEMA = pa.schema(
    [
        ("row_number", pa.int64()),
        ("field", pa.string()),  # null: the row as a whole
        ("code", pa.string()),
        ("reason_zh", pa.string()),
        ("reason_en", pa.string()),
        ("cells", pa.list_(pa.string())),
    ]
)
HEADERS = {
    "zh": ("知音·行号", "知音·字段", "知音·原因"),
    "en": ("zhiyin·row", "zhiyin·field", "zhiyin·reason"),
}
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*%?")


class Rejects:
    """Gathers rejected rows while a file is read."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str | None, str, str, str, list[str | None]]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self, row_number: int, field: str | None, reason: Reason, cells: Sequence[str | None]
    ) -> None:
        """Note one problem; a row with two problems is noted twice."""
        entry = (row_number, field, reason.code, reason.zh, reason.en, list(cells))
        self._rows.append(entry)

    def take(self) -> pa.Table:
        """What was gathered since the last call."""
        columns: list[Sequence[object]] = list(zip(*self._rows, strict=True))
        if not columns:
            return none_rejected()
        self._rows = []
        arrays = [pa.array(list(c), f.type) for c, f in zip(columns, SCHEMA, strict=True)]
        return pa.Table.from_arrays(arrays, schema=SCHEMA)


def none_rejected() -> pa.Table:
    """A table of rejected rows with no row in it."""
    return SCHEMA.empty_table()


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """Rejected rows of several batches, in the order of the file."""
    table = pa.concat_tables([*tables, none_rejected()])
    return table.sort_by([("row_number", "ascending")]).combine_chunks()


def is_rejects_header(header: Sequence[str]) -> bool:
    """Whether a file with this header was written by `write_rejects`."""
    return tuple(header[:3]) in HEADERS.values()


def write_rejects(
    rejected: pa.Table, columns: Sequence[str], out: IO[bytes], *, language: str = "en"
) -> int:
    """Write rejected rows as CSV (UTF-8 with a BOM, so that Excel reads it); returns the rows.

    `columns` are the original header; a row with several problems becomes one line.
    """
    chinese = language.lower().startswith("zh")
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([*HEADERS["zh" if chinese else "en"], *map(escape_formula, columns)])
    count = 0
    for number, fields, reasons, cells in _by_row(rejected, "zh" if chinese else "en"):
        join = "；" if chinese else "; "
        front = [str(number), join.join(fields), join.join(reasons)]
        writer.writerow([*map(escape_formula, front), *(escape_formula(c or "") for c in cells)])
        count += 1
    text.detach()
    return count


def escape_formula(cell: str) -> str:
    """`cell` so that no spreadsheet runs it; plain numbers stay as they are."""
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def unescape_formula(cell: str) -> str:
    """The inverse of `escape_formula`."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def _by_row(
    rejected: pa.Table, language: str
) -> Iterable[tuple[int, list[str], list[str], list[str | None]]]:
    number: int | None = None
    fields: list[str] = []
    reasons: list[str] = []
    cells: list[str | None] = []
    for batch in rejected.sort_by([("row_number", "ascending")]).to_batches(10_000):
        for row in batch.to_pylist():
            if number is not None and row["row_number"] != number:
                yield number, fields, reasons, cells
                fields, reasons = [], []
            number, cells = row["row_number"], row["cells"]
            if row["field"] and row["field"] not in fields:
                fields.append(row["field"])
            reasons.append(row[f"reason_{language}"])
    if number is not None:
        yield number, fields, reasons, cells
