"""Write the rows of one day anew: in order, in files of a good size, without those who are gone.

The new files are written beside the old ones while others read and append; one commit then puts
them in the old ones' place. Who dies before it leaves files that nobody reads, for the vacuum.
Rows stream through an engine that sorts on disk, so memory does not grow with the day.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from zhiyin.lake.errors import BusyError, LakeError
from zhiyin.lake.scanning import file_batches
from zhiyin.lake.schemas import TableSpec
from zhiyin.lake.sorting import SortSettings, in_order
from zhiyin.lake.storage import NO_HOOKS, DataFile, Storage, checkpoint, onto

Progress = Callable[[str, int, int | None], None]

FILE_BYTES = 180 * 1024**2  # a file is closed at the first group of rows beyond it
_GROUP_ROWS = 122_880
_GROUP_BYTES = 64 * 1024**2  # before compression
_PREFIX = "clustered-"


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Rewritten:
    """What became of a day."""

    rows_before: int
    rows: int
    files_before: int
    files: int
    bytes_before: int
    bytes: int


class ChangedMeanwhileError(LakeError):
    """Somebody else took away a file that was being written anew; nothing was committed."""


def run_of(file: DataFile) -> str | None:
    """Which rewriting made a file; files of one run are in order among each other too."""
    name = file.path.rpartition("/")[2]
    return name.removeprefix(_PREFIX).rpartition("-")[0] if name.startswith(_PREFIX) else None


def rewrite_day(
    storage: Storage,
    table_name: str,
    day: date,
    *,
    spill: str | None,
    gone: pa.Array | None = None,
    settings: SortSettings | None = None,
    told: Callable[[int], None] = lambda rows: None,
) -> Rewritten:
    """Rewrite a day, leaving out the rows of the persons in `gone`; inside `maintaining`.

    `told` hears how many rows were written so far and may raise to stop: then nothing changed.
    """
    for _ in range(5):
        try:
            return _once(storage, table_name, day, spill, gone, settings or SortSettings(), told)
        except ChangedMeanwhileError as why:
            failed = why  # on object storage another process may tidy the same day
    raise BusyError(f"{table_name} of {day} is being rewritten by somebody else") from failed


def _once(
    storage: Storage,
    table_name: str,
    day: date,
    spill: str | None,
    gone: pa.Array | None,
    settings: SortSettings,
    told: Callable[[int], None],
) -> Rewritten:
    spec = storage.spec(table_name)
    table = storage.opened(table_name)
    old = [] if table is None else [f for f in storage.files(table_name, table) if f.day == day]
    if table is None or not old:
        return Rewritten(0, 0, 0, 0, 0, 0)
    before = sum(file.rows for file in old)
    disk = storage.disk(table_name)
    rows: Iterator[pa.RecordBatch] = (
        batch for file in old for batch in file_batches(disk, file, spec)
    )
    if gone is not None:
        rows = _without(rows, spec, gone)
    writer = _DayWriter(disk, spec, day)
    told(0)
    try:
        for batch in in_order(rows, spec.schema, spec.clustered, settings, spill):
            writer.write(batch)
            told(writer.rows)
        writer.close()
        if gone is None and writer.rows != before:
            raise LakeError(
                f"{table_name} of {day}: the log tells {before} rows, there are {writer.rows}"
            )
    except BaseException:
        writer.discard()
        raise
    with storage.writing(table_name):
        storage.strictly(table_name, lambda now: _swap(storage, table_name, now, old, writer.added))
    return Rewritten(
        rows_before=before, rows=writer.rows, files_before=len(old), files=len(writer.added),
        bytes_before=sum(file.size for file in old), bytes=sum(add.size for add in writer.added),
    )  # fmt: skip


def _without(
    rows: Iterator[pa.RecordBatch], spec: TableSpec, gone: pa.Array
) -> Iterator[pa.RecordBatch]:
    assert spec.person is not None
    for batch in rows:
        known = pc.is_in(batch[spec.person], value_set=gone)
        yield batch.filter(pc.invert(known))


def _swap(
    storage: Storage,
    table_name: str,
    now: DeltaTable,
    old: Sequence[DataFile],
    new: Sequence[AddAction],
) -> None:
    """Commit the new files in place of the old, which must all still be there."""
    spec = storage.spec(table_name)
    there = {file.path for file in storage.files(table_name, now)}
    if not there.issuperset(file.path for file in old):
        raise ChangedMeanwhileError(table_name)
    moment = time.time_ns() // 1_000_000
    removed = [
        RemoveAction(
            file.path, data_change=False, deletion_timestamp=moment, size=file.size,
            partition_values={spec.partition: file.day.isoformat()},
        )
        for file in old
    ]  # fmt: skip
    now.create_write_transaction(
        [*new, *removed],
        "append",
        now.schema(),
        partition_by=[spec.partition],
        commit_properties=onto(),
        post_commithook_properties=NO_HOOKS,
    )
    checkpoint(now)


class _DayWriter:
    """Writes rows of one day into files of a good size."""

    def __init__(self, disk: pa_fs.FileSystem, spec: TableSpec, day: date) -> None:
        self.rows = 0
        self.added: list[AddAction] = []
        self._disk, self._spec, self._day = disk, spec, day
        self._folder = f"{spec.partition}={day.isoformat()}"
        self._run = uuid4().hex
        self._schema = pa.schema([field for field in spec.schema if field.name != spec.partition])
        self._waiting: list[pa.RecordBatch] = []
        self._path = ""
        self._sink: pa.NativeFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._stats = _Stats(spec.described)
        self._begun: list[str] = []

    def write(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        self._waiting.append(batch)
        if (
            sum(one.num_rows for one in self._waiting) >= _GROUP_ROWS
            or sum(one.nbytes for one in self._waiting) >= _GROUP_BYTES
        ):
            self._write_group()

    def close(self) -> None:
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
        self._path = f"{self._folder}/{_PREFIX}{self._run}-{len(self.added):05}.zstd.parquet"
        self._begun.append(self._path)
        self._disk.create_dir(self._folder, recursive=True)
        self._sink = self._disk.open_output_stream(self._path)
        self._stats = _Stats(self._spec.described)
        order = [(self._schema.get_field_index(name)) for name in self._spec.clustered]
        self._writer = pq.ParquetWriter(
            self._sink,
            self._schema,
            compression="zstd",
            sorting_columns=[pq.SortingColumn(index) for index in order],
            write_page_checksum=True,
        )

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
                data_change=False,
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
