"""Open any of the files that people send and stream its rows as text.

Every cell becomes text, every row keeps its number (`row_number`: the line of a text file, the
row of a sheet, as a person would look it up). Types are decided later, by the mapping. Memory is
bounded by the batch, except for Excel, whose libraries hold one sheet.
"""

from __future__ import annotations

import codecs
import gzip
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias, cast

import pyarrow as pa

from . import delimited, records
from .errors import (
    DuplicateHeader,
    EmptyFile,
    Reason,
    TooLarge,
    UnknownFormat,
    WrongEncoding,
)
from .formats import Detected, Format, detect
from .limits import CountedBytes, CountedReader, Limits, check_workbook, ensure_space
from .rejects import Rejects, is_rejects_header, unescape_formula

ROW_NUMBER = "row_number"
BATCH_ROWS = 50_000
UNREADABLE = Reason(
    "unreadable_letters",
    "这一行有无法解码的字符，请检查编码后重新填写",
    "the row holds letters that could not be decoded; type them again",
)
NUL = Reason(
    "nul_character",
    "这一行含有空字符（NUL），请删除后再上传",
    "the row holds a NUL character; remove it",
)


_Read: TypeAlias = delimited.Row | delimited.Block | records.AnyRow


@dataclass(frozen=True)
class Batch:
    """Some rows of the file: the good ones as text columns, the others with their reasons."""

    table: pa.Table
    rejected: pa.Table


class SourceFile:
    """A file whose kind is known and whose header has been read. `batches()` may run again."""

    def __init__(
        self, path: Path, detected: Detected, limits: Limits, sheet: str | None = None
    ) -> None:
        self.path, self.detected, self._limits, self._sheet = path, detected, limits, sheet
        self.size = path.stat().st_size
        with self._rows() as rows:
            header = next(rows, None)
        if header is None or isinstance(header, delimited.Block):
            raise EmptyFile
        names = [(cell or "").strip().lstrip("\ufeff").strip() for cell in header.cells]
        self.from_rejects = is_rejects_header(names)
        if self.from_rejects:
            names = [unescape_formula(name) for name in names[3:]]
        self.columns: tuple[str, ...] = _named(names, limits)
        self.header_row = header.number

    @property
    def encoding(self) -> str | None:
        """Text encoding, None for binary formats."""
        return self.detected.encoding

    def batches(self, batch_rows: int = BATCH_ROWS) -> Iterator[Batch]:
        """The rows, in the order of the file."""
        gathered = _Gathered(self.columns, self.from_rejects)
        with self._rows() as rows:
            next(rows, None)
            for row in rows:
                if isinstance(row, delimited.Block):
                    gathered.add_block(row)
                else:
                    gathered.add_row(row)
                while gathered.count >= batch_rows:
                    yield gathered.take(batch_rows)
            if gathered.count or len(gathered.rejects):
                yield gathered.take(batch_rows)

    @contextmanager
    def _rows(self) -> Iterator[Iterator[_Read]]:
        kind = self.detected.format
        if kind in (Format.DELIMITED, Format.JSON_LINES):
            with self._text() as text:
                lines = delimited.lines_of(text, self._limits.line)
                if kind is Format.DELIMITED:
                    rows = delimited.rows_of(lines, self.detected.delimiter or ",")
                    yield _guarded(rows)
                else:
                    with self._text() as first_pass:
                        keys = records.json_keys(
                            delimited.lines_of(first_pass, self._limits.line),
                            self._limits.columns,
                        )
                    yield _guarded(records.json_rows(lines, keys))
            return
        with self._unpacked() as path:
            if kind is Format.PARQUET:
                yield records.parquet_rows(path)
            else:
                if self.detected.zipped_workbook:
                    check_workbook(path, self._limits)
                yield records.sheet_rows(path, self._sheet)

    @contextmanager
    def _text(self) -> Iterator[delimited.TextSource]:
        with self.path.open("rb") as raw:
            stream: IO[bytes] = (
                cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if (self.detected.gzipped) else raw
            )
            counted = CountedReader(stream, CountedBytes(self._counted_size(), self._limits))
            encoding = self.detected.encoding or "utf-8"
            # Bytes that do not decode stay visible, so that their row can be rejected.
            errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
            yield _Decoded(counted, encoding, errors)

    def _counted_size(self) -> int:
        # A file that is not compressed cannot unpack into a flood.
        return self.size if self.detected.gzipped else max(self.size, 1 << 60)

    @contextmanager
    def _unpacked(self) -> Iterator[Path]:
        if not self.detected.gzipped:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="zhiyin-") as folder:
            target = Path(folder) / "unpacked"
            counter = CountedBytes(self.size, self._limits)
            with gzip.open(self.path) as packed, target.open("wb") as out:
                while block := packed.read(1 << 20):
                    counter.add(len(block))
                    ensure_space(Path(folder), len(block))
                    out.write(block)
            yield target


