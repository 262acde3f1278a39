"""Saved views of a list: kept, changed, shared, pinned, thrown away."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.words import tidy
from zhiyin.objects.definitions import ObjectType
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.listing import Listing
from zhiyin.objects.models import SavedView

MOST_SHOWN = 30
LONGEST_NAME = 80


def views_of(user: User, of: ObjectType) -> QuerySet[SavedView]:
    """The views of an object that this user sees, as a list offers them: their own, and those that
    others share."""
    return seen_by(user, of).order_by("-pinned", "position", "created_at")[:MOST_SHOWN]


def seen_by(user: User, of: ObjectType) -> QuerySet[SavedView]:
    """All of them, in no order."""
    if not access.allowed(user, of.permission("see")):
        return SavedView.objects.none()
    return SavedView.objects.filter(Q(owner=user) | Q(shared=True), object_type=of.name)


@transaction.atomic
def keep_view(
    listing: Listing, *, by: User, name: str, shared: bool = False, pinned: bool = False
) -> SavedView:
    """Keep the state of a list under a name."""
    access.require(by, "view.change")
    access.require(by, listing.of.permission("see"))
    view = SavedView(owner=by, object_type=listing.of.name, shared=shared, pinned=pinned)
    view.name = _name(name)
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
    """Throw a view away; the rows in it stay as they are."""
    access.require(by, "view.change", view)
    record(by, "view.dropped", view)
    view.delete()


def _name(text: str) -> str:
    written = tidy(text)
    if not written or len(written) > LONGEST_NAME:
        raise CannotBe(gettext("Give it a name of 1 to 80 characters"))
    return written


def _write(view: SavedView, listing: Listing) -> None:
    view.filters, view.sort = listing.stored(), listing.sort
    view.where, view.columns = listing.tree, list(listing.columns)
    view.save()
