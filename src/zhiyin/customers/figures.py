"""The profile's counted figures: orders, revenue, first and last order, last sight.

Always counted again from the rows, never added to, so that an undo or a second run cannot drift.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from zhiyin.customers import companies

# What we did or wrote down is not a sight of the customer.
OURS = (
    "Email Sent", "Email Suppressed", "Email Bounced", "Email Failed", "Message Sent",
    "Profile Updated", "Ticket Closed",
)  # fmt: skip
REFRESH = """
update customers_customer c set
    orders = coalesce(o.orders, 0), revenue = coalesce(o.revenue, 0),
    first_order_at = o.first_at, last_order_at = o.last_at,
    last_seen_at = greatest(o.last_at, e.last_at), figures_at = %(at)s
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


def refresh(customers: Iterable[UUID], *, at: datetime) -> None:
    """Count the figures of these customers again."""
    ids = list(customers)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"ids": ids, "at": at, "ours": list(OURS)})
    companies.refresh_of(ids, at=at)