class _Gathered:
    """Rows on their way into a batch: single rows until they are made into columns, and blocks."""

    def __init__(self, columns: Sequence[str], from_rejects: bool) -> None:
        self._schema = pa.schema(
            [(ROW_NUMBER, pa.int64()), *((name, pa.string()) for name in columns)]
        )
        self._from_rejects = from_rejects
        self._tables: list[pa.Table] = []
        self._numbers: list[int] = []
        self._cells: list[Sequence[str | None]] = []
        self.rejects = Rejects()
        self.count = 0

    def add_row(self, row: delimited.Row | records.AnyRow) -> None:
        """One row; it is rejected here when its letters cannot be kept."""
        values: Sequence[str | None] = row.cells
        if self._from_rejects:
            values = [unescape_formula(cell) if cell else cell for cell in values[3:]]
            if row.problem is None and not any(values):
                return
        if row.problem is not None:
            self.rejects.add(row.number, None, row.problem, _storable(values))
            return
        self._numbers.append(row.number)
        self._cells.append(values)
        self.count += 1

    def add_block(self, block: delimited.Block) -> None:
        """Many rows that are columns already."""
        count = len(block.columns[0])
        if self._from_rejects:
            for place, cells in enumerate(
                zip(*(c.to_pylist() for c in block.columns), strict=True)
            ):
                self.add_row(records.AnyRow(block.number + place, cells))
            return
        self._columns_from_rows()
        numbers = pa.array(range(block.number, block.number + count), pa.int64())
        self._tables.append(pa.Table.from_arrays([numbers, *block.columns], schema=self._schema))
        self.count += count

    def take(self, most: int) -> Batch:
        """At most `most` rows, and all rejects so far."""
        self._columns_from_rows()
        table = pa.concat_tables([self._schema.empty_table(), *self._tables]).combine_chunks()
        self._tables = [table.slice(most)] if table.num_rows > most else []
        self.count = max(table.num_rows - most, 0)
        return Batch(table.slice(0, most), self.rejects.take())

    def _columns_from_rows(self) -> None:
        numbers, cells = self._numbers, self._cells
        if not numbers:
            return
        self._numbers, self._cells = [], []
        try:
            arrays = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
            clean = not self._from_rejects and not any(_has_nul(array) for array in arrays)
        except UnicodeEncodeError:
            clean = False
        if not clean:
            numbers, cells = self._readable(numbers, cells)
            if not numbers:
                return
            arrays = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
        self._tables.append(
            pa.Table.from_arrays([pa.array(numbers, pa.int64()), *arrays], schema=self._schema)
        )

    def _readable(
        self, numbers: list[int], cells: list[Sequence[str | None]]
    ) -> tuple[list[int], list[Sequence[str | None]]]:
        """Reject the rows whose letters cannot be kept."""
        good_numbers: list[int] = []
        good: list[Sequence[str | None]] = []
        for number, row in zip(numbers, cells, strict=True):
            problem = _letters_problem(row, self._from_rejects)
            if problem is None:
                good_numbers.append(number)
                good.append(row)
            else:
                self.rejects.add(number, None, problem, _storable(row))
                self.count -= 1
        return good_numbers, good


class _Decoded:
    """Text from counted bytes."""

    def __init__(self, source: CountedReader, encoding: str, errors: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)

    def read(self, size: int = 1 << 20) -> str:
        while True:
            block = self._source.read(size)
            text = self._decoder.decode(block, final=not block)
            if text or not block:
                return text


def open_file(
    path: str | Path,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    limits: Limits | None = None,
) -> SourceFile:
    """Find out what a file is and read its header; raises a `FileProblem` that says what to do."""
    path = Path(path)
    return SourceFile(path, detect(path, encoding), limits or Limits(), sheet)


def _guarded(rows: Iterator[_Read]) -> Iterator[_Read]:
    """Turn the accidents of unpacking into file problems."""
    try:
        yield from rows
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnknownFormat(
            "gzip 文件不完整或已损坏。", "The gzip file is cut short or damaged."
        ) from error
    except UnicodeError as error:
        raise WrongEncoding from error


def _named(names: list[str], limits: Limits) -> tuple[str, ...]:
    if len(names) > limits.columns:
        raise TooLarge(
            f"表格有 {len(names):,} 列，最多 {limits.columns:,} 列。请只导出需要的列。",
            f"The table has {len(names):,} columns; at most {limits.columns:,} are read. "
            "Export only the columns that are needed.",
        )
    twice = [name for name, count in Counter(n for n in names if n).items() if count > 1]
    if twice:
        raise DuplicateHeader(twice)
    taken = {*names, ROW_NUMBER}
    result = []
    for place, name in enumerate(names, start=1):
        if not name or name == ROW_NUMBER:
            base = f"column {place}" if not name else f"{ROW_NUMBER} (file)"
            while base in taken:
                base += "_"
            taken.add(base)
            name = base
        result.append(name.replace("\0", ""))
    return tuple(result)


def _has_nul(array: pa.Array) -> bool:
    data = array.buffers()[2]
    return data is not None and b"\0" in memoryview(data).tobytes()


def _letters_problem(row: Sequence[str | None], mended: bool) -> Reason | None:
    for cell in row:
        if not cell:
            continue
        if "\0" in cell:
            return NUL
        if (mended and "\ufffd" in cell) or any("\ud800" <= c <= "\udfff" for c in cell):
            return UNREADABLE
    return None


def _storable(cells: Sequence[str | None]) -> list[str | None]:
    """Cells that Arrow can hold: what did not decode becomes U+FFFD."""
    return [
        None if cell is None else cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for cell in cells
    ]
