"""Compaction: the many small files of a day become few large ones, its rows in order.

A day that is one run of ordered files already is left alone, so running it again costs nothing,
and where it was killed it goes on with the days that are left. Old files stay for time travel
until the vacuum.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from zhiyin.lake.rewriting import Progress, rewrite_day, run_of, silent, tell
from zhiyin.lake.sorting import SortSettings
from zhiyin.lake.storage import DataFile, Storage


@dataclass(frozen=True)
class Compacted:
    """What compaction did to a table."""

    days: int = 0
    rows: int = 0
    files_before: int = 0
    files: int = 0
    bytes_before: int = 0
    bytes: int = 0


def due(
    storage: Storage, table_name: str, *, day: date | None = None, before: date | None = None
) -> dict[date, int]:
    """The days that compaction would rewrite, oldest first, and how many rows each has."""
    table = storage.opened(table_name)
    days: dict[date, list[DataFile]] = {}
    for file in [] if table is None else storage.files(table_name, table):
        if day in (None, file.day) and (before is None or file.day < before):
            days.setdefault(file.day, []).append(file)
    return {
        one: sum(file.rows for file in days[one])
        for one in sorted(days)
        if not _in_order(days[one])
    }


def _in_order(files: list[DataFile]) -> bool:
    runs = {run_of(file) for file in files}
    return len(runs) == 1 and None not in runs


def compact(
    storage: Storage,
    table_name: str,
    *,
    day: date | None = None,
    before: date | None = None,
    progress: Progress = silent,
    settings: SortSettings | None = None,
) -> Compacted:
    """Rewrite the days that need it, one commit a day; `progress` may raise to stop."""
    done = Compacted()
    with storage.maintaining(table_name) as spill:
        days = due(storage, table_name, day=day, before=before)
        telling = partial(tell, progress, f"compact {table_name}", sum(days.values()))
        for one in days:
            did = rewrite_day(
                storage, table_name, one,
                spill=spill, settings=settings, told=partial(telling, done.rows),
            )  # fmt: skip
            done = Compacted(
                days=done.days + 1,
                rows=done.rows + did.rows,
                files_before=done.files_before + did.files_before,
                files=done.files + did.files,
                bytes_before=done.bytes_before + did.bytes_before,
                bytes=done.bytes + did.bytes,
            )
        if days:
            with storage.writing(table_name):
                table = storage.opened(table_name)
                assert table is not None
                table.create_checkpoint()
            telling(done.rows, 0)
    return done
