"""What one process knows of a source while it takes its events: the plan, compiled, and the names.

The names are capped: an event name that nobody knew, or a property, is taken up while there is
room; beyond it stays in PostgreSQL with its event, is counted, and reaches neither the lake nor
what is learnt. So a page that makes up a name for each call fills nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from zhiyin.collect.impersonal import (
    is_a_name,
    is_an_example,
    is_impersonal,
    looks_personal,
)
from zhiyin.collect.plan.checking import TYPES, Deviation, Test, is_moment, look, verdict
from zhiyin.collect.plan.schema import Kind, Mode, Plan, Planned

MOST_SHAPES = 256  # of one event name that are remembered
MOST_EXAMPLES = 5
LOOKED_AT = 20  # texts of a property that are looked at for signs of a person


@dataclass(slots=True)
class Seen:
    """What was seen of one property since it was last written down."""

    kinds: Counter[Kind] = field(default_factory=Counter)
    plain: bool = False  # a text came that is no moment
    examples: list[object] = field(default_factory=list)
    looked_at: int = 0
    personal: bool = False  # its texts look as if they were about persons
    stored: bool = False

    def look_at(self, name: str, value: object) -> None:
        """Keep an example of what is surely no person's; none where one seems to be told of."""
        self.looked_at += 1
        self.personal = self.personal or looks_personal("", value)
        if self.personal:
            self.examples.clear()
        elif (
            len(self.examples) < MOST_EXAMPLES
            and is_an_example(name, value)
            and value not in self.examples
        ):
            self.examples.append(value)


@dataclass(slots=True, eq=False)
class Shape:
    """Events of one name with the same properties of the same types, and what follows."""

    event: Watched
    kinds: tuple[tuple[str, Kind], ...]  # of the properties that are known
    beyond: int  # properties beyond the cap
    deviations: tuple[Deviation, ...]
    verdict: Mode | None
    tests: tuple[tuple[str, Test, Deviation], ...]
    watch: tuple[tuple[str, Seen], ...]  # texts and scalars that are still learnt from


class Found(NamedTuple):
    """What became of one event: its shape, and how it deviates."""

    shape: Shape
    deviations: tuple[Deviation, ...]
    verdict: Mode | None


class Watched:
    """One event name of a source."""

    def __init__(self, source: Watch, name: str, planned: Planned | None, *, known: bool) -> None:
        self.name, self.planned, self.known = name, planned, known
        self.stored = False
        self.properties: dict[str, Seen] = {}
        self.events = self.beyond = 0  # since they were last written down
        self.last: datetime | None = None
        self.personal: frozenset[str] = frozenset()
        self.listed: dict[str, frozenset[object]] = {}
        self._source = source
        self._shapes: dict[tuple[object, ...], Shape] = {}
        for key, rule in (planned.properties if planned else {}).items():
            if rule.allowed and rule.type is Kind.TEXT:
                self.listed[key] = frozenset(rule.allowed)
        if planned:
            held = planned.properties.items()
            self.personal = frozenset(key for key, rule in held if rule.personal)

    def found(self, properties: dict[str, object]) -> Found:
        """How one event deviates; it teaches us on the way."""
        key = (*properties, *map(type, properties.values()))
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._new(properties, key)
        if shape.watch:
            self._learn(shape, properties)
        if not shape.tests:
            return Found(shape, shape.deviations, shape.verdict)
        more = tuple(wrong for name, test, wrong in shape.tests if not test(properties[name]))
        if not more:
            return Found(shape, shape.deviations, shape.verdict)
        deviations = shape.deviations + more
        return Found(shape, deviations, verdict(self._source.plan, deviations))

    def plans(self, name: str) -> bool:
        """Whether the plan knows this property."""
        return self.planned is not None and name in self.planned.properties

    def forget(self, name: str) -> None:
        """There was no room for this property after all."""
        if self.properties.pop(name, None) is not None:
            self._source.names -= 1
        self._shapes.clear()

    def _new(self, properties: dict[str, object], key: tuple[object, ...]) -> Shape:
        names, types = tuple(properties), tuple(map(type, properties.values()))
        kinds: list[tuple[str, Kind]] = []
        beyond = 0
        for name, type_ in zip(names, types, strict=True):
            if type_ is type(None):
                continue
            if self._takes_up(name):
                kinds.append((name, TYPES.get(type_, Kind.ANY)))
            else:
                beyond += 1
        told = self._source.has_plan
        seen = look(self.planned, names, types) if told else None
        deviations = seen.deviations if seen else ()
        shape = Shape(
            self, tuple(kinds), beyond, deviations, verdict(self._source.plan, deviations),
            seen.tests if seen else (),
            tuple((name, self.properties[name]) for name, _ in kinds),
        )  # fmt: skip
        if len(self._shapes) >= MOST_SHAPES:
            self._shapes.clear()
        self._shapes[key] = shape
        return shape

    def _takes_up(self, name: str) -> bool:
        if name in self.properties:
            return True
        if not self.known or not is_a_name(name):
            return False
        if not self.plans(name):
            if not self._source.has_room(len(self.properties)):
                return False
            self._source.names += 1
        self.properties[name] = Seen(personal=looks_personal(name))
        return True

    def _learn(self, shape: Shape, properties: dict[str, object]) -> None:
        """Is each text a moment, does it look personal, can it be an example?"""
        left = []
        for name, seen in shape.watch:
            value = properties[name]
            text = type(value) is str
            if text and not seen.plain:
                seen.plain = not is_moment(value)
            if seen.looked_at < LOOKED_AT:
                seen.look_at(name, value)
            if seen.looked_at < LOOKED_AT or (text and not seen.plain):
                left.append((name, seen))
        if len(left) < len(shape.watch):
            shape.watch = tuple(left)


