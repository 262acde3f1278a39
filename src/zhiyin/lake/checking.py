"""Is the lake what its log says: every file there, whole and as long as told, nothing twice.

Every byte of the newest version is read, so what a disk has damaged is found before somebody
needs it. Memory stays bounded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError

from zhiyin.lake.errors import LakeError
from zhiyin.lake.rewriting import Progress, silent, tell
from zhiyin.lake.scanning import file_batches
from zhiyin.lake.sorting import SortSettings, in_order
from zhiyin.lake.storage import DataFile, Storage
from zhiyin.lake.tombstones import Tombstones

WINDOW = timedelta(days=7)  # within so many days no two rows may be the same


class Problem(StrEnum):
    """What can be wrong."""

    LOG = "log"  # the table cannot be opened
    CHECKPOINT = "checkpoint"
    MISSING = "missing"
    DAMAGED = "damaged"
    ROWS = "rows"  # the file has another number than the log tells
    DOUBLED = "doubled"
    ERASED = "erased"  # rows of somebody who was erased


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `subject` is a file below the table, or a day."""

    table: str
    problem: Problem
    subject: str
    detail: str = ""


def verify(
    storage: Storage,
    tombstones: Tombstones,
    table_name: str,
    *,
    progress: Progress = silent,
    settings: SortSettings | None = None,
) -> Iterator[Finding]:
    """What is wrong with a table, as it is found; nothing where all is well."""
    try:
        table = storage.opened(table_name)
    except (DeltaError, LakeError, OSError, ValueError) as why:
        yield Finding(table_name, Problem.LOG, "_delta_log", _line(why))
        return
    if table is None:
        return
    yield from _checkpoint(storage, table_name)
    files = sorted(storage.files(table_name, table), key=lambda file: (file.day, file.path))
    telling = partial(tell, progress, f"verify {table_name}", sum(file.rows for file in files))
    readable = []
    before = 0
    for file in files:
        found = list(_file(storage, tombstones, table_name, file, partial(telling, before)))
        yield from found
        if not any(one.problem in (Problem.MISSING, Problem.DAMAGED) for one in found):
            readable.append(file)
        before += file.rows
    if storage.spec(table_name).unique:
        yield from _doubled(storage, table_name, readable, progress, settings or SortSettings())


def _checkpoint(storage: Storage, table_name: str) -> Iterator[Finding]:
    """The newest checkpoint, which opening a table starts from."""
    disk = storage.disk(table_name)
    hint = "_delta_log/_last_checkpoint"
    if disk.get_file_info(hint).type == pa_fs.FileType.NotFound:
        return
    try:
        with disk.open_input_stream(hint) as stream:
            version = int(json.loads(stream.read())["version"])
    except (ValueError, KeyError, OSError, TypeError) as why:
        yield Finding(table_name, Problem.CHECKPOINT, hint, _line(why))
        return
    path = f"_delta_log/{version:020}.checkpoint.parquet"
    try:
        with disk.open_input_file(path) as source:
            pq.ParquetFile(source).read()
    except (OSError, pa.ArrowException) as why:
        yield Finding(table_name, Problem.CHECKPOINT, path, _line(why))


def _file(
    storage: Storage,
    tombstones: Tombstones,
    table_name: str,
    file: DataFile,
    told: partial[None],
) -> Iterator[Finding]:
    spec, disk = storage.spec(table_name), storage.disk(table_name)
    path = unquote(file.path)
    there = disk.get_file_info(path)
    if there.type == pa_fs.FileType.NotFound:
        yield Finding(table_name, Problem.MISSING, file.path)
        return
    if there.size != file.size:
        yield Finding(
            table_name, Problem.DAMAGED, file.path, f"{there.size} bytes, not {file.size}"
        )
        return
    rows = erased = 0
    try:
        for batch in file_batches(disk, file, spec):
            rows += batch.num_rows
            if spec.person:
                kept = tombstones.without(pa.Table.from_batches([batch]), spec.person)
                erased += batch.num_rows - kept.num_rows
            told(rows)
    except (OSError, ValueError, pa.ArrowException) as why:
        yield Finding(table_name, Problem.DAMAGED, file.path, _line(why))
        return
    if rows != file.rows:
        yield Finding(table_name, Problem.ROWS, file.path, f"{rows}, not {file.rows}")
    if erased:
        yield Finding(table_name, Problem.ERASED, file.path, str(erased))


def _doubled(
    storage: Storage,
    table_name: str,
    files: list[DataFile],
    progress: Progress,
    settings: SortSettings,
) -> Iterator[Finding]:
    """Rows that share what no two rows may share, within windows that overlap by a day."""
    days = sorted({file.day for file in files})
    start = days[0] if days else date.max
    while days and start <= days[-1]:
        window = [file for file in files if start <= file.day < start + WINDOW]
        if window:
            progress(f"doubles {table_name} {start}", 0, None)
            seen_before = None if start == days[0] else start  # by the window before
            again = _again(storage, table_name, window, seen_before, settings)
            if again:
                yield Finding(table_name, Problem.DOUBLED, start.isoformat(), str(again))
        start += WINDOW - timedelta(days=1)


def _again(
    storage: Storage,
    table_name: str,
    files: list[DataFile],
    seen_before: date | None,
    settings: SortSettings,
) -> int:
    """How many rows are there once more, not counting those of the day that was seen before."""
    spec, disk = storage.spec(table_name), storage.disk(table_name)
    assert spec.unique is not None
    names = [spec.unique, spec.partition]
    schema = pa.schema([spec.schema.field(name) for name in names])
    rows = (batch for file in files for batch in file_batches(disk, file, spec, names))
    again, last = 0, None
    for batch in in_order(rows, schema, names, settings):
        values = batch[spec.unique]
        before = pa.concat_arrays([pa.array([last], values.type), values.slice(0, len(values) - 1)])
        same = pc.fill_null(pc.equal(values, before), False)
        if seen_before is not None:
            same = pc.and_(same, pc.greater(batch[spec.partition], seen_before))
        again += pc.sum(same).as_py() or 0
        last = values[-1].as_py()
    return again


def _line(why: Exception) -> str:
    return str(why).splitlines()[0][:200] if str(why) else type(why).__name__
