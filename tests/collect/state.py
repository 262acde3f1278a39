"""Everything that an import may touch, as one comparable value."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from zhiyin.collect import archive
from zhiyin.customers.models import Customer
from zhiyin.customers.models.trade import Order, OrderLine

# When a figure was counted is not what it says; a row's version only ever grows; the first and
# last sight of an identifier are the widest that was ever seen.
_PASSING = {
    "customers_customer": ("figures_at", "version"),
    "customers_identifier": ("first_seen_at", "last_seen_at"),
}
_FILLED = ("customers_", "govern_", "collect_event")


def digest() -> dict[str, object]:
    """Rows of every table that imports fill, and of the lake."""
    found: dict[str, object] = {}
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in [name for name in tables if name.startswith(_FILLED)]:
            row = "to_jsonb(t)" + "".join(f" - '{name}'" for name in _PASSING.get(table, ()))
            cursor.execute(
                f"select count(*), md5(coalesce(string_agg(r, '|' order by r), ''))"
                f" from (select ({row})::text as r from {table} t) x"
            )
            found[table] = cursor.fetchone()
    return found | {"lake": lake_rows()}


def lake_rows() -> list[tuple[object, ...]]:
    """Every row of the lake that says what happened, in order."""
    wanted = {"events": ["event_id", "name", "ts_us"],
              "order_lines": ["event_id", "order_id", "sku", "quantity", "amount"]}  # fmt: skip
    rows = [
        (name, *row.values())
        for name, columns in wanted.items()
        for row in archive.lake().read(name, columns=columns).to_pylist()
    ]
    return sorted(rows, key=repr)


def counts() -> tuple[int, int, int, Decimal]:
    """Customers, orders, lines and revenue."""
    revenue = Customer.objects.aggregate(sum=Sum("revenue"))["sum"] or Decimal(0)
    lines = OrderLine.objects.count()
    return Customer.objects.count(), Order.objects.count(), lines, revenue
