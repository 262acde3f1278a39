"""One row of an object: its page, the drawer beside the list, and its neighbours in that list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.objects import levels, recent
from zhiyin.objects.custom import layouts
from zhiyin.objects.definitions import Field, ObjectType, Section, fields_of
from zhiyin.objects.drawing import Cell, Drawing, column_of
from zhiyin.objects.keyset import mark_of, order_of, read_page
from zhiyin.objects.listing import Listing, in_allowed_order, rows_of
from zhiyin.objects.views.answers import address, asked_by, record_address, signed_in

BRIEF = 6  # facts in the drawer
MOST_OWN = 12  # and of the fields of one's own, where they hold something


@dataclass(frozen=True)
class Fact:
    """One field of a record as this user may see and change it."""

    field: Field
    cell: Cell
    hidden: bool
    edit_at: str
    section: layouts.Section | None = None  # where a layout puts it


def row_of(user: User, of: ObjectType, row_id: UUID, permission: str = "") -> Any:
    """The row; raises `OutOfSight` or `Denied`."""
    found = of.model._default_manager.select_related(*of.joined).filter(pk=row_id).first()
    if found is None:
        raise access.OutOfSight
    access.require(user, permission or of.permission("see"), found)
    return found


def shown_row(user: User, of: ObjectType, row_id: UUID) -> Any:
    """One row to be looked at and not saved: its totals are of what this user sees."""
    row = row_of(user, of, row_id)
    if of.as_seen is not None:
        of.as_seen([row], user)
    return row


def facts_of(user: User, of: ObjectType, row: Model, drawing: Drawing) -> list[Fact]:
    """The declared facts, then the custom fields, each at this user's level."""
    known = levels.of_row(user, of, row)
    all_of = fields_of(of)
    made = layouts.made_for(of, user)
    if made is None:
        keys = [*of.facts, *(key for key, one in all_of.items() if one.custom)]
        return [fact_of(user, of, row, all_of[key], drawing, known) for key in keys]
    facts = []
    for part in made:
        for placed in part.fields:
            if known.get(placed.key, Level.HIDDEN) is Level.HIDDEN or placed.key not in all_of:
                continue
            fact = fact_of(user, of, row, all_of[placed.key], drawing, known)
            at = "" if placed.read_only else fact.edit_at
            facts.append(replace(fact, section=part, edit_at=at))
    return facts


def fact_of(
    user: User, of: ObjectType, row: Model, field: Field, drawing: Drawing, known: levels.Levels
) -> Fact:
    """One fact at these levels."""
    cell = drawing.cell(column_of(of, field), row, known)
    level = known.get(field.key, Level.HIDDEN)
    editor = field.editor
    may = (
        editor is not None
        and level is Level.WRITE
        and access.can_reach(user, editor.permission or of.permission("change"), row)
    )
    at = reverse(f"{of.name}_cell", args=[row.pk, field.key]) if may else ""
    return Fact(field, cell, level is Level.HIDDEN, at)


def record(request: HttpRequest, of: ObjectType, row_id: UUID) -> HttpResponse:
    """The page of a declared record: facts, sections, what is made of it."""
    user = signed_in(request)
    row = shown_row(user, of, row_id)
    recent.opened(user, of.name, row_id)
    asked = asked_by(request, of)
    sections = [
        one for one in of.sections if not one.permission or access.allowed(user, one.permission)
    ]
    current = next((s for s in sections if s.key == request.GET.get("tab")), sections[0])
    walk, known = _walk_query(request), levels.of_row(user, of, row)
    context = {
        **_head(user, of, row, Drawing([], asked.as_of)),
        "tabs": [_tab(one, row, known, current, walk) for one in sections], "section": current,
        "walk": walk, "walk_at": reverse(f"{of.name}_walk", args=[row.pk]),
        "list_address": _list_address(request, of), "asked": asked,
        **(of.record(row, asked) if of.record else {}), **current.context(row, asked),
    }  # fmt: skip
    return render(request, "objects/record.html", context)


