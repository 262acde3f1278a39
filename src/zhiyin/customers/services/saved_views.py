"""Saved views of the list: kept, changed, shared, pinned, thrown away."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.words import tidy
from zhiyin.customers.listing import Listing
from zhiyin.customers.models import SavedView
from zhiyin.customers.services.values import CannotBe

MOST_SHOWN = 30


def views_of(user: User) -> QuerySet[SavedView]:
    """The views that this user sees: their own, and those that others share."""
    seen = SavedView.objects.filter(Q(owner=user) | Q(shared=True))
    return seen.order_by("-pinned", "position", "created_at")[:MOST_SHOWN]


@transaction.atomic
def keep_view(
    listing: Listing, *, by: User, name: str, shared: bool = False, pinned: bool = False
) -> SavedView:
    """Keep the state of a list under a name."""
    access.require(by, "view.change")
    written = tidy(name)
    if not written or len(written) > 80:
        raise CannotBe(gettext("Give it a name of 1 to 80 characters"))
    view = SavedView(owner=by, name=written, shared=shared, pinned=pinned)
    _write(view, listing)
    record(by, "view.kept", view, shared=shared)
    return view


@transaction.atomic
def change_view(view: SavedView, listing: Listing, *, by: User) -> SavedView:
    """Keep the changed state in the view; only its owner may."""
    access.require(by, "view.change", view)
    _write(view, listing)
    record(by, "view.changed", view)
    return view


@transaction.atomic
def drop_view(view: SavedView, *, by: User) -> None:
    """Throw a view away; the customers in it stay as they are."""
    access.require(by, "view.change", view)
    record(by, "view.dropped", view)
    view.delete()


def _write(view: SavedView, listing: Listing) -> None:
    view.filters, view.sort = listing.stored(), listing.sort
    view.columns = list(listing.columns)
    view.save()
