"""Funnels and the map of ways, in numbers that can be counted by hand."""

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.insight.paths.walks import AS_OF
from zhiyin.insight import paths
from zhiyin.insight.paths import Unit
from zhiyin.insight.paths.exploring import LEFT, OTHER


def events(**walks: str) -> pa.Table:
    """One letter an event, a minute apart; a dot is an hour in which nothing happens."""
    rows = []
    for customer, steps in walks.items():
        at = AS_OF - timedelta(days=1)
        for letter in steps:
            at += timedelta(hours=1) if letter == "." else timedelta(minutes=1)
            if letter != ".":
                rows.append({"customer_id": customer, "event": letter, "at": at})
    return pa.Table.from_pylist(rows)


def test_a_funnel_counts_steps_in_their_order() -> None:
    told = paths.funnel(events(a="vcb", b="vxcx", c="cv", d="xx"), ["v", "c", "b"], AS_OF)
    assert [s.reached for s in told.steps] == [3, 2, 1]
    assert told.steps[1].share == pytest.approx(2 / 3)
    assert told.steps[1].low < 2 / 3 < told.steps[1].high
    assert told.steps[2].overall == pytest.approx(1 / 3)
    assert told.steps[1].median_seconds == 90  # one minute and two
    assert told.steps[0].median_seconds is None
    assert told.table().num_rows == 3


def test_a_funnel_may_have_a_time_limit() -> None:
    walks = events(a="vc", b="v.c")
    hour = timedelta(minutes=30)
    assert [s.reached for s in paths.funnel(walks, ["v", "c"], AS_OF).steps] == [2, 2]
    assert [s.reached for s in paths.funnel(walks, ["v", "c"], AS_OF, within=hour).steps] == [2, 1]
    by_visit = paths.funnel(walks, ["v", "c"], AS_OF, unit=Unit.VISIT)
    assert [s.reached for s in by_visit.steps] == [2, 1]


def test_steps_that_nobody_takes_are_zero_not_an_error() -> None:
    told = paths.funnel(events(a="v"), ["v", "never", "c"], AS_OF)
    assert [(s.reached, s.share) for s in told.steps] == [(1, 1.0), (0, 0.0), (0, 0.0)]
    with pytest.raises(ValueError, match="at least one step"):
        paths.funnel(events(a="v"), [], AS_OF)


def test_the_map_adds_up_at_every_step() -> None:
    seen = paths.explore(events(a="vcb", b="vcx", c="vx", d="s", e="vz"), AS_OF, depth=3, most=2)
    assert seen.units == 5
    for step in range(3):
        assert sum(n.units for n in seen.nodes if n.step == step) == 5
    into: dict[str, int] = {}
    out: dict[str, int] = {}
    for link in seen.links:
        out[link.source] = out.get(link.source, 0) + link.units
        into[link.target] = into.get(link.target, 0) + link.units
    sizes = {n.id: n.units for n in seen.nodes}
    assert all(out[n] == sizes[n] for n in out)
    assert all(into[n] == sizes[n] for n in into)
    assert sizes["0:v"] == 4
    assert {n.event for n in seen.nodes if n.step == 1} >= {"c", OTHER, LEFT}


def test_the_map_can_begin_at_an_event() -> None:
    seen = paths.explore(events(a="xvc", b="vb", c="x"), AS_OF, start="v", depth=2)
    assert seen.units == 2
    assert {(n.step, n.event, n.units) for n in seen.nodes} == {
        (0, "v", 2), (1, "b", 1), (1, "c", 1),
    }  # fmt: skip