class Watch:
    """One source, at one version of its plan."""

    def __init__(self, source: UUID, version: int, plan: Plan) -> None:
        self.source, self.version, self.plan = source, version, plan
        self.has_plan = version > 0
        self.names = 0
        self._events: dict[str, Watched] = {}
        self.unnamed = Watched(self, "", None, known=False)
        for name in plan.events:
            self._take_up(name)

    def event(self, name: str) -> Watched:
        """What is known of an event name; one for all beyond the cap."""
        known = self._events.get(name)
        if known is not None:
            return known
        if not is_a_name(name) or not self.has_room(0):
            return self.unnamed
        return self._take_up(name)

    def has_room(self, of_event: int) -> bool:
        """Whether one more name may be taken up."""
        return self.names < settings.PLAN_NAMES and of_event < settings.PLAN_EVENT_PROPERTIES

    def events(self) -> list[Watched]:
        """All that are known."""
        return list(self._events.values())

    def has_news(self) -> bool:
        """Whether anything came since it was last written down."""
        return bool(self.unnamed.events) or any(one.events for one in self._events.values())

    def know(self, event: str, property: str = "", *, plain: bool = False) -> None:
        """A name that is written down already."""
        held = self._events.get(event) or self._take_up(event)
        if not property:
            held.stored = True
            return
        seen = held.properties.get(property)
        if seen is None:
            self.names += not held.plans(property)
            seen = held.properties[property] = Seen(personal=looks_personal(property))
        seen.stored, seen.plain = True, seen.plain or plain

    def forget(self, event: str) -> None:
        """There was no room for this event name after all."""
        gone = self._events.pop(event, None)
        if gone is not None:
            self.names -= 1 + len(gone.properties)

    def for_lake(
        self, name: str, properties: dict[str, object], *, capped: bool
    ) -> dict[str, object]:
        """What of an event's properties the lake gets: names that are names and not marked
        personal, with values that cannot name a person or that the plan lists. `capped`: only names
        for which there was room."""
        held = self._events.get(name, self.unnamed)
        known, personal, listed = held.properties, held.personal, held.listed
        return {
            key: value
            for key, value in properties.items()
            if (key in known or (not capped and is_a_name(key)))
            and key not in personal
            and (is_impersonal(value) or (key in listed and value in listed[key]))
        }

    def _take_up(self, name: str) -> Watched:
        self.names += name not in self.plan.events
        made = self._events[name] = Watched(self, name, self.plan.events.get(name), known=True)
        return made
