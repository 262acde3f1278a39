"""Where the tables lie: opened, locked, settled after a power cut, committed to.

On a local disk two locks guard a table: one for a commit, and one around it for work that takes
files away, so that nobody waits long for an append. Object storage has no lock of ours. There and
here every commit of ours goes onto exactly the version that its writer looked at; whoever comes
second looks again. So what a writer knew when it decided still holds when it commits.
"""

from __future__ import annotations

import json
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.fs as pa_fs
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler

from zhiyin.lake import durable
from zhiyin.lake.errors import (
    BusyError,
    DeletionVectorsError,
    NoSuchTableError,
    NoSuchVersionError,
)
from zhiyin.lake.schemas import TableSpec

CHECKPOINT_EVERY = 100  # commits; keeps opening a table quick
HISTORY = timedelta(days=30)  # how far back every version can be read, unless rows were erased
NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_TURNS = 60
_LONGEST_PAUSE = 1.0  # seconds between two turns
_RETENTION = dict.fromkeys(
    ("delta.deletedFileRetentionDuration", "delta.logRetentionDuration"),
    f"interval {HISTORY.days} days",
)

Result = TypeVar("Result")


def onto(*done: Transaction) -> CommitProperties:
    """A commit onto the version that was looked at, or none at all."""
    return CommitProperties(app_transactions=list(done), max_commit_retries=0)


@dataclass(frozen=True)
class DataFile:
    """A file of a table as the log tells it."""

    path: str  # below the table, as the log spells it
    day: date
    rows: int
    size: int


