"""Write rows of a day as files of the table, and what the log is told of them.

The log gets the number of rows and the ends of times, never of an identifier or a text. Pages carry
checksums, so that reading finds what a disk has damaged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from zhiyin.lake.schemas import TableSpec

FILE_BYTES = 180 * 1024**2  # a file is closed at the first group of rows beyond it
GROUP_ROWS = 122_880
GROUP_BYTES = 64 * 1024**2  # before compression
APPENDED, CLUSTERED = "part-", "clustered-"  # how the names of files begin


class DayWriter:
    """Writes rows of one day into files of a good size; `added` is what to commit."""

    def __init__(self, disk: pa_fs.FileSystem, spec: TableSpec, day: date, prefix: str) -> None:
        self.rows = 0
        self.added: list[AddAction] = []
        self._disk, self._spec, self._day = disk, spec, day
        self._folder = f"{spec.partition}={day.isoformat()}"
        self._prefix, self._run = prefix, uuid4().hex
        self._schema = pa.schema([field for field in spec.schema if field.name != spec.partition])
        self._waiting: list[pa.RecordBatch] = []
        self._path = ""
        self._sink: pa.NativeFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._stats = _Stats(spec.described)
        self._begun: list[str] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Take rows; they are written when they make a group."""
        self.rows += batch.num_rows
        self._waiting.append(batch)
        if (
            sum(one.num_rows for one in self._waiting) >= GROUP_ROWS
            or sum(one.nbytes for one in self._waiting) >= GROUP_BYTES
        ):
            self._write_group()

    def close(self) -> None:
        """Write what is left, and end the last file."""
        self._write_group()
        self._finish()

    def discard(self) -> None:
        """Take back what was begun; what cannot be removed now is for the vacuum."""
        with suppress(OSError):
            if self._sink is not None:
                self._sink.close()
        for path in self._begun:
            with suppress(OSError):
                self._disk.delete_file(path)

    def _write_group(self) -> None:
        if not self._waiting:
            return
        rows = pa.Table.from_batches(self._waiting).select(self._schema.names).cast(self._schema)
        self._waiting = []
        if self._writer is None:
            self._begin()
        assert self._writer is not None
        assert self._sink is not None
        self._writer.write_table(rows, row_group_size=rows.num_rows)
        self._stats.take(rows)
        if self._sink.tell() >= FILE_BYTES:
            self._finish()

    def _begin(self) -> None:
        self._path = f"{self._folder}/{self._prefix}{self._run}-{len(self.added):05}.zstd.parquet"
        self._begun.append(self._path)
        self._disk.create_dir(self._folder, recursive=True)
        self._sink = self._disk.open_output_stream(self._path)
        self._stats = _Stats(self._spec.described)
        self._writer = pq.ParquetWriter(
            self._sink,
            self._schema,
            compression="zstd",
            sorting_columns=self._order(),
            write_page_checksum=True,
        )

    def _order(self) -> list[pq.SortingColumn] | None:
        if self._prefix != CLUSTERED:
            return None
        places = [self._schema.get_field_index(name) for name in self._spec.clustered]
        return [pq.SortingColumn(place) for place in places]

    def _finish(self) -> None:
        if self._writer is None or self._sink is None:
            return
        self._writer.close()
        self._sink.close()
        self._writer = self._sink = None
        self.added.append(
            AddAction(
                path=self._path,
                size=self._disk.get_file_info(self._path).size,
                partition_values={self._spec.partition: self._day.isoformat()},
                modification_time=time.time_ns() // 1_000_000,
                data_change=self._prefix != CLUSTERED,
                stats=self._stats.as_json(),
            )
        )


class _Stats:
    """What the log may tell of a file: its rows, and the ends of the described columns."""

    def __init__(self, described: Sequence[str]) -> None:
        self._rows = 0
        self._ends: dict[str, tuple[int, int]] = {}
        self._empty = dict.fromkeys(described, 0)

    def take(self, rows: pa.Table) -> None:
        self._rows += rows.num_rows
        for name in self._empty:
            column = rows[name]
            self._empty[name] += column.null_count
            ends = pc.min_max(column).as_py()
            if ends["min"] is not None:
                low, high = self._ends.get(name, (ends["min"], ends["max"]))
                self._ends[name] = (min(low, ends["min"]), max(high, ends["max"]))

    def as_json(self) -> str:
        return json.dumps(
            {
                "numRecords": self._rows,
                "minValues": {name: low for name, (low, _) in self._ends.items()},
                "maxValues": {name: high for name, (_, high) in self._ends.items()},
                "nullCount": self._empty,
            }
        )
