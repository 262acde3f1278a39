"""Files that another system puts into a folder of this server.

Only folders that the operator opened (`ZHIYIN_SOURCE_FOLDERS`) are looked into, and nothing outside
of them, whatever links lie inside.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from django import forms
from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.connections import listings
from zhiyin.collect.connections.forms import ConnectionForm
from zhiyin.collect.connections.pieces import Asked, Cursor, Look, Piece, Where
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Connection


class FolderForm(ConnectionForm):
    """Which folder of this server, and which files."""

    layout = (("folder", "pattern"),)

    folder = forms.CharField(
        label=_("Folder"), max_length=500, help_text=_("The path on the server.")
    )
    pattern = forms.CharField(
        label=_("File names"), max_length=120, initial="*", help_text=_("Such as orders-*.csv")
    )

    def __init__(self, data: object, one: Connection | None = None) -> None:
        super().__init__(data, one)
        if one is None and (open_ := roots()):
            self.fields["folder"].initial = str(open_[0])


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


def look(where: Where, secret: str) -> Look:
    """The files that would be taken in; raises `Trouble`."""
    return look_at([piece.name for piece in new_files(where, {})])


def look_at(names: list[str]) -> Look:
    """How files that would be taken in are told of, wherever they lie."""
    said = ngettext("%(n)s file would be taken in.", "%(n)s files would be taken in.", len(names))
    return Look(said % {"n": len(names)}, heading=gettext("Files"), names=names)


def pieces(asked: Asked) -> Iterator[Piece]:
    """What is new in the folder; read where it lies."""
    return new_files(asked.where, asked.cursor)


def new_files(where: Where, cursor: Cursor, *, now: float | None = None) -> Iterator[Piece]:
    """Files that are new or changed since the cursor, the oldest first."""
    folder = folder_of(str(where["folder"]))
    moment = time.time() if now is None else now
    there = [_told(path) for path in sorted(folder.iterdir()) if _inside(path)]
    for one, reached in listings.new(there, str(where.get("pattern") or "*"), cursor, now=moment):
        yield Piece(folder / one.name, one.name, reached)


def _told(path: Path) -> listings.There:
    told = path.stat()
    return listings.There(path.name, told.st_size, told.st_mtime, [told.st_size, told.st_mtime_ns])


def _inside(path: Path) -> bool:
    if not path.is_file():
        return False
    real = path.resolve()
    return any(root in real.parents for root in roots())
