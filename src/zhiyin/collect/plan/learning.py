"""From what came to a plan: each name with the narrowest type that holds all that was seen of it.

Whatever was learnt is accepted by the plan that is made of it. Values are never turned into a list
of allowed ones, and what looks personal is marked so; both are for a person to decide otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from zhiyin.collect.models import Learnt
from zhiyin.collect.plan.schema import Kind, Place, Plan, Planned, Property

FEW = 20  # events, below which a property that was always there is not yet required
_COUNTED = tuple(kind for kind in Kind if kind is not Kind.ANY)


def kinds(row: Learnt) -> dict[Kind, int]:
    """How many values of each type came."""
    return {kind: n for kind in _COUNTED if (n := getattr(row, f"as_{kind.value}"))}


def kind_of(seen: Mapping[Kind, int]) -> Kind:
    """The narrowest type that holds all that was seen."""
    found = set(seen)
    if len(found) == 1:
        return found.pop()
    if found == {Kind.WHOLE, Kind.NUMBER}:
        return Kind.NUMBER
    if found == {Kind.MOMENT, Kind.TEXT}:
        return Kind.TEXT
    return Kind.ANY


def accepted(plan: Plan, rows: Iterable[Learnt], *, only: Collection[Place] | None = None) -> Plan:
    """The plan with what was learnt: names that it does not know, and, where `only` names them,
    types and requirements that do not hold any more made wider."""
    held = {row_place(row): row for row in rows if row.event}
    chosen = set(held) if only is None else {place for place in held if _is_chosen(place, only)}
    events = dict(plan.events)
    for place in sorted(chosen | set(only or ())):
        row, of_event = held.get(place), held.get(Place(place.event))
        if row is not None:
            events.setdefault(place.event, Planned())
        if not place.property or place.event not in events:
            continue
        properties = dict(events[place.event].properties)
        known = properties.get(place.property)
        if known is None and row is not None:
            properties[place.property] = _learnt(row, of_event)
        elif known is not None and only is not None and place in only:
            properties[place.property] = _wider(known, row, of_event)
        events[place.event] = msgspec.structs.replace(events[place.event], properties=properties)
    return msgspec.structs.replace(plan, events=events)


def row_place(row: Learnt) -> Place:
    """What the row is about."""
    return Place(row.event, row.property)


def _is_chosen(place: Place, only: Collection[Place]) -> bool:
    return place in only or Place(place.event) in only


def _learnt(row: Learnt, of_event: Learnt | None) -> Property:
    return Property(
        type=kind_of(kinds(row)), required=_is_required(row, of_event), personal=row.personal
    )


def _is_required(row: Learnt, of_event: Learnt | None) -> bool:
    return of_event is not None and row.events >= of_event.events >= FEW


def _wider(known: Property, row: Learnt | None, of_event: Learnt | None) -> Property:
    """Allowed values go with a type that cannot have them; what was narrower stays narrower."""
    came, all_came = row.events if row else 0, of_event.events if of_event else 0
    required = known.required and came >= all_came
    if row is None:
        return msgspec.structs.replace(known, required=required)
    seen = kind_of(kinds(row))
    kind = known.type if seen is known.type else kind_of({known.type: 1, seen: 1})
    if Kind.ANY in (known.type, seen):
        kind = Kind.ANY
    allowed = known.allowed if kind is known.type else ()
    return msgspec.structs.replace(known, type=kind, required=required, allowed=allowed)
