"""The profile's counted figures: orders, revenue, first and last order, last sight.

Always counted again from the rows, never added to, so that an undo or a second run cannot drift.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from zhiyin.collect.hot import HOT
from zhiyin.customers import companies
from zhiyin.customers.models import Reached

# What we did or wrote down is not a sight of the customer.
OURS = (
    "Email Sent", "Email Suppressed", "Email Bounced", "Email Failed", "Message Sent",
    "Profile Updated", "Ticket Closed",
)  # fmt: skip
REFRESH = """
update customers_customer c set
    orders = coalesce(o.orders, 0), revenue = coalesce(o.revenue, 0),
    first_order_at = o.first_at, last_order_at = o.last_at,
    last_seen_at = greatest(o.last_at, e.last_at,
        case when c.last_seen_at < %(hot)s then c.last_seen_at end),  -- of events that left
    figures_at = %(at)s
from unnest(%(ids)s::uuid[]) as t(id)
left join lateral (
    select count(*) filter (where kind = 'sale') as orders, sum(total) as revenue,
           min(ordered_at) filter (where kind = 'sale') as first_at,
           max(ordered_at) filter (where kind = 'sale') as last_at
    from customers_order where customer_id = t.id
) o on true
left join lateral (
    select max(at) as last_at from collect_event
    where customer_id = t.id and name <> all(%(ours)s)
) e on true
where c.id = t.id
"""


_CAME = """
select came.customer_id, came.last from (
    select customer_id, max(at) as last from collect_event
    where received_at >= %(since)s and received_at < %(until)s
      and customer_id is not null and name <> all(%(ours)s) group by customer_id
) came join customers_customer c on c.id = came.customer_id
where c.last_seen_at is null or c.last_seen_at < came.last order by 1
"""
_SEEN = """
update customers_customer c set last_seen_at = came.last
from unnest(%s::uuid[], %s::timestamptz[]) as came(id, last) where c.id = came.id
"""
_OVERLAP = timedelta(minutes=2)  # a turn of the pump that was under way the last time
_AT_FIRST = timedelta(days=1)  # what came before that was seen when it was loaded
_CHUNK = 2_000  # profiles of a transaction: whoever changes one of them waits for no more


def see(until: datetime) -> int:
    """Note when customers were last here, from the events that came since this was last asked.

    The pump does not: a profile has many indexes, and a customer who clicks would be written with
    each click. Returns how many profiles changed.
    """
    reached, _ = Reached.objects.get_or_create(name="seen", defaults={"at": until - _AT_FIRST})
    asked: dict[str, datetime | list[str]] = {
        "since": reached.at - _OVERLAP, "until": until, "ours": list(OURS),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CAME, asked)
        came = cursor.fetchall()
    for start in range(0, len(came), _CHUNK):
        ids, moments = zip(*came[start : start + _CHUNK], strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_SEEN, [list(ids), list(moments)])
    reached.at = until
    reached.save(update_fields=["at"])
    return len(came)


def refresh(customers: Iterable[UUID], *, at: datetime, undoing: bool = False) -> None:
    """Count the figures of these customers again.

    Events that have left cannot be counted again: a last sight from before the hot days stays, but
    where something is `undoing` what may have set it.
    """
    ids = list(customers)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            REFRESH,
            {"ids": ids, "at": at, "hot": None if undoing else at - HOT, "ours": list(OURS)},
        )
    companies.refresh_of(ids, at=at)
