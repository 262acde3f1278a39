"""Rows in order, however many: runs that fit into memory are sorted, put by on disk, and merged.

Memory is bounded by the size of a run, and by one small batch of each run while they are merged:
for a hundred gigabytes that is a few hundred megabytes. (DuckDB sorts on disk too, but gives up
in the middle where its memory is small for the rows.)
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

Key = tuple[tuple[bool, object], ...]


@dataclass(frozen=True)
class SortSettings:
    """How much of the machine a sort may take."""

    run_bytes: int = 128 * 1024**2  # of rows that are sorted at a time; takes three times of it
    batch_bytes: int = 1024**2  # of each run while runs are merged


def in_order(
    rows: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    by: Sequence[str],
    settings: SortSettings,
    spill: str | None = None,
) -> Iterator[pa.RecordBatch]:
    """The same rows sorted by `by`, empty values last; runs are put by in the folder `spill`."""
    with tempfile.TemporaryDirectory(prefix="zhiyin-sort-", dir=spill) as folder:
        paths: list[Path] = []
        for run in _runs(rows, settings.run_bytes):
            ordered = _sorted(pa.Table.from_batches(run, schema), by)
            paths.append(Path(folder) / f"{len(paths)}.arrow")
            _put_by(ordered, paths[-1], settings.batch_bytes)
            del run, ordered
        yield from _merged([_Run(path, by) for path in paths], schema, by)


def _runs(rows: Iterator[pa.RecordBatch], most: int) -> Iterator[list[pa.RecordBatch]]:
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in rows:
        waiting.append(batch)
        size += batch.nbytes
        if size >= most:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _sorted(rows: pa.Table, by: Sequence[str]) -> pa.Table:
    return rows.take(pc.sort_indices(rows, [(name, "ascending") for name in by]))


def _put_by(rows: pa.Table, path: Path, batch_bytes: int) -> None:
    count = max(1, rows.num_rows * batch_bytes // max(1, rows.nbytes))
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_stream(file, rows.schema, options=options) as out,
    ):
        out.write_table(rows.combine_chunks(), max_chunksize=count)


class _Run:
    """A run while it is merged: the batch that comes next, from its first row not yet given."""

    def __init__(self, path: Path, by: Sequence[str]) -> None:
        self._file = pa.OSFile(str(path), "rb")
        self._batches = iter(pa.ipc.open_stream(self._file))
        self._by = by
        self._next()

    def _next(self) -> None:
        self.batch = next(self._batches, None)
        if self.batch is None:
            self._file.close()
            return
        self._keys = [self.batch[name] for name in self._by]
        self._given = 0
        self.last = self._key(self.batch.num_rows - 1)

    def _key(self, row: int) -> Key:
        values = (column[row].as_py() for column in self._keys)
        return tuple((value is None, value) for value in values)

    def until(self, cut: Key) -> pa.RecordBatch:
        """The rows up to a key, which is not beyond the end of the batch."""
        assert self.batch is not None
        rows = range(self.batch.num_rows)
        upto = len(rows) if self.last <= cut else bisect_right(
            rows, cut, lo=self._given, key=self._key
        )  # fmt: skip
        part = self.batch.slice(self._given, upto - self._given)
        self._given = upto
        if upto == len(rows):
            self._next()
        return part


def _merged(runs: list[_Run], schema: pa.Schema, by: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """What is certain to come next: all rows up to the least of the ends of the runs' batches."""
    alive = [run for run in runs if run.batch is not None]
    while alive:
        cut = min(run.last for run in alive)
        rows = pa.Table.from_batches([run.until(cut) for run in alive], schema)
        yield from (_sorted(rows, by) if len(alive) > 1 else rows).combine_chunks().to_batches()
        alive = [run for run in alive if run.batch is not None]
