"""Remove the files of old versions, and those that a writer left who died before its commit."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote

import pyarrow.fs as pa_fs

from zhiyin.lake.storage import NO_HOOKS, Storage

# On object storage a file that no commit names may belong to a writer who is about to commit.
ORPHANS = timedelta(hours=24)


def sweep(storage: Storage, table_name: str, keep: timedelta = timedelta(0)) -> int:
    """The number of files removed; inside `maintaining`."""
    with storage.writing(table_name):
        table = storage.opened(table_name)
        if table is None:
            return 0
        rounds = [(keep, True)] if storage.local else [(keep, False), (max(keep, ORPHANS), True)]
        gone = [
            table.vacuum(
                retention_hours=int(kept.total_seconds()) // 3600,
                enforce_retention_duration=False,
                dry_run=False,
                full=full,
                post_commithook_properties=NO_HOOKS,
            )
            for kept, full in rounds
        ]
        table.create_checkpoint()
        table.cleanup_metadata()  # log entries older than any version that can be read
    return sum(map(len, gone))


def unswept(storage: Storage, table_name: str) -> int:
    """Files that no version names and that are too young to be removed: none on a local disk."""
    table = storage.opened(table_name)
    if table is None:
        return 0
    named = {unquote(file.path) for file in storage.files(table_name, table)}
    below = storage.disk(table_name).get_file_info(pa_fs.FileSelector("", recursive=True))
    found = {info.path for info in below if info.is_file and not info.path.startswith("_")}
    return len(found - named)
