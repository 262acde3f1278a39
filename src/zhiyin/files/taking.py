"""Taking an upload in: written to disk under a limit, hashed, and looked through."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext

from zhiyin.files import store
from zhiyin.files.rules import Limits
from zhiyin.files.types import Found, find


class Refused(Exception):  # noqa: N818  (the message says what to do about it)
    """The file is not taken; the message is for people."""


class TooLarge(Refused):
    """Over the limit for one file."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(
            gettext("The file is larger than %(limit)s MB.") % {"limit": limits.file >> 20}
        )


class RecordFull(Refused):
    """Over the limit for all files of one record."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(
            gettext("The files here would be larger than %(limit)s MB together; delete some first.")
            % {"limit": limits.record >> 20}
        )


class Doubtful(Refused):
    """This house takes no file that may be something else than it says."""

    def __init__(self) -> None:
        super().__init__(
            gettext("The file can run something, or is not what its name says; it is not taken.")
        )


@dataclass(frozen=True)
class Taken:
    """An upload on our disk: where, how large, its hash, and what it is."""

    path: Path
    size: int
    sha256: str
    found: Found


@contextmanager
def taken(chunks: Iterable[bytes], limits: Limits) -> Iterator[Taken]:
    """Write an upload to disk and look through it; what is left there afterwards is removed."""
    path = store.incoming() / secrets.token_hex(16)
    try:
        yield _written(path, chunks, limits)
    finally:
        path.unlink(missing_ok=True)


def _written(path: Path, chunks: Iterable[bytes], limits: Limits) -> Taken:
    digest, size = hashlib.sha256(), 0
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w+b") as file:
        for chunk in chunks:
            size += len(chunk)
            if not limits.takes(size):
                raise TooLarge(limits)
            digest.update(chunk)
            file.write(chunk)
        found = find(file)
    return Taken(path, size, digest.hexdigest(), found)
