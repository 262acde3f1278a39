"""Rows of CSV and its kin, with the line each starts on, and no cell ever in the wrong column.

Python's csv module splits the cells. Around it: lines are bounded, a quote that is never closed
costs one row instead of the rest of the file, and rows with too few or too many cells are handed
back as rejected.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from .errors import Reason, TooLarge, UnknownFormat

_CHARS = 1 << 20
_FIELD_LIMIT = 1 << 17
_MOST_OPEN_QUOTES = 1_000
OPEN_QUOTE = Reason(
    "quote_not_closed",
    "这一行的引号没有配对，请补上或删除引号",
    "a quotation mark in this row is never closed; close or remove it",
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


def lines_of(source: TextSource, limit: int) -> Iterator[str]:
    """Lines with their ends, none longer than `limit`; also for the line ends of old Macs."""
    rest = ""
    old_mac: bool | None = None
    while text := source.read(_CHARS):
        if old_mac is None:
            old_mac = "\n" not in text and "\r" in text
        text = rest + (text.replace("\r", "\n") if old_mac else text)
        lines = io.StringIO(text, newline="\n").readlines()
        rest = "" if lines[-1].endswith("\n") else lines.pop()
        yield from lines
        if len(rest) > limit:
            raise TooLarge(
                f"有一行超过 {limit >> 20} MB，文件可能缺少换行。请检查导出设置。",
                f"One line is longer than {limit >> 20} MB; the file may lack line breaks. "
                "Check the export settings.",
            )
    if rest:
        yield rest


class _Feed:
    """Hands lines to the csv reader, remembers those of the row at hand, takes them back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: list[str] = []
        self.row: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else next(self._lines)
        self.row.append(line)
        return line

    def give_back_all_but_first(self) -> str:
        """Undo the row except its first line, which is returned."""
        first, *others = self.row
        self._back.extend(reversed(others))
        self.row = []
        return first


def rows_of(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    """Every row that is not blank; the first is the header and sets the width."""
    csv.field_size_limit(_FIELD_LIMIT)
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter)
    width = 0
    number = 1
    open_quotes = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        taken = len(feed.row)
        if width == 0 and cells is not None:
            if any(cell.strip() for cell in cells) and not _excel_hint(number, cells):
                width = len(cells)
                yield Row(number, cells)
        elif cells is not None and len(cells) == width:
            if taken == 1 or _closed(feed.row):
                yield Row(number, cells)
            else:
                cells = None
        elif cells is not None and taken == 1:
            if any(cell.strip() for cell in cells):
                yield _ragged(number, cells, width)
        else:
            cells = None
        if cells is None:
            open_quotes += 1
            if open_quotes > _MOST_OPEN_QUOTES:
                raise UnknownFormat(
                    "超过一千行的引号没有配对。", "Over a thousand rows have an unclosed quote."
                )
            first = feed.give_back_all_but_first()
            yield Row(number, first.rstrip("\r\n").split(delimiter), OPEN_QUOTE)
            reader = csv.reader(feed, delimiter=delimiter)
            taken = 1
        feed.row.clear()
        number += taken


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
