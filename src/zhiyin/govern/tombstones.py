"""Who was erased, remembered without saying who: keyed hashes of their identifiers, so that neither
an event nor an import brings them back. The lake has its own of the same persons.

Each batch asks under a shared lock, and an erasure takes it alone for a moment after it has added
its hashes: then every batch that had looked before is over, and every later one knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection, transaction

from zhiyin.accounts.audit_keys import key
from zhiyin.collect.batch import Seen
from zhiyin.govern.models import Tombstone

_BYTES = 16
_LOCK = 0x7A70_6572_6173  # pg_advisory: shared by batches, alone for who erases


def add(seen: Iterable[tuple[str, str, str]], at: datetime) -> None:
    """Remember them, and wait for the batches that do not know it yet."""
    digests = {_digest(Seen(*one)) for one in seen}
    Tombstone.objects.bulk_create(
        [Tombstone(digest=one, at=at) for one in sorted(digests)], ignore_conflicts=True
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def known(seen: Collection[Seen]) -> frozenset[Seen]:
    """Which of these belong to somebody who was erased; holds until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s)", [_LOCK])
        # A statement of its own: one that waited for the lock would not see what came meanwhile.
        cursor.execute("select exists (select from govern_tombstone)")
        row = cursor.fetchone()
        if not row or not row[0] or not seen:
            return frozenset()
        by_digest = {_digest(one): one for one in seen}
        cursor.execute(
            "select digest from govern_tombstone where digest = any(%s)", [list(by_digest)]
        )
        return frozenset(by_digest[bytes(row[0])] for row in cursor.fetchall())


def lift(seen: Iterable[tuple[str, str, str]]) -> int:
    """Somebody came back: what comes with these identifiers is taken in again."""
    return Tombstone.objects.filter(digest__in=[_digest(Seen(*one)) for one in seen]).delete()[0]


def _digest(one: Seen) -> bytes:
    said = "\x1f".join((one.kind, one.namespace, one.value.casefold()))
    return hashlib.blake2b(said.encode(), digest_size=_BYTES, key=key("tombstone")[:32]).digest()