class Storage:
    """The tables under one root: a folder, or an address of S3-compatible storage."""

    def __init__(
        self, root: str, options: Mapping[str, str] | None, tables: Mapping[str, TableSpec]
    ) -> None:
        self.root = root
        self.tables = tables
        self.local = "://" not in root
        self._options = dict(options) if options else None
        self._settled: dict[str, int] = {}
        self._threads = threading.Lock()
        if self.local:
            Path(root).mkdir(parents=True, exist_ok=True)

    def spec(self, table_name: str) -> TableSpec:
        """The columns of a table that the lake was built with."""
        try:
            return self.tables[table_name]
        except KeyError:
            raise NoSuchTableError(f"{table_name}: the lake has {sorted(self.tables)}") from None

    def address(self, table_name: str) -> str:
        """The folder of a table, or its address."""
        return f"{self.root.rstrip('/')}/{table_name}"

    def disk(self, table_name: str) -> pa_fs.FileSystem:
        """The files below a table."""
        address = self.address(table_name)
        if self.local:
            return pa_fs.SubTreeFileSystem(address, pa_fs.LocalFileSystem())
        return pa_fs.PyFileSystem(DeltaStorageHandler(address, self._options))

    # alone with a table

    @contextmanager
    def writing(self, table_name: str) -> Iterator[None]:
        """Alone to commit; what an earlier writer left is settled first, ours afterwards."""
        self.spec(table_name)
        if not self.local:
            yield
            return
        folder = Path(self.address(table_name))
        with durable.one_writer(self._lock(table_name)):
            self._settle(table_name, folder)
            yield  # where it fails, the next writer settles
            self._settle(table_name, folder)

    @contextmanager
    def maintaining(self, table_name: str) -> Iterator[str | None]:
        """Alone to take files away, while others append; gives a folder to spill into.

        On object storage nobody is alone, and there is no such folder.
        """
        self.spec(table_name)
        if not self.local:
            yield None
            return
        spill = Path(self.root) / ".spill" / table_name
        with durable.one_writer(self._lock(f"{table_name}.files")):
            shutil.rmtree(spill, ignore_errors=True)  # of one who was killed
            spill.mkdir(parents=True)
            try:
                yield str(spill)
            finally:
                shutil.rmtree(spill, ignore_errors=True)

    def _lock(self, name: str) -> Path:
        return Path(self.root) / ".locks" / name

    def _settle(self, table_name: str, folder: Path) -> None:
        newest = durable.settle(folder, self._settled.get(table_name, -1))
        with self._threads:
            self._settled[table_name] = newest

    # looking and committing

    def opened(self, table_name: str, at: datetime | int | None = None) -> DeltaTable | None:
        """The table as of now or then; None where nothing was ever written to it."""
        self.spec(table_name)
        if isinstance(at, datetime) and at.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        if self.local and table_name not in self._settled:
            with self.writing(table_name):
                pass
        try:
            table = DeltaTable(self.address(table_name), storage_options=self._options)
        except TableNotFoundError:
            if at is None:
                return None
            raise NoSuchVersionError(f"{table_name} has no rows yet") from None
        if "deletionVectors" in (table.protocol().reader_features or ()):
            raise DeletionVectorsError(table_name)
        self.spec(table_name).added_to(table_name, table.schema())  # refuses what does not fit
        if at is not None:
            try:
                table.load_as_version(at)
            except (DeltaError, ValueError) as why:
                raise NoSuchVersionError(f"{table_name} at {at}: {why}") from why
            # For a moment before its oldest version delta-rs gives that oldest version.
            if isinstance(at, datetime) and not self._was_made_by(table_name, table.version(), at):
                raise NoSuchVersionError(f"{table_name} at {at}: nothing is kept from then")
        return table

    def _was_made_by(self, table_name: str, version: int, at: datetime) -> bool:
        try:
            with self.disk(table_name).open_input_stream(f"_delta_log/{version:020}.json") as entry:
                actions: list[Any] = [
                    json.loads(line) for line in entry.read().splitlines() if line
                ]
        except OSError:  # only a checkpoint is left of it
            return False
        made = [one["commitInfo"]["timestamp"] for one in actions if "commitInfo" in one]
        return all(one <= at.timestamp() * 1000 for one in made)

    def strictly(self, table_name: str, attempt: Callable[[DeltaTable], Result]) -> Result:
        """Let `attempt` look at the newest version and commit onto it (with `onto`).

        Where another commit came between, it looks again. Once a commit was tried, its files
        must stay: a store that did not answer may have taken it.
        """
        for turn in range(_TURNS):
            seen = None
            try:
                table = self._made(table_name)
                seen = table.version()
                return attempt(table)
            except CommitFailedError as why:
                newest = self.opened(table_name)
                if newest is None or newest.version() == seen:
                    raise  # nobody came between: it is something else
                failed = why
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.05 * (turn + 1))))  # noqa: S311
        raise BusyError(f"{table_name}: others were first {_TURNS} times") from failed

    def files(self, table_name: str, table: DeltaTable) -> list[DataFile]:
        """The files of the version that was opened."""
        actions = pa.table(table.get_add_actions(flatten=True))
        days = actions[f"partition.{self.spec(table_name).partition}"].to_pylist()
        return [
            DataFile(path, day, rows or 0, size)
            for path, day, rows, size in zip(
                actions["path"].to_pylist(),
                days,
                actions["num_records"].to_pylist(),
                actions["size_bytes"].to_pylist(),
                strict=True,
            )
        ]

    def _made(self, table_name: str) -> DeltaTable:
        table = self.opened(table_name)
        spec = self.spec(table_name)
        if table is None:
            return DeltaTable.create(
                self.address(table_name),
                spec.schema,
                mode="ignore",
                partition_by=[spec.partition],
                configuration={
                    "delta.dataSkippingStatsColumns": ",".join(spec.described),
                    **_RETENTION,
                },
                storage_options=self._options,
            )
        added = spec.added_to(table_name, table.schema())
        if added:
            table.alter.add_columns(
                added, commit_properties=onto(), post_commithook_properties=NO_HOOKS
            )
        elif not _RETENTION.items() <= table.metadata().configuration.items():
            table.alter.set_table_properties(
                dict(_RETENTION), commit_properties=onto(), post_commithook_properties=NO_HOOKS
            )
        else:
            return table
        return DeltaTable(self.address(table_name), storage_options=self._options)


def checkpoint(table: DeltaTable) -> None:
    """Now and then after a commit onto the table, so that opening it stays quick."""
    if (table.version() + 1) % CHECKPOINT_EVERY == 0:
        table.update_incremental()
        table.create_checkpoint()


def commit_nothing(storage: Storage, table_name: str, table: DeltaTable) -> int:
    """A commit without a row, so that others must look again; the version that it is onto."""
    before: int = table.version()
    table.create_write_transaction(
        [],
        "append",
        table.schema(),
        partition_by=[storage.spec(table_name).partition],
        commit_properties=onto(),
        post_commithook_properties=NO_HOOKS,
    )
    return before
