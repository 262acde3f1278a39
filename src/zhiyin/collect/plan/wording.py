"""How an event deviates: as it is kept beside the event, and as people read it."""

from __future__ import annotations

import json
from functools import lru_cache

from django.utils.translation import gettext as _

from zhiyin.collect.plan.checking import Deviation, Fault, mode_of
from zhiyin.collect.plan.schema import KINDS, Mode, Plan

MOST_KEPT = 10  # of one event
MOST_DETAIL = 400
PREFIX = "plan_"  # of a reason why something was set aside


@lru_cache(maxsize=1_000)  # events that deviate do so in a few ways, many times
def kept(deviations: tuple[Deviation, ...]) -> list[list[str]]:
    """As a flagged event keeps them; nobody changes the list."""
    return [list(one) for one in deviations[:MOST_KEPT]]


def reason(plan: Plan, deviations: tuple[Deviation, ...]) -> str:
    """Why it is set aside: the first of what the plan rejects."""
    return PREFIX + _rejected(plan, deviations)[0].fault


def detail(plan: Plan, deviations: tuple[Deviation, ...]) -> str:
    """What of it deviates; as many as there is room for."""
    told = list(kept(_rejected(plan, deviations)))
    while len(text := json.dumps(told, ensure_ascii=False)) > MOST_DETAIL:
        told.pop()
    return text


def _rejected(plan: Plan, deviations: tuple[Deviation, ...]) -> tuple[Deviation, ...]:
    return tuple(one for one in deviations if mode_of(plan, one.fault) is Mode.REJECT)


def explained(reason: str, detail: str) -> str:
    """The detail of a reason in words; one that is not of a plan stays as it is."""
    if not reason.startswith(PREFIX) or not detail:
        return detail
    try:
        told = json.loads(detail)
    except ValueError:
        return detail
    return sentences(told)


def sentences(told: object) -> str:
    """What an event keeps of its deviations, in words."""
    if not isinstance(told, list):
        return ""
    return " ".join(said for one in told if (said := _sentence(one)))


def of(fault: Fault, name: str, *, came: str = "") -> str:
    """One way of deviating, of many events: what was expected may have changed since."""
    facts = {"property": name, "came": _kind(came)}
    match fault:
        case Fault.TYPE:
            return _("“%(property)s” came as %(came)s") % facts
        case Fault.MISSING:
            return _("“%(property)s” is missing") % facts
        case Fault.VALUE:
            return _("“%(property)s” has values that are not allowed") % facts
        case Fault.PROPERTY if name:
            return _("unknown property “%(property)s”") % facts
        case Fault.PROPERTY:
            return _("a property without a proper name")
        case _:
            return _("unknown event")


def _sentence(one: object) -> str:
    if not isinstance(one, list) or len(one) != 4 or not all(isinstance(p, str) for p in one):
        return ""
    fault, name, expected, came = one
    facts = {"property": name, "expected": _kind(expected), "came": _kind(came)}
    match fault:
        case Fault.EVENT:
            return _("The plan does not know this event.")
        case Fault.PROPERTY:
            if not name:
                return _("A property has no proper name.")
            return _("The plan does not know “%(property)s”.") % facts
        case Fault.TYPE:
            return _("“%(property)s”: %(expected)s was expected, %(came)s came.") % facts
        case Fault.MISSING:
            return _("“%(property)s” (%(expected)s) is missing.") % facts
        case Fault.VALUE:
            return _("“%(property)s” has none of the allowed values.") % facts
        case _:
            return ""


def _kind(kind: str) -> str:
    return str(KINDS.get(kind, kind))