def _head(user: User, of: ObjectType, row: Model, drawing: Drawing) -> dict[str, object]:
    may_change = access.can_reach(user, of.permission("change"), row)
    return {
        "of": of, "row": row, "title": title_of(of, row),
        "facts": facts_of(user, of, row, drawing), "may_change": may_change,
        "edit_at": address(f"edit_{of.name}", row.pk) if may_change else "",
        "is_simulated": of.simulated is not None and of.simulated(row),
    }  # fmt: skip


def title_of(of: ObjectType, row: Model) -> str:
    """What a row is called."""
    return str(getattr(row, of.title, "") or str(row.pk)[-8:])


def _tab(
    section: Section, row: Model, known: levels.Levels, current: Section, walk: str
) -> dict[str, object]:
    query = urlencode({"tab": section.key})
    counted = section.count and (not section.counts or levels.may_ask(known, section.counts))
    return {
        "section": section, "current": section is current,
        "href": f"?{query}{f'&{walk}' if walk else ''}",
        "count": section.count(row) if section.count and counted else "",
    }  # fmt: skip


def drawer(request: HttpRequest, of: ObjectType, row_id: UUID) -> HttpResponse:
    """One row beside the list: a fragment; without script the list's own address opens it."""
    context = drawer_context(request, of, row_id, {"previous": "?", "next": "?"})
    return render(request, of.drawer_template, context)


def drawer_context(
    request: HttpRequest, of: ObjectType, row_id: UUID, neighbours: dict[str, str]
) -> dict[str, object]:
    """What the drawer shows: the record's head and what its object adds."""
    listing = Listing.of_address(of, request.GET)
    context: dict[str, object] = {
        "of": of, "neighbours": neighbours, "close": listing.address(),
        "full": record_address(
            of, row_id, list=listing.address().lstrip("?"), at=request.GET.get("at", ""),
            of=request.GET.get("of", ""),
        ),
    }  # fmt: skip
    if of.drawer is not None:
        return context | of.drawer(request, row_id)
    user = signed_in(request)
    row = shown_row(user, of, row_id)
    asked = asked_by(request, of)
    head = _head(user, of, row, Drawing([], asked.as_of))
    head["facts"] = _brief(facts_of(user, of, row, Drawing([], asked.as_of)))
    return context | head | dict(of.record(row, asked) if of.record else {})


def _brief(facts: list[Fact]) -> list[Fact]:
    """The first facts, and what stands in the fields that the company added itself."""
    first, rest = facts[:BRIEF], facts[BRIEF:]
    own = [one for one in rest if one.field.custom and not one.hidden and one.cell.text]
    return [*first, *own[:MOST_OWN]]


def walk(request: HttpRequest, of: ObjectType, row_id: UUID) -> HttpResponse:
    """Previous and next within the list that the page was opened from: a fragment."""
    user = signed_in(request)
    row = row_of(user, of, row_id)
    given = QueryDict(request.GET.get("list", "").lstrip("?"))
    listing = Listing.of_address(of, given)
    listing = in_allowed_order(levels.everywhere(user, of), listing)
    rows = rows_of(listing, asked_by(request, of)).rows
    order = order_of(of, listing.sort)
    mark = mark_of(row, order)
    before = read_page(rows, order, 1, before=mark).rows
    after = read_page(rows, order, 1, after=mark).rows
    text = request.GET.get("at", "")
    total = request.GET.get("of", "")[:20]
    at = int(text) if text.isdecimal() and len(text) < 9 else 0

    def step(to: list[Any], by: int) -> str:
        if not to:
            return ""
        place = str(at + by) if at else ""
        return record_address(of, to[0].pk, list=given.urlencode(), at=place, of=total)

    context = {"at": at, "of": total, "previous": step(before, -1), "next": step(after, 1)}
    return render(request, "objects/walk.html", context)


def _walk_query(request: HttpRequest) -> str:
    if "list" not in request.GET:
        return ""
    return urlencode({key: request.GET.get(key, "") for key in ("list", "at", "of")})


def _list_address(request: HttpRequest, of: ObjectType) -> str:
    query = QueryDict(request.GET.get("list", "").lstrip("?")).urlencode()
    return f"{reverse(of.plural_name)}?{query}" if query else reverse(of.plural_name)
