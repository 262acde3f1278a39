"""Hot events as rows of PostgreSQL, written as COPY's binary form by the turn of the pump.

A batch is of one source: it is looked up and held once here, where a foreign key would do it again
for each row.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime

import msgspec
from django.db import connection

from zhiyin.accounts import seat
from zhiyin.cleaning.originals import told
from zhiyin.collect.batch import Batch, Incoming
from zhiyin.collect.binary import NULL, field, id_field, moment
from zhiyin.collect.bulk import copy_binary, copy_new
from zhiyin.collect.models import Source

TABLE = "collect_event"
COLUMNS = (
    "event_id", "name", "at", "received_at", "source_id", "batch", "identifier_id", "customer_id",
    "properties", "context", "simulated",
)  # fmt: skip
_FIELDS = struct.pack("!h", len(COLUMNS))
_TIMES = struct.Struct("!iqiq").pack
_JSON = struct.Struct("!iB").pack  # its length, and the version of the form
_HOLD = "select key from collect_source where id = %s for key share"
_encode = msgspec.json.Encoder().encode


@seat.system("what is written here, the pump or a service that asked the policy has taken in")
def keep(batch: Batch, *, since: datetime) -> None:
    """Write the kept events of a batch that happened at or after a moment.

    What is here already was found by `check`; a pump that was quicker makes a live batch fail, and
    its second try finds it. An import that runs again leaves out what it has written.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [batch.source.pk])
        if cursor.fetchone() is None:
            raise Source.DoesNotExist(batch.source.pk)
    row = _row_of(batch)
    rows = [row(event) for event in batch.kept() if event.at >= since]
    if batch.live:
        copy_binary(TABLE, COLUMNS, rows)
    else:
        copy_new(TABLE, COLUMNS, rows, key=["event_id"])


def _row_of(batch: Batch) -> Callable[[Incoming], bytes]:
    received = batch.received_at
    whose = id_field(batch.source.pk) + id_field(batch.id)
    simulated = field(bytes([batch.source.simulated]))

    def row(event: Incoming) -> bytes:
        return b"".join((
            _FIELDS, id_field(event.event_id), field(event.name.encode()),
            _TIMES(8, moment(event.at), 8, moment(event.received_at or received)),
            whose, id_field(event.identifier_id), id_field(event.customer_id),
            _json(event.properties), _around(event), simulated,
        ))  # fmt: skip

    return row


def _around(event: Incoming) -> bytes:
    """What came around the event, with its cells as they were before they were cleaned."""
    if event.was:
        return _json({**(event.context or {}), "was": told(event.was)})
    return _json(event.context) if event.context else NULL


def _json(value: dict[str, object]) -> bytes:
    text = _encode(value)
    return _JSON(len(text) + 1, 1) + text
