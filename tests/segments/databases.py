"""The rows of the made-up company in DuckDB and in PostgreSQL."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import psycopg

from zhiyin.segments import Compiled

from .world import Person

TABLES = {
    "customers_customer": (
        "id uuid primary key, city text, tier text, orders int, revenue numeric(18,4), "
        "churn double precision, birth_date date, last_order_at timestamptz, member boolean, "
        "tags text[]"
    ),
    "customers_order": (
        "id uuid, customer_id uuid, ordered_at timestamptz, total numeric(18,4), kind text"
    ),
    "customers_orderline": (
        "order_id uuid, customer_id uuid, ordered_at timestamptz, sku text, product_name text, "
        "quantity int, amount numeric(18,4)"
    ),
    "collect_event": (
        'event_id uuid, customer_id uuid, name text, "at" timestamptz, properties {json}'
    ),
    "govern_consent": "customer_id uuid, channel text, purpose text, granted boolean",
    "customers_segmentmember": "segment_id uuid, customer_id uuid",
}


def rows(people: Sequence[Person]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for p in people:
        yield (
            "customers_customer",
            (
                p.id, p.city, p.tier, p.orders_total, p.revenue, p.churn, p.birth_date,
                p.last_order_at, p.member, p.tags,
            ),
        )  # fmt: skip
        for o in p.orders:
            yield "customers_order", (p.id, p.id, o.at, o.total, o.kind)
        for line in p.lines:
            order = f"00000000-0000-0000-0000-{line.order:012d}"
            yield (
                "customers_orderline",
                (order, p.id, line.at, line.sku, line.name, line.quantity, line.amount),
            )
        for e in p.events:
            properties = {} if e.sku is None else {"sku": e.sku}
            yield "collect_event", (p.id, p.id, e.name, e.at, json.dumps(properties))
        for channel, granted in p.consents.items():
            yield "govern_consent", (p.id, channel, "marketing", granted)
        for segment in p.segments:
            yield "customers_segmentmember", (segment, p.id)


class InDuckDB:
    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for name, columns in TABLES.items():
            self.connection.execute(f"create table {name} ({columns.format(json='text')})")

    def fill(self, people: Sequence[Person]) -> None:
        for name in TABLES:
            self.connection.execute(f"delete from {name}")
        for name, row in rows(people):
            marks = ", ".join("?" * len(row))
            self.connection.execute(f"insert into {name} values ({marks})", row)

    def run(self, compiled: Compiled) -> list[tuple[Any, ...]]:
        return self.connection.execute(compiled.sql, dict(compiled.params)).fetchall()


class InPostgreSQL:
    def __init__(self, dsn: str) -> None:
        self.connection = psycopg.connect(dsn)
        for name, columns in TABLES.items():
            self.connection.execute(f"create temp table {name} ({columns.format(json='jsonb')})")
        self.connection.commit()

    def fill(self, people: Sequence[Person]) -> None:
        self.connection.execute(f"truncate {', '.join(TABLES)}")
        for name, row in rows(people):
            marks = ", ".join(["%s"] * len(row))
            self.connection.execute(f"insert into {name} values ({marks})", row)

    def run(self, compiled: Compiled) -> list[tuple[Any, ...]]:
        return self.connection.execute(compiled.sql, dict(compiled.params)).fetchall()
