"""The door for webhooks: who knows the secret is let in, and what comes is durable before the 200.

The same message again is thanked for and kept once. What is not let in is counted by reason and
day, for whoever looks after the connection; nothing of it is kept, and the answer does not say why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from uuid import UUID

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import NotDocuments
from zhiyin.collect.connections import signatures, webhooks
from zhiyin.collect.connections.running import PURPOSE
from zhiyin.collect.connections.signatures import Scheme, StaleError
from zhiyin.collect.models import Arrival, Connection, TurnedAway
from zhiyin.connect import vault

log = structlog.get_logger(__name__)
Reason = TurnedAway.Reason


class Outcome(IntEnum):
    """What became of a message, as the status of the answer; one that came before is kept, too."""

    KEPT = 200
    REFUSED = 401
    NOBODY = 404
    TOO_LARGE = 413
    NOT_JSON = 422


_SAID = {
    Reason.SIGNATURE: Outcome.REFUSED, Reason.STALE: Outcome.REFUSED,
    Reason.NOT_JSON: Outcome.NOT_JSON, Reason.TOO_LARGE: Outcome.TOO_LARGE,
    Reason.OFF: Outcome.NOBODY,
}  # fmt: skip


def arrive(
    connection_id: UUID, headers: Mapping[str, str], body: bytes, *, token: str, most: int
) -> Outcome:
    """Take a message in, where it is genuine; durable on return."""
    now = timezone.now()
    found = Connection.objects.filter(pk=connection_id, kind=Connection.Kind.WEBHOOK)
    one = found.select_related("source").first()
    if one is None:
        return Outcome.NOBODY
    reason = _why_not(one, headers, body, token=token, most=most, now=now)
    if reason is not None:
        _turn_away(one, reason, now)
        return _SAID[reason]
    try:
        told = documents.read(body)
        webhooks.rows_in(body)
    except NotDocuments:
        _turn_away(one, Reason.NOT_JSON, now)
        return Outcome.NOT_JSON
    try:
        with transaction.atomic():
            Arrival.objects.create(
                connection=one, received_at=now, topic=signatures.topic(headers, told),
                message_id=signatures.message_id(headers, body), body=body,
            )  # fmt: skip
    except IntegrityError:
        return Outcome.KEPT
    return Outcome.KEPT


def _why_not(
    one: Connection, headers: Mapping[str, str], body: bytes, *, token: str, most: int,
    now: datetime,
) -> Reason | None:  # fmt: skip
    if len(body) > most:
        return Reason.TOO_LARGE
    if one.secret is None:
        return Reason.SIGNATURE
    try:
        secret = vault.unseal(bytes(one.secret), purpose=PURPOSE)
        scheme = Scheme(str(one.where.get("signed")))
        genuine = signatures.is_genuine(scheme, secret, headers, body, token=token, now=now)
    except StaleError:
        return Reason.STALE
    except vault.UnreadableError:
        log.warning("a webhook's secret cannot be read", connection=str(one.pk))
        return Reason.SIGNATURE
    if not genuine:
        return Reason.SIGNATURE
    return None if one.source.enabled else Reason.OFF


def _turn_away(one: Connection, reason: Reason, now: datetime) -> None:
    """Count it; one statement, so that a flood of them only adds up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into collect_turnedaway (connection_id, day, reason, times, last_at)"
            " values (%s, %s, %s, 1, %s) on conflict (connection_id, day, reason)"
            " do update set times = collect_turnedaway.times + 1, last_at = excluded.last_at",
            [one.pk, now.date(), reason.value, now],
        )
