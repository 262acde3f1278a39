"""Monthly retention: of those who first bought in a month, how many bought again k months on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import ibis.expr.types as ir
import pyarrow as pa

from zhiyin.features.history import History
from zhiyin.features.instants import month_number
from zhiyin.instants import to_us

COHORTS: pa.Schema = pa.schema(
    [
        ("cohort", pa.date32()),
        ("months_since", pa.int64()),
        ("customers", pa.int64()),
        ("active", pa.int64()),
        ("retention", pa.float64()),
        ("unfinished", pa.bool_()),
    ]
)


def cohorts(history: History, as_of: datetime) -> pa.Table:
    """One row for each cohort and month up to `as_of` (UTC months), also months without a buyer.

    Columns: cohort (first day of the first-purchase month), months_since, customers (size of the
    cohort), active (customers with a sale in that month), retention (active ÷ customers),
    unfinished (the month was still running at `as_of`, so its count may yet grow). A cohort whose
    own month is unfinished still grows in size too.
    """
    counts = _active(history.lines, to_us(as_of)).to_pylist()
    current = _running_month(as_of)
    active = {(row["first"], row["month"]): row["active"] for row in counts}
    rows: list[dict[str, date | int | float | bool]] = []
    for first in sorted({cohort for cohort, _ in active}):
        size = active[first, first]
        for month in range(first, current + 1):
            seen = active.get((first, month), 0)
            rows.append(
                {
                    "cohort": date(first // 12, first % 12 + 1, 1),
                    "months_since": month - first,
                    "customers": size,
                    "active": seen,
                    "retention": seen / size,
                    "unfinished": month == current,
                }
            )
    return pa.Table.from_pylist(rows, schema=COHORTS)


def _running_month(as_of: datetime) -> int:
    """The month that was running just before `as_of`: at midnight on the first, the last one."""
    before = as_of.astimezone(UTC) - timedelta(microseconds=1)
    return before.year * 12 + before.month - 1


def _active(lines: ir.Table, now: int) -> pa.Table:
    sales = lines.filter((lines.ts_us < now) & (lines.quantity > 0))
    months = sales.select("customer_id", month=month_number(sales.ts_us)).distinct()
    first = months.group_by("customer_id").agg(first=months.month.min())
    joined = months.join(first, "customer_id")
    return joined.group_by("first", "month").agg(active=joined.count()).to_pyarrow()
