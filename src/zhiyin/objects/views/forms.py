"""The forms around a list: its conditions (plain and nested), its columns."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.objects import conditions, levels
from zhiyin.objects.compiling import compiled
from zhiyin.objects.conditions import BadCondition
from zhiyin.objects.definitions import Kind, ObjectType, fields_of, object_type
from zhiyin.objects.drawing import column_of, visible
from zhiyin.objects.inputs import options_of
from zhiyin.objects.listing import Listing
from zhiyin.objects.telling import NAMES, SIGNS, tell, unit_of
from zhiyin.objects.views.answers import asked_by, signed_in
from zhiyin.objects.views.chips import fault_told

NUMBERS = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)


def plain(request: HttpRequest, of: ObjectType) -> HttpResponse:
    """The form of the usual conditions, filled with those of the list."""
    user = signed_in(request)
    listing = Listing.of_address(of, request.GET)
    known = levels.everywhere(user, of)
    words = {chip.key for chip in of.chips}
    controls = []
    for chip in of.chips:
        field = fields_of(of)[chip.field]
        if not levels.may_ask(known, chip.field):
            continue
        options = options_of(field, user)
        days = chip.operator.value in ("older", "within")
        controls.append(
            {
                "key": chip.key, "label": field.label, "sign": SIGNS.get(chip.operator, ""),
                "unit": gettext("days") if days else unit_of(field, chip.operator),
                "value": listing.filters.get(chip.key, ""),
                "options": [("", gettext("any value")), *options] if options else [],
                "number": field.kind in NUMBERS or days,
            }
        )  # fmt: skip
    context = {
        "of": of, "controls": controls, "rest": _rest(request, listing, words),
        "list_at": reverse(of.plural_name), "told": _told(listing, request, of),
        "nested_at": f"{reverse(f'{of.name}_filter')}{listing.address(view=_view(request))}",
    }  # fmt: skip
    return render(request, "objects/conditions.html", context)


def nested(request: HttpRequest, of: ObjectType) -> HttpResponse:
    """The form of nested conditions: groups, related objects, and the sentence that they make."""
    user = signed_in(request)
    listing = Listing.of_address(of, request.GET)
    context = {
        "of": of, "list_at": reverse(of.plural_name), "tree": listing.tree,
        "schema": json.dumps(schema(of, user)), "told": _told(listing, request, of),
        "tell_at": reverse(f"tell_{of.name}_filter"), "rest": _rest(request, listing, {"where"}),
    }  # fmt: skip
    return render(request, "objects/nested.html", context)


def told(request: HttpRequest, of: ObjectType) -> HttpResponse:
    """What a tree of conditions means, in a sentence; or what is wrong with it. A fragment."""
    listing = Listing.of_address(of, request.GET)
    sentence = _told(listing, request, of)
    return render(request, "objects/told.html", sentence)


def _told(listing: Listing, request: HttpRequest, of: ObjectType) -> dict[str, str]:
    asked = asked_by(request, of)
    try:
        if listing.unread is not None:
            raise listing.unread
        if listing.where is None:
            return {"sentence": "", "fault": ""}
        compiled(listing.where, of, asked)
    except BadCondition as why:
        return {"sentence": "", "fault": fault_told(why)}
    return {"sentence": tell(listing.where, of, asked), "fault": ""}


def schema(of: ObjectType, user: User, *, deep: bool = True) -> dict[str, object]:
    """What the builder of nested conditions offers this user: fields, operators, relations."""
    known = levels.everywhere(user, of)
    fields = [
        {
            "key": one.key, "label": str(one.label), "kind": one.kind.value,
            "operators": [{"key": op.value, "label": str(NAMES[op])} for op in one.asked_with],
            "options": [[key, str(word)] for key, word in options_of(one, user)],
            "unit": "%" if one.kind is Kind.PERCENT else "",
        }
        for one in fields_of(of).values()
        if one.asked_with and levels.may_ask(known, one.key)
    ]  # fmt: skip
    return {
        "singular": str(of.singular), "fields": fields,
        "relations": _relations(of, user) if deep else [],
        "limits": {"depth": conditions.DEEPEST, "conditions": conditions.MOST_CONDITIONS},
    }  # fmt: skip


def _relations(of: ObjectType, user: User) -> list[dict[str, object]]:
    found = []
    for one in of.relations:
        target = object_type(one.target)
        holder = target if one.many else of
        if not access.allowed(user, target.permission("see")):
            continue
        if levels.may_ask(levels.everywhere(user, holder), one.field):
            found.append(
                {"key": one.key, "label": str(one.label), "many": one.many,
                 "schema": schema(target, user, deep=False)}
            )  # fmt: skip
    return found


def columns(request: HttpRequest, of: ObjectType) -> HttpResponse:
    """The form of columns: which, and in what order."""
    user = signed_in(request)
    listing = Listing.of_address(of, request.GET)
    known = levels.somewhere(user, of)
    shown = listing.shown_columns(known)
    keys = {column.key for column in shown}
    others = [column_of(of, one) for one in visible(of, known) if one.key not in keys]
    context = {
        "of": of, "shown": shown, "others": others, "list_at": reverse(of.plural_name),
        "rest": _rest(request, listing, {"col"}),
    }  # fmt: skip
    return render(request, "objects/columns.html", context)


def _rest(request: HttpRequest, listing: Listing, without: set[str]) -> list[tuple[str, str]]:
    """What else the list's address says, to be sent along with a form."""
    rest = [(key, value) for key, value in listing.pairs() if key not in without]
    view = _view(request)
    return [*rest, *([("view", view)] if view else [])]


def _view(request: HttpRequest) -> str:
    return request.GET.get("view", "")[:40]
