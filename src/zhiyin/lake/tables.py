"""The lake itself: append, read, read as it was, compact, erase.

One writer at a time for each table on a local disk; readers do not wait, except once when a
process first looks at a table and settles what a power cut may have left. On object storage
delta-rs commits with a conditional put; there too, of two writers one waits for its turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from zhiyin.lake import appending, checking, compaction, erasure
from zhiyin.lake.checking import Finding
from zhiyin.lake.compaction import Compacted
from zhiyin.lake.erasure import Receipt
from zhiyin.lake.errors import NoSuchVersionError, SchemaMismatchError, VanishedError
from zhiyin.lake.rewriting import Mend, Progress, rewrite_day, silent
from zhiyin.lake.scanning import BATCH_ROWS, Where, batches, condition, file_batches
from zhiyin.lake.schemas import ERASED_SPEC, ERASED_TABLE, TABLES, TableSpec
from zhiyin.lake.sorting import SortSettings
from zhiyin.lake.storage import NO_HOOKS, Storage, onto
from zhiyin.lake.tombstones import Tombstones
from zhiyin.lake.vacuuming import sweep


@dataclass(frozen=True)
class TableStatus:
    """How large a table is and what days it covers."""

    name: str
    version: int
    files: int
    rows: int
    bytes: int
    first_day: date | None
    last_day: date | None


class Lake:
    """The tables under one root: a folder, or an address of S3-compatible storage."""

    def __init__(
        self,
        root: str,
        storage_options: Mapping[str, str] | None = None,
        tables: Mapping[str, TableSpec] = TABLES,
    ) -> None:
        self.root = str(root)
        self.tables = {**tables, ERASED_TABLE: ERASED_SPEC}
        self._storage = Storage(self.root, storage_options, self.tables)
        self._tombstones = Tombstones(self._storage)
        self.local = self._storage.local

    # writing

    def append(self, table_name: str, arrow: pa.Table, *, app_id: str, sequence: int) -> bool:
        """Add rows once: False where this or a later sequence of `app_id` is already in.

        When it returns, the rows survive a power cut. Call it again after any doubt. Rows of
        persons who were erased are left out.
        """
        rows = self._storage.spec(table_name).conform(arrow)
        return appending.append(self._storage, self._tombstones, table_name, rows, app_id, sequence)

    def due(
        self, table_name: str, *, day: date | None = None, before: date | None = None
    ) -> dict[date, int]:
        """The days that `compact` would rewrite, and how many rows each has."""
        return compaction.due(self._storage, table_name, day=day, before=before)

    def compact(
        self,
        table_name: str,
        *,
        day: date | None = None,
        before: date | None = None,
        progress: Progress = silent,
        settings: SortSettings | None = None,
    ) -> Compacted:
        """Rewrite days of small files into large ones, in order of person and time.

        Only days that need it, of these only `day` or those `before` one. Others read and append
        meanwhile. It may be killed, and `progress` may raise: run again, it does what is left.
        """
        return compaction.compact(
            self._storage, table_name, day=day, before=before, progress=progress, settings=settings
        )

    def delete(self, table_name: str, column: str, values: Sequence[str]) -> int:
        """Take out the rows whose `column` is one of `values`; the number of rows taken out.

        Files are rewritten without them. The old files remain readable as older versions until
        `vacuum`. The values are matched from a joined table and not from a predicate, because
        the log keeps the text of a predicate: the log would remember whom we erased.
        """
        self._chosen(table_name, [column])
        gone = sorted(set(values))
        if not gone or self._storage.opened(table_name) is None:
            return 0

        def attempt(table: DeltaTable) -> int:
            done = (
                table.merge(
                    pa.table({"value": pa.array(gone, pa.string())}),
                    predicate=f'kept."{column}" = gone.value',
                    source_alias="gone",
                    target_alias="kept",
                    streamed_exec=True,  # else the log gets the smallest and largest value
                    commit_properties=onto(),
                    post_commithook_properties=NO_HOOKS,
                )
                .when_matched_delete()
                .execute()
            )
            return int(done["num_target_rows_deleted"])

        with self._storage.maintaining(table_name), self._storage.writing(table_name):
            return self._storage.strictly(table_name, attempt)

    def vacuum(self, table_name: str, keep: timedelta = timedelta(0)) -> int:
        """Remove files that no version of the last `keep` uses; the number of files removed.

        With nothing kept, no erased row is left in any file, and older versions cannot be read
        any more where they differ. Also takes what a writer left that died before its commit; on
        object storage, where it may still be alive, only a day later.
        """
        with self._storage.maintaining(table_name):
            return sweep(self._storage, table_name, keep)

    def erase(
        self,
        ids: Sequence[str],
        *,
        now: datetime,
        progress: Progress = silent,
        settings: SortSettings | None = None,
    ) -> Receipt:
        """Erase persons from all tables and all versions, and never take them in again.

        `ids` are identifiers, and customers where a table names those. Everybody else's rows
        stay. No version from before can be read any more. Killed or stopped, run it again.
        """
        return erasure.erase(
            self._storage, self._tombstones, ids, now=now, progress=progress, settings=settings
        )

    def mend(self, table_name: str, day: date, change: Mend) -> int:
        """Write a day anew with every row as `change` gives it; the number of rows.

        Everybody's rows stay, and no version from before can be read any more.
        """
        with self._storage.maintaining(table_name) as spill:
            done = rewrite_day(self._storage, table_name, day, spill=spill, mend=change)
            sweep(self._storage, table_name)
        return done.rows

    def are_erased(self, ids: Sequence[str]) -> list[bool]:
        """Which of them were ever erased."""
        return self._tombstones.know(ids)

    def verify(
        self,
        table_name: str,
        *,
        progress: Progress = silent,
        settings: SortSettings | None = None,
    ) -> Iterator[Finding]:
        """Read every byte of the newest version; what is wrong, and nothing where all is well."""
        return checking.verify(
            self._storage, self._tombstones, table_name, progress=progress, settings=settings
        )

    # reading

    def read(
        self,
        table_name: str,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        at: datetime | int | None = None,
    ) -> pa.Table:
        """Rows in memory; `where` matches a value, any of several, or None; `at` travels back."""
        schema = self._chosen(table_name, columns)
        return pa.Table.from_batches(self.scan(table_name, columns, where, at), schema)

    def scan(
        self,
        table_name: str,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        at: datetime | int | None = None,
        batch_rows: int = BATCH_ROWS,
    ) -> Iterator[pa.RecordBatch]:
        """The same rows in batches, without holding the table in memory."""
        schema = self._chosen(table_name, columns)
        table = self._storage.opened(table_name, at)
        if table is None:
            return
        spec = self._storage.spec(table_name)
        try:
            persons = (where or {}).get(spec.person or "")
            if isinstance(persons, str | list | tuple):
                wanted = [persons] if isinstance(persons, str) else [str(one) for one in persons]
                yield from self._of_persons(table_name, table, schema.names, where or {}, wanted)
            else:
                yield from batches(table, spec, schema.names, where, batch_rows)
        except FileNotFoundError as why:
            raise VanishedError(f"{table_name} at {at}") from why

    def uris(self, table_name: str, at: datetime | int | None = None) -> list[str]:
        """The Parquet files that make up a table: what any other engine has to read.

        Paths on a local disk, addresses on object storage.
        """
        table = self._storage.opened(table_name, at)
        found = [] if table is None else sorted(table.file_uris())
        return [unquote(uri.removeprefix("file://")) for uri in found] if self.local else found

    def version(self, table_name: str) -> int:
        """The newest version, to read the same rows again later; -1 for a table without rows."""
        table = self._storage.opened(table_name)
        return -1 if table is None else table.version()

    def status(self, at: datetime | None = None) -> list[TableStatus]:
        """Size and extent of every table, now or at a moment."""
        return [self._status(name, at) for name in self.tables]

    # inside

    def _of_persons(
        self,
        table_name: str,
        table: DeltaTable,
        names: Sequence[str],
        where: Where,
        persons: Sequence[str],
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a few persons: what was compacted is read only where they may be."""
        spec, disk = self._storage.spec(table_name), self._storage.disk(table_name)
        assert spec.person is not None
        holding = (spec.person, sorted(persons))
        needed = list(dict.fromkeys([*names, *where]))
        for file in self._storage.files(table_name, table):
            for batch in file_batches(disk, file, spec, needed, holding=holding):
                rows = pa.Table.from_batches([batch]).filter(condition(where))
                yield from rows.select(names).combine_chunks().to_batches()

    def _chosen(self, table_name: str, columns: Sequence[str] | None) -> pa.Schema:
        schema = self._storage.spec(table_name).schema
        names = schema.names if columns is None else columns
        unknown = [name for name in names if name not in schema.names]
        if unknown:
            raise SchemaMismatchError(f"table {table_name} has no columns {unknown}")
        return pa.schema([schema.field(name) for name in names])

    def _status(self, table_name: str, at: datetime | None) -> TableStatus:
        try:
            table = self._storage.opened(table_name, at)
        except NoSuchVersionError:  # it did not exist yet
            table = None
        if table is None:
            return TableStatus(table_name, -1, 0, 0, 0, None, None)
        files = pa.table(table.get_add_actions(flatten=True))
        days = files[f"partition.{self._storage.spec(table_name).partition}"]
        return TableStatus(
            name=table_name,
            version=table.version(),
            files=files.num_rows,
            rows=pc.sum(files["num_records"]).as_py() or 0,
            bytes=pc.sum(files["size_bytes"]).as_py() or 0,
            first_day=pc.min(days).as_py(),
            last_day=pc.max(days).as_py(),
        )
