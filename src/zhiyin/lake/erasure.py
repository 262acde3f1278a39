"""Erase persons from every table: their rows, the old files that held them, and their return.

First they are remembered as erased, then an empty commit is made. Whoever appends and looked
before that commit must look again, and then knows them; whoever committed before it is seen by
the search that follows. So nobody slips through, also where there is no lock.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.lake.rewriting import Progress, rewrite_day, silent, tell
from zhiyin.lake.scanning import file_batches
from zhiyin.lake.sorting import SortSettings
from zhiyin.lake.storage import DataFile, Storage, commit_nothing
from zhiyin.lake.tombstones import Tombstones
from zhiyin.lake.vacuuming import sweep, unswept


@dataclass(frozen=True)
class Erased:
    """What was done to one table."""

    name: str
    version_before: int
    version_after: int
    rows_erased: int
    days_rewritten: int
    files_removed: int
    rows_left: int  # found by looking again: 0
    files_unswept: int  # on object storage, of writers who may still be alive; 0 on a disk


@dataclass(frozen=True)
class Receipt:
    """That persons were erased, without saying who.

    Who has the identifiers can check the digest: sha256 over the salt (as bytes), then each
    identifier in order, each followed by a line feed.
    """

    at: datetime
    identifiers: int
    salt: str
    digest: str
    tables: tuple[Erased, ...]

    @property
    def rows_erased(self) -> int:
        """In all tables together."""
        return sum(table.rows_erased for table in self.tables)

    def as_json(self) -> dict[str, Any]:
        """For a file, and for scripts."""
        return {**asdict(self), "at": self.at.isoformat(), "rows_erased": self.rows_erased}

    def is_about(self, ids: Sequence[str]) -> bool:
        """Whether it is the receipt for exactly these identifiers."""
        return secrets.compare_digest(self.digest, _digest(self.salt, ids))


def erase(
    storage: Storage,
    tombstones: Tombstones,
    ids: Sequence[str],
    *,
    now: datetime,
    progress: Progress = silent,
    settings: SortSettings | None = None,
) -> Receipt:
    """Erase; may be killed and run again with the same `ids`, as `progress` may raise to stop."""
    gone = sorted(set(ids))
    tombstones.add(gone, now)
    tables = tuple(
        _erase_from(storage, table_name, gone, progress, settings)
        for table_name, spec in storage.tables.items()
        if spec.person and storage.opened(table_name) is not None
    )
    salt = secrets.token_hex(16)
    return Receipt(now, len(gone), salt, _digest(salt, gone), tables)


def _erase_from(
    storage: Storage,
    table_name: str,
    gone: list[str],
    progress: Progress,
    settings: SortSettings | None,
) -> Erased:
    with storage.maintaining(table_name) as spill:
        with storage.writing(table_name):
            before = storage.strictly(table_name, partial(commit_nothing, storage, table_name))
        found = _days_with(storage, table_name, gone)
        telling = partial(tell, progress, f"erase {table_name}", sum(found.values()))
        erased = rewritten = 0
        for day in found:
            did = rewrite_day(
                storage, table_name, day, spill=spill, gone=pa.array(gone, pa.string()),
                settings=settings, told=partial(telling, rewritten),
            )  # fmt: skip
            erased += did.rows_before - did.rows
            rewritten += did.rows_before
        removed = sweep(storage, table_name)
        table = storage.opened(table_name)
        assert table is not None
        return Erased(
            name=table_name,
            version_before=before,
            version_after=table.version(),
            rows_erased=erased,
            days_rewritten=len(found),
            files_removed=removed,
            rows_left=sum(_days_with(storage, table_name, gone).values()),
            files_unswept=unswept(storage, table_name),
        )


def _days_with(storage: Storage, table_name: str, gone: list[str]) -> dict[date, int]:
    """The days that hold rows of these persons, and how many rows a rewriting has to read."""
    table = storage.opened(table_name)
    files = [] if table is None else storage.files(table_name, table)
    days = {file.day for file in files if _holds(storage, table_name, file, gone)}
    return {day: sum(file.rows for file in files if file.day == day) for day in sorted(days)}


def _holds(storage: Storage, table_name: str, file: DataFile, gone: list[str]) -> bool:
    return any(True for _ in rows_of(storage, table_name, file, gone))


def rows_of(
    storage: Storage, table_name: str, file: DataFile, gone: list[str]
) -> Iterator[pa.RecordBatch]:
    """The rows of these persons in a file; `gone` is in order."""
    spec = storage.spec(table_name)
    assert spec.person is not None
    wanted = pa.array(gone, pa.string())
    disk = storage.disk(table_name)
    for batch in file_batches(disk, file, spec, [spec.person], holding=(spec.person, gone)):
        rows = batch.filter(pc.is_in(batch[spec.person], value_set=wanted))
        if rows.num_rows:
            yield rows


def _digest(salt: str, ids: Sequence[str]) -> str:
    told = sha256(bytes.fromhex(salt))
    for one in sorted(set(ids)):
        told.update(one.encode() + b"\n")
    return told.hexdigest()
