"""Orders from events: new ones as rows, known ones left alone, and lines that come later.

A line that was rejected, mended and sent again belongs to an order that is here already. It is
added to that order under an event of its own, so nothing that was counted is rewritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from zhiyin.cleaning.originals import told
from zhiyin.collect.batch import Batch, Incoming, LineFacts, Outcome, Was, event_id
from zhiyin.collect.bulk import copy_rows

ORDER_COLUMNS = (
    "id", "source_id", "number", "kind", "identifier_id", "customer_id", "ordered_at", "total",
    "currency", "lines", "batch", "simulated", "was",
)  # fmt: skip
LINE_COLUMNS = (
    "order_id", "customer_id", "ordered_at", "batch", "kind", "sku", "product_name", "quantity",
    "unit_price", "amount", "was",
)  # fmt: skip

LineKey = tuple[str, str, int, Decimal]


def settle(batch: Batch) -> None:
    """Mark orders that are here already; what is new in them becomes an addition."""
    orders = {e.event_id: e for e in batch.kept() if e.order is not None}
    known = _known_lines(list(orders), batch.id)
    for order_id, here in known.items():
        _keep_what_is_new(orders[order_id], order_id, here, batch)


def keep(batch: Batch) -> None:
    """Write orders, lines and products; an interrupted run that wrote them already adds nothing."""
    done = _written([e.event_id for e in batch.kept() if e.order], batch.id)
    fresh = [e for e in batch.kept() if e.order and not e.order.adds_to and e.event_id not in done]
    added = [e for e in batch.kept() if e.order and e.order.adds_to]
    added = [e for e in added if not _has_lines(e, batch.id)]
    copy_rows("customers_order", ORDER_COLUMNS, (_order_row(batch, event) for event in fresh))
    lines = (row for event in [*fresh, *added] for row in _line_rows(event, batch.id))
    copy_rows("customers_orderline", LINE_COLUMNS, lines)
    recount({e.order.adds_to for e in added if e.order and e.order.adds_to})
    _keep_products([*fresh, *added])
    batch.touched.update(e.customer_id for e in [*fresh, *added] if e.customer_id is not None)


def recount(orders: Iterable[UUID]) -> None:
    """The total and the number of lines of these orders, from their lines."""
    ids = list(orders)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_order o set total = l.total, lines = l.lines"
            " from (select order_id, round(sum(amount), 2) as total, count(*) as lines"
            " from customers_orderline where order_id = any(%s) group by 1) l"
            " where o.id = l.order_id",
            [ids],
        )


def _known_lines(ids: list[UUID], batch: UUID) -> dict[UUID, Counter[LineKey]]:
    """The lines that other batches brought to these orders."""
    found: dict[UUID, Counter[LineKey]] = {}
    if not ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "select o.id, l.kind, l.sku, l.quantity, l.unit_price from customers_order o"
            " join customers_orderline l on l.order_id = o.id"
            " where o.id = any(%s) and o.batch is distinct from %s"
            " and l.batch is distinct from %s",
            [ids, batch, batch],
        )
        for order, kind, sku, quantity, price in cursor.fetchall():
            found.setdefault(order, Counter())[kind, sku, quantity, price] += 1
    return found


def _key(line: LineFacts) -> LineKey:
    return line.kind, line.sku, line.quantity, line.unit_price


def _keep_what_is_new(
    event: Incoming, order_id: UUID, here: Counter[LineKey], batch: Batch
) -> None:
    order = event.order
    assert order is not None
    left = here.copy()
    new = []
    for line in order.lines:
        if left[_key(line)] > 0:
            left[_key(line)] -= 1
        else:
            new.append(line)
    batch.counts["known_lines"] += len(order.lines) - len(new)
    if not new:
        event.outcome = Outcome.KNOWN
        return
    order.adds_to, order.lines = order_id, new
    order.total = sum((line.amount for line in new), Decimal(0))
    keys = (str(_key(line)) for line in new)
    event.event_id = event_id(batch.source, "order lines", order.number, *sorted(keys))
    event.name = "Order Updated"


def _written(ids: list[UUID], batch: UUID) -> set[UUID]:
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from customers_order where batch = %s and id = any(%s)", [batch, ids]
        )
        return {row[0] for row in cursor.fetchall()}


def _has_lines(event: Incoming, batch: UUID) -> bool:
    assert event.order is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 from customers_orderline where order_id = %s and batch = %s limit 1",
            [event.order.adds_to, batch],
        )
        return cursor.fetchone() is not None


def _order_row(batch: Batch, event: Incoming) -> tuple[object, ...]:
    order = event.order
    assert order is not None
    return (
        event.event_id, batch.source.id, order.number, order.kind, event.identifier_id,
        event.customer_id, event.at, round(order.total, 2), order.currency, len(order.lines),
        batch.id, batch.source.simulated, _was(order.was),
    )  # fmt: skip


def _line_rows(event: Incoming, batch: UUID) -> list[tuple[object, ...]]:
    order = event.order
    assert order is not None
    # Text once an order instead of once a line: these rows are most of an import.
    order_id, owner = str(order.adds_to or event.event_id), event.customer_id
    customer, at, brought = None if owner is None else str(owner), str(event.at), str(batch)
    return [
        (
            order_id, customer, at, brought, line.kind, line.sku, line.name[:200], line.quantity,
            str(line.unit_price), str(line.amount), _was(line.was),
        )
        for line in order.lines
    ]  # fmt: skip


def _was(found: Was | None) -> Jsonb | None:
    return Jsonb(told(found)) if found else None


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


def recall_products(skus: set[str]) -> None:
    """The catalogue without lines that were taken back: what is left of each product."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from customers_product p where p.sku = any(%s) and not exists"
            " (select from customers_orderline l where l.sku = p.sku and l.kind = 'sale')",
            [list(skus)],
        )
        cursor.execute(
            "update customers_product p set last_price = last.unit_price,"
            " last_sold_at = last.ordered_at, name = coalesce(named.product_name, '')"
            " from unnest(%s::text[]) as t(sku)"
            " cross join lateral (select unit_price, ordered_at from customers_orderline l"
            " where l.sku = t.sku and l.kind = 'sale' order by ordered_at desc, id desc limit 1)"
            " as last"
            " left join lateral (select product_name from customers_orderline l"
            " where l.sku = t.sku and l.kind = 'sale' and product_name <> ''"
            " order by ordered_at desc, id desc limit 1) as named on true"
            " where p.sku = t.sku",
            [list(skus)],
        )
