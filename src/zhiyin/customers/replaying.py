"""A period of the lake through today's pipeline again.

For each event the lake says who was seen and what is left of it; PostgreSQL may know more. Every
step of the pipeline is idempotent, so what is here stays as it is and what is missing comes back:
events that left or were lost, orders, and whose they are by today's links. Then what today's rules
say is applied to what was kept under older ones: consents withdrawn since, and marks of tracking
plans, for which days of the lake are written anew. Nobody who was erased comes back. A dry run does
the same and rolls it back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils import timezone

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect import archive, pipeline
from zhiyin.collect.batch import Batch, Incoming, LineFacts, OrderFacts, Outcome, Seen
from zhiyin.collect.models import Event, Source
from zhiyin.customers import figures
from zhiyin.customers.models import Identifier, Order, Product
from zhiyin.instants import from_us

Progress = Callable[[str, int, int | None], None]
Row = dict[str, Any]
log = structlog.get_logger(__name__)
ROWS = 20_000  # of a transaction
_FEES = {"SHIPPING", "TAX"}
_ORDERS = {"Order Completed", "Order Refunded"}


class NothingThereError(ValueError):
    """The period ends before it begins, or no source has this key."""


@dataclass
class Replayed:
    """What a replay changed, or would."""

    days: int = 0
    events: int = 0  # that were looked at
    turned_away: int = 0  # of somebody erased, or refused by today's rules
    events_restored: int = 0
    orders_restored: int = 0
    orders_without_number: int = 0  # not restored: the lake does not have their number
    events_moved: int = 0  # to another customer, by today's links
    orders_moved: int = 0
    made_anonymous: int = 0  # consent was withdrawn since
    lake_rows_mended: int = 0  # lost properties that are marked personal now

    @property
    def facts(self) -> dict[str, int]:
        """Counts, by name."""
        return dict(vars(self))

    @property
    def changes(self) -> int:
        """How much would be, or is, another."""
        return sum(self.facts.values()) - self.days - self.events - self.turned_away


def replay(
    first: date, last: date, *, source: str = "", dry_run: bool, by: User | None,
    progress: Progress,
) -> Replayed:  # fmt: skip
    """Replay the days (of reception, in UTC) from `first` to `last`, of one source or all.

    Chunk by chunk, each in a transaction; killed, it is run again and finds what is done.
    """
    sources = {one.key: one for one in Source.objects.all()}
    if last < first or (source and source not in sources):
        raise NothingThereError(source or f"{first} – {last}")
    done = Replayed()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for number, day in enumerate(days):
        progress("replay", number, len(days))
        events = done.events
        for batch, rows in _chunks(day, source, sources):
            _replay_chunk(batch, rows, done, dry_run=dry_run)
        if done.events > events:
            done.days += 1
            done.lake_rows_mended += archive.mend(day, source, dry_run=dry_run)
    if not dry_run:
        with transaction.atomic():
            record(by, "lake.replayed", None, first=str(first), last=str(last), source=source,
                   events=done.events, changes=done.changes)  # fmt: skip
        log.info("replayed", **done.facts)
    return done


def _chunks(
    day: date, source: str, sources: Mapping[str, Source]
) -> Iterator[tuple[Batch, list[Row]]]:
    where: dict[str, date | str] = {"received_day": day}
    if source:
        where["source"] = source
    for part in archive.lake().scan("events", None, where, batch_rows=ROWS):
        key = itemgetter("source", "batch")
        for (name, batch), rows in groupby(sorted(part.to_pylist(), key=key), key):
            if name in sources:
                found = list(rows)
                yield Batch(UUID(batch), 0, sources[name], timezone.now(), []), found


def _replay_chunk(batch: Batch, rows: list[Row], done: Replayed, *, dry_run: bool) -> None:
    ids = [UUID(row["event_id"]) for row in rows]
    with transaction.atomic():
        hot, orders = _here(ids)
        batch.incoming = list(_incoming(batch, rows, orders, done))
        seen = {event.event_id for event in batch.incoming if event.seen}
        pipeline.run(batch)
        hot_now, orders_now = _here(ids)
        done.events_restored += len(hot_now) - len(hot)
        done.orders_restored += len(orders_now) - len(orders)
        done.turned_away += sum(
            event.outcome in (Outcome.ERASED, Outcome.REFUSED, Outcome.WITHHELD)
            for event in batch.incoming
        )
        unnamed = [
            event.event_id for event in batch.kept()
            if event.event_id in seen and event.identifier_id is None
        ]  # fmt: skip
        done.made_anonymous += _unname(unnamed)
        events, orders_of = _moved(_MOVE_EVENTS, ids), _moved(_MOVE_ORDERS, ids)
        done.events_moved += len(events)
        done.orders_moved += len(orders_of)
        _move_lines(ids)
        owners = {one for pair in (*events, *orders_of) for one in pair if one is not None}
        figures.refresh(owners, at=batch.received_at, undoing=True)
        done.events += len(rows)
        if dry_run:
            transaction.set_rollback(True)


def _here(ids: list[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Which of these are hot events, and which are orders."""
    return (
        set(Event.objects.filter(pk__in=ids).values_list("pk", flat=True)),
        set(Order.objects.filter(pk__in=ids).values_list("pk", flat=True)),
    )


