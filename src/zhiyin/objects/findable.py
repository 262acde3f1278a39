"""Saved views in the command palette: one's own, and those that others share."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from zhiyin import palette
from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.objects.definitions import object_types
from zhiyin.objects.models import SavedView
from zhiyin.palette import Entry, fits


def views(user: Person, query: str) -> Iterator[Entry]:
    """Views of every list that this user may open."""
    if not query:
        return
    known = object_types().values()
    lists = {one.name: one for one in known if access.allowed(user, one.permission("see"))}
    seen = SavedView.objects.filter(Q(owner=user.pk) | Q(shared=True), object_type__in=list(lists))
    for view in seen.only("name", "object_type").order_by("name")[: palette.LOOKED_AT]:
        if fits(query, view.name):
            of = lists[view.object_type]
            address = f"{reverse(of.plural_name)}?view={view.pk}"
            yield Entry(view.name, str(of.plural), address, "list", gettext("Saved views"))


palette.register(views)
