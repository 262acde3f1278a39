"""Write the rows of one day anew: in order, in files of a good size, without those who are gone.

The new files are written beside the old ones while others read and append; one commit then puts
them in the old ones' place. Who dies before it leaves files that nobody reads, for the vacuum.
Rows stream through an engine that sorts on disk, so memory does not grow with the day.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from zhiyin.lake.errors import BusyError, LakeError
from zhiyin.lake.scanning import file_batches
from zhiyin.lake.schemas import TableSpec
from zhiyin.lake.sorting import SortSettings, in_order
from zhiyin.lake.storage import NO_HOOKS, DataFile, Storage, checkpoint, onto
from zhiyin.lake.writing import CLUSTERED, DayWriter

Progress = Callable[[str, int, int | None], None]
Mend = Callable[[pa.RecordBatch], pa.RecordBatch]


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def tell(progress: Progress, stage: str, total: int, before: int, rows: int) -> None:
    """Progress of a stage in rows: `before` from days that are done, `rows` of the present one."""
    progress(stage, before + rows, total)


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
    if not name.startswith(CLUSTERED):
        return None
    return name.removeprefix(CLUSTERED).rpartition("-")[0]


def rewrite_day(
    storage: Storage,
    table_name: str,
    day: date,
    *,
    spill: str | None,
    gone: pa.Array | None = None,
    mend: Mend | None = None,
    settings: SortSettings | None = None,
    told: Callable[[int], None] = lambda rows: None,
) -> Rewritten:
    """Rewrite a day, leaving out the rows of the persons in `gone`; inside `maintaining`.

    `mend` gives each batch of rows back as they are to be, as many as there were.

    `told` hears how many rows were written so far and may raise to stop: then nothing changed.
    """
    for _ in range(5):
        try:
            return _once(
                storage, table_name, day, spill, gone, mend, settings or SortSettings(), told
            )
        except ChangedMeanwhileError as why:
            failed = why  # on object storage another process may tidy the same day
    raise BusyError(f"{table_name} of {day} is being rewritten by somebody else") from failed


def _once(
    storage: Storage,
    table_name: str,
    day: date,
    spill: str | None,
    gone: pa.Array | None,
    mend: Mend | None,
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
    if mend is not None:
        rows = map(mend, rows)
    writer = DayWriter(disk, spec, day, CLUSTERED)
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
