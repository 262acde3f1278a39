"""The plan's meaning, said once more as plainly as can be: what the compiled check must equal."""

from __future__ import annotations

from datetime import datetime

from zhiyin.collect.plan.checking import Deviation, Fault
from zhiyin.collect.plan.schema import Kind, Plan, Property


def deviations(plan: Plan, name: str, properties: dict[str, object]) -> set[tuple[str, str]]:
    """Which properties of one event deviate, and how."""
    if name not in plan.events:
        return {("unknown_event", "")}
    rules = plan.events[name].properties
    found = set()
    for key, value in properties.items():
        if value is None:
            continue
        if key not in rules:
            found.add(("unknown_property", key))
        elif not fits(rules[key].type, value):
            found.add(("type", key))
        elif not listed(rules[key], value):
            found.add(("value", key))
    for key, rule in rules.items():
        if rule.required and properties.get(key) is None:
            found.add(("missing", key))
    return found


def fits(kind: Kind, value: object) -> bool:
    if kind is Kind.ANY:
        return True
    if kind is Kind.YES_NO:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind is Kind.WHOLE:
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if kind is Kind.NUMBER:
        return isinstance(value, int | float)
    if kind is Kind.LIST:
        return isinstance(value, list)
    if kind is Kind.OBJECT:
        return isinstance(value, dict)
    if not isinstance(value, str):
        return False
    if kind is Kind.TEXT:
        return True
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return len(value) >= 10 and value[4] == "-"


def listed(rule: Property, value: object) -> bool:
    return not rule.allowed or value in rule.allowed


def told(found: tuple[Deviation, ...]) -> set[tuple[str, str]]:
    return {(Fault(one.fault).value, one.property) for one in found}
