"""What each customer bought: counts, money, rhythm.

A line with a positive quantity is a sale; one with a negative quantity is a return or
cancellation and lowers revenue; one with quantity zero (a fee, a correction) only moves revenue.
An order is what shares an `order_id`; it happened when its first sale line happened.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from zhiyin.features.instants import DAY_US, SECOND_US, days_before, floored, to_us

WINDOWS = (30, 90, 180)  # days


def purchases(lines: ir.Table, as_of: datetime) -> ir.Table:
    """One row for each customer with a sale before `as_of`: see `History.customer_features`."""
    now = to_us(as_of)
    past = lines.filter(lines.ts_us < now)
    return _customers(_orders(past, now), now).join(_products(past), "customer_id")


def outcomes(lines: ir.Table, as_of: datetime, horizon: timedelta) -> ir.Table:
    """What each customer did in [as_of, as_of + horizon): customer_id, orders, revenue.

    Customers who did nothing have no row. A customer who only returned has 0 orders.
    """
    start, end = to_us(as_of), to_us(as_of + horizon)
    future = lines.filter((lines.ts_us >= start) & (lines.ts_us < end))
    sale = future.quantity > 0
    return (
        future.group_by("customer_id")
        .agg(
            orders=_zero(future.order_id.nunique(where=sale)).cast("int64"),
            revenue=_money(future.amount.sum()),
        )
        .order_by("customer_id")
    )


def _orders(past: ir.Table, now: int) -> ir.Table:
    """One row an order (or return): a small table from which everything else follows."""
    sale = past.quantity > 0
    recent = {
        f"amount_{days}d": past.amount.sum(where=past.ts_us >= now - days * DAY_US)
        for days in WINDOWS
    }
    return past.group_by("customer_id", "order_id").agg(
        sold_us=past.ts_us.min(where=sale),
        amount=past.amount.sum(),
        gross=past.amount.sum(where=sale),
        returned=past.amount.sum(where=past.quantity < 0),
        items=past.quantity.sum(where=sale),
        **recent,
    )


def _customers(orders: ir.Table, now: int) -> ir.Table:
    previous_us = orders.sold_us.lag().over(
        ibis.window(group_by="customer_id", order_by=[orders.sold_us.asc(nulls_first=True)])
    )
    gap_s = floored(orders.sold_us, SECOND_US) - floored(previous_us, SECOND_US)
    o = orders.mutate(gap_s=gap_s, day=floored(orders.sold_us, DAY_US))
    # Gaps of one customer add up to at most her tenure, so their squares stay within int64.
    totals = o.group_by("customer_id").agg(
        orders=o.sold_us.count(),
        revenue=_money(o.amount.sum()),
        gross_revenue=_money(o.gross.sum()),
        returned=_money(-o.returned.sum()),
        items=_zero(o["items"].sum()).cast("int64"),
        first_order_us=o.sold_us.min(),
        last_order_us=o.sold_us.max(),
        order_days=o.day.nunique(),
        gaps=o.gap_s.count(),
        gap_sum=o.gap_s.sum().cast("float64"),
        gap_squares=(o.gap_s * o.gap_s).sum().cast("float64"),
        **{f"orders_{d}d": _zero((o.sold_us >= now - d * DAY_US).sum()) for d in WINDOWS},
        **{f"revenue_{d}d": _money(o[f"amount_{d}d"].sum()) for d in WINDOWS},
    )
    t = totals.filter(totals.orders > 0)
    day_s = float(DAY_US // SECOND_US)
    spread = (t.gap_squares - t.gap_sum * t.gap_sum / t.gaps) / (t.gaps - 1)
    at_least_zero = ibis.ifelse(spread > 0, spread, 0.0)
    return t.select(
        "customer_id",
        t.orders.cast("int64").name("orders"),
        "revenue",
        "gross_revenue",
        "returned",
        "items",
        "first_order_us",
        "last_order_us",
        recency_days=days_before(t.last_order_us, now),
        tenure_days=days_before(t.first_order_us, now),
        order_days=t.order_days.cast("int64"),
        mean_gap_days=ibis.ifelse(t.gaps > 0, t.gap_sum / t.gaps / day_s, None),
        gap_sd_days=ibis.ifelse(t.gaps > 1, at_least_zero.sqrt() / day_s, None),
        aov=t.gross_revenue / t.orders,
        **{f"orders_{d}d": t[f"orders_{d}d"].cast("int64") for d in WINDOWS},
        **{f"revenue_{d}d": t[f"revenue_{d}d"] for d in WINDOWS},
        return_rate=ibis.ifelse(t.gross_revenue > 0, t.returned / t.gross_revenue, 0.0),
    )


def _products(past: ir.Table) -> ir.Table:
    """How many different articles each customer bought."""
    sold = past.filter(past.quantity > 0).select("customer_id", "sku").distinct()
    return sold.group_by("customer_id").agg(products=sold.count().cast("int64"))


def _zero(value: ir.NumericValue) -> ir.NumericValue:
    return ibis.coalesce(value, 0)


def _money(total: ir.DecimalValue) -> ir.FloatingValue:
    """An exact total as a float: added as decimals, rounded once, the same in any row order."""
    return ibis.coalesce(total.cast("float64"), 0.0)
