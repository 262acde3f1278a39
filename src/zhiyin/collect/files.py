"""Where an import's files lie: a folder per import under the data folder, named by its id only."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from zhiyin.cleaning.errors import NoSpace, TooLarge

CHUNK = 1 << 20
RESERVE = 512 * 1024 * 1024  # bytes that stay free for the database and the lake


def folder(import_id: UUID) -> Path:
    """The import's own folder; made, readable by us alone."""
    path = Path(settings.DATA) / "imports" / str(import_id)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def keep(import_id: UUID, chunks: Iterable[bytes]) -> tuple[Path, str]:
    """Write an upload to disk; gives its path and SHA-256. Refuses what the disk cannot hold."""
    target = folder(import_id) / "source"
    digest, written = hashlib.sha256(), 0
    try:
        with target.open("wb") as file:
            for chunk in chunks:
                written += len(chunk)
                if written > settings.MAX_UPLOAD_BYTES:
                    raise TooLarge(
                        f"文件超过 {settings.MAX_UPLOAD_BYTES:,} 字节，请拆分后上传。",
                        f"The file is over {settings.MAX_UPLOAD_BYTES:,} bytes; split it.",
                    )
                if shutil.disk_usage(target.parent).free < RESERVE + len(chunk):
                    raise NoSpace(RESERVE + len(chunk), shutil.disk_usage(target.parent).free)
                digest.update(chunk)
                file.write(chunk)
    except Exception:
        discard(import_id)
        raise
    return target, digest.hexdigest()


def read_chunks(path: Path) -> Iterable[bytes]:
    """A file in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def discard(import_id: UUID) -> None:
    """Remove the import's files."""
    shutil.rmtree(folder(import_id), ignore_errors=True)
