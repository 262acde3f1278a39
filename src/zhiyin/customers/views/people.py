"""The customer list, its drawer, and the forms around it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.columns import Cell, Drawing, visible
from zhiyin.customers.filters import FILTERS, Asked, BadValue
from zhiyin.customers.listing import Listing, Narrowed, may_sort, me, people_of
from zhiyin.customers.models import Customer, SavedView
from zhiyin.customers.queries import counting
from zhiyin.customers.queries.counting import Total
from zhiyin.customers.queries.keyset import DEFAULT_SORT, Page, read_mark, read_page
from zhiyin.customers.services import profile
from zhiyin.customers.services.saved_views import views_of
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.views.answers import say, signed_in
from zhiyin.customers.views.record import drawer_context

ROWS = 50
NOBODY = UUID(int=0)  # stands in an address where a row's own id comes
MOST_EXPLAINED = 5  # conditions whose part in an empty list is counted


@dataclass(frozen=True)
class Chip:
    """A condition as the bar of filters shows it."""

    label: str
    operator: str
    value: str
    remove: str


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

    customer: Customer
    cells: list[Cell]
    open_at: str
    drawer_at: str


@gate("customer.see")
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The list: views, conditions, rows, and a drawer where one row is open."""
    begun = time.perf_counter()
    user = signed_in(request)
    views = list(views_of(user))
    view = next((one for one in views if str(one.pk) == request.GET.get("view")), None)
    name = str(view.pk) if view else "mine" if request.GET.get("view") == "mine" else "all"
    stored = Listing.of_view(view) if view else me(user) if name == "mine" else Listing()
    listing = Listing.of_address(request.GET, stored)
    levels = access.levels(user, "customer")
    if not may_sort(levels, listing.sort):
        listing = Listing(listing.filters, DEFAULT_SORT, listing.columns, listing.question)
    asked = Asked(user, data_as_of())
    narrowed = people_of(listing, asked)
    page = _page(request, narrowed, listing)
    start = _start(request)
    total = _total(user, listing, narrowed, page, start)
    if listing == stored:
        counting.remember(user.pk, name, total)
    columns = listing.shown_columns(levels)
    drawing = Drawing(columns, asked.as_of)
    open_id = _open(request, page)
    lines = _lines(page, drawing, listing.address(view=_of(name)), start, total)
    context = {
        "listing": listing, "lines": lines, "columns": _heads(columns, listing, name),
        "tabs": _tabs(user, views, name, listing, stored), "view": view, "view_name": name,
        "changed": listing != stored, "chips": _chips(listing, name, narrowed.bad),
        "total": total, "first": start, "last": start + len(lines) - 1,
        "scored_at": next((one.scored_at for one in page.rows if one.scored_at), None),
        "as_of": asked.as_of, "open_id": open_id, "state": listing.address(view=_of(name)),
        "next": _turn(listing, name, after=page.after, start=start + len(lines)),
        "previous": _turn(listing, name, before=page.before, start=max(1, start - ROWS)),
        "may": {action: access.allowed(user, f"customer.{action}")
                for action in ("add", "tag", "export")},
        "simulated": any(one.simulated_profile for one in page.rows),
        "is_narrowed": listing.is_narrowed, "parameters": listing.pairs(),
    }  # fmt: skip
    if open_id is not None:
        context |= drawer_context(request, open_id, _neighbours(lines, open_id))
    if not lines and listing.filters:
        context["without"] = _without(listing, asked, name)
    context["ms"] = round(1000 * (time.perf_counter() - begun))
    return render(request, "customers/people.html", context)


def _lines(page: Page, drawing: Drawing, state: str, start: int, total: Total) -> list[Line]:
    """The rows with their addresses; what is the same in each is put together once."""
    of = f"&{urlencode({'of': total.text})}" if total.text else ""
    drawer_at = reverse("customer_drawer", args=[NOBODY])
    return [
        Line(
            one,
            drawing.cells(one),
            f"{state}&open={one.pk}&at={n}{of}",
            drawer_at.replace(str(NOBODY), str(one.pk)),
        )
        for n, one in enumerate(page.rows, start=start)
    ]


def _page(request: HttpRequest, narrowed: Narrowed, listing: Listing) -> Page:
    after, before = (read_mark(request.GET.get(key, "")) for key in ("after", "before"))
    rows = narrowed.people.select_related("owner", "department")
    return read_page(rows, listing.sort, ROWS, after=after, before=before)


