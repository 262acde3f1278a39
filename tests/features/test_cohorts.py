"""Retention tells who came back, month by month, and which month may still grow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.features.histories import Line, line_table
from zhiyin.features import History, cohorts
from zhiyin.features.instants import month_number
from zhiyin.instants import from_us, to_us
from zhiyin.lake.engine import open_engine


def bought(customer: str, *moments: datetime) -> list[Line]:
    return [
        (customer, f"{customer}-{number}", to_us(moment), "tea", 1, Decimal(1))
        for number, moment in enumerate(moments)
    ]


def test_each_month_counts_who_bought_again() -> None:
    january, february = datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    march = datetime(2026, 3, 5, tzinfo=UTC)
    lines = bought("ann", january, march) + bought("bo", january) + bought("chen", february, march)
    found = cohorts(History.from_arrow(line_table(lines)), datetime(2026, 3, 20, tzinfo=UTC))
    assert found.to_pylist() == [
        _row(date(2026, 1, 1), 0, 2, 2, False),
        _row(date(2026, 1, 1), 1, 2, 0, False),
        _row(date(2026, 1, 1), 2, 2, 1, True),
        _row(date(2026, 2, 1), 0, 1, 1, False),
        _row(date(2026, 2, 1), 1, 1, 1, True),
    ]


def test_purchases_from_the_date_on_are_not_seen() -> None:
    lines = bought("ann", datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    found = cohorts(History.from_arrow(line_table(lines)), datetime(2026, 2, 1, tzinfo=UTC))
    assert found["active"].to_pylist() == [1]


@settings(max_examples=4, deadline=None)
@given(
    st.lists(
        st.datetimes(datetime(1968, 1, 1), datetime(2105, 1, 1), timezones=st.just(UTC)),
        min_size=1,
        max_size=200,
    )
)
def test_months_are_those_of_the_calendar(moments: list[datetime]) -> None:
    edges = [moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0) for moment in moments]
    wanted = [*moments, *edges, *(edge - timedelta(microseconds=1) for edge in edges)]
    with open_engine() as engine:
        us = engine.arrow(pa.table({"us": [to_us(moment) for moment in wanted]}))
        rows = us.select("us", month=month_number(us.us)).to_pyarrow().to_pylist()
    for row in rows:
        moment = from_us(row["us"])
        assert row["month"] == moment.year * 12 + moment.month - 1, moment


def _row(
    cohort: date, months_since: int, customers: int, active: int, unfinished: bool
) -> dict[str, date | int | float | bool]:
    return {
        "cohort": cohort,
        "months_since": months_since,
        "customers": customers,
        "active": active,
        "retention": active / customers,
        "unfinished": unfinished,
    }
