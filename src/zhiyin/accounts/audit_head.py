"""Where the audit chain ends: a sealed row, and a sealed file outside the database.

The file is written after the commit, so after a crash it may lag behind the row; it is never ahead
of it unless somebody cut the chain.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import transaction

from zhiyin.accounts.audit_keys import key
from zhiyin.accounts.models import AuditHead


class Head(msgspec.Struct, frozen=True):
    """The number and hash of the last entry, and the seal over both."""

    seq: int
    hash: bytes
    seal: bytes

    @property
    def is_ours(self) -> bool:
        return hmac.compare_digest(self.seal, _seal(self.seq, self.hash))


class BrokenHeadError(RuntimeError):
    """The head is not ours; the chain is not continued until somebody has looked at it."""


def read() -> Head | None:
    """The head in the database, None before the first entry."""
    row = AuditHead.objects.filter(pk=1).first()
    if row is None:
        return None
    return Head(row.seq, bytes(row.hash), bytes(row.seal))


def read_file() -> Head | None:
    """The head in the file; None where there is none or it cannot be read."""
    try:
        return msgspec.json.decode(_file().read_bytes(), type=Head)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def current() -> tuple[int, bytes]:
    """Number and hash to continue from."""
    head = read()
    if head is None:
        return 0, bytes(32)
    if not head.is_ours:
        raise BrokenHeadError("the audit trail's head was changed; run `zhiyin audit verify`")
    return head.seq, head.hash


def move(seq: int, last: bytes) -> None:
    """Set the head to a new last entry, the file once that is committed."""
    head = Head(seq, last, _seal(seq, last))
    AuditHead.objects.update_or_create(
        pk=1, defaults={"seq": head.seq, "hash": head.hash, "seal": head.seal}
    )
    transaction.on_commit(lambda: _write_file(head))


def _write_file(head: Head) -> None:
    target = _file()
    known = read_file()
    if known is not None and known.is_ours and known.seq >= head.seq:
        return  # another chainer was quicker
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(head))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)


def _file() -> Path:
    return Path(settings.DATA) / "audit_head.json"


def _seal(seq: int, last: bytes) -> bytes:
    return hmac.digest(key("head"), seq.to_bytes(8, "big") + last, "sha256")
