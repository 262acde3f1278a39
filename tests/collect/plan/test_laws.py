"""Laws of the plan: compiled is as plainly said, learnt is accepted, a flood of names is held."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests.collect.plan import naive
from zhiyin.collect.models import Learnt
from zhiyin.collect.plan.learning import accepted
from zhiyin.collect.plan.schema import (
    CannotBe,
    Kind,
    Mode,
    Place,
    Plan,
    Planned,
    Property,
    checked,
    differences,
    read,
    write,
)
from zhiyin.collect.plan.watching import Watch

SOURCE = UUID(int=7)
NAMES = st.sampled_from(["a", "b", "c", "价格"])
EVENTS = st.sampled_from(["Viewed", "Bought"])
SCALARS = st.one_of(
    st.integers(-5, 5), st.floats(-3, 3, width=16), st.sampled_from([0.0, 2.0]), st.booleans(),
    st.sampled_from(["", "x", "茶", "2026-01-05", "2026-01-05T10:00:00Z", "2026-13-01", "1"]),
    st.none(),
)  # fmt: skip
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(NAMES, SCALARS))
PROPERTIES = st.dictionaries(NAMES, VALUES, max_size=4)


@st.composite
def rules(draw: st.DrawFn) -> Property:
    kind = draw(st.sampled_from(Kind))
    allowed: tuple[Any, ...] = ()
    if kind is Kind.TEXT:
        allowed = tuple(draw(st.lists(st.sampled_from(["x", "茶"]), max_size=2)))
    elif kind in (Kind.WHOLE, Kind.NUMBER):
        allowed = tuple(draw(st.lists(st.integers(-2, 2), max_size=2)))
    return Property(kind, draw(st.booleans()), allowed)


PLANS = st.builds(
    Plan, st.sampled_from(Mode), st.sampled_from(Mode), st.sampled_from(Mode),
    st.dictionaries(EVENTS, st.builds(Planned, st.just(""), st.dictionaries(NAMES, rules()))),
)  # fmt: skip


@settings(max_examples=150)
@given(PLANS, st.lists(st.tuples(EVENTS, PROPERTIES), max_size=6))
def test_the_compiled_check_says_what_the_plan_plainly_says(
    plan: Plan, events: list[tuple[str, dict[str, Any]]]
) -> None:
    watch = Watch(SOURCE, 1, plan)
    for name, properties in events:
        found = watch.event(name).found(properties)
        assert naive.told(found.deviations) == naive.deviations(plan, name, properties)
        assert (found.verdict is None) is (not found.deviations)


def learnt(watch: Watch, events: list[tuple[str, dict[str, Any]]]) -> list[Learnt]:
    """What the watch saw, as the tables would hold it."""
    from zhiyin.collect.plan import noting

    seen = noting.Counts(watch, noting.timezone.now())
    for name, properties in events:
        seen.shapes[watch.event(name).found(properties).shape] += 1
    for shape, n in seen.shapes.items():
        noting._keep_shape(shape, n, seen.at)
    rows = []
    for event in watch.events():
        rows.append(Learnt(event=event.name, events=event.events))
        for name, one in event.properties.items():
            row = Learnt(event=event.name, property=name, events=sum(one.kinds.values()),
                         personal=one.personal)  # fmt: skip
            for kind, n in one.kinds.items():
                word = "moment" if kind is Kind.TEXT and not one.plain else kind.value
                setattr(row, f"as_{word}", n)
            if row.events:
                rows.append(row)
    return rows


@settings(max_examples=150)
@given(st.lists(st.tuples(EVENTS, PROPERTIES), max_size=30))
def test_what_was_learnt_is_accepted_by_the_plan_made_of_it(
    events: list[tuple[str, dict[str, Any]]],
) -> None:
    plan = checked(accepted(Plan(mode=Mode.REJECT), learnt(Watch(SOURCE, 0, Plan()), events)))
    watch = Watch(SOURCE, 1, plan)
    for name, properties in events:
        assert watch.event(name).found(properties).deviations == ()


@settings(max_examples=150)
@given(PLANS, st.lists(st.tuples(EVENTS, PROPERTIES), max_size=20))
def test_a_plan_that_is_widened_by_what_came_accepts_its_types(
    plan: Plan, events: list[tuple[str, dict[str, Any]]]
) -> None:
    rows = learnt(Watch(SOURCE, 1, plan), events)
    places = [Place(row.event, row.property) for row in rows]
    places += [Place(name, key) for name, one in plan.events.items() for key in one.properties]
    wider = checked(accepted(plan, rows, only=places))
    for name, properties in events:
        found = naive.deviations(wider, name, properties)
        assert not [one for one in found if one[0] != "value"]


@given(PLANS)
def test_a_plan_comes_back_from_its_file(plan: Plan) -> None:
    again = read(write(plan).encode())
    assert not list(differences(plan, again))


@given(PLANS, PLANS)
def test_two_plans_differ_exactly_where_a_difference_is_told(one: Plan, two: Plan) -> None:
    told = list(differences(one, two))
    assert bool(told) is (one != two)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b'{"zhiyin_tracking_plan": 2, "plan": {}}', b"\xff", b"[" * 100_000,
        b'{"zhiyin_tracking_plan": 1, "plan": {"mode": "maybe"}}',
        b'{"zhiyin_tracking_plan": 1, "plan": {"events": {" x": {}}}}',
        b'{"zhiyin_tracking_plan": 1, "plan": {"surprise": 1}}',
        b'{"zhiyin_tracking_plan": 1, "plan": {"events": {"x": {"properties":'
        b' {"a": {"type": "yes_no", "allowed": [1]}}}}}}',
        b'{"zhiyin_tracking_plan": 1, "plan": {"events": {"x": {"properties":'
        b' {"a": {"type": "whole", "allowed": ["1"]}}}}}}',
    ],
)  # fmt: skip
def test_a_file_that_is_no_plan_is_refused_with_words(text: bytes) -> None:
    with pytest.raises(CannotBe, match=r"\w{3}"):
        read(text)


def test_a_million_names_are_counted_and_take_no_room(settings: Settings) -> None:
    watch = Watch(SOURCE, 0, Plan())
    beyond = 0
    for number in range(2_000):
        properties: dict[str, object] = {f"p{number}_{n}": 1 for n in range(500)}
        beyond += watch.event("Page Viewed").found(properties).shape.beyond
        assert watch.for_lake("Page Viewed", properties, capped=True).keys() <= {
            f"p0_{n}" for n in range(settings.PLAN_EVENT_PROPERTIES)
        }
    assert beyond == 1_000_000 - settings.PLAN_EVENT_PROPERTIES
    event = watch.event("Page Viewed")
    assert len(event.properties) == settings.PLAN_EVENT_PROPERTIES
    assert len(event._shapes) <= 256


def test_a_flood_of_event_names_takes_no_room_either(settings: Settings) -> None:
    watch = Watch(SOURCE, 0, Plan())
    for number in range(100_000):
        watch.event(f"Event {number}").found({"sku": "A"})
    assert len(watch.events()) <= settings.PLAN_NAMES
    assert watch.names <= settings.PLAN_NAMES


def test_what_the_plan_knows_is_within_the_cap_whatever_came_before(settings: Settings) -> None:
    settings.PLAN_NAMES = 3
    plan = Plan(events={"Bought": Planned("", {"total": Property(Kind.NUMBER)})})
    watch = Watch(SOURCE, 1, plan)
    for number in range(10):
        watch.event(f"Event {number}").found({"x": 1})
    assert watch.event("Bought").found({"total": 2.5, "new": 1}).shape.beyond == 1
    assert watch.for_lake("Bought", {"total": 2.5, "new": 1}, capped=True) == {"total": 2.5}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("city", "Wang"), ("size", 13_800_138_000), ("email", "x"), ("currency", "王小明"),
        ("sku", "138-0013-8000"), ("what", "a@b.example"), ("born", 19_840_412),
    ],
)  # fmt: skip
def test_what_could_be_about_a_person_is_no_example(name: str, value: object) -> None:
    watch = Watch(SOURCE, 0, Plan())
    for _ in range(30):
        watch.event("x").found({name: value})
    assert watch.event("x").properties[name].examples == []


def test_small_numbers_and_technical_words_are_examples() -> None:
    watch = Watch(SOURCE, 0, Plan())
    for number in (1, 2, 2, 3.5, 4, 5, 6):
        watch.event("x").found({"n": number, "currency": "CNY"})
    assert watch.event("x").properties["n"].examples == [1, 2, 3.5, 4, 5]
    assert watch.event("x").properties["currency"].examples == ["CNY"]


def test_a_name_that_is_an_address_is_not_learnt_and_not_in_the_lake() -> None:
    watch = Watch(SOURCE, 0, Plan())
    properties: dict[str, object] = {"wang@example.com": 1, "13800138000": 2, "sku": "A"}
    assert watch.event("x").found(properties).shape.beyond == 2
    assert watch.for_lake("x", properties, capped=True) == {"sku": "A"}
    assert watch.for_lake("x", properties, capped=False) == {"sku": "A"}
