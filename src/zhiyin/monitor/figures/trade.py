"""Revenue, orders and buyers of a period and of those before it; who of them was new.

Revenue is net: a return is an order with a negative total. Order value counts sales alone. Only
orders in the shop's currency are added up; how many others there were is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from zhiyin.monitor.figures.asking import Value, rows
from zhiyin.monitor.periods import Span
from zhiyin.monitor.sight import Sight

REPURCHASE = timedelta(days=90)
_STEP = timedelta(days=30)
_POINTS = 6  # of the trend of the repurchase rate, a month apart; the fourth is the period before

_TRADE = """
select f.revenue, f.sold, f.sales, f.buyers
from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w(starts, ends, n)
cross join lateral (
    select coalesce(sum(o.total), 0) as revenue,
        coalesce(sum(o.total) filter (where o.kind = 'sale'), 0) as sold,
        count(*) filter (where o.kind = 'sale') as sales,
        count(distinct o.customer_id) filter (where o.kind = 'sale') as buyers
    from customers_order o left join customers_customer c on c.id = o.customer_id
    where o.ordered_at >= w.starts and o.ordered_at < w.ends and o.currency = %(currency)s
        and (%(everybody)s or coalesce(c.department_id, o.department_id) = any(%(departments)s))
) f
order by w.n
"""

_NEW = """
select f.new_people, f.old_people, f.new_revenue, f.old_revenue, f.foreign_orders
from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w(starts, ends, n)
cross join lateral (
    select count(distinct b.customer_id) filter (where b.is_new and b.is_sale) as new_people,
        count(distinct b.customer_id) filter (where not b.is_new and b.is_sale) as old_people,
        coalesce(sum(b.total) filter (where b.is_new), 0) as new_revenue,
        coalesce(sum(b.total) filter (where not b.is_new), 0) as old_revenue,
        count(*) filter (where b.is_foreign) as foreign_orders
    from (
        select o.customer_id, o.total, o.kind = 'sale' as is_sale,
            o.currency <> %(currency)s as is_foreign,
            case when o.currency = %(currency)s then c.first_order_at >= w.starts end as is_new
        from customers_order o left join customers_customer c on c.id = o.customer_id
        where o.ordered_at >= w.starts and o.ordered_at < w.ends
            and (%(everybody)s or coalesce(c.department_id, o.department_id) = any(%(departments)s))
    ) b
) f
order by w.n
"""

_REPURCHASE = """
select f.buyers, f.again
from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w(starts, ends, n)
cross join lateral (
    select count(*) as buyers, count(*) filter (where b.first_day < b.last_day) as again
    from (
        select (min(o.ordered_at) at time zone %(zone)s)::date as first_day,
            (max(o.ordered_at) at time zone %(zone)s)::date as last_day
        from customers_order o left join customers_customer c on c.id = o.customer_id
        where o.ordered_at >= w.starts and o.ordered_at < w.ends
            and o.kind = 'sale' and o.customer_id is not null
            and (%(everybody)s or coalesce(c.department_id, o.department_id) = any(%(departments)s))
        group by o.customer_id
    ) b
) f
order by w.n
"""


@dataclass(frozen=True)
class Trade:
    """What was sold in one span."""

    revenue: Decimal  # returns taken off
    sold: Decimal  # sales alone
    sales: int
    buyers: int

    @property
    def order_value(self) -> Decimal | None:
        """What one sale comes to."""
        return self.sold / self.sales if self.sales else None


@dataclass(frozen=True)
class Mix:
    """Who bought: for the first time ever, or again."""

    new_people: int
    returning_people: int
    new_revenue: Decimal
    returning_revenue: Decimal
    foreign_orders: int  # in another currency; in no sum


@dataclass(frozen=True)
class Repurchase:
    """Of those who bought within 90 days, how many did so on two days or more."""

    buyers: int
    again: int

    @property
    def share(self) -> float | None:
        return self.again / self.buyers if self.buyers else None


def trade(spans: list[Span], sight: Sight) -> list[Trade]:
    """One figure a span, in their order."""
    return [Trade(*found) for found in rows(_TRADE, _params(spans, sight))]


def mix(spans: list[Span], sight: Sight) -> list[Mix]:
    """One figure a span, in their order."""
    return [Mix(*found) for found in rows(_NEW, _params(spans, sight))]


def repurchase(as_of: datetime, sight: Sight) -> list[Repurchase]:
    """The 90 days up to `as_of`, then the 90 days up to 30, 60, 90 … days earlier."""
    ends = [as_of - _STEP * n for n in range(_POINTS)]
    spans = [Span(end - REPURCHASE, end) for end in ends]
    return [Repurchase(*found) for found in rows(_REPURCHASE, _params(spans, sight))]


def _params(spans: list[Span], sight: Sight) -> dict[str, Value]:
    return {
        **sight.params,
        "starts": [span.starts for span in spans],
        "ends": [span.ends for span in spans],
        "currency": settings.CURRENCY,
        "zone": settings.TIME_ZONE,
    }
