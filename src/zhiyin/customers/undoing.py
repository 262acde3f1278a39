"""What this room takes back when a batch is undone: orders, profile changes, links, people."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils import timezone

from zhiyin.accounts import sharing
from zhiyin.customers import figures, profiles, search, trade
from zhiyin.customers.models import Customer
from zhiyin.objects import recent

# An identifier that other batches have used since stays, and so does its customer.
UNUSED_IDENTIFIERS = """
select i.id from customers_identifier i
where i.batch = %(batch)s
  and not exists (select from customers_order o where o.identifier_id = i.id)
  and not exists (select from collect_event e where e.identifier_id = i.id)
  and not exists (select from customers_link l
                  where l.identifier_id = i.id and l.batch is distinct from %(batch)s)
"""


def undo(batch: UUID) -> dict[str, int]:
    """Remove a batch's orders, links, identifiers and people, and put profiles back."""
    named = {"batch": batch}
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct customer_id from customers_orderline"
            " where batch = %(batch)s and customer_id is not null"
            " union select customer_id from customers_link where batch = %(batch)s",
            named,
        )
        touched = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "delete from customers_orderline where batch = %(batch)s returning order_id, sku", named
        )
        gone = cursor.fetchall()
        thinner, skus = {row[0] for row in gone}, {row[1] for row in gone}
        # An order to which another batch added lines stays, with those lines.
        cursor.execute(
            "update customers_order o set batch = l.batch from customers_orderline l"
            " where l.order_id = o.id and o.batch = %(batch)s",
            named,
        )
        cursor.execute("delete from customers_order where batch = %(batch)s", named)
        orders = cursor.rowcount
    trade.recount(thinner)
    trade.recall_products(skus)
    profiled = profiles.undo(batch)
    identifiers = _unlink(batch)
    people = _remove_people(batch)
    figures.refresh(touched | profiled, at=timezone.now(), undoing=True)
    search.index(touched | profiled)
    return {"orders": orders, "identifiers": identifiers, "customers": people}


def _unlink(batch: UUID) -> int:
    """Links of the batch end; identifiers that nobody else used go, the others lose their owner."""
    named = {"batch": batch}
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table undone_identifier on commit drop as " + UNUSED_IDENTIFIERS, named
        )
        cursor.execute(
            "delete from customers_link where batch = %(batch)s returning identifier_id", named
        )
        freed = [row[0] for row in cursor.fetchall()]
        cursor.execute("delete from customers_identifier using undone_identifier u"
                       " where customers_identifier.id = u.id")  # fmt: skip
        removed = cursor.rowcount
        for table, column in (
            ("customers_identifier", "id"),
            ("collect_event", "identifier_id"),
            ("customers_order", "identifier_id"),
        ):
            cursor.execute(
                f"update {table} set customer_id = null where {column} = any(%s)"  # noqa: S608
                " and not exists (select from customers_link l"
                f" where l.identifier_id = {table}.{column} and l.until is null)",
                [freed],
            )
        cursor.execute("drop table undone_identifier")
    return int(removed)


def _remove_people(batch: UUID) -> int:
    """People whom the batch made and who have no identifier left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.id from customers_customer c where c.created_by_batch = %s"
            " and not exists (select from customers_identifier i where i.customer_id = c.id)",
            [batch],
        )
        ids = [row[0] for row in cursor.fetchall()]
        Customer.objects.filter(id__in=ids).delete()
    sharing.forget("customer", ids)
    recent.forget("customer", ids)
    return len(ids)
