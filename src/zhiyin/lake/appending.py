"""Append rows once, without those of persons who were erased.

The files are written before the commit. Where others commit first, the same files are committed
onto what is there now; where somebody was erased meanwhile, they are written again without them.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, Transaction
from deltalake.transaction import AddAction, RemoveAction

from zhiyin.lake.schemas import TableSpec
from zhiyin.lake.storage import NO_HOOKS, Storage, checkpoint, onto
from zhiyin.lake.tombstones import Tombstones
from zhiyin.lake.writing import APPENDED, DayWriter


def append(
    storage: Storage,
    tombstones: Tombstones,
    table_name: str,
    rows: pa.Table,
    app_id: str,
    sequence: int,
) -> bool:
    """Commit the rows, unless this or a later sequence of `app_id` is in."""
    spec = storage.spec(table_name)
    files = _Files(storage, table_name)

    def attempt(table: DeltaTable) -> bool:
        known = table.transaction_version(app_id)
        if known is not None and known >= sequence:
            there = {file.path for file in storage.files(table_name, table)}
            files.discard(except_for=there)  # a commit that was not answered may be ours
            return False
        kept = tombstones.without(rows, spec.person) if spec.person else rows
        table.create_write_transaction(
            files.of(kept),
            "append",
            table.schema(),
            partition_by=[spec.partition],
            commit_properties=onto(Transaction(app_id, sequence)),
            post_commithook_properties=NO_HOOKS,
        )
        checkpoint(table)
        return True

    with storage.writing(table_name):
        return storage.strictly(table_name, attempt)


class _Files:
    """The files of one append, written when they are first needed."""

    def __init__(self, storage: Storage, table_name: str) -> None:
        self._disk = storage.disk(table_name)
        self._spec = storage.spec(table_name)
        self._writers: list[DayWriter] = []
        self._rows = -1

    def of(self, rows: pa.Table) -> list[AddAction | RemoveAction]:
        """The files that hold these rows. Rows only ever become fewer: the number tells them."""
        if rows.num_rows != self._rows:
            self.discard()
            for day in pc.unique(rows[self._spec.partition]).to_pylist():
                writer = DayWriter(self._disk, self._spec, day, APPENDED)
                self._writers.append(writer)
                for batch in _of_day(rows, self._spec, day).to_batches():
                    writer.write(batch)
                writer.close()
            self._rows = rows.num_rows
        return [add for writer in self._writers for add in writer.added]

    def discard(self, except_for: set[str] | frozenset[str] = frozenset()) -> None:
        """Take away what no commit names."""
        for writer in self._writers:
            if not except_for.intersection(add.path for add in writer.added):
                writer.discard()
        self._writers, self._rows = [], -1


def _of_day(rows: pa.Table, spec: TableSpec, day: object) -> pa.Table:
    return rows.filter(pc.equal(rows[spec.partition], pa.scalar(day, pa.date32())))
