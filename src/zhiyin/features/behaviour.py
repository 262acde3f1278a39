"""What each customer did besides buying: visits, interest, trouble."""

from __future__ import annotations

from datetime import datetime

import ibis
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


# The place of a name here is its `kind`.
WATCHED = tuple(sorted({name for name, _ in COUNTED.values()} | set(VISITS)))


def with_kind(events: ir.Table) -> ir.Table:
    """The events that any feature asks about, with a small number instead of the name."""
    watched = events.filter(events.name.isin(WATCHED))
    named = ((watched.name == name, kind) for kind, name in enumerate(WATCHED))
    return watched.mutate(kind=ibis.cases(*named).cast("int8")).drop("name")


def behaviour(events: ir.Table, as_of: datetime, key: str = "customer_id") -> ir.Table:
    """One row for each `key` with any such event before `as_of`."""
    now = to_us(as_of)
    past = events.filter(events.ts_us < now)
    counts = {
        feature: ((past.kind == WATCHED.index(name)) & (past.ts_us >= now - days * DAY_US))
        .sum()
        .cast("int64")
        for feature, (name, days) in COUNTED.items()
    }
    visits = [WATCHED.index(name) for name in VISITS]
    last_visit_us = past.ts_us.max(where=past.kind.isin(visits))
    return past.group_by(key).agg(**counts, last_visit_days=days_before(last_visit_us, now))
