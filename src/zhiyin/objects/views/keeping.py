"""The views that a list is kept as: made, changed, thrown away."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.objects.definitions import ObjectType, object_types
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.models import SavedView
from zhiyin.objects.services import saved_views
from zhiyin.objects.views.answers import back_to_list, posted_listing, signed_in
from zhiyin.toasts import say


@gate("view.change")
@require_POST
def keep_view(request: HttpRequest, object_type: str) -> HttpResponse:
    """Keep the list as a new view."""
    of = _type(object_type)
    try:
        view = saved_views.keep_view(
            posted_listing(request, of), by=signed_in(request), name=request.POST.get("name", ""),
            shared=bool(request.POST.get("shared")), pinned=bool(request.POST.get("pinned")),
        )  # fmt: skip
    except CannotBe as reason:
        say(request, str(reason))
        return redirect(back_to_list(request, of))
    say(request, gettext("The view “%(name)s” is kept") % {"name": view.name})
    return redirect(f"{reverse(of.plural_name)}?view={view.pk}")


@gate("view.change")
@require_POST
def change_view(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Keep what was changed in the view itself."""
    user = signed_in(request)
    seen = access.scoped(user, SavedView.objects.all(), "view.change")
    view = get_object_or_404(seen, pk=view_id)
    of = _type(view.object_type)
    saved_views.change_view(view, posted_listing(request, of), by=user)
    say(request, gettext("The view “%(name)s” is kept") % {"name": view.name})
    return redirect(f"{reverse(of.plural_name)}?view={view.pk}")


@gate("view.change")
@require_POST
def drop_view(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Throw a view away."""
    user = signed_in(request)
    seen = access.scoped(user, SavedView.objects.all(), "view.change")
    view = get_object_or_404(seen, pk=view_id)
    name, of = view.name, _type(view.object_type)
    saved_views.drop_view(view, by=user)
    say(
        request,
        gettext("The view “%(name)s” is gone; what it listed is untouched") % {"name": name},
    )
    return redirect(of.plural_name)


def _type(name: str) -> ObjectType:
    found = object_types().get(name)
    if found is None:
        raise Http404
    return found
