"""A tracking plan as a document: events with typed properties, and what to do with what deviates.

Pure: read from JSON and written as JSON, compared with another. Whoever brings one (the console, a
file, the API) brings it through `read`, which says where it cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

FORMAT = 1
MOST_EVENTS, MOST_OF_EVENT, MOST_NAMES = 1_000, 500, 5_000
MOST_NAME, MOST_TEXT, MOST_ALLOWED = 120, 400, 200
MOST_BYTES = 4 << 20
Scalar = str | int | float


class Mode(StrEnum):
    """What becomes of an event that deviates."""

    OBSERVE = "observe"
    FLAG = "flag"
    REJECT = "reject"


class Kind(StrEnum):
    """What the value of a property is."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    MOMENT = "moment"
    LIST = "list"
    OBJECT = "object"
    ANY = "any"


MODES: Mapping[str, str | Promise] = {
    Mode.OBSERVE: gettext_lazy("Count only"),
    Mode.FLAG: gettext_lazy("Keep and flag"),
    Mode.REJECT: gettext_lazy("Set aside"),
}
KINDS: Mapping[str, str | Promise] = {
    Kind.TEXT: pgettext_lazy("property type", "text"),
    Kind.WHOLE: pgettext_lazy("property type", "whole number"),
    Kind.NUMBER: pgettext_lazy("property type", "number"),
    Kind.YES_NO: pgettext_lazy("property type", "yes or no"),
    Kind.MOMENT: pgettext_lazy("property type", "moment"),
    Kind.LIST: pgettext_lazy("property type", "list"),
    Kind.OBJECT: pgettext_lazy("property type", "object"),
    Kind.ANY: pgettext_lazy("property type", "anything"),
}
LISTED = frozenset({Kind.TEXT, Kind.WHOLE, Kind.NUMBER})  # kinds of which values can be listed


class Property(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One property of an event. `allowed`: the only values that it may have; none: any."""

    type: Kind = Kind.ANY
    required: bool = False
    allowed: tuple[Scalar, ...] = ()
    personal: bool = False  # never in the lake
    description: str = ""


class Planned(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One event of the plan."""

    description: str = ""
    properties: dict[str, Property] = {}


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole plan of a source; empty where nobody has made one."""

    mode: Mode = Mode.OBSERVE
    unknown_events: Mode = Mode.OBSERVE
    unknown_properties: Mode = Mode.OBSERVE
    events: dict[str, Planned] = {}


class File(msgspec.Struct, forbid_unknown_fields=True):
    """A plan as a file: its format first, so that a later version can tell."""

    zhiyin_tracking_plan: int
    plan: Plan


class CannotBe(ValueError):  # noqa: N818 (it says what is so)
    """The plan cannot be; the message says where and why, in the reader's language."""


_reader, _writer = msgspec.json.Decoder(File), msgspec.json.Encoder()


def read(text: bytes) -> Plan:
    """The plan of a file; raises `CannotBe`."""
    if len(text) > MOST_BYTES:
        raise CannotBe(_("The file is larger than %(n)s MB.") % {"n": MOST_BYTES >> 20})
    try:
        held = _reader.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CannotBe(_("This is no tracking plan: %(why)s") % {"why": str(error)[:200]}) from None
    if held.zhiyin_tracking_plan != FORMAT:
        raise CannotBe(_("This version reads plans of format %(n)s.") % {"n": FORMAT})
    return checked(held.plan)


def write(plan: Plan) -> str:
    """The plan as a file that people can compare: sorted, one value a line."""
    held = {"zhiyin_tracking_plan": FORMAT, "plan": ordered(plan)}
    return msgspec.json.format(_writer.encode(held), indent=2).decode() + "\n"


def ordered(plan: Plan) -> Plan:
    """The same with its names in alphabetical order."""
    events = {
        name: msgspec.structs.replace(one, properties=dict(sorted(one.properties.items())))
        for name, one in sorted(plan.events.items())
    }
    return msgspec.structs.replace(plan, events=events)


def from_json(held: object) -> Plan:
    """The plan as the database holds it."""
    return msgspec.convert(held, Plan)


def to_json(plan: Plan) -> dict[str, object]:
    """The plan as the database holds it."""
    held: dict[str, object] = msgspec.to_builtins(ordered(plan))
    return held


def checked(plan: Plan) -> Plan:
    """The same plan, where it can be; raises `CannotBe`."""
    if len(plan.events) > MOST_EVENTS:
        raise CannotBe(_("A plan has at most %(n)s events.") % {"n": MOST_EVENTS})
    if sum(len(one.properties) for one in plan.events.values()) > MOST_NAMES:
        raise CannotBe(_("A plan has at most %(n)s properties.") % {"n": MOST_NAMES})
    for name, one in plan.events.items():
        _check_name(name)
        if len(one.properties) > MOST_OF_EVENT:
            raise CannotBe(
                _("“%(event)s” has more than %(n)s properties.")
                % {"event": name, "n": MOST_OF_EVENT}
            )
        _check_text(one.description, name)
        for key, held in one.properties.items():
            _check_name(key)
            _check_text(held.description, f"{name}: {key}")
            _check_allowed(held, f"{name}: {key}")
    return plan


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > MOST_NAME or "\0" in name:
        raise CannotBe(
            _("“%(name)s” is no name: it has 1 to %(n)s characters, without spaces around it.")
            % {"name": name[:60], "n": MOST_NAME}
        )


def _check_text(text: str, where: str) -> None:
    if len(text) > MOST_TEXT or "\0" in text:
        raise CannotBe(
            _("%(where)s: a description has at most %(n)s characters.")
            % {"where": where, "n": MOST_TEXT}
        )


def _check_allowed(held: Property, where: str) -> None:
    if not held.allowed:
        return
    if held.type not in LISTED:
        raise CannotBe(_("%(where)s: only texts and numbers have allowed values.")
                       % {"where": where})  # fmt: skip
    if len(held.allowed) > MOST_ALLOWED:
        raise CannotBe(_("%(where)s: at most %(n)s allowed values.")
                       % {"where": where, "n": MOST_ALLOWED})  # fmt: skip
    for value in held.allowed:
        fits = {Kind.TEXT: isinstance(value, str), Kind.WHOLE: isinstance(value, int),
                Kind.NUMBER: isinstance(value, int | float)}[held.type]  # fmt: skip
        if not fits or (isinstance(value, str) and not 0 < len(value) <= MOST_NAME):
            raise CannotBe(_("%(where)s: “%(value)s” is no such value.")
                           % {"where": where, "value": str(value)[:60]})  # fmt: skip


class Place(NamedTuple):
    """Where two plans differ: an event, or a property of it."""

    event: str
    property: str = ""


@dataclass(frozen=True)
class Difference:
    """One place at which two plans differ; `before` or `after` is None where it is not there."""

    place: Place
    before: Planned | Property | Mode | None
    after: Planned | Property | Mode | None


SETTINGS = ("mode", "unknown_events", "unknown_properties")


def differences(before: Plan, after: Plan) -> Iterator[Difference]:
    """What changed, event by event; settings come first, with their name as the property."""
    for name in SETTINGS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Difference(Place("", name), old, new)
    for name in sorted({*before.events, *after.events}):
        one, two = before.events.get(name), after.events.get(name)
        if one is None or two is None or one.description != two.description:
            yield Difference(Place(name), one, two)
        held, wanted = one.properties if one else {}, two.properties if two else {}
        for key in sorted({*held, *wanted}):
            if held.get(key) != wanted.get(key):
                yield Difference(Place(name, key), held.get(key), wanted.get(key))
