"""Features are right, do not look ahead, and do not depend on how the rows lie."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.features.histories import (
    AS_OF_US,
    DAY_US,
    Event,
    Line,
    event_lists,
    event_table,
    expected,
    line_lists,
    line_table,
)
from tests.lake.rows import events as lake_events
from tests.lake.rows import lines as lake_lines
from zhiyin.features import AmbiguousLinksError, History, MixedCurrenciesError
from zhiyin.features.history import FEATURES
from zhiyin.instants import to_us
from zhiyin.lake import Lake

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
LAW = settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate])


def history(lines: list[Line], events: list[Event]) -> History:
    return History.from_arrow(line_table(lines), event_table(events))


@LAW
@given(line_lists, event_lists)
def test_features_equal_the_obvious_computation(lines: list[Line], events: list[Event]) -> None:
    found = history(lines, events).customer_features(AS_OF)
    assert found.column_names == list(FEATURES)
    wanted = expected(lines, events, AS_OF_US)
    assert found["customer_id"].to_pylist() == sorted(wanted)
    for row in found.to_pylist():
        right = wanted[row.pop("customer_id")]
        for name, value in right.items():
            # Deviation: sums of squares of whole seconds lose digits where gaps are regular.
            tolerance = 1e-4 if name == "gap_sd_days" else 1e-9
            if value is None:
                assert row[name] is None, name
            else:
                assert row[name] == pytest.approx(value, rel=tolerance, abs=tolerance), name


@LAW
@given(line_lists, event_lists, line_lists, event_lists, st.randoms())
def test_the_future_and_the_order_of_rows_change_no_bit(
    lines: list[Line],
    events: list[Event],
    later_lines: list[Line],
    later_events: list[Event],
    dice: random.Random,
) -> None:
    before = history(lines, events).customer_features(AS_OF)
    known = [line for line in lines if line[2] < AS_OF_US]
    seen = [event for event in events if event[2] < AS_OF_US]
    other = known + [(*line[:2], max(line[2], AS_OF_US), *line[3:]) for line in later_lines]
    watched = seen + [(*event[:2], max(event[2], AS_OF_US)) for event in later_events]
    dice.shuffle(other)
    dice.shuffle(watched)
    assert history(other, watched).customer_features(AS_OF).equals(before)


@LAW
@given(line_lists, st.integers(1, 100))
def test_outcomes_are_what_happens_from_the_date_to_the_horizon(
    lines: list[Line], days: int
) -> None:
    found = history(lines, []).outcomes(AS_OF, timedelta(days=days)).to_pylist()
    inside = [line for line in lines if AS_OF_US <= line[2] < AS_OF_US + days * DAY_US]
    assert found == [
        {
            "customer_id": customer,
            "orders": len({line[1] for line in inside if line[0] == customer and line[4] > 0}),
            "revenue": float(sum(line[5] for line in inside if line[0] == customer)),
        }
        for customer in sorted({line[0] for line in inside})
    ]


def test_a_history_of_unnumbered_lines_gives_the_same(tmp_path: Path) -> None:
    dice = random.Random(3)
    lines: list[Line] = [
        (
            f"c{dice.randrange(20)}",
            f"o{dice.randrange(150)}",
            AS_OF_US - dice.randrange(300 * DAY_US),
            f"s{dice.randrange(9)}",
            dice.choice([1, 2, 3, -1]),
            Decimal(dice.randrange(10_000)) / 100,
        )
        for _ in range(500)
    ]
    numbered = history(lines, [])
    plain = History(numbered.lines, numbered.events)
    assert plain.customer_features(AS_OF).equals(numbered.customer_features(AS_OF))
    horizon = timedelta(days=30)
    start = AS_OF - timedelta(days=60)
    assert plain.outcomes(start, horizon).equals(numbered.outcomes(start, horizon))
    assert plain.span() == numbered.span()


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        history([], []).customer_features(datetime(2026, 1, 1))


def test_span_is_from_the_first_to_the_last_sale() -> None:
    one: Line = ("ann", "o1", AS_OF_US, "tea", 1, Decimal(5))
    back: Line = ("ann", "o2", AS_OF_US + 9, "tea", -1, Decimal(-5))
    last: Line = ("bo", "o3", AS_OF_US + 7, "tea", 1, Decimal(5))
    first, end = history([one, back, last], []).span()
    assert (to_us(first), to_us(end)) == (AS_OF_US, AS_OF_US + 7)
    with pytest.raises(ValueError, match="without a sale"):
        history([back], []).span()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path))
    lines = lake_lines(range(40))
    nobody = pa.array([None if number % 5 == 4 else f"person-{number % 5}" for number in range(40)])
    at = lines.column_names.index("identifier_id")
    lake.append(
        "order_lines", lines.set_column(at, "identifier_id", nobody), app_id="a", sequence=1
    )
    lake.append("events", lake_events(range(20)), app_id="a", sequence=1)
    return lake


def links(*pairs: tuple[str, str]) -> pa.Table:
    identifiers, customers = zip(*pairs, strict=True)
    return pa.table({"identifier_id": list(identifiers), "customer_id": list(customers)})


def test_rows_of_the_lake_go_to_the_customer_of_their_identifier(lake: Lake) -> None:
    known = links(("person-0", "ann"), ("person-1", "ann"), ("person-1", "ann"), ("person-2", "bo"))
    found = History.from_lake(lake, known)
    orders = found.customer_features(datetime(2027, 1, 1, tzinfo=UTC))
    assert dict(
        zip(*orders.select(["customer_id", "orders"]).to_pydict().values(), strict=True)
    ) == {
        "ann": 16,
        "bo": 8,
    }
    assert found.events.count().execute() == 12
    assert sorted(found.lines.customer_id.to_pyarrow().unique().to_pylist()) == ["ann", "bo"]


def test_a_merge_changes_links_only(lake: Lake) -> None:
    apart = History.from_lake(lake, links(("person-0", "ann"), ("person-1", "bo")))
    merged = History.from_lake(lake, links(("person-0", "ann"), ("person-1", "ann")))
    year = datetime(2027, 1, 1, tzinfo=UTC)
    assert apart.customer_features(year)["orders"].to_pylist() == [8, 8]
    assert merged.customer_features(year)["orders"].to_pylist() == [16]


def test_an_identifier_of_two_customers_is_refused(lake: Lake) -> None:
    with pytest.raises(AmbiguousLinksError, match="person-0"):
        History.from_lake(lake, links(("person-0", "ann"), ("person-0", "bo")))


def test_money_of_several_currencies_is_never_added_up(lake: Lake) -> None:
    lake.append("order_lines", lake_lines([90], currency="USD"), app_id="a", sequence=2)
    known = links(("person-0", "ann"))
    with pytest.raises(MixedCurrenciesError, match="CNY, USD"):
        History.from_lake(lake, known)
    dollars = History.from_lake(lake, known, currency="USD")
    assert dollars.lines.count().execute() == 1
