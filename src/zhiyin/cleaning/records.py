"""Rows of the formats that are not delimited text: JSON lines, Parquet and Excel sheets.

Each gives the header first and then rows of text cells, like `delimited.rows_of`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import python_calamine

from .errors import EmptyFile, Reason, TooLarge, UnknownFormat

NOT_AN_OBJECT = Reason(
    "not_json",
    "这一行不是完整的 JSON 对象",
    "the line is not a complete JSON object",
)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = msgspec.json.Decoder(str)


class AnyRow(NamedTuple):
    """One row and its number; cells may be missing (None)."""

    number: int
    cells: Sequence[str | None]
    problem: Reason | None = None


def json_keys(pieces: Iterator[list[str]], limit: int) -> list[str]:
    """All keys of all lines, in the order in which they appear."""
    keys: dict[str, None] = {}
    for line in chain.from_iterable(pieces):
        try:
            keys.update(dict.fromkeys(_OBJECT.decode(_json_bytes(line))))
        except msgspec.DecodeError:
            continue
        if len(keys) > limit:
            raise TooLarge(
                f"JSON 对象的字段超过 {limit:,} 个。",
                f"The JSON objects have more than {limit:,} keys.",
            )
    return list(keys)


def json_rows(pieces: Iterator[list[str]], keys: list[str]) -> Iterator[AnyRow]:
    """One row a line; numbers keep their digits, nested values stay JSON."""
    if not keys:
        raise EmptyFile
    yield AnyRow(0, keys)
    for number, line in enumerate(chain.from_iterable(pieces), start=1):
        if not line.strip():
            continue
        try:
            entry = _OBJECT.decode(_json_bytes(line))
            cells = [_json_text(entry.get(key)) for key in keys]
        except msgspec.DecodeError:
            yield AnyRow(number, [line.rstrip("\r\n")], NOT_AN_OBJECT)
            continue
        yield AnyRow(number, cells)


def parquet_rows(path: Path) -> Iterator[AnyRow]:
    """Rows of a Parquet file; the first data row is row 1."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UnknownFormat("Parquet 文件已损坏。", "The Parquet file is damaged.") from error
    with file:
        if file.metadata.num_rows == 0:
            raise EmptyFile
        yield AnyRow(0, list(file.schema_arrow.names))
        number = 0
        for batch in file.iter_batches(batch_size=20_000):
            columns = [_as_text(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                yield AnyRow(number, cells)


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook."""
    return list(_workbook(path).sheet_names)


def sheet_rows(path: Path, sheet: str | None = None) -> Iterator[AnyRow]:
    """Rows of one sheet (the first that is not empty), formulas as their last computed values."""
    book = _workbook(path)
    names = [sheet] if sheet else book.sheet_names
    chosen = None
    for name in names:
        try:
            chosen = book.get_sheet_by_name(name)
        except python_calamine.CalamineError as error:
            raise UnknownFormat(
                f"工作簿里没有“{name}”这个工作表。", f"The workbook has no sheet {name!r}."
            ) from error
        if chosen.height:
            break
    if chosen is None or not chosen.height:
        raise EmptyFile
    width = 0
    for number, values in enumerate(chosen.iter_rows(), start=1):
        cells = [_cell_text(value) for value in values]
        if not any(cells):
            continue
        if not width:
            while not cells[-1]:
                cells.pop()
            width = len(cells)
            yield AnyRow(number, cells)
        elif any(cells[width:]):
            yield AnyRow(
                number,
                cells,
                Reason(
                    "ragged_row",
                    f"这一行在表头 {width} 列之外还有内容",
                    f"the row has cells beyond the {width} columns of the header",
                ),
            )
        else:
            yield AnyRow(number, cells[:width])


def _workbook(path: Path) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError as error:
        raise UnknownFormat(
            "工作簿有密码保护，请去掉密码。", "The workbook is protected; remove its password."
        ) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UnknownFormat("Excel 文件已损坏。", "The Excel file is damaged.") from error


def _cell_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds" if value.microsecond else "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _json_bytes(line: str) -> bytes:
    return line.lstrip("\ufeff").strip().encode("utf-8", "surrogateescape")


def _json_text(raw: msgspec.Raw | None) -> str | None:
    if raw is None:
        return None
    text = bytes(raw)
    if text[:1] == b'"':
        return _STRING.decode(text)
    return None if text == b"null" else text.decode("utf-8")


def _as_text(column: pa.Array) -> list[str | None]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        form = "%Y-%m-%dT%H:%M:%SZ" if column.type.tz else "%Y-%m-%d %H:%M:%S"
        column = pc.strftime(column, form)
    elif pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return [
            None if value is None else msgspec.json.encode(value, enc_hook=str).decode()
            for value in column.to_pylist()
        ]
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return texts
