"""What each customer bought: counts, money, rhythm.

A line with a positive quantity is a sale; one with a negative quantity is a return or
cancellation and lowers revenue; one with quantity zero (a fee, a correction) only moves revenue.
An order is what shares an `order_no`; it happened when its first sale line happened.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from zhiyin.features.instants import DAY_US, SECOND_US, days_before, floored
from zhiyin.instants import to_us

WINDOWS = (30, 90, 180)  # days


def purchases(lines: ir.Table, as_of: datetime, key: str = "customer_id") -> ir.Table:
    """One row for each `key` with a sale before `as_of`: see `History.customer_features`."""
    now = to_us(as_of)
    past = lines.filter(lines.ts_us < now)
    sales = past.filter(past.quantity > 0)
    joined = (
        _rhythm(sales, key, now).join(_money(past, key, now), key).join(_products(sales, key), key)
    )
    return _finished(joined, now)


def outcomes(
    lines: ir.Table, as_of: datetime, horizon: timedelta, key: str = "customer_id"
) -> ir.Table:
    """What each did in [as_of, as_of + horizon): the key, orders, revenue (net of returns).

    Who did nothing has no row; who only returned has 0 orders.
    """
    start, end = to_us(as_of), to_us(as_of + horizon)
    future = lines.filter((lines.ts_us >= start) & (lines.ts_us < end))
    orders = future.order_no.nunique(where=future.quantity > 0)
    return future.group_by(key).agg(
        orders=_or_zero(orders).cast("int64"), revenue=_total(future.amount.sum())
    )


def _money(past: ir.Table, key: str, now: int) -> ir.Table:
    """What was paid and given back."""
    windows = {
        f"revenue_{days}d": _total(past.amount.sum(where=past.ts_us >= now - days * DAY_US))
        for days in WINDOWS
    }
    return past.group_by(key).agg(
        revenue=_total(past.amount.sum()),
        gross_revenue=_total(past.amount.sum(where=past.quantity > 0)),
        returned=_total(-past.amount.sum(where=past.quantity < 0)),
        items=_or_zero(past.quantity.sum(where=past.quantity > 0)).cast("int64"),
        **windows,
    )


def _rhythm(sales: ir.Table, key: str, now: int) -> ir.Table:
    """How often and when: orders, days, and the gaps between consecutive orders."""
    orders = sales.group_by(key, "order_no").agg(sold_us=sales.ts_us.min())
    previous_us = orders.sold_us.lag().over(ibis.window(group_by=key, order_by=orders.sold_us))
    o = orders.mutate(
        gap_s=floored(orders.sold_us, SECOND_US) - floored(previous_us, SECOND_US),
        new_day=floored(orders.sold_us, DAY_US) != floored(previous_us, DAY_US),
    )
    windows = {
        f"orders_{days}d": (o.sold_us >= now - days * DAY_US).sum().cast("int64")
        for days in WINDOWS
    }
    # Gaps of one customer add up to at most her tenure, so their squares stay within int64.
    return o.group_by(key).agg(
        orders=o.count().cast("int64"),
        first_order_us=o.sold_us.min(),
        last_order_us=o.sold_us.max(),
        order_days=(_or_zero(o.new_day.sum()) + 1).cast("int64"),
        gap_sum=o.gap_s.sum().cast("float64"),
        gap_squares=(o.gap_s * o.gap_s).sum().cast("float64"),
        **windows,
    )


def _products(sales: ir.Table, key: str) -> ir.Table:
    """How many different articles."""
    articles = sales.select(key, "product_no").distinct()
    return articles.group_by(key).agg(products=articles.count().cast("int64"))


def _finished(t: ir.Table, now: int) -> ir.Table:
    gaps = t.orders - 1
    day_s = float(DAY_US // SECOND_US)
    variance = (t.gap_squares - t.gap_sum * t.gap_sum / gaps) / (gaps - 1)
    not_negative = ibis.ifelse(variance > 0, variance, 0.0)  # rounding of regular gaps
    return t.mutate(
        recency_days=days_before(t.last_order_us, now),
        tenure_days=days_before(t.first_order_us, now),
        mean_gap_days=ibis.ifelse(gaps > 0, t.gap_sum / gaps / day_s, None),
        gap_sd_days=ibis.ifelse(gaps > 1, not_negative.sqrt() / day_s, None),
        aov=t.gross_revenue / t.orders,
        return_rate=ibis.ifelse(t.gross_revenue > 0, t.returned / t.gross_revenue, 0.0),
    )


def _or_zero(value: ir.NumericValue) -> ir.NumericValue:
    return ibis.coalesce(value, 0)


def _total(amount: ir.DecimalValue) -> ir.FloatingValue:
    """An exact total as a float: added as decimals, rounded once, the same in any row order."""
    return ibis.coalesce(amount.cast("float64"), 0.0)