def _incoming(
    batch: Batch, rows: list[Row], orders: set[UUID], done: Replayed
) -> Iterator[Incoming]:
    """The events as they came, as far as it is known."""
    seen = _seen({row["identifier_id"] for row in rows if row["identifier_id"]})
    missing = {
        row["event_id"] for row in rows
        if row["name"] in _ORDERS
        and UUID(row["event_id"]) not in orders
    }  # fmt: skip
    lines = _lines(missing)
    for row in rows:
        known = seen.get(str(row["identifier_id"]))
        properties = json.loads(row["properties"] or "{}")
        event = Incoming(
            UUID(row["event_id"]), row["name"], from_us(row["ts_us"]), [known] if known else [],
            properties, received_at=from_us(row["received_us"]),
        )  # fmt: skip
        if row["event_id"] in lines:
            event.order = _order(properties, lines[row["event_id"]], row["name"])
            done.orders_without_number += event.order is None
        yield event


def _seen(identifiers: Iterable[str]) -> dict[str, Seen]:
    found = Identifier.objects.filter(pk__in=list(identifiers))
    rows = found.values_list("pk", "kind", "namespace", "value")
    return {str(pk): Seen(kind, namespace, value) for pk, kind, namespace, value in rows}


def _lines(orders: set[str]) -> dict[str, list[Row]]:
    """The lines of orders that are not here, also those that came to them later."""
    if not orders:
        return {}
    table = archive.lake().read("order_lines", None, {"order_id": sorted(orders)})
    found: dict[str, list[Row]] = {}
    for row in table.sort_by([("ts_us", "ascending")]).to_pylist():
        found.setdefault(row["order_id"], []).append(row)
    return found


def _order(properties: Row, rows: list[Row], name: str) -> OrderFacts | None:
    """The order, where the lake has its number; the names of goods as they are known now."""
    number = properties.get("order_id")
    if not isinstance(number, str) or not number:
        return None
    names = dict(
        Product.objects.filter(pk__in={row["sku"] for row in rows}).values_list("pk", "name")
    )
    kind = "return" if name == "Order Refunded" else "sale"
    lines = [
        LineFacts(
            "fee" if row["sku"] in _FEES else "return" if row["quantity"] < 0 else "sale",
            row["sku"], names.get(row["sku"], ""), row["quantity"], row["unit_price"],
            row["amount"],
        )
        for row in rows
    ]  # fmt: skip
    return OrderFacts(number, kind, _total(properties, lines), rows[0]["currency"], lines)


def _total(properties: Row, lines: list[LineFacts]) -> Decimal:
    """As the order said; lines that adjust it are not in the lake."""
    try:
        return Decimal(str(properties["total"]))
    except (KeyError, InvalidOperation):
        return sum((line.amount for line in lines), Decimal(0))


def _unname(ids: list[UUID]) -> int:
    """What these people do not allow any more stays as a number of nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update collect_event set customer_id = null, identifier_id = null, properties = '{}'"
            " where event_id = any(%s) and identifier_id is not null",
            [ids],
        )
        return int(cursor.rowcount)


_MOVE_EVENTS = """
with moved as (
    select e.event_id as id, e.customer_id as was, i.customer_id as now
    from collect_event e join customers_identifier i on i.id = e.identifier_id
    where e.event_id = any(%s) and e.customer_id is distinct from i.customer_id)
update collect_event e set customer_id = m.now from moved m where e.event_id = m.id
returning m.was, m.now
"""
_MOVE_ORDERS = """
with moved as (
    select o.id, o.customer_id as was, i.customer_id as now
    from customers_order o join customers_identifier i on i.id = o.identifier_id
    where o.id = any(%s) and o.customer_id is distinct from i.customer_id)
update customers_order o set customer_id = m.now from moved m where o.id = m.id
returning m.was, m.now
"""


def _moved(statement: str, ids: list[UUID]) -> list[tuple[UUID | None, UUID | None]]:
    """Give these to whom their identifier belongs now: whose they were, and are."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [ids])
        return list(cursor.fetchall())


def _move_lines(orders: list[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_orderline l set customer_id = o.customer_id from customers_order o"
            " where o.id = l.order_id and o.id = any(%s)"
            " and l.customer_id is distinct from o.customer_id",
            [orders],
        )
