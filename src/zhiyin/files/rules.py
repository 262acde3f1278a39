"""Decisions about files: what is too large, what is taken, and how one is handed out."""

from __future__ import annotations

from dataclasses import dataclass

from zhiyin.files.names import ending_of
from zhiyin.files.types import UNKNOWN, Doubt, Family, Kind
from zhiyin.files.types.kinds import KINDS, OCTETS

ENVELOPE = 64 * 1024  # bytes of a request that are not the file: boundaries, fields, headers
_KNOWN_ENDINGS = frozenset().union(*(kind.endings for kind in KINDS.values()))


@dataclass(frozen=True)
class Limits:
    """The largest file, and how much one record may hold, in bytes."""

    file: int
    record: int

    def takes_length(self, stated: int) -> bool:
        """Whether a request that states this length can hold a file that is taken."""
        return stated <= self.file + ENVELOPE

    def takes(self, size: int) -> bool:
        """Whether a file of so many bytes is taken."""
        return size <= self.file

    def has_room(self, held: int, size: int) -> bool:
        """Whether a record that holds so much can take so much more."""
        return held + size <= self.record


def is_disguised(name: str, kind: Kind) -> bool:
    """Whether the name says one kind and the bytes say another.

    A name without an ending, or with one that nobody knows, says nothing.
    """
    ending = ending_of(name)
    return ending in _KNOWN_ENDINGS and ending not in kind.endings


def is_doubtful(kind: Kind, doubt: Doubt | None, disguised: bool) -> bool:
    """Whether a strict house refuses this file."""
    return disguised or doubt is not None or kind.family is Family.ACTIVE


def media_type(kind: Kind, doubt: Doubt | None, disguised: bool) -> str:
    """The type to tell on the wire: bytes, unless everything agrees that the file is harmless."""
    if kind is UNKNOWN or is_doubtful(kind, doubt, disguised):
        return OCTETS
    return kind.media_type


def is_drawable(kind: Kind) -> bool:
    """Whether a picture of it is made: by us, anew, so that a doubt about it does not matter."""
    return kind.key in ("png", "jpeg", "gif", "webp", "bmp", "tiff")


def is_readable(kind: Kind) -> bool:
    """Whether its text is shown on a page, escaped."""
    return kind.family is Family.TEXT
