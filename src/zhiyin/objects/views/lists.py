"""The list of an object: views, conditions, rows, and a drawer where one row is open."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.objects import counting, levels
from zhiyin.objects.counting import Total
from zhiyin.objects.definitions import ObjectType
from zhiyin.objects.drawing import Cell, Column, Drawing
from zhiyin.objects.keyset import Page, order_of, orders, read_mark, read_page
from zhiyin.objects.listing import Listing, Narrowed, in_allowed_order, rows_of, shown
from zhiyin.objects.models import SavedView
from zhiyin.objects.services.saved_views import views_of
from zhiyin.objects.views import chips
from zhiyin.objects.views.answers import address, asked_by, signed_in
from zhiyin.objects.views.records import drawer_context

ROWS = 50
NOBODY = UUID(int=0)  # stands in an address where a row's own id comes


@dataclass(frozen=True)
class Tab:
    """A view as the tabs show it."""

    name: str
    address: str
    key: str
    current: bool
    kind: str = ""
    changed: bool = False
    total: Total | None = None


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    row: Model
    cells: list[Cell]
    open_at: str
    drawer_at: str


@dataclass(frozen=True)
class Head:
    """A column's header."""

    column: Column
    href: str
    sorted: str


def page(request: HttpRequest, of: ObjectType) -> HttpResponse:
    """The list as a page."""
    begun = time.perf_counter()
    user = signed_in(request)
    views = list(views_of(user, of))
    view = next((one for one in views if str(one.pk) == request.GET.get("view")), None)
    name = str(view.pk) if view else "mine" if request.GET.get("view") == "mine" else "all"
    known = levels.everywhere(user, of)
    stored = in_allowed_order(known, _stored(of, view, name))
    listing = in_allowed_order(known, Listing.of_address(of, request.GET, stored))
    asked = asked_by(request, of)
    narrowed = rows_of(listing, asked)
    found = _page(request, of, narrowed, listing)
    if of.as_seen is not None:
        of.as_seen(found.rows, user)
    start = _start(request)
    total = _total(user, listing, narrowed, found, start)
    if listing == stored:
        counting.remember(of.name, user.pk, name, total)
    columns = listing.shown_columns(levels.somewhere(user, of))
    drawing = Drawing(columns, asked.as_of)
    open_id = _open(request, found)
    fields = [column.field for column in columns]
    asks = None if levels.are_even(known, of, fields) else user
    lines = _lines(of, found, drawing, listing.address(view=_of(name)), start, total, asks)
    context = {
        "of": of, "listing": listing, "lines": lines,
        "columns": _heads(columns, listing, name, known),
        "tabs": _tabs(of, user, views, name, listing, stored), "view": view, "view_name": name,
        "changed": listing != stored, "chips": chips.of_listing(listing, asked, name, narrowed.bad),
        "total": total, "first": start, "last": start + len(lines) - 1,
        "fresh": of.freshness(found.rows) if of.freshness else None,
        "open_id": open_id, "state": listing.address(view=_of(name)),
        "next": _turn(listing, name, after=found.after, start=start + len(lines)),
        "previous": _turn(listing, name, before=found.before, start=max(1, start - ROWS)),
        "simulated": of.simulated is not None and any(map(of.simulated, found.rows)),
        "is_narrowed": listing.is_narrowed, "parameters": listing.pairs(),
        "urls": urls_of(of, user), "actions": actions_of(of, user),
        "cells_at": cells_address(of) if any(c.edits for c in columns) else "",
    }  # fmt: skip
    if open_id is not None:
        context |= drawer_context(request, of, open_id, _neighbours(lines, open_id))
    if not lines and listing.is_narrowed:
        context["without"] = chips.without(listing, asked, name)
    context["ms"] = round(1000 * (time.perf_counter() - begun))
    return render(request, "objects/list.html", context)


def _stored(of: ObjectType, view: SavedView | None, name: str) -> Listing:
    if view is not None:
        return Listing.of_view(of, view)
    return Listing.mine(of) if name == "mine" else Listing(of)


def urls_of(of: ObjectType, user: User) -> dict[str, str]:
    """Where the parts of a list are, as far as this user may use them."""
    may = {action for action in ("add", "change", "export") if _may(of, user, action)}
    return {
        "list": reverse(of.plural_name),
        "conditions": address(f"{of.name}_conditions"),
        "columns": address(f"{of.name}_columns"),
        "new": address(f"new_{of.name}") if "add" in may else "",
        "export": address(f"export_{of.plural_name}") if "export" in may else "",
        "edit": address(f"edit_{of.plural_name}") if "change" in may else "",
    }


