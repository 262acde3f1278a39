"""Make a commit to a Delta table on a local disk survive a power cut.

delta-rs writes data files, then links the log entry into place, and never calls fsync. So after a
power cut the newest entry may be empty, or name a file whose bytes never reached the disk. We
allow one writer at a time (a lock on a file), and each writer settles the newest entries before
it answers: what is whole is flushed, what is torn was never answered for and is put aside.
Object stores acknowledge only what is durable and need none of this.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

# A vacuum commits twice (its start and its end); every other operation commits once.
COMMITS_AN_OPERATION = 2
PARQUET_MAGIC = b"PAR1"
_ENTRY = re.compile(r"^\d{20}\.json$")


@contextmanager
def one_writer(lock_file: Path) -> Iterator[None]:
    """Hold the only right to write; the kernel gives it back if the holder dies."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def flush(path: Path) -> None:
    """Force a file's bytes, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle(table: Path, since: int = -1) -> int:
    """Flush every commit after version `since` that may not be on disk yet; the newest version.

    A torn commit, and whatever stands after it, moves to the folder `torn` beside the table's
    log. Its writer never got an answer and will write again under the same transaction.
    """
    log = table / "_delta_log"
    if not log.is_dir():
        return -1
    _drop_torn_checkpoints(log)
    entries = sorted(entry for entry in log.iterdir() if _ENTRY.match(entry.name))
    newest = entries[-1 - COMMITS_AN_OPERATION :] if since < 0 else entries
    unsettled = [entry for entry in newest if int(entry.stem) > since]
    folders: set[Path] = {log, table, table.parent}
    for position, entry in enumerate(unsettled):
        added = _added_files(table, entry)
        if added is None:
            _put_aside(table, unsettled[position:])
            unsettled = unsettled[:position]
            break
        for path in added:
            flush(path)
            folders.add(path.parent)
        flush(entry)
    for folder in sorted(folders):
        flush(folder)
    return int(unsettled[-1].stem) if unsettled else max(since, -1)


def _added_files(table: Path, entry: Path) -> list[Path] | None:
    """The data files that a log entry adds, or None where entry or files are not whole."""
    added: list[Path] = []
    try:
        actions = [json.loads(line) for line in entry.read_text().splitlines() if line]
    except ValueError:
        return None
    if not actions:
        return None
    for add in (action["add"] for action in actions if "add" in action):
        path = table / unquote(add["path"])
        if not _is_whole(path, add["size"]):
            return None
        added.append(path)
    return added


def _is_whole(path: Path, size: int | None = None) -> bool:
    """Whether a Parquet file has its length and the mark at both its ends."""
    try:
        with path.open("rb") as file:
            head = file.read(len(PARQUET_MAGIC))
            end = file.seek(0, os.SEEK_END)
            if end < 3 * len(PARQUET_MAGIC):  # both marks and the length of the footer
                return False
            file.seek(-len(PARQUET_MAGIC), os.SEEK_END)
            tail = file.read()
    except OSError:
        return False
    return head == tail == PARQUET_MAGIC and size in (None, end)


def _drop_torn_checkpoints(log: Path) -> None:
    """A checkpoint only shortens reading: without a whole one, the log entries tell the same."""
    hint = log / "_last_checkpoint"
    torn = [path for path in log.glob("*.checkpoint.parquet") if not _is_whole(path)]
    for path in torn:
        path.unlink()
    if hint.exists():
        try:
            json.loads(hint.read_text())
        except ValueError:
            hint.unlink()
            return
        if torn:
            hint.unlink()


def _put_aside(table: Path, entries: list[Path]) -> None:
    aside = table.parent / ".torn" / table.name
    aside.mkdir(parents=True, exist_ok=True)
    for entry in reversed(entries):  # newest first: at no moment does the log have a hole
        entry.rename(aside / entry.name)
