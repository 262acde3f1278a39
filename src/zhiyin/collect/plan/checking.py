"""A plan, compiled: what is wrong with an event, found from the types of its values where possible.

Events of one name look alike: most have the same properties with the same types. So what follows
from names and types is decided once for each such shape, and only listed values, moments and whole
numbers that came as 3.0 are looked at in each event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from zhiyin.collect.impersonal import is_a_name
from zhiyin.collect.plan.schema import Kind, Mode, Plan, Planned, Property


class Fault(StrEnum):
    """How an event deviates from the plan."""

    EVENT = "unknown_event"
    PROPERTY = "unknown_property"
    TYPE = "type"
    MISSING = "missing"
    VALUE = "value"


class Deviation(NamedTuple):
    """One of them: of which property, what was expected and what came. Never the value itself."""

    fault: Fault
    property: str = ""
    expected: str = ""
    came: str = ""


Test = Callable[[object], bool]


class Look(NamedTuple):
    """What follows from names and types alone, and what each event must be asked yet."""

    deviations: tuple[Deviation, ...]
    tests: tuple[tuple[str, Test, Deviation], ...]


TYPES: Mapping[type, Kind] = {
    str: Kind.TEXT, int: Kind.WHOLE, float: Kind.NUMBER, bool: Kind.YES_NO, list: Kind.LIST,
    dict: Kind.OBJECT,
}  # fmt: skip
_FITS: Mapping[Kind, frozenset[type]] = {
    Kind.TEXT: frozenset({str}), Kind.WHOLE: frozenset({int, float}),
    Kind.NUMBER: frozenset({int, float}), Kind.YES_NO: frozenset({bool}),
    Kind.MOMENT: frozenset({str}), Kind.LIST: frozenset({list}), Kind.OBJECT: frozenset({dict}),
    Kind.ANY: frozenset(TYPES),
}  # fmt: skip
_UNKNOWN_EVENT = Look((Deviation(Fault.EVENT),), ())


def is_moment(value: object) -> bool:
    """A day or a moment of ISO 8601."""
    if type(value) is not str or len(value) < 10 or value[4] != "-":
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()


def look(planned: Planned | None, names: tuple[str, ...], types: tuple[type, ...]) -> Look:
    """What is to be said of every event with these properties of these types."""
    if planned is None:
        return _UNKNOWN_EVENT
    deviations: list[Deviation] = []
    tests: list[tuple[str, Test, Deviation]] = []
    given = set()
    for name, type_ in zip(names, types, strict=True):
        if type_ is type(None):
            continue  # as good as not there
        given.add(name)
        rule = planned.properties.get(name)
        if rule is None:
            shown = name if is_a_name(name) else ""
            deviations.append(Deviation(Fault.PROPERTY, shown, "", TYPES.get(type_, Kind.ANY)))
        elif type_ not in _FITS[rule.type]:
            deviations.append(Deviation(Fault.TYPE, name, rule.type, TYPES.get(type_, Kind.ANY)))
        else:
            tests += _tests(name, rule, type_)
    deviations += [
        Deviation(Fault.MISSING, name, rule.type)
        for name, rule in planned.properties.items()
        if rule.required and name not in given
    ]
    return Look(tuple(deviations), tuple(tests))


def _tests(name: str, rule: Property, type_: type) -> list[tuple[str, Test, Deviation]]:
    wrong = Deviation(Fault.TYPE, name, rule.type, TYPES.get(type_, Kind.ANY))
    if rule.type is Kind.MOMENT:
        return [(name, is_moment, wrong)]
    listed = frozenset(rule.allowed).__contains__
    off_list = Deviation(Fault.VALUE, name)
    if rule.type is Kind.WHOLE and type_ is float:
        whole = (name, _is_whole, wrong)
        if not rule.allowed:
            return [whole]
        return [whole, (name, lambda value: not _is_whole(value) or listed(value), off_list)]
    return [(name, listed, off_list)] if rule.allowed else []


def verdict(plan: Plan, deviations: tuple[Deviation, ...]) -> Mode | None:
    """The hardest of what the plan says about these; None where there are none."""
    if not deviations:
        return None
    modes = {mode_of(plan, one.fault) for one in deviations}
    return next(mode for mode in (Mode.REJECT, Mode.FLAG, Mode.OBSERVE) if mode in modes)


def mode_of(plan: Plan, fault: Fault) -> Mode:
    """What the plan says about a fault."""
    match fault:
        case Fault.EVENT:
            return plan.unknown_events
        case Fault.PROPERTY:
            return plan.unknown_properties
        case _:
            return plan.mode