def _start(request: HttpRequest) -> int:
    """Which place in the whole list the first row has; only for showing."""
    text = request.GET.get("from", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1


def _total(user: User, listing: Listing, narrowed: Narrowed, page: Page, start: int) -> Total:
    if page.after is None and page.before is None:
        return Total(len(page.rows))
    if listing.is_narrowed or access.scope_of(user, "customer.see") is not access.Scope.ALL:
        return counting.capped(narrowed.counted, key=f"{user.pk}:{listing.address()}")
    return counting.everybody()


def _without(listing: Listing, asked: Asked, name: str) -> list[dict[str, object]]:
    """Which condition left nobody: how many there would be without each."""
    found = []
    for key in list(listing.filters)[:MOST_EXPLAINED]:
        wider = listing.without(key)
        total = counting.capped(people_of(wider, asked).counted)
        address = wider.address(view=_of(name))
        found.append({"label": FILTERS[key].label, "total": total, "address": address})
    return found


def _of(name: str) -> str:
    return "" if name == "all" else name


def _turn(
    listing: Listing, name: str, *, after: str | None = None, before: str | None = None, start: int
) -> str:
    if not (after or before):
        return ""
    marks = {"after": after or "", "before": before or ""}
    return listing.address(view=_of(name), **marks, **{"from": str(start)})


def _heads(columns: list, listing: Listing, name: str) -> list[dict[str, object]]:  # type: ignore[type-arg]
    heads = []
    for column in columns:
        by = listing.sort.removeprefix("-") == column.key
        heads.append(
            {
                "column": column,
                "href": listing.sorted_by(column.key).address(view=_of(name))
                if column.sortable
                else "",
                "sorted": ("descending" if listing.sort.startswith("-") else "ascending")
                if by
                else "",
            }
        )
    return heads


def _chips(listing: Listing, name: str, bad: list[str]) -> list[Chip]:
    chips = []
    for key, value in listing.filters.items():
        one = FILTERS[key]
        try:
            told = one.tell(value)
        except BadValue:
            told = value
        if key in bad:
            told = gettext("cannot be read: %(value)s") % {"value": told[:40]}
        remove = listing.without(key).address(view=_of(name))
        chips.append(Chip(str(one.label), one.operator, told, remove))
    return chips


def _tabs(
    user: User, views: list[SavedView], name: str, listing: Listing, stored: Listing
) -> list[Tab]:
    here = reverse("customers")
    known = [
        ("all", gettext("All customers"), here, ""),
        ("mine", gettext("Mine"), f"{here}?view=mine", ""),
    ]
    known += [
        (str(v.pk), v.name, f"{here}?view={v.pk}", "shared" if v.shared else "private")
        for v in views
    ]
    return [
        Tab(title, address, key, key == name, kind, key == name and listing != stored,
            counting.remembered(user.pk, key))
        for key, title, address, kind in known
    ]  # fmt: skip


def _open(request: HttpRequest, page: Page) -> UUID | None:
    try:
        wanted = UUID(request.GET.get("open", ""))
    except ValueError:
        return None
    return wanted if any(one.pk == wanted for one in page.rows) else None


def _neighbours(lines: list[Line], open_id: UUID) -> dict[str, str]:
    at = next(i for i, line in enumerate(lines) if line.customer.pk == open_id)
    return {
        "previous": lines[at - 1].open_at if at else "",
        "next": lines[at + 1].open_at if at + 1 < len(lines) else "",
    }


@gate("customer.see")
@require_GET
def drawer(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """One person beside the list: a fragment; without script the list's own address opens it."""
    context = drawer_context(request, customer_id, {"previous": "?", "next": "?"})
    return render(request, "customers/drawer.html", context)


@gate("customer.see")
@require_GET
def conditions(request: HttpRequest) -> HttpResponse:
    """The form of all conditions, filled with those of the list."""
    user = signed_in(request)
    listing = Listing.of_address(request.GET)
    levels = access.levels(user, "customer")
    fields = [
        {
            "filter": one,
            "value": listing.filters.get(key, ""),
            "options": [("", gettext("any value")), *one.options(user)] if one.options else [],
        }
        for key, one in FILTERS.items()
        if one.allowed(levels)
    ]
    rest = [(key, value) for key, value in listing.pairs() if key not in FILTERS]
    view = request.GET.get("view", "")
    context = {"fields": fields, "rest": [*rest, *([("view", view)] if view else [])]}
    return render(request, "customers/conditions.html", context)


@gate("customer.see")
@require_GET
def choose_columns(request: HttpRequest) -> HttpResponse:
    """The form of columns: which, and in what order."""
    user = signed_in(request)
    listing = Listing.of_address(request.GET)
    levels = access.levels(user, "customer")
    shown = listing.shown_columns(levels)
    others = [column for column in visible(levels) if column not in shown]
    rest = [(key, value) for key, value in listing.pairs() if key != "col"]
    view = request.GET.get("view", "")
    context = {"shown": shown, "others": others,
               "rest": [*rest, *([("view", view)] if view else [])]}  # fmt: skip
    return render(request, "customers/columns.html", context)


@gate("customer.add")
@require_http_methods(["GET", "HEAD", "POST"])
def new_customer(request: HttpRequest) -> HttpResponse:
    """The form for a customer whom somebody writes down."""
    user = signed_in(request)
    texts = request.POST if request.method == "POST" else QueryDict()
    error, taken = "", None
    if request.method == "POST":
        try:
            made = profile.add_customer({key: str(value) for key, value in texts.items()}, by=user)
        except CannotBe as reason:
            error, taken = str(reason), getattr(reason, "owner", None)
        else:
            say(
                request, gettext("%(name)s is in the list now") % {"name": made.name or made.number}
            )
            return redirect("customer", made.pk)
    writable = {
        field for field, level in access.levels(user, "customer").items() if level is Level.WRITE
    }
    context = {
        "texts": texts, "error": error, "taken": taken, "writable": writable,
        "genders": Customer.Gender.choices, "languages": Customer.Language.choices,
    }  # fmt: skip
    status = 422 if error else 200
    return render(request, "customers/new.html", context, status=status)
