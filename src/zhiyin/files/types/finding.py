"""Finds what a file is, and whether it is something else as well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from zhiyin.files.types import ends, zips
from zhiyin.files.types.kinds import UNKNOWN, Doubt, Family, Kind, kind
from zhiyin.files.types.signatures import HEAD, signed
from zhiyin.files.types.texts import text_kind

TEXT_HEAD = 64 * 1024  # bytes of a text that are read before it is called one
_SLICE = 1 << 20
_RUNS = re.compile(
    rb"<script[\s>/]|<\?php|<iframe[\s>/]|<!doctype\s+html|<svg[\s>/]", re.IGNORECASE
)
_OVERLAP = 16  # no pattern above is longer
_PDF_WINDOW = 1024  # readers accept a PDF that begins within so many bytes
# Kinds in whose bytes such a tag has no business; an Office document or an archive may hold one.
_SEARCHED = frozenset({Family.PICTURE, Family.MEDIA})


@dataclass(frozen=True)
class Found:
    """What the bytes are, and a doubt about them."""

    kind: Kind
    doubt: Doubt | None = None


def find(file: BinaryIO) -> Found:
    """What this file is. The file must be seekable; where it stands afterwards is not said."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(TEXT_HEAD)
    if not head:
        return Found(kind("text"))
    key = signed(head[:HEAD])
    if key is None:
        return _text_or_unknown(file, head, size)
    if key == "zip":
        key, doubt = zips.zip_kind(file, size)
        return Found(kind(key), doubt or _within(file, kind(key), head))
    return Found(kind(key), _doubt(file, kind(key), head, size))


def _text_or_unknown(file: BinaryIO, head: bytes, size: int) -> Found:
    key = text_kind(head, whole=len(head) == size)
    found = kind(key) if key else UNKNOWN
    return Found(found, _second(file, found, head, size))


def _doubt(file: BinaryIO, found: Kind, head: bytes, size: int) -> Doubt | None:
    """Whether a second file stands in or behind the first."""
    try:
        end = ends.end_of(found.key, file, size)
    except ends.Cut:
        return Doubt.BROKEN
    if end is not None and _goes_on(file, end):
        return Doubt.POLYGLOT
    return _second(file, found, head, size)


def _second(file: BinaryIO, found: Kind, head: bytes, size: int) -> Doubt | None:
    """An archive at the end, or whatever `_within` finds."""
    end = zips.end_of_directory(file, size)
    if end is not None and end[0] + end[1] <= end[2]:
        return Doubt.POLYGLOT
    return _within(file, found, head)


def _within(file: BinaryIO, found: Kind, head: bytes) -> Doubt | None:
    """A PDF that begins a little later, or a tag that runs, within another kind of file."""
    if found.key != "pdf" and b"%PDF-" in head[:_PDF_WINDOW]:
        return Doubt.POLYGLOT
    if found.family in _SEARCHED and _holds_a_tag(file):
        return Doubt.POLYGLOT
    if found.key == "pdf" and _RUNS.search(head[:HEAD]):
        return Doubt.POLYGLOT
    return None


def _goes_on(file: BinaryIO, end: int) -> bool:
    """Whether anything but padding stands behind the end."""
    file.seek(end)
    while part := file.read(_SLICE):
        if part.strip(b"\0"):
            return True
    return False


def _holds_a_tag(file: BinaryIO) -> bool:
    file.seek(0)
    held = b""
    while part := file.read(_SLICE):
        if _RUNS.search(held + part):
            return True
        held = part[-_OVERLAP:]
    return False
