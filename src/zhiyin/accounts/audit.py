"""The audit trail: who did what to which object, in a chain that shows every later change.

`record` writes the facts in the business transaction; the chainer then gives each a number and an
HMAC over the previous one's. The head (last number and hash) lies under its own HMAC in the
database and, with a folder of ours, in a file outside it, so that a cut tail is found even where
an older head was put back. Whoever holds the audit key can forge the chain: keep it elsewhere than
the database. Detail holds ids, counts and field names, never what a person is called.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone
from msgspec import json

from zhiyin.accounts import audit_head
from zhiyin.accounts.audit_keys import key
from zhiyin.accounts.models import AuditEntry, AuditFacts, AuditPending, User
from zhiyin.ids import uuid7

Fact = str | int | bool | None | UUID | Decimal | datetime
Detail = Fact | Iterable[Fact]
CHAIN_LOCK = 0x7A68_6979_696E  # pg_advisory_xact_lock: one chainer at a time
GENESIS = bytes(32)
_BATCH = 5_000


def record(
    by: User | None, verb: str, obj: models.Model | None = None, **detail: Detail
) -> AuditPending:
    """Note that somebody (None: the system itself) did something; kept or lost with the deed."""
    pending = AuditPending(
        id=uuid7(),
        at=timezone.now(),
        by=by.pk if by is not None else None,
        verb=verb,
        object_type=obj._meta.model_name or "" if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        detail={name: _plain(value) for name, value in {**_by_token(by), **detail}.items()},
    )
    pending.seal = seal(pending)
    pending.save(force_insert=True)
    return pending


def _by_token(by: User | None) -> dict[str, Detail]:
    """Which token acted, where it was one: its shown part."""
    return {"by_token": by.token.prefix} if by is not None and by.token is not None else {}


def read_of(by: User | None, obj: models.Model, **detail: Detail) -> AuditPending:
    """Note that somebody looked at a person's data."""
    return record(by, f"{obj._meta.model_name}.read", obj, **detail)


def exported(by: User | None, what: str, *, rows: int, fields: Iterable[str]) -> AuditPending:
    """Note that rows left the product as a file."""
    return record(by, f"{what}.exported", rows=rows, fields=sorted(fields))


def chain_pending(limit: int = _BATCH) -> int:
    """Give what was recorded its place in the chain; returns how many entries that were."""
    chained = 0
    while True:
        with transaction.atomic():
            count = _chain_batch(limit)
        chained += count
        if count < limit:
            return chained


def _chain_batch(limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    pending = list(AuditPending.objects.order_by("id")[:limit])
    if not pending:
        return 0
    seq, last = audit_head.current()
    entries = []
    for facts in pending:
        seq += 1
        entry = AuditEntry(
            seq=seq,
            **{f.attname: getattr(facts, f.attname) for f in AuditFacts._meta.local_fields},
        )
        entry.hash = last = link(last, entry)
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries)
    AuditPending.objects.filter(pk__in=[facts.pk for facts in pending]).delete()
    audit_head.move(seq, last)
    return len(entries)


def link(previous: bytes, entry: AuditEntry) -> bytes:
    """The hash of an entry: HMAC-SHA256(key, previous hash ‖ number ‖ facts)."""
    message = previous + entry.seq.to_bytes(8, "big") + canonical(entry) + bytes(entry.seal)
    return hmac.digest(key("chain"), message, "sha256")


def seal(facts: AuditFacts) -> bytes:
    """The hash of the facts alone, so that nothing is changed while they wait for the chainer."""
    return hmac.digest(key("seal"), canonical(facts), "sha256")


def canonical(facts: AuditFacts) -> bytes:
    """The facts as one unambiguous line of JSON."""
    return json.encode(
        {
            "id": str(facts.pk if isinstance(facts, AuditPending) else facts.id),
            "at": facts.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": str(facts.by) if facts.by else None,
            "verb": facts.verb,
            "object_type": facts.object_type,
            "object_id": facts.object_id,
            "detail": facts.detail,
        },
        order="sorted",
    )


def _plain(value: Detail) -> str | int | bool | list[str | int | bool | None] | None:
    """A value as JSON that PostgreSQL gives back unchanged: no floats, whose text can differ."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, float):
        raise TypeError("audit detail takes no float; give a Decimal or a whole number")
    return [_plain(item) for item in value]  # type: ignore[misc]