def actions_of(of: ObjectType, user: User) -> list[dict[str, object]]:
    """What else this user may do with the ticked rows."""
    return [
        {"action": one, "url": reverse(one.url_name)}
        for one in of.actions
        if access.allowed(user, one.permission)
    ]


def _may(of: ObjectType, user: User, action: str) -> bool:
    known = action in access.resources()[of.resource].actions
    return known and access.allowed(user, of.permission(action))


def cells_address(of: ObjectType) -> str:
    """Where one cell of one row is edited; "_id" and "_key" stand for the row and the field."""
    found = reverse(f"{of.name}_cell", args=[NOBODY, "_key"])
    return found.replace(str(NOBODY), "_id")


def _lines(
    of: ObjectType,
    found: Page[Any],
    drawing: Drawing,
    state: str,
    start: int,
    total: Total,
    asks: User | None,
) -> list[Line]:
    """The rows with their addresses; what is the same in each is put together once.

    `asks` is given where a row may hide from its reader what another shows.
    """
    fields = [column.field for column in drawing.columns]
    count = f"&{urlencode({'of': total.text})}" if total.text else ""
    drawer_at = reverse(f"{of.name}_drawer", args=[NOBODY])
    return [
        Line(
            one,
            drawing.cells(one, levels.in_list(asks, of, one, fields) if asks else None),
            f"{state}&open={one.pk}&at={n}{count}",
            drawer_at.replace(str(NOBODY), str(one.pk)),
        )
        for n, one in enumerate(found.rows, start=start)
    ]


def _page(request: HttpRequest, of: ObjectType, narrowed: Narrowed, listing: Listing) -> Page[Any]:
    after, before = (read_mark(request.GET.get(key, "")) for key in ("after", "before"))
    return read_page(
        narrowed.rows, order_of(of, listing.sort), ROWS, after=after, before=before,
        shown=shown(of),
    )  # fmt: skip


def _start(request: HttpRequest) -> int:
    """Which place in the whole list the first row has; only for showing."""
    text = request.GET.get("from", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1


def _total(user: User, listing: Listing, narrowed: Narrowed, found: Page[Any], start: int) -> Total:
    of = listing.of
    if found.after is None and found.before is None:
        return Total(len(found.rows))
    if listing.is_narrowed or access.scope_of(user, of.permission("see")) is not access.Scope.ALL:
        return narrowed.total(key=f"{of.name}:{user.pk}:{listing.address()}")
    return counting.everything(of.model)


def _of(name: str) -> str:
    return "" if name == "all" else name


def _turn(
    listing: Listing, name: str, *, after: str | None = None, before: str | None = None, start: int
) -> str:
    if not (after or before):
        return ""
    marks = {"after": after or "", "before": before or ""}
    return listing.address(view=_of(name), **marks, **{"from": str(start)})


def _heads(
    columns: list[Column], listing: Listing, name: str, levels_of: levels.Levels
) -> list[Head]:
    known = {key for key in orders(listing.of) if levels.may_ask(levels_of, key)}
    by = listing.sort.removeprefix("-")
    way = "descending" if listing.sort.startswith("-") else "ascending"
    return [
        Head(
            one,
            listing.sorted_by(one.key).address(view=_of(name)) if one.key in known else "",
            way if one.key == by else "",
        )
        for one in columns
    ]


def _tabs(
    of: ObjectType, user: User, views: list[SavedView], name: str, listing: Listing, stored: Listing
) -> list[Tab]:
    here = reverse(of.plural_name)
    known = [("all", gettext("All %(objects)s") % {"objects": str(of.plural).lower()}, here, "")]
    if any(chip.key == "owner" for chip in of.chips):
        known.append(("mine", gettext("Mine"), f"{here}?view=mine", ""))
    known += [
        (str(v.pk), v.name, f"{here}?view={v.pk}", "shared" if v.shared else "private")
        for v in views
    ]
    return [
        Tab(title, where, key, key == name, kind, key == name and listing != stored,
            counting.remembered(of.name, user.pk, key))
        for key, title, where, kind in known
    ]  # fmt: skip


def _open(request: HttpRequest, found: Page[Any]) -> UUID | None:
    try:
        wanted = UUID(request.GET.get("open", ""))
    except ValueError:
        return None
    return wanted if any(one.pk == wanted for one in found.rows) else None


def _neighbours(lines: list[Line], open_id: UUID) -> dict[str, str]:
    at = next(i for i, line in enumerate(lines) if line.row.pk == open_id)
    return {
        "previous": lines[at - 1].open_at if at else "",
        "next": lines[at + 1].open_at if at + 1 < len(lines) else "",
    }
