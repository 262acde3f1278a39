"""What this room does with new events: whose they are, and what they change on the profile."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

from django.db import connection

from zhiyin.collect.batch import Batch, Incoming, Outcome
from zhiyin.collect.bulk import copy_new, copy_rows
from zhiyin.customers import figures, identities, profiles

HOT = timedelta(days=90)  # older events are read from the lake

EVENT_COLUMNS = (
    "event_id", "name", "at", "received_at", "source_id", "batch", "identifier_id", "customer_id",
    "properties", "simulated",
)  # fmt: skip
ORDER_COLUMNS = (
    "id", "source_id", "number", "kind", "identifier_id", "customer_id", "ordered_at", "total",
    "currency", "lines", "batch", "simulated",
)  # fmt: skip
LINE_COLUMNS = (
    "order_id", "customer_id", "ordered_at", "kind", "sku", "product_name", "quantity",
    "unit_price", "amount",
)  # fmt: skip


def identify(batch: Batch) -> None:
    """Find or make the customer of each event from the identifiers that were seen."""
    identities.resolve(batch)


def update(batch: Batch) -> None:
    """Keep hot events and orders, write profile facts, and bring the figures up to date."""
    _mark_known_orders(batch)
    _keep_hot(batch)
    _keep_orders(batch)
    profiles.apply(batch)
    figures.refresh(batch.touched, at=batch.received_at)
    batch.counts.update(event.outcome for event in batch.incoming)


def _mark_known_orders(batch: Batch) -> None:
    ids = [event.event_id for event in batch.kept() if event.order]
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from customers_order where id = any(%s) and batch is distinct from %s",
            [ids, batch.id],
        )
        known = {row[0] for row in cursor.fetchall()}
    for event in batch.kept():
        if event.event_id in known:
            event.outcome = Outcome.KNOWN


def _keep_hot(batch: Batch) -> None:
    oldest = batch.received_at - HOT
    rows = (
        (
            event.event_id, event.name, event.at, batch.received_at, batch.source.id, batch.id,
            event.identifier_id, event.customer_id, json.dumps(event.properties, default=str),
            batch.source.simulated,
        )
        for event in batch.kept()
        if event.at >= oldest
    )  # fmt: skip
    copy_new("collect_event", EVENT_COLUMNS, rows, key=["event_id"])


def _keep_orders(batch: Batch) -> None:
    ours = _already_ours(batch)
    fresh = [e for e in batch.kept() if e.order is not None and e.event_id not in ours]
    copy_rows("customers_order", ORDER_COLUMNS, (_order_row(batch, event) for event in fresh))
    copy_rows(
        "customers_orderline", LINE_COLUMNS, (row for event in fresh for row in _line_rows(event))
    )
    _keep_products(fresh)
    batch.touched.update(e.customer_id for e in fresh if e.customer_id is not None)


def _already_ours(batch: Batch) -> set[UUID]:
    """Orders of this very batch that an interrupted run wrote."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from customers_order where batch = %s and id = any(%s)",
            [batch.id, [event.event_id for event in batch.kept() if event.order]],
        )
        return {row[0] for row in cursor.fetchall()}


def _order_row(batch: Batch, event: Incoming) -> tuple[object, ...]:
    order = event.order
    assert order is not None
    return (
        event.event_id, batch.source.id, order.number, order.kind, event.identifier_id,
        event.customer_id, event.at, round(order.total, 2), order.currency, len(order.lines),
        batch.id, batch.source.simulated,
    )  # fmt: skip


def _line_rows(event: Incoming) -> list[tuple[object, ...]]:
    assert event.order is not None
    return [
        (
            event.event_id, event.customer_id, event.at, line.kind, line.sku, line.name[:200],
            line.quantity, line.unit_price, line.amount,
        )
        for line in event.order.lines
    ]  # fmt: skip


def _keep_products(events: list[Incoming]) -> None:
    """The product catalogue as the orders tell it: the name and price seen last."""
    latest = {}
    for event in sorted(events, key=lambda one: one.at):
        assert event.order is not None
        for line in event.order.lines:
            if line.kind == "sale":
                latest[line.sku] = (line.sku, line.name[:200], line.unit_price, event.at)
    if not latest:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table incoming_product (sku text, name text, price numeric,"
            " at timestamptz) on commit drop"
        )
        copy_rows("incoming_product", ("sku", "name", "price", "at"), latest.values())
        cursor.execute(
            "insert into customers_product as p (sku, name, last_price, last_sold_at)"
            " select sku, name, price, at from incoming_product"
            " on conflict (sku) do update set name = case when excluded.name <> ''"
            " then excluded.name else p.name end, last_price = excluded.last_price,"
            " last_sold_at = excluded.last_sold_at"
            " where p.last_sold_at is null or p.last_sold_at <= excluded.last_sold_at"
        )
        cursor.execute("drop table incoming_product")
