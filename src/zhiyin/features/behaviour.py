"""What each customer did besides buying: visits, interest, trouble."""

from __future__ import annotations

from datetime import datetime

import ibis.expr.types as ir

from zhiyin.features.instants import DAY_US, days_before
from zhiyin.instants import to_us

VISITS = ("Page Viewed", "Product Viewed", "Product Added")

# feature → (event, days back)
COUNTED = {
    "visits_30d": ("Page Viewed", 30),
    "product_views_30d": ("Product Viewed", 30),
    "carts_30d": ("Product Added", 30),
    "messages_90d": ("Ticket Opened", 90),
    "complaints_90d": ("Complaint Raised", 90),
    "policy_views_30d": ("Return Policy Viewed", 30),
}


def behaviour(events: ir.Table, as_of: datetime) -> ir.Table:
    """One row for each customer with any such event before `as_of`."""
    now = to_us(as_of)
    watched = {name for name, _ in COUNTED.values()} | set(VISITS)
    past = events.filter((events.ts_us < now) & events.name.isin(sorted(watched)))
    counts = {
        feature: ((past.name == name) & (past.ts_us >= now - days * DAY_US)).sum().cast("int64")
        for feature, (name, days) in COUNTED.items()
    }
    last_visit_us = past.ts_us.max(where=past.name.isin(VISITS))
    return past.group_by("customer_id").agg(
        **counts, last_visit_days=days_before(last_visit_us, now)
    )
