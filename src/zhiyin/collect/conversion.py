"""Cleaned tables become events, a chunk at a time: what the pipeline takes.

Ids are made from what is in the row, so that the same file gives the same events again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow as pa

from zhiyin.cleaning import originals
from zhiyin.cleaning.fields import Kind
from zhiyin.collect.batch import (
    ConsentFact,
    Incoming,
    LineFacts,
    OrderFacts,
    ProfileFacts,
    Seen,
    Was,
    event_id,
)
from zhiyin.collect.models import Source
from zhiyin.instants import from_us

ROWS_A_CHUNK = 40_000

Row = dict[str, Any]


def incoming(
    kind: Kind, cleaned: pa.Table, source: Source, now: datetime
) -> Iterator[list[Incoming]]:
    """The events of a cleaned table, in chunks of about `ROWS_A_CHUNK` rows."""
    if kind is Kind.ORDERS:
        return _orders(cleaned, source)
    if kind is Kind.CUSTOMERS:
        return _customers(cleaned, source, now)
    return _events(cleaned, source)


def _orders(lines: pa.Table, source: Source) -> Iterator[list[Incoming]]:
    ordered = lines.sort_by([("order_number", "ascending"), ("line_no", "ascending")])
    chunk: list[Incoming] = []
    held = 0
    for _, group in groupby(_rows(ordered), key=lambda row: row["order_number"]):
        event = _order(list(group), source)
        assert event.order is not None
        chunk.append(event)
        held += len(event.order.lines)
        if held >= ROWS_A_CHUNK:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _order(rows: list[Row], source: Source) -> Incoming:
    first = rows[0]
    lines = [
        LineFacts(
            kind=row["kind"], sku=row["sku"] or "", name=row["product_name"] or "",
            quantity=row["quantity"], unit_price=row["unit_price"], amount=row["amount"],
            was=_part(row, _OF_LINE),
        )
        for row in rows
    ]  # fmt: skip
    total = sum((line.amount for line in lines), Decimal(0))
    sold = any(line.kind == "sale" for line in lines)
    kind = "sale" if sold or total >= 0 else "return"
    was = _part(first, _OF_ORDER)
    order = OrderFacts(first["order_number"], kind, total, first["currency"], lines, was=was)
    country = first.get("country") or ""
    told = {"country": was["country"]} if was and "country" in was else {}
    weak = ProfileFacts({"country": country}, [], True, was=told) if country else None
    seen = _seen(first)
    return Incoming(
        event_id=event_id(source, "order", order.number),
        name="Order Completed" if kind == "sale" else "Order Refunded",
        at=from_us(first["ts_us"]),
        seen=seen,
        properties={"order_id": order.number, "total": str(total), "currency": order.currency,
                    "lines": len(lines)},
        row=first["row_number"],
        order=order,
        profile=weak if seen else None,
    )  # fmt: skip


_OF_LINE = frozenset({"sku", "product_name", "quantity", "unit_price", "amount"})
_OF_ORDER = frozenset({
    "order_number", "ordered_at", "customer_ref", "email", "phone", "member_card", "country",
    "currency",
})  # fmt: skip


def _part(row: Row, fields: frozenset[str]) -> Was | None:
    """What was mended of these fields; None where nothing was."""
    if not row.get("was"):
        return None
    found = {one: was for one, was in originals.read(row["was"]).items() if one in fields}
    return found or None


_TEXT_FIELDS = {
    "customer_ref": "number", "name": "name", "email": "email", "phone": "phone",
    "gender": "gender", "language": "language", "country": "country", "province": "province",
    "city": "city", "department_code": "department_id",
}  # fmt: skip
_CONSENTS = {
    "consent_email": ("email", "marketing"),
    "consent_sms": ("sms", "marketing"),
    "consent_profiling": ("none", "profiling"),
}


def _customers(rows: pa.Table, source: Source, now: datetime) -> Iterator[list[Incoming]]:
    for chunk in _chunks(rows):
        yield [_customer(row, source, now) for row in chunk]


def _customer(row: Row, source: Source, now: datetime) -> Incoming:
    fields: dict[str, str | date | list[str]] = {
        target: row[name] for name, target in _TEXT_FIELDS.items() if row.get(name)
    }
    if "language" in fields:
        fields["language"] = str(fields["language"]).partition("-")[0].lower()  # zh-Hans: zh
    if row.get("birthday"):
        fields["birth_date"] = row["birthday"]
    if row.get("tags"):
        fields["tags"] = list(row["tags"])
    at = from_us(row["created_us"]) if row.get("created_us") else now
    consents = [
        ConsentFact(channel, purpose, row[name], at, f"import {source.key}")
        for name, (channel, purpose) in _CONSENTS.items()
        if row.get(name) is not None
    ]
    own = json.loads(row["own"]) if row.get("own") else {}
    nameless = {"row_number", "was"} | (set() if own else {"own"})  # as ids always were
    content = {name: value for name, value in row.items() if name not in nameless}
    digest = hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()
    return Incoming(
        event_id=event_id(source, "profile", digest),
        name="Profile Updated",
        at=at,
        seen=_seen(row),
        properties={"fields": sorted([*fields, *own])},
        row=row["row_number"],
        profile=ProfileFacts(fields, consents, own=own, was=_mended(row), said_at=now),
    )


_NAMED = {**_TEXT_FIELDS, "birthday": "birth_date"}


def _mended(row: Row) -> Was:
    """What was mended, by the names that the fields of a profile have."""
    return {_NAMED.get(name, name): was for name, was in originals.read(row.get("was")).items()}


def _events(rows: pa.Table, source: Source) -> Iterator[list[Incoming]]:
    alike: Counter[str] = Counter()  # two equal rows are two events; the second gets a number
    for chunk in _chunks(rows):
        yield [_event(row, source, alike) for row in chunk]


def _event(row: Row, source: Source, alike: Counter[str]) -> Incoming:
    seen = _seen(row)
    properties = json.loads(row["properties"]) if row.get("properties") else {}
    key = row.get("message_id") or ""
    if not key:
        content = [row["name"], row["ts_us"], seen, properties]
        digest = hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
        key = f"{digest}:{alike[digest]}"
        alike[digest] += 1
    return Incoming(
        event_id=event_id(source, "event", key),
        name=row["name"],
        at=from_us(row["ts_us"]),
        seen=seen,
        properties=properties,
        row=row["row_number"],
        was=originals.read(row.get("was")) or None,
    )


_IDENTIFIERS = {
    "customer_ref": "number", "member_card": "card", "phone": "phone", "email": "email",
    "wechat": "wechat", "device_id": "device",
}  # fmt: skip


def _seen(row: Row) -> list[Seen]:
    """The identifiers of a row. Customer numbers hold for the whole company."""
    return [Seen(kind, "", row[name]) for name, kind in _IDENTIFIERS.items() if row.get(name)]


def _chunks(table: pa.Table) -> Iterator[list[Row]]:
    for start in range(0, table.num_rows, ROWS_A_CHUNK):
        yield list(_rows(table.slice(start, ROWS_A_CHUNK)))


def _rows(table: pa.Table) -> Iterator[Row]:
    """Rows as dictionaries, a slice at a time: a whole table of Python objects is large."""
    for start in range(0, table.num_rows, ROWS_A_CHUNK):
        part = table.slice(start, ROWS_A_CHUNK)
        columns = {name: part[name].to_pylist() for name in part.column_names}
        names = list(columns)
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))
