"""Histories that engines like to read differently: ties, zones, nulls, leap days, great sums."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.features.histories import Event, Line
from zhiyin.features.behaviour import WATCHED
from zhiyin.instants import to_us

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")

# Dates to ask about, each in a zone of its own.
DATES = (
    datetime(2024, 3, 1, tzinfo=SHANGHAI),
    datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK, fold=1),  # the hour that comes twice
)

_EDGES = [
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2000, 2, 29, tzinfo=UTC),
    datetime(2023, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=SHANGHAI),
    datetime(2024, 3, 1, tzinfo=UTC),
    datetime(2024, 3, 10, 2, 30, tzinfo=NEW_YORK),  # an hour that never was
    datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK),
    *DATES,
]
_moments = st.one_of(
    st.sampled_from(_EDGES).flatmap(lambda at: st.integers(-1, 1).map(lambda us: to_us(at) + us)),
    st.integers(to_us(datetime(2023, 6, 1, tzinfo=UTC)), to_us(datetime(2024, 12, 1, tzinfo=UTC))),
)
_amounts = st.decimals(-500, 500, places=4) | st.sampled_from(
    [Decimal("99999999999999.9999"), Decimal("-99999999999999.9999"), Decimal("0.0001")]
)

LINE_LISTS: st.SearchStrategy[list[Line]] = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "陈"]),
        st.sampled_from([f"o{number}" for number in range(8)]),
        _moments,
        st.sampled_from(["tea", "TEA", "té", "te\u0301", ""]),
        st.integers(-2, 5),
        _amounts,
    ),
    min_size=1,
    max_size=30,
)
EVENT_LISTS: st.SearchStrategy[list[Event]] = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "nobody"]),
        st.sampled_from([*WATCHED, "Email Sent"]),
        _moments,
    ),
    max_size=20,
)

Made = TypeVar("Made")


def gathered(strategy: st.SearchStrategy[Made], count: int) -> list[Made]:
    """What hypothesis makes, all at once: a cluster needs a second for each question."""
    found: list[Made] = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], deadline=None)
    @given(strategy)
    def gather(one: Made) -> None:
        found.append(one)

    gather()
    return found


def many(count: int) -> tuple[list[Line], list[Event]]:
    """The lines and events of many histories; the customers of each are its own."""
    lines: list[Line] = []
    events: list[Event] = []
    for number, (bought, did) in enumerate(gathered(st.tuples(LINE_LISTS, EVENT_LISTS), count)):
        lines += [(f"{number} {line[0]}", *line[1:]) for line in bought]
        events += [(f"{number} {event[0]}", *event[1:]) for event in did]
    return lines, events
