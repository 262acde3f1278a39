"""From the pipeline to the lake: what of an event is kept for ever, and what must not be.

The lake holds no name, address, phone or free text: properties keep numbers, truth values and
short technical words, but for those that the source's plan marks as personal; everything else
stays in PostgreSQL, where it can be erased row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from zhiyin.collect.batch import Batch, Incoming
from zhiyin.collect.models import Source
from zhiyin.collect.plan import noting
from zhiyin.collect.plan.watching import Watch
from zhiyin.instants import to_us
from zhiyin.lake import Lake

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(dict[str, object]).decode
# The two digits of each byte, and where the 32 digits of an id stand among its dashes.
_HEXADECIMAL = np.frombuffer(bytes(range(256)).hex().encode(), np.uint8).reshape(256, 2)
_DIGITS = [place for place in range(36) if place not in (8, 13, 18, 23)]
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


def mend(day: date, source: str, *, dry_run: bool) -> int:
    """Take out of a day what today's marks keep out of the lake; how many rows lose something.

    The day is written anew only where some do.
    """
    watches = {
        one.key: noting.watch(one)
        for one in Source.objects.all() if not source or one.key == source
    }  # fmt: skip
    where: dict[str, date | str] = {"received_day": day}
    if source:
        where["source"] = source
    columns = ["source", "name", "properties"]
    rows = sum(_mended(part, watches)[1] for part in lake().scan("events", columns, where))
    if rows and not dry_run:
        lake().mend("events", day, lambda part: _mended(part, watches)[0])
    return rows


def _mended(part: pa.RecordBatch, watches: Mapping[str, Watch]) -> tuple[pa.RecordBatch, int]:
    """The rows with what the lake may hold of their properties, and how many are others now."""
    told = part["properties"].to_pylist()
    changed = 0
    for row, (source, name) in enumerate(
        zip(part["source"].to_pylist(), part["name"].to_pylist(), strict=True)
    ):
        watch = watches.get(source)
        if watch is None:
            continue
        properties = decode(told[row])
        kept = watch.for_lake(name, properties, capped=False)
        if len(kept) < len(properties):
            told[row] = encode(kept).decode()
            changed += 1
    at = part.schema.get_field_index("properties")
    return part.set_column(at, part.schema.field(at), pa.array(told, pa.string())), changed


def _event_rows(batch: Batch, kept: list[Incoming]) -> pa.Table:
    count = len(kept)
    watch = noting.watch(batch.source)
    return pa.table(
        {
            "event_id": texts_of([event.event_id for event in kept]),
            "name": [event.name for event in kept],
            "source": pa.repeat(batch.source.key, count),
            "batch": pa.repeat(str(batch.id), count),
            "identifier_id": texts_of([event.identifier_id for event in kept]),
            "ts_us": _us([event.at for event in kept]),
            "received_us": _us([event.received_at or batch.received_at for event in kept]),
            "properties": pa.array([_properties(watch, batch, one) for one in kept], pa.string()),
        }
    )


def _us(moments: list[datetime]) -> pa.Array:
    """Microseconds since 1970."""
    return pa.array(moments, pa.timestamp("us", "UTC")).cast(pa.int64())


def texts_of(ids: list[UUID | None]) -> pa.Array:
    """Ids as they are written, each in 36 characters; made for a whole column at once."""
    none = bytes(16)
    flat = b"".join(none if id_ is None else id_.bytes for id_ in ids)
    written = np.full((len(ids), 36), ord("-"), np.uint8)
    written[:, _DIGITS] = _HEXADECIMAL[np.frombuffer(flat, np.uint8)].reshape(-1, 32)
    ends = np.arange(0, 36 * len(ids) + 1, 36, dtype=np.int32)
    made = pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends), pa.py_buffer(written))
    if None not in ids:
        return made
    return pc.if_else(pa.array([id_ is not None for id_ in ids]), made, None)


def _properties(watch: Watch, batch: Batch, one: Incoming) -> bytes:
    """What the lake gets of an event's properties; ours of a person are not the sender's names."""
    capped = batch.live and one.told is None
    told = one.properties
    if batch.held_back:
        told = {name: value for name, value in told.items() if name not in batch.held_back}
    return encode(watch.for_lake(one.name, told, capped=capped))


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


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
