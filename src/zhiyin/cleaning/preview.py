"""A look at the first rows of a file, so that a person can say what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import islice
from pathlib import Path

import msgspec

from . import contacts, dates, money, words
from .errors import BadValue
from .limits import Limits
from .reading import ROW_NUMBER, SourceFile, open_file


class Guess(StrEnum):
    """What the cells of a column look like."""

    EMPTY = "empty"
    WHOLE = "whole number"
    NUMBER = "number"
    MONEY = "money"
    TIME = "time"
    EMAIL = "email"
    PHONE = "phone"
    YES_NO = "yes or no"
    TEXT = "text"


class Column(msgspec.Struct, frozen=True):
    """One column of the file."""

    name: str
    guess: Guess
    examples: tuple[str, ...]
    blank_share: float
    currency: str | None = None


class PreviewRow(msgspec.Struct, frozen=True):
    """One row; `problem` says in zh and en why it would be rejected as it is."""

    number: int
    cells: tuple[str | None, ...]
    problem: dict[str, str] | None = None


class Preview(msgspec.Struct, frozen=True):
    """What a person sees before mapping."""

    columns: tuple[Column, ...]
    rows: tuple[PreviewRow, ...]
    format: str
    encoding: str | None
    total_rows: int  # exact when the file is short, otherwise an estimate
    exact: bool
    from_rejects: bool = False


def preview(
    path: str | Path, rows: int = 100, *, encoding: str | None = None, limits: Limits | None = None
) -> Preview:
    """Look at a file without reading all of it."""
    file = open_file(path, encoding=encoding, limits=limits)
    return preview_of(file, rows)


def preview_of(file: SourceFile, rows: int = 100) -> Preview:
    """The preview of a file that is already open."""
    seen: list[PreviewRow] = []
    ended = True
    for batch in islice(file.batches(max(rows, 1) + 1), 1):
        for entry in batch.table.to_pylist():
            number = entry.pop(ROW_NUMBER)
            seen.append(PreviewRow(number, tuple(entry.values())))
        for entry in batch.rejected.to_pylist():
            problem = {"zh": entry["reason_zh"], "en": entry["reason_en"]}
            seen.append(PreviewRow(entry["row_number"], tuple(entry["cells"]), problem))
        ended = batch.table.num_rows <= rows
    seen.sort(key=lambda row: row.number)
    shown = tuple(seen[:rows])
    good = [row for row in seen if row.problem is None]
    columns = tuple(
        _column(name, [row.cells[place] for row in good]) for place, name in enumerate(file.columns)
    )
    return Preview(
        columns=columns,
        rows=shown,
        format=file.detected.label,
        encoding=file.encoding,
        total_rows=len(seen) if ended else _estimate(file, seen),
        exact=ended,
        from_rejects=file.from_rejects,
    )


def _estimate(file: SourceFile, seen: Sequence[PreviewRow]) -> int:
    size = sum(sum(len((c or "").encode()) + 1 for c in row.cells) for row in seen) / len(seen)
    unpacked = file.size * (6 if file.detected.gzipped or file.encoding is None else 1)
    return max(len(seen), int(unpacked / max(size, 1)))


def _column(name: str, cells: Sequence[str | None]) -> Column:
    texts = [cell for cell in cells if cell is not None and not words.is_missing(cell)]
    blank = 1 - len(texts) / len(cells) if cells else 1.0
    guess = _guess(texts)
    currency = None
    if guess in (Guess.MONEY, Guess.NUMBER):
        currency = next((c for c in map(_currency, texts) if c), None)
    return Column(name, guess, tuple(dict.fromkeys(texts))[:5], round(blank, 4), currency)


def _guess(texts: Sequence[str]) -> Guess:
    if not texts:
        return Guess.EMPTY
    readers: tuple[tuple[Guess, Callable[[str], object]], ...] = (
        (Guess.EMAIL, contacts.parse_email),
        (Guess.PHONE, _mobile),
        (Guess.TIME, _written_date),
        (Guess.WHOLE, money.parse_quantity),
        (Guess.NUMBER, money.parse_money),
        (Guess.YES_NO, words.parse_yes_no),
    )
    for guess, read in readers:
        if sum(_reads(read, text) for text in texts) >= 0.9 * len(texts):
            if guess in (Guess.WHOLE, Guess.NUMBER) and any(map(_currency, texts)):
                return Guess.MONEY
            return guess
    return Guess.TEXT


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except BadValue:
        return False
    return True


def _currency(text: str) -> str | None:
    try:
        return money.parse_money(text).currency
    except BadValue:
        return None


def _mobile(text: str) -> object:
    digits = sum(letter.isdigit() for letter in text)
    if digits < 10 and not text.strip().startswith("+"):
        raise BadValue("phone_invalid", "", "")
    return contacts.parse_phone(text)


def _written_date(text: str) -> object:
    if text.strip().replace(".", "").isdigit():
        raise BadValue("date_unreadable", "", "")  # a bare number is a number until mapped
    return dates.parse_moment(text, day_first=True)
