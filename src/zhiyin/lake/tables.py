"""The lake itself: append, read, read as it was, compact, erase.

One writer at a time for each table on a local disk; readers do not wait, except once when a
process first looks at a table and settles what a power cut may have left. On object storage
delta-rs commits with a conditional put and there is no lock of ours: give each `app_id` one
writer, and let nobody write while `vacuum` runs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    write_deltalake,
)
from deltalake.exceptions import DeltaError, TableNotFoundError

from zhiyin.lake import durable
from zhiyin.lake.errors import (
    DeletionVectorsError,
    NoSuchTableError,
    NoSuchVersionError,
    SchemaMismatchError,
    VanishedError,
)
from zhiyin.lake.schemas import TABLES, TableSpec

Value = str | int | date | None
Where = Mapping[str, Value | Sequence[str] | Sequence[int]]

CHECKPOINT_EVERY = 100  # commits; keeps opening a table quick
_COMMIT_RETRIES = 50
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


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
        self.tables = tables
        self.local = "://" not in self.root
        self._options = dict(storage_options) if storage_options else None
        self._settled: dict[str, int] = {}
        self._threads = threading.Lock()
        if self.local:
            Path(self.root).mkdir(parents=True, exist_ok=True)

    # writing

    def append(self, table_name: str, arrow: pa.Table, *, app_id: str, sequence: int) -> bool:
        """Add rows once: False where this or a later sequence of `app_id` is already in.

        When it returns, the rows survive a power cut. Call it again after any doubt.
        """
        rows = self._spec(table_name).conform(arrow)
        with self._writing(table_name):
            table = self._made(table_name)
            known = table.transaction_version(app_id)
            if known is not None and known >= sequence:
                return False
            write_deltalake(
                table,
                rows,
                mode="append",
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(app_id, sequence)],
                    max_commit_retries=_COMMIT_RETRIES,
                ),
                post_commithook_properties=_NO_HOOKS,
            )
            self._checkpoint(table)
        return True

    def compact(self, table_name: str) -> int:
        """Join small files into large ones; the number of files that went away."""
        with self._writing(table_name):
            table = self._opened(table_name)
            if table is None:
                return 0
            done = table.optimize.compact(post_commithook_properties=_NO_HOOKS)
            table.create_checkpoint()
        return int(done["numFilesRemoved"]) - int(done["numFilesAdded"])

    def delete(self, table_name: str, column: str, values: Sequence[str]) -> int:
        """Take out the rows whose `column` is one of `values`; the number of rows taken out.

        Files are rewritten without them. The old files remain readable as older versions until
        `vacuum`. The values are matched from a joined table and not from a predicate, because
        the log keeps the text of a predicate: the log would remember whom we erased.
        """
        self._chosen(table_name, [column])
        gone = sorted(set(values))
        with self._writing(table_name):
            table = self._opened(table_name)
            if table is None or not gone:
                return 0
            done = (
                table.merge(
                    pa.table({"value": pa.array(gone, pa.string())}),
                    predicate=f'kept."{column}" = gone.value',
                    source_alias="gone",
                    target_alias="kept",
                    streamed_exec=True,  # else the log gets the smallest and largest value
                    commit_properties=CommitProperties(max_commit_retries=_COMMIT_RETRIES),
                    post_commithook_properties=_NO_HOOKS,
                )
                .when_matched_delete()
                .execute()
            )
        return int(done["num_target_rows_deleted"])

    def vacuum(self, table_name: str) -> int:
        """Remove every file that the newest version does not use; the number of files removed.

        After this no erased row is left in any file, and older versions cannot be read any more
        where they differ. Also takes what a writer left that died before its commit.
        """
        with self._writing(table_name):
            table = self._opened(table_name)
            if table is None:
                return 0
            gone = table.vacuum(
                retention_hours=0,
                enforce_retention_duration=False,
                dry_run=False,
                full=True,
                post_commithook_properties=_NO_HOOKS,
            )
            table.create_checkpoint()
        return len(gone)

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
        batch_rows: int = 131_072,
    ) -> Iterator[pa.RecordBatch]:
        """The same rows in batches, without holding the table in memory."""
        schema = self._chosen(table_name, columns)
        table = self._opened(table_name, at)
        if table is None:
            return
        needed = list(dict.fromkeys([*schema.names, *(where or {})]))
        dataset = table.to_pyarrow_dataset(schema=self._spec(table_name).schema)
        # Texts are compared after the scan: delta-rs rewrites files with an Arrow type of text
        # that Arrow's own scanner cannot compare.
        texts = {
            name for name in where or {} if pa.types.is_string(dataset.schema.field(name).type)
        }
        early = {name: value for name, value in (where or {}).items() if name not in texts}
        late = {name: value for name, value in (where or {}).items() if name in texts}
        scanner = dataset.scanner(needed, filter=_condition(early), batch_size=batch_rows)
        try:
            for batch in scanner.to_batches():
                rows = pa.Table.from_batches([batch])
                if late:
                    rows = rows.filter(_condition(late))
                yield from rows.select(schema.names).cast(schema).combine_chunks().to_batches()
        except FileNotFoundError as why:
            raise VanishedError(f"{table_name} at {at}") from why

    def uris(self, table_name: str, at: datetime | int | None = None) -> list[str]:
        """The Parquet files that make up a table: what any other engine has to read.

        Paths on a local disk, addresses on object storage.
        """
        table = self._opened(table_name, at)
        found = [] if table is None else sorted(table.file_uris())
        return [unquote(uri.removeprefix("file://")) for uri in found] if self.local else found

    def version(self, table_name: str) -> int:
        """The newest version, to read the same rows again later; -1 for a table without rows."""
        table = self._opened(table_name)
        return -1 if table is None else table.version()

    def status(self) -> list[TableStatus]:
        """Size and extent of every table."""
        return [self._status(name) for name in self.tables]

    # inside

    def _spec(self, table_name: str) -> TableSpec:
        try:
            return self.tables[table_name]
        except KeyError:
            raise NoSuchTableError(f"{table_name}: the lake has {sorted(self.tables)}") from None

    def _address(self, table_name: str) -> str:
        return f"{self.root.rstrip('/')}/{table_name}"

    @contextmanager
    def _writing(self, table_name: str) -> Iterator[None]:
        """Alone with the table; what an earlier writer left is settled first, ours afterwards."""
        self._spec(table_name)
        if not self.local:
            yield
            return
        folder = Path(self._address(table_name))
        with durable.one_writer(Path(self.root) / ".locks" / table_name):
            self._settle(table_name, folder)
            yield  # where it fails, the next writer settles
            self._settle(table_name, folder)

    def _settle(self, table_name: str, folder: Path) -> None:
        newest = durable.settle(folder, self._settled.get(table_name, -1))
        with self._threads:
            self._settled[table_name] = newest

    def _opened(self, table_name: str, at: datetime | int | None = None) -> DeltaTable | None:
        """The table as of now or then; None where nothing was ever written to it."""
        self._spec(table_name)
        if isinstance(at, datetime) and at.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        if self.local and table_name not in self._settled:
            with self._writing(table_name):
                pass
        try:
            table = DeltaTable(self._address(table_name), storage_options=self._options)
        except TableNotFoundError:
            if at is None:
                return None
            raise NoSuchVersionError(f"{table_name} has no rows yet") from None
        if "deletionVectors" in (table.protocol().reader_features or ()):
            raise DeletionVectorsError(table_name)
        if at is not None:
            try:
                table.load_as_version(at)
            except (DeltaError, ValueError) as why:
                raise NoSuchVersionError(f"{table_name} at {at}: {why}") from why
        return table

    def _made(self, table_name: str) -> DeltaTable:
        table = self._opened(table_name)
        if table is not None:
            return table
        spec = self._spec(table_name)
        return DeltaTable.create(
            self._address(table_name),
            spec.schema,
            mode="ignore",
            partition_by=[spec.partition],
            configuration={"delta.dataSkippingStatsColumns": ",".join(spec.described)},
            storage_options=self._options,
        )

    def _checkpoint(self, table: DeltaTable) -> None:
        if table.version() % CHECKPOINT_EVERY == 0:
            table.create_checkpoint()

    def _chosen(self, table_name: str, columns: Sequence[str] | None) -> pa.Schema:
        schema = self._spec(table_name).schema
        names = schema.names if columns is None else columns
        unknown = [name for name in names if name not in schema.names]
        if unknown:
            raise SchemaMismatchError(f"table {table_name} has no columns {unknown}")
        return pa.schema([schema.field(name) for name in names])

    def _status(self, table_name: str) -> TableStatus:
        table = self._opened(table_name)
        if table is None:
            return TableStatus(table_name, -1, 0, 0, 0, None, None)
        files = pa.table(table.get_add_actions(flatten=True))
        days = files[f"partition.{self._spec(table_name).partition}"]
        return TableStatus(
            name=table_name,
            version=table.version(),
            files=files.num_rows,
            rows=pc.sum(files["num_records"]).as_py() or 0,
            bytes=pc.sum(files["size_bytes"]).as_py() or 0,
            first_day=pc.min(days).as_py(),
            last_day=pc.max(days).as_py(),
        )


def _condition(where: Where) -> ds.Expression | None:
    parts: list[ds.Expression] = []
    for column, value in where.items():
        field = ds.field(column)
        if value is None:
            parts.append(field.is_null())
        elif isinstance(value, str | int | date):
            parts.append(field == value)
        else:
            parts.append(field.isin(list(value)))
    return reduce(and_, parts) if parts else None
