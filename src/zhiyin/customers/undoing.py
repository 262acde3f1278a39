"""What this room takes back when a batch is undone: orders, profile changes, links, people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from zhiyin.accounts import sharing
from zhiyin.customers import figures, profiles, search, trade
from zhiyin.customers.identities import book, homes, moving, own
from zhiyin.customers.identities.homes import Move
from zhiyin.customers.models import Customer, Identifier, OwnProfile
from zhiyin.objects import recent

# An identifier that other batches have used since stays, and so does its customer.
UNUSED_IDENTIFIERS = """
select i.id from customers_identifier i
where i.batch = %(batch)s
  and not exists (select from customers_order o where o.identifier_id = i.id)
  and not exists (select from collect_event e where e.identifier_id = i.id)
  and not exists (select from customers_statement s
                  where s.a_id = i.id and s.batch is distinct from %(batch)s)
  and not exists (select from customers_statement s
                  where s.b_id = i.id and s.batch is distinct from %(batch)s)
"""


def undo(batch: UUID) -> dict[str, int]:
    """Remove a batch's orders, links, identifiers and people, and put profiles back."""
    named = {"batch": batch}
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct customer_id from customers_orderline"
            " where batch = %(batch)s and customer_id is not null"
            " union select customer_id from customers_identifier"
            " where batch = %(batch)s and customer_id is not null",
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
    """What the batch said of links is unsaid, and whoever became one by it is parted; identifiers
    that nobody else used go."""
    named = {"batch": batch}
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table undone_identifier on commit drop as " + UNUSED_IDENTIFIERS, named
        )
        cursor.execute(
            "delete from customers_statement s using customers_statement r"
            " where r.retracts = s.id and s.batch = %(batch)s",
            named,
        )
        cursor.execute(
            "delete from customers_statement where batch = %(batch)s returning a_id, b_id", named
        )
        ends = {end for row in cursor.fetchall() for end in row}
        cursor.execute("select id from undone_identifier")
        unused = {row[0] for row in cursor.fetchall()}
        _part_of_nobody(unused, now)
        cursor.execute(
            "delete from customers_link l using undone_identifier u where l.identifier_id = u.id"
        )
        cursor.execute("delete from customers_identifier using undone_identifier u"
                       " where customers_identifier.id = u.id")  # fmt: skip
        removed = cursor.rowcount
        cursor.execute("drop table undone_identifier")
    if left := ends - unused:
        moving.apply(book.settle(left, at=now), at=now, big=True)
    return int(removed)


def _part_of_nobody(identifiers: set[UUID], at: datetime) -> None:
    """Customers who would be gone with these identifiers are themselves again before that."""
    alone = Identifier.objects.filter(pk__in=identifiers).values_list("own_customer", flat=True)
    parts = OwnProfile.objects.filter(customer__in=list(alone))
    moves = [Move(one.customer, one.place, one.customer) for one in parts
             if one.place != one.customer]  # fmt: skip
    homes.move(moves, at=at)
    told = own.move(moves, at=at)
    own.bring_up_to_date(told.live - told.gone, told, at=at, batch=None)


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
