"""The laws of readings: trembling is no coming and going, and the same readings say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zhiyin.collect.connections import readings
from zhiyin.collect.connections.readings import Bounds, Happened, Reading, State, happen

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
BOUNDS = Bounds(enter=-70, leave=-80, silence_s=120, dwell_s=60, low=5, enough=10, step=2)


def at(seconds: float, device: str = "tag", place: str = "door", **more: float | str) -> Reading:
    return Reading(START + timedelta(seconds=seconds), device, place, **more)  # type: ignore[arg-type]


def told(*given: Reading, bounds: Bounds = BOUNDS) -> list[str]:
    return [one.name for one in happen(State(), given, bounds)]


def test_who_comes_and_stays_is_told_once_each() -> None:
    signals = [at(s, signal=-60) for s in range(0, 300, 20)]
    assert told(*signals) == ["Store Entered", "Zone Dwelled"]


def test_a_signal_that_trembles_around_the_bound_is_one_visit() -> None:
    trembling = [at(s, signal=-69 if s % 2 else -79) for s in range(50)]
    assert told(*trembling) == ["Store Entered"]


def test_who_left_or_was_silent_and_comes_again_is_told_again() -> None:
    left = [at(0, signal=-60), at(10, signal=-85), at(20, signal=-60)]
    assert told(*left) == ["Store Entered"] * 2
    silent = [at(0, signal=-60), at(121, signal=-60)]
    assert told(*silent) == ["Store Entered"] * 2
    near = [at(0, signal=-60), at(119, signal=-60)]
    assert told(*near) == ["Store Entered", "Zone Dwelled"]


def test_who_walks_from_zone_to_zone_entered_once() -> None:
    walk = [at(0, place="door", signal=-60), at(10, place="tea", signal=-60),
            at(15, place="door", signal=-85), at(80, place="tea", signal=-65)]  # fmt: skip
    assert told(*walk) == ["Store Entered", "Zone Dwelled"]


def test_a_shelf_that_runs_low_is_told_once_until_it_is_filled_up() -> None:
    counts = [9, 5, 4, 6, 5, 9, 10, 5]
    assert told(*[at(s, stock=n, sku="TEA") for s, n in enumerate(counts)]) == ["Stock Low"] * 2


def test_a_value_is_told_when_it_moved_by_a_step() -> None:
    values = [20.0, 21.0, 21.9, 22.0, 21.0, 20.1, 20.0]
    found = happen(State(), [at(s, value=v) for s, v in enumerate(values)], BOUNDS)
    assert [one.properties["value"] for one in found] == [20, 22, 20]


_READINGS = st.lists(
    st.builds(
        at, st.integers(0, 900), st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]),
        signal=st.integers(-95, -50).map(float), stock=st.integers(0, 15).map(float),
        value=st.integers(0, 9).map(float),
    ),
    max_size=60,
)  # fmt: skip


def first_of_each(given: list[Reading]) -> list[Reading]:
    """One reading a moment, device and place, as a device gives them."""
    return list({(one.at, one.device, one.place): one for one in given}.values())


@given(_READINGS)
def test_what_comes_twice_or_backwards_in_one_batch_says_the_same(given: list[Reading]) -> None:
    given = first_of_each(given)
    once = happen(State(), given, BOUNDS)
    assert happen(State(), [*given, *reversed(given)], BOUNDS) == once
    assert happen(State(), list(reversed(given)), BOUNDS) == once


@given(_READINGS, st.integers(0, 60))
def test_where_a_batch_ends_changes_nothing(given: list[Reading], cut: int) -> None:
    given = sorted(first_of_each(given), key=lambda one: one.at)
    # Readings of one moment are taken together, wherever the batch of a run ends.
    border = given[min(cut, len(given) - 1)].at if given else START
    first = [one for one in given if one.at < border]
    rest = [one for one in given if one.at >= border]
    state = State()
    parts = happen(state, first, BOUNDS) + happen(state, rest, BOUNDS)
    assert parts == happen(State(), given, BOUNDS)
    assert happen(state, given, BOUNDS) == []  # and all of it again says nothing


@given(_READINGS)
def test_between_two_of_a_kind_something_ended(given: list[Reading]) -> None:
    given = sorted(first_of_each(given), key=lambda one: one.at)
    found = happen(State(), given, BOUNDS)
    assert len({one.key for one in found}) == len(found)
    for device in ("a", "b"):
        mine = [one for one in given if one.device == device]
        _low_after_enough(mine, [one for one in found if one.device == device])
        entered = [one.at for one in found if (one.name, one.device) == ("Store Entered", device)]
        for before, after in pairwise(entered):
            between = [one for one in mine if before < one.at <= after]
            weak = any(one.signal is not None and one.signal < BOUNDS.leave for one in between)
            silent = _longest_silence(mine, before, after) > BOUNDS.silence_s
            assert weak or silent


def _low_after_enough(mine: list[Reading], found: list[Happened]) -> None:
    for place in ("x", "y"):
        low = [
            one.at for one in found if one.name == "Stock Low" and one.properties["place"] == place
        ]
        for before, after in pairwise(low):
            counts = [one.stock for one in mine if one.place == place and before < one.at < after]
            assert max(counts, default=0) >= BOUNDS.enough  # type: ignore[type-var]


def _longest_silence(mine: list[Reading], before: datetime, after: datetime) -> float:
    """The longest time in which no zone saw them, from one entry to the next."""
    longest = 0.0
    for place in ("x", "y"):
        seen = [one.at for one in mine if one.place == place and before <= one.at <= after]
        gaps = zip([before, *seen], [*seen, after], strict=True)
        longest = max(longest, *((b - a).total_seconds() for a, b in gaps))
    return longest


def test_no_more_devices_are_kept_than_there_is_room_for(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(readings, "MOST_KEPT", 10)
    state = State()
    happen(state, [at(n, f"d{n}", signal=-60) for n in range(50)], BOUNDS)
    assert len(state.latest) == len(state.stays) == 10
    assert "d49\x1fdoor" in state.latest
