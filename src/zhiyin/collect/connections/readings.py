"""What devices and beacons measure, as events that mean something: pure rules.

A signal that trembles around a bound is no coming and going: who entered has left only when the
signal is clearly weaker, or was silent for a while (hysteresis). Who stays is said once a visit, a
shelf that runs low once until it is filled up, and a value when it moved by a step. The state is
plain data, so that the same readings always give the same events.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

MOST_KEPT = 50_000  # devices whose last state is known; the longest silent are forgotten beyond


class Bounds(msgspec.Struct, frozen=True):
    """When something has happened. Signals are in dBm, times in seconds."""

    enter: float = -70.0
    leave: float = -80.0
    silence_s: float = 120.0
    dwell_s: float = 60.0
    low: float = 5.0
    enough: float = 10.0
    step: float = 1.0


class Reading(msgspec.Struct, frozen=True):
    """One measurement. `place` is a zone for a signal, a shelf for a stock, or what is measured."""

    at: datetime
    device: str
    place: str = ""
    signal: float | None = None
    stock: float | None = None
    value: float | None = None
    sku: str = ""


class Happened(msgspec.Struct, frozen=True):
    """An event; `key` tells it from every other of the same device."""

    name: str
    at: datetime
    device: str
    key: str
    properties: dict[str, object]


class Stay(msgspec.Struct):
    """Somebody in a zone: since when, last seen when, and whether it was said that they stay."""

    since: float
    seen: float
    said: bool = False


class Level(msgspec.Struct):
    """The last stock or value of a device, and whether it is known to be low."""

    at: float
    last: float
    low: bool = False


class State(msgspec.Struct):
    """What is known of all devices of a connection, by device and place."""

    stays: dict[str, Stay] = {}
    stocks: dict[str, Level] = {}
    values: dict[str, Level] = {}
    latest: dict[str, float] = {}  # of each device and place: what is older came out of its order


def happen(state: State, readings: Iterable[Reading], bounds: Bounds) -> list[Happened]:
    """What has happened by these readings; `state` is brought up to date."""
    found: list[Happened] = []
    for one in sorted(readings, key=lambda one: (one.at, one.device, one.place)):
        key, at = f"{one.device}\x1f{one.place}", one.at.timestamp()
        if at <= state.latest.get(key, float("-inf")):
            continue  # it came twice, or after a later one
        state.latest[key] = at
        if one.signal is not None:
            found += _seen(state, one, key, at, bounds)
        if one.stock is not None:
            found += _counted(state, one, key, at, bounds)
        if one.value is not None:
            found += _measured(state, one, key, at, bounds)
    _forget(state)
    return found


def _seen(state: State, one: Reading, key: str, at: float, bounds: Bounds) -> list[Happened]:
    """A signal of somebody in a zone."""
    assert one.signal is not None
    _leave_the_silent(state, one.device, at, bounds)
    stay = state.stays.get(key)
    if stay is None:
        if one.signal < bounds.enter:
            return []
        inside = any(other.startswith(f"{one.device}\x1f") for other in state.stays)
        state.stays[key] = Stay(at, at)
        return [] if inside else [_event("Store Entered", one, {"zone": one.place})]
    if one.signal < bounds.leave:
        del state.stays[key]
        return []
    stay.seen = at
    if stay.said or at - stay.since < bounds.dwell_s:
        return []
    stay.said = True
    return [_event("Zone Dwelled", one, {"zone": one.place, "seconds": round(at - stay.since)})]


def _leave_the_silent(state: State, device: str, at: float, bounds: Bounds) -> None:
    """Whoever was not seen for a while has left, whether or not they were seen leaving."""
    mine = [key for key in state.stays if key.startswith(f"{device}\x1f")]
    for key in mine:
        if at - state.stays[key].seen > bounds.silence_s:
            del state.stays[key]


def _counted(state: State, one: Reading, key: str, at: float, bounds: Bounds) -> list[Happened]:
    """A shelf was counted."""
    assert one.stock is not None
    level = state.stocks.setdefault(key, Level(at, one.stock))
    level.at, level.last = at, one.stock
    if level.low:
        level.low = one.stock < bounds.enough
        return []
    if one.stock > bounds.low:
        return []
    level.low = True
    told = {"sku": one.sku, "place": one.place, "stock": _plain(one.stock)}
    return [_event("Stock Low", one, {name: value for name, value in told.items() if value != ""})]


def _measured(state: State, one: Reading, key: str, at: float, bounds: Bounds) -> list[Happened]:
    """A value, which is told when it is the first or has moved."""
    assert one.value is not None
    level = state.values.get(key)
    if level is not None and abs(one.value - level.last) < bounds.step:
        return []
    state.values[key] = Level(at, one.value)
    told: dict[str, object] = {"value": _plain(one.value)}
    return [_event("Device Reading", one, {**told, **({"place": one.place} if one.place else {})})]


def _event(name: str, one: Reading, properties: dict[str, object]) -> Happened:
    moment = one.at.astimezone(UTC).isoformat()
    return Happened(
        name, one.at, one.device, f"{name}|{one.device}|{one.place}|{moment}", properties
    )


def _plain(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number


def _forget(state: State) -> None:
    """Those that were silent the longest, where there are too many."""
    if len(state.latest) <= MOST_KEPT:
        return
    for key in sorted(state.latest, key=state.latest.__getitem__)[: len(state.latest) - MOST_KEPT]:
        for known in (state.latest, state.stays, state.stocks, state.values):
            known.pop(key, None)
