"""What is done to many rows of the list at once: tags and exports, and saved views."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers import exports
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.columns import Drawing
from zhiyin.customers.filters import Asked
from zhiyin.customers.listing import Listing, people_of
from zhiyin.customers.models import Customer, SavedView
from zhiyin.customers.queries.keyset import ordering
from zhiyin.customers.services import saved_views, tags
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.views.answers import say, signed_in

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _listing(request: HttpRequest) -> Listing:
    return Listing.of_address(QueryDict(request.POST.get("query", "").lstrip("?")))


def _back(request: HttpRequest) -> str:
    query = request.POST.get("query", "").lstrip("?")
    return f"{reverse('customers')}?{QueryDict(query).urlencode()}"


def _selected(request: HttpRequest, user: User, permission: str) -> QuerySet[Customer]:
    """The ticked rows, or every row of the list where somebody said "all"."""
    listing = _listing(request)
    if request.POST.get("all") == "1":
        return people_of(listing, Asked(user, data_as_of()), permission).people
    ids = []
    for text in request.POST.getlist("id"):
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return access.scoped(user, Customer.objects.filter(pk__in=ids), permission)


@gate("customer.tag")
@require_POST
def tag_many(request: HttpRequest) -> HttpResponse:
    """Give the selected people a tag."""
    user = signed_in(request)
    try:
        done = tags.tag_many(
            _selected(request, user, "customer.tag"), request.POST.get("tag", ""), by=user
        )
    except CannotBe as reason:
        say(request, str(reason))
        return redirect(_back(request))
    text = ngettext(
        "%(count)s customer has the tag now", "%(count)s customers have the tag now", done.changed
    ) % {"count": f"{done.changed:,}"}  # fmt: skip
    if done.had_it:
        text += gettext(", %(count)s had it before") % {"count": f"{done.had_it:,}"}
    undo = reverse("untag_customers", args=[done.id]) if done.changed else ""
    say(request, text, undo=undo)
    return redirect(_back(request))


@gate("customer.tag")
@require_POST
def untag_many(request: HttpRequest, batch: UUID) -> HttpResponse:
    """Take a bulk tagging back."""
    count = tags.untag_many(batch, by=signed_in(request))
    say(request, gettext("The tag was taken off %(count)s again") % {"count": f"{count:,}"})
    return redirect("customers")


@gate("customer.export")
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The selected people as CSV or XLSX, with the columns of the list."""
    user = signed_in(request)
    listing = _listing(request)
    columns = listing.shown_columns(access.levels(user, "customer"))
    chosen = _selected(request, user, "customer.export").order_by(*ordering(listing.sort))
    try:
        ids = exports.take(chosen, columns, by=user)
    except CannotBe as reason:
        say(request, str(reason))
        return redirect(_back(request))
    drawing = Drawing(columns, data_as_of())
    name = f"customers-{timezone.localdate():%Y%m%d}"
    if request.POST.get("format") == "xlsx":
        file = exports.xlsx_file(ids, drawing, by=user)
        return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    pieces = exports.csv_pieces(ids, drawing, by=user)
    streamed = _apart(pieces) if isinstance(request, ASGIRequest) else pieces
    answer = StreamingHttpResponse(streamed, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


async def _apart(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces for an asynchronous server, each made in a thread."""
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece


@gate("view.change")
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the list as a new view."""
    try:
        view = saved_views.keep_view(
            _listing(request), by=signed_in(request), name=request.POST.get("name", ""),
            shared=bool(request.POST.get("shared")), pinned=bool(request.POST.get("pinned")),
        )  # fmt: skip
    except CannotBe as reason:
        say(request, str(reason))
        return redirect(_back(request))
    say(request, gettext("The view “%(name)s” is kept") % {"name": view.name})
    return redirect(f"{reverse('customers')}?view={view.pk}")


@gate("view.change")
@require_POST
def change_view(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Keep what was changed in the view itself."""
    user = signed_in(request)
    view = get_object_or_404(
        access.scoped(user, SavedView.objects.all(), "view.change"), pk=view_id
    )
    saved_views.change_view(view, _listing(request), by=user)
    say(request, gettext("The view “%(name)s” is kept") % {"name": view.name})
    return redirect(f"{reverse('customers')}?view={view.pk}")


@gate("view.change")
@require_POST
def drop_view(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Throw a view away."""
    user = signed_in(request)
    view = get_object_or_404(
        access.scoped(user, SavedView.objects.all(), "view.change"), pk=view_id
    )
    name = view.name
    saved_views.drop_view(view, by=user)
    say(
        request,
        gettext("The view “%(name)s” is gone; its customers are untouched") % {"name": name},
    )
    return redirect("customers")
