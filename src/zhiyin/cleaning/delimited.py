"""Rows of CSV and its kin, with the line each starts on, and no cell ever in the wrong column.

Blocks of lines in which every line is one whole row are split by Arrow. All others go row by row
through Python's csv module: there a quote that is never closed costs one row instead of the rest of
the file, and rows with too few or too many cells are handed back as rejected.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import pyarrow as pa
from pyarrow import csv as arrow_csv

from .errors import Reason, TooLarge, UnknownFormat

_CHARS = 1 << 20
_FIELD_LIMIT = 1 << 17
_MOST_OPEN_QUOTES = 1_000
OPEN_QUOTE = Reason(
    "quote_not_closed",
    "这一行的引号没有配对，请补上或删除引号",
    "a quotation mark in this row is never closed; close or remove it",
)


STRAY_RETURN = Reason(
    "stray_line_break",
    "这一行中间有多余的回车符，请删除或用引号括起来",
    "a carriage return stands inside this row; remove it or put the cell in quotes",
)


class TextSource(Protocol):
    """Anything that hands out text in pieces."""

    def read(self, size: int = ..., /) -> str:
        """The next piece; "" at the end."""
        ...


class Row(NamedTuple):
    """One row and the line it starts on (1-based)."""

    number: int
    cells: list[str]
    problem: Reason | None = None


@dataclass(frozen=True)
class Block:
    """Consecutive rows, one a line, the first on line `number`; all cells are text."""

    number: int
    columns: list[pa.Array]


def lines_of(source: TextSource, limit: int) -> Iterator[list[str]]:
    """Pieces of whole lines with their ends, none longer than `limit`; also for old Macs."""
    rest = ""
    old_mac: bool | None = None
    while text := source.read(_CHARS):
        if old_mac is None:
            old_mac = "\n" not in text and "\r" in text
        text = rest + (text.replace("\r", "\n") if old_mac else text)
        lines = io.StringIO(text, newline="\n").readlines()
        rest = "" if lines[-1].endswith("\n") else lines.pop()
        if lines:
            yield lines
        if len(rest) > limit:
            raise TooLarge(
                f"有一行超过 {limit >> 20} MB，文件可能缺少换行。请检查导出设置。",
                f"One line is longer than {limit >> 20} MB; the file may lack line breaks. "
                "Check the export settings.",
            )
    if rest:
        yield [rest]


class _Feed:
    """Hands lines to the csv reader, remembers those of the row at hand, takes them back."""

    def __init__(self, pieces: Iterator[list[str]]) -> None:
        self._pieces = pieces
        self.waiting: deque[str] = deque()
        self.row: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        while not self.waiting:
            self.waiting.extend(next(self._pieces))
        line = self.waiting.popleft()
        self.row.append(line)
        return line

    def fill(self) -> bool:
        """Have lines waiting; False at the end of the file."""
        while not self.waiting:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self.waiting.extend(piece)
        return True

    def give_back_all_but_first(self) -> str:
        """Undo the row except its first line, which is returned."""
        first, *others = self.row
        self.waiting.extendleft(reversed(others))
        self.row = []
        return first


def rows_of(pieces: Iterator[list[str]], delimiter: str) -> Iterator[Row | Block]:
    """Every row that is not blank; the first is the header and sets the width."""
    csv.field_size_limit(_FIELD_LIMIT)
    feed = _Feed(pieces)
    reader = csv.reader(feed, delimiter=delimiter)
    width = 0
    number = 1
    row_by_row = 0  # lines left of a piece that is no block
    open_quotes = 0
    while feed.fill():
        if width and row_by_row <= 0:
            columns = _split(feed.waiting, delimiter, width)
            if columns is not None:
                yield Block(number, columns)
                number += len(feed.waiting)
                feed.waiting.clear()
                continue
            row_by_row = len(feed.waiting)
        row = _next_row(reader, feed, number, width)
        taken = max(len(feed.row), 1)
        feed.row.clear()
        if row is not None:
            if not width:
                width = len(row.cells)
            elif row.problem is OPEN_QUOTE or row.problem is STRAY_RETURN:
                open_quotes += 1
                reader = csv.reader(feed, delimiter=delimiter)
            yield row
        if open_quotes > _MOST_OPEN_QUOTES:
            raise UnknownFormat(
                "超过一千行的引号没有配对。", "Over a thousand rows have an unclosed quote."
            )
        number += taken
        row_by_row -= taken


def _next_row(reader: Iterator[list[str]], feed: _Feed, number: int, width: int) -> Row | None:
    """The row that starts at the next line; None for a blank one."""
    try:
        cells = next(reader)
    except (csv.Error, StopIteration):  # StopIteration: the file ends inside a quote
        return _broken(feed, number)
    lines = len(feed.row)
    if not width:
        blank = not any(cell.strip() for cell in cells)
        return None if blank or _excel_hint(number, cells) else Row(number, cells)
    if lines > 1 and (len(cells) != width or not _closed(feed.row)):
        return _broken(feed, number)
    if not any(cell.strip() for cell in cells):
        return None
    return Row(number, cells) if len(cells) == width else _ragged(number, cells, width)


def _broken(feed: _Feed, number: int) -> Row:
    first = feed.give_back_all_but_first()
    problem = OPEN_QUOTE if '"' in first else STRAY_RETURN
    return Row(number, [first.rstrip("\r\n")], problem)


def _split(lines: deque[str], delimiter: str, width: int) -> list[pa.Array] | None:
    """Split lines by Arrow, if each is one row of `width` cells; otherwise None."""
    text = "".join(lines)
    blank = "\n" + delimiter * (width - 1)  # spreadsheets end their exports with such rows
    if text.count('"') % 2 or "\0" in text or f"{blank}\n" in text or f"{blank}\r" in text:
        return None
    if not lines[0].strip(delimiter + " \r\n") or not lines[-1].strip(delimiter + " \r\n"):
        return None
    names = [str(place) for place in range(width)]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=arrow_csv.ReadOptions(
                column_names=names, use_threads=False, block_size=max(len(text) * 4, 1 << 16)
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return None
    if table.num_rows != len(lines) or table.num_columns != width:
        return None
    return [_one_array(column) for column in table.columns]


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _closed(lines: list[str]) -> bool:
    """Whether a row over several lines has its quotes in pairs."""
    return sum(line.count('"') for line in lines) % 2 == 0


def _excel_hint(number: int, cells: list[str]) -> bool:
    return number == 1 and "".join(cells).startswith("sep=")


def _ragged(number: int, cells: list[str], width: int) -> Row:
    count = len(cells)
    if count > width and not any(cell.strip() for cell in cells[width:]):
        return Row(number, cells[:width])  # trailing separators only: nothing is lost
    return Row(
        number,
        cells,
        Reason(
            "ragged_row",
            f"这一行有 {count} 个单元格，表头有 {width} 个",
            f"the row has {count} cells, the header has {width}",
        ),
    )
