"""Random histories, and the same features computed the slow and obvious way."""

from __future__ import annotations

import statistics
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
from hypothesis import strategies as st

from zhiyin.features.history import EVENTS, LINES

DAY_US = 86_400_000_000
AS_OF_US = 1_767_225_600_000_000  # 2026-01-01

Line = tuple[str, str, int, str, int, Decimal]
Event = tuple[str, str, int]

_moments = st.one_of(
    st.integers(-400 * DAY_US, 100 * DAY_US),
    st.sampled_from([day * DAY_US + off for day in (-180, -90, -30, -1, 0) for off in (-1, 0, 1)]),
).map(lambda offset: AS_OF_US + offset)

line_lists: st.SearchStrategy[list[Line]] = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "陈"]),
        st.sampled_from([f"o{number}" for number in range(8)]),
        _moments,
        st.sampled_from(["tea", "cup", "pot"]),
        st.integers(-2, 5),
        st.decimals(-500, 500, places=4),
    ),
    max_size=40,
)

event_lists: st.SearchStrategy[list[Event]] = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "nobody"]),
        st.sampled_from(
            [
                "Page Viewed",
                "Product Viewed",
                "Product Added",
                "Ticket Opened",
                "Complaint Raised",
                "Return Policy Viewed",
                "Email Sent",
            ]
        ),
        _moments,
    ),
    max_size=30,
)


def line_table(lines: list[Line]) -> pa.Table:
    return pa.table([list(column) for column in zip(*lines, strict=True)] or [[]] * 6, LINES)


def event_table(events: list[Event]) -> pa.Table:
    return pa.table([list(column) for column in zip(*events, strict=True)] or [[]] * 3, EVENTS)


def expected(
    lines: list[Line], events: list[Event], now: int
) -> dict[str, dict[str, int | float | None]]:
    """Every feature of every customer, one customer at a time."""
    past = [line for line in lines if line[2] < now]
    return {
        customer: _one(
            [line for line in past if line[0] == customer],
            [event for event in events if event[0] == customer and event[2] < now],
            now,
        )
        for customer in sorted({line[0] for line in past if line[4] > 0})
    }


def _one(lines: list[Line], events: list[Event], now: int) -> dict[str, int | float | None]:
    sales = [line for line in lines if line[4] > 0]
    sold: dict[str, int] = {}
    for _, order, moment, *_ in sales:
        sold[order] = min(moment, sold.get(order, moment))
    moments = sorted(sold.values())
    gaps = [(later // 10**6 - earlier // 10**6) / 86_400 for earlier, later in pairwise(moments)]
    gross = float(sum(line[5] for line in sales))
    returned = -float(sum(line[5] for line in lines if line[4] < 0))
    visits = [e[2] for e in events if e[1] in ("Page Viewed", "Product Viewed", "Product Added")]

    def count(name: str, days: int) -> int:
        return sum(e[1] == name and e[2] >= now - days * DAY_US for e in events)

    return {
        "orders": len(sold),
        "revenue": float(sum(line[5] for line in lines)),
        "gross_revenue": gross,
        "returned": returned,
        "items": sum(line[4] for line in sales),
        "products": len({line[3] for line in sales}),
        "first_order_us": moments[0],
        "last_order_us": moments[-1],
        "recency_days": (now - moments[-1]) / DAY_US,
        "tenure_days": (now - moments[0]) / DAY_US,
        "order_days": len({moment // DAY_US for moment in moments}),
        "mean_gap_days": statistics.fmean(gaps) if gaps else None,
        "gap_sd_days": statistics.stdev(gaps) if len(gaps) > 1 else None,
        "aov": gross / len(sold),
        **{
            f"orders_{days}d": sum(moment >= now - days * DAY_US for moment in moments)
            for days in (30, 90, 180)
        },
        **{
            f"revenue_{days}d": float(
                sum(line[5] for line in lines if line[2] >= now - days * DAY_US)
            )
            for days in (30, 90, 180)
        },
        "return_rate": returned / gross if gross > 0 else 0.0,
        "visits_30d": count("Page Viewed", 30),
        "product_views_30d": count("Product Viewed", 30),
        "carts_30d": count("Product Added", 30),
        "messages_90d": count("Ticket Opened", 90),
        "complaints_90d": count("Complaint Raised", 90),
        "policy_views_30d": count("Return Policy Viewed", 30),
        "last_visit_days": (now - max(visits)) / DAY_US if visits else None,
    }
