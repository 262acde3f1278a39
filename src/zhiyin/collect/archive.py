"""From the pipeline to the lake: what of an event is kept for ever, and what must not be.

The lake holds no name, address, phone or free text: properties keep numbers, truth values and
short technical words; everything else stays in PostgreSQL, where it can be erased row by row.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
from django.conf import settings

from zhiyin.collect.batch import Batch, Incoming
from zhiyin.instants import to_us
from zhiyin.lake import Lake

encode = msgspec.json.Encoder().encode
_TECHNICAL = re.compile(r"[A-Za-z0-9_./:-]{1,64}")
_NUMBERS = frozenset({bool, int, float, type(None)})
_LIKE_A_PHONE = re.compile(r"(?:\d[-./: ]?){7,}")
_ARCHIVED_LINES = {"sale", "return", "fee"}
_LINE_COLUMNS = {
    "event_id": pa.string(), "order_id": pa.string(), "identifier_id": pa.string(),
    "ts_us": pa.int64(), "sku": pa.string(), "quantity": pa.int64(),
    "unit_price": pa.decimal128(18, 4), "amount": pa.decimal128(18, 4), "currency": pa.string(),
}  # fmt: skip


@cache
def lake() -> Lake:
    """The workspace's lake."""
    return Lake(settings.LAKE, settings.LAKE_OPTIONS or None)


def archive(batch: Batch) -> None:
    """Append the kept events of a batch, once however often it is called; durable on return."""
    for table, rows in rows_of(batch).items():
        lake().append(table, rows, app_id=f"batch:{batch.id}", sequence=batch.sequence)


def rows_of(batch: Batch) -> dict[str, pa.Table]:
    """What the lake gets of the kept events of a batch, by its tables; those without rows not."""
    kept = list(batch.kept())
    orders = [event for event in kept if event.order is not None]
    found = {}
    if kept:
        found["events"] = _event_rows(batch, kept)
    if orders:
        found["order_lines"] = _line_rows(batch, orders)
    return found


def forget(batch: UUID) -> int:
    """Take the events of a batch out again, from every file; returns how many rows went."""
    gone = 0
    for table in ("events", "order_lines"):
        gone += lake().delete(table, "batch", [str(batch)])
        lake().vacuum(table)
    return gone


def _event_rows(batch: Batch, kept: list[Incoming]) -> pa.Table:
    received = to_us(batch.received_at)
    count = len(kept)
    received_us = [received if e.received_at is None else to_us(e.received_at) for e in kept]
    return pa.table(
        {
            "event_id": [str(event.event_id) for event in kept],
            "name": [event.name for event in kept],
            "source": [batch.source.key] * count,
            "batch": [str(batch.id)] * count,
            "identifier_id": pa.array([_text(e.identifier_id) for e in kept], pa.string()),
            "ts_us": pa.array([to_us(event.at) for event in kept], pa.int64()),
            "received_us": pa.array(received_us, pa.int64()),
            "properties": [encode(impersonal(event.properties)).decode() for event in kept],
        }
    )


def _line_rows(batch: Batch, orders: list[Incoming]) -> pa.Table:
    received = to_us(batch.received_at)
    columns: dict[str, list[Any]] = {name: [] for name in _LINE_COLUMNS}
    for event in orders:
        order = event.order
        assert order is not None
        lines = [line for line in order.lines if line.kind in _ARCHIVED_LINES]
        count = len(lines)
        columns["event_id"] += [str(event.event_id)] * count
        columns["order_id"] += [str(order.adds_to or event.event_id)] * count
        columns["identifier_id"] += [_text(event.identifier_id)] * count
        columns["ts_us"] += [to_us(event.at)] * count
        columns["currency"] += [order.currency] * count
        columns["sku"] += [line.sku for line in lines]
        columns["quantity"] += [line.quantity for line in lines]
        columns["unit_price"] += [line.unit_price for line in lines]
        columns["amount"] += [line.amount for line in lines]
    count = len(columns["sku"])
    return pa.table(
        {
            **{name: pa.array(columns[name], kind) for name, kind in _LINE_COLUMNS.items()},
            "source": [batch.source.key] * count,
            "batch": [str(batch.id)] * count,
            "received_us": pa.array([received] * count, pa.int64()),
        }
    )


def impersonal(properties: dict[str, Any]) -> dict[str, Any]:
    """Only what cannot name a person: numbers, truth values, short technical words."""
    return {name: value for name, value in properties.items() if _is_impersonal(value)}


def _is_impersonal(value: object) -> bool:
    if type(value) in _NUMBERS:
        return True
    if isinstance(value, list):
        return all(_is_impersonal(one) for one in value)
    if not isinstance(value, str):
        return False
    return bool(_TECHNICAL.fullmatch(value)) and not _LIKE_A_PHONE.search(value)


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
