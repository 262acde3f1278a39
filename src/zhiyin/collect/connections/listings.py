"""Which files of a place are new, wherever it is: a folder, a bucket, an SFTP server.

A file is taken when it has been quiet for a while, and again when it changed; what was in it before
counts once. Pure: whoever lists says what is there and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

from zhiyin.collect.connections.pieces import Cursor

QUIET_S = 10.0  # half-written files are left for the next time
MOST_FILES = 10_000  # in a place; the oldest names are forgotten beyond


@dataclass(frozen=True)
class There:
    """A file: `mark` differs when its content does, `changed` is a moment in seconds."""

    name: str
    size: int
    changed: float
    mark: list[int | str]


def new(
    there: Iterable[There], pattern: str, cursor: Cursor, *, now: float
) -> Iterator[tuple[There, Cursor]]:
    """Files that are new or changed since the cursor, the oldest first, each with the cursor that
    says that it is in."""
    seen = _seen(cursor)
    found = [
        one
        for one in there
        if fnmatch(one.name, pattern)
        and not one.name.startswith(".")
        and seen.get(one.name) != one.mark
        and now - one.changed >= QUIET_S
        and one.size
    ]
    for one in sorted(found, key=lambda one: (one.changed, one.name)):
        seen = {**seen, one.name: one.mark}
        yield one, {"files": dict(list(seen.items())[-MOST_FILES:])}


def _seen(cursor: Cursor) -> dict[str, list[int | str]]:
    files = cursor.get("files", {})
    return dict(files) if isinstance(files, dict) else {}
