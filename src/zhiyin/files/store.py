"""Where the bytes lie: a folder, or a bucket of S3-compatible storage, under opaque names.

A store keeps whole objects, written once. What `put` returns from is durable.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from django.conf import settings

CHUNK = 1 << 18


class MissingError(Exception):
    """The store does not have an object that the database names."""


class Store(Protocol):
    """Keeps bytes under names; knows nothing of files."""

    def put(self, name: str, source: Path) -> None:
        """Keep a file of this computer's disk; it is taken, not copied, where that can be."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes, piece by piece. Raises `MissingError` before the first."""

    def remove(self, name: str) -> None:
        """Forget the object; no error where there is none."""

    def names(self, before: datetime) -> Iterator[str]:
        """The names of what was put before a moment."""


class Folder:
    """A folder on a disk: two letters of the name, then the name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, source: Path) -> None:
        target = self._path(name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        source.chmod(0o600)
        _flush(source)
        try:
            source.rename(target)
        except OSError:  # another disk
            shutil.copyfile(source, target)
            _flush(target)
            source.unlink()
        _flush(target.parent)

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError as error:
            raise MissingError(name) from error
        return _pieces(file)

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def names(self, before: datetime) -> Iterator[str]:
        for path in self.root.glob("??/*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                yield path.name

    def _path(self, name: str) -> Path:
        return self.root / name[:2] / name


class S3:
    """A bucket, reached by the extra `s3`; credentials, region and endpoint are AWS_* variables."""

    def __init__(self, bucket: str, prefix: str) -> None:
        from obstore.store import S3Store

        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        plain = endpoint.startswith("http://")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._store = S3Store(bucket, client_options={"allow_http": plain})

    def put(self, name: str, source: Path) -> None:
        import obstore

        with source.open("rb") as file:
            obstore.put(self._store, self._key(name), file)
        source.unlink()

    def chunks(self, name: str) -> Iterator[bytes]:
        import obstore

        try:
            found = obstore.get(self._store, self._key(name))
        except FileNotFoundError as error:
            raise MissingError(name) from error
        return (bytes(part) for part in found.stream(min_chunk_size=CHUNK))

    def remove(self, name: str) -> None:
        import obstore

        obstore.delete(self._store, self._key(name))

    def names(self, before: datetime) -> Iterator[str]:
        import obstore

        for page in obstore.list(self._store, prefix=self._prefix or None):
            for one in page:
                if one["last_modified"] < before:
                    yield str(one["path"]).rpartition("/")[2]

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name[:2]}/{name}"


def configured() -> Store:
    """The store of this installation."""
    place = str(settings.FILES_STORE)
    if place.startswith("s3://"):
        parts = urlsplit(place)
        return S3(parts.netloc, parts.path)
    return Folder(Path(place))


def incoming() -> Path:
    """The folder in which uploads are looked at before they are kept."""
    path = Path(settings.DATA) / "files-incoming"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while part := file.read(CHUNK):
            yield part


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
