"""The conditions of a list as chips: each with a way to take it off, or why it was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from zhiyin.objects import conditions
from zhiyin.objects.conditions import BadCondition, Fault
from zhiyin.objects.definitions import Asked, Chip, fields_of
from zhiyin.objects.listing import Bad, Listing, rows_of
from zhiyin.objects.telling import SIGNS, tell, unit_of, value_told

MOST_EXPLAINED = 5  # conditions whose part in an empty list is counted
MOST_SHOWN = 80  # characters of a nested condition on its chip


@dataclass(frozen=True)
class Shown:
    """A condition as the bar of filters shows it."""

    label: str
    operator: str
    value: str
    remove: str
    title: str = ""


def of_listing(listing: Listing, asked: Asked, view: str, bad: list[Bad]) -> list[Shown]:
    """All chips of a list, those that were left out saying so."""
    known = "" if view == "all" else view
    faults = {one.chip: one.why for one in bad if one.chip}
    shown = [
        _chip(listing, chip, asked, known, faults.get(chip.key))
        for chip in listing.of.chips
        if chip.key in listing.filters
    ]
    parts = {one.part: one.why for one in bad if one.part >= 0}
    for at, part in enumerate(conditions.parts(listing.where)):
        remove = listing.without_part(at).address(view=known)
        if at in parts:
            shown.append(Shown(fault_told(parts[at]), "", "", remove))
        else:
            text = tell(part, listing.of, asked)
            cut = text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
            shown.append(Shown(cut, "", "", remove, title=text))
    if listing.unread is not None:
        shown.append(Shown(fault_told(listing.unread), "", "", listing.address(view=known)))
    return shown


def _chip(
    listing: Listing, chip: Chip, asked: Asked, view: str, fault: BadCondition | None
) -> Shown:
    field = fields_of(listing.of)[chip.field]
    value = listing.filters[chip.key]
    remove = listing.without(chip.key).address(view=view)
    if fault is not None:
        told = gettext("cannot be read: %(value)s") % {"value": value[:40]}
        if fault.fault is Fault.NOT_ALLOWED or fault.fault is Fault.UNKNOWN:
            told = gettext("not yours to ask")
        return Shown(str(field.label), "", told, remove)
    sign = SIGNS.get(chip.operator, "")
    told = value_told(field, value, asked) + unit_of(field, chip.operator)
    return Shown(str(field.label), sign, told, remove)


def fault_told(why: BadCondition) -> str:
    """What is wrong with a condition, for the person who asked it."""
    said = {
        Fault.UNREADABLE: gettext("a condition that cannot be read"),
        Fault.TOO_LONG: gettext("more conditions than a list can hold"),
        Fault.TOO_DEEP: gettext("conditions nested too deeply"),
        Fault.UNKNOWN: gettext("a condition on “%(where)s”, which is not here"),
        Fault.NOT_ALLOWED: gettext("a condition on “%(where)s”, which is not yours to ask"),
        Fault.WRONG_OPERATOR: gettext("a condition that “%(where)s” does not know"),
        Fault.WRONG_VALUE: gettext("“%(where)s” cannot be compared with “%(value)s”"),
    }[why.fault]
    return said % {"where": why.where[:40], "value": why.value[:40]}


def without(listing: Listing, asked: Asked, view: str) -> list[dict[str, Any]]:
    """Which condition left nothing: how many there would be without each."""
    known = "" if view == "all" else view
    fields = fields_of(listing.of)
    wider = [
        (str(fields[chip.field].label), listing.without(chip.key))
        for chip in listing.of.chips
        if chip.key in listing.filters
    ]
    for at, part in enumerate(conditions.parts(listing.where)):
        try:
            wider.append((tell(part, listing.of, asked)[:MOST_SHOWN], listing.without_part(at)))
        except KeyError:  # it names what is not here, and left nothing out
            continue
    found = []
    for label, one in wider[:MOST_EXPLAINED]:
        total = rows_of(one, asked).total()
        found.append({"label": label, "total": total, "address": one.address(view=known)})
    return found
