"""Files that another system puts into a folder of this server.

Only folders that the operator opened (`ZHIYIN_SOURCE_FOLDERS`) are looked into, and nothing outside
of them, whatever links lie inside. A file is taken when it has been quiet for a while, and again
when it changed; what was in it before counts once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from django.conf import settings

from zhiyin.collect.connections.problems import NotAllowed, Trouble

QUIET_S = 10.0  # half-written files are left for the next time
MOST_FILES = 10_000  # in a folder; the oldest names are forgotten beyond
Seen = dict[str, list[int]]  # path below the folder → size, time of change in ns


@dataclass(frozen=True)
class Found:
    """A file to take, and what the cursor says once it is in."""

    path: Path
    name: str
    cursor: dict[str, object]


def roots() -> list[Path]:
    """The folders that the operator opened."""
    return [Path(one).resolve() for one in settings.SOURCE_FOLDERS]


def folder_of(text: str) -> Path:
    """The folder, where it lies in one that is open; raises `NotAllowed` or `Trouble`."""
    path = Path(text).resolve()
    if not any(path == root or root in path.parents for root in roots()):
        raise NotAllowed(
            "这个文件夹没有对知音开放，请管理员在 ZHIYIN_SOURCE_FOLDERS 中加入它。",
            "This folder is not open to Zhiyin; the operator adds it to ZHIYIN_SOURCE_FOLDERS.",
        )
    if not path.is_dir():
        raise Trouble(
            "文件夹不存在，请检查路径，或确认网络盘已挂载。",
            "There is no such folder; check the path, and that a network drive is mounted.",
        )
    return path


def new_files(
    where: dict[str, str], cursor: dict[str, object], *, now: float | None = None
) -> Iterator[Found]:
    """Files that are new or changed since the cursor, the oldest first."""
    folder = folder_of(where["folder"])
    pattern = where.get("pattern") or "*"
    seen = _seen(cursor)
    moment = time.time() if now is None else now
    there: list[tuple[int, str, Path, list[int]]] = []
    for path in sorted(folder.iterdir()):
        if not fnmatch(path.name, pattern) or path.name.startswith(".") or not _inside(path):
            continue
        told = path.stat()
        mark = [told.st_size, told.st_mtime_ns]
        if seen.get(path.name) != mark and moment - told.st_mtime >= QUIET_S and told.st_size:
            there.append((told.st_mtime_ns, path.name, path, mark))
    for _, name, path, mark in sorted(there, key=lambda one: one[:2]):
        seen = {**seen, name: mark}
        yield Found(path, name, {"files": dict(list(seen.items())[-MOST_FILES:])})


def _inside(path: Path) -> bool:
    if not path.is_file():
        return False
    real = path.resolve()
    return any(root in real.parents for root in roots())


def _seen(cursor: dict[str, object]) -> Seen:
    files = cursor.get("files", {})
    return dict(files) if isinstance(files, dict) else {}
