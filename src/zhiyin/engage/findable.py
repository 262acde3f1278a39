"""Campaigns in the command palette, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from zhiyin import palette
from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.engage.models import Campaign
from zhiyin.objects import recent
from zhiyin.palette import Entry, fits, way_to_new


def campaigns(user: Person, query: str) -> Iterator[Entry]:
    """The way to a new campaign, and campaigns by name."""
    title = gettext("New campaign")
    yield from way_to_new(user, query, "campaign.change", title, "new_campaign", "speakerphone")
    if not query or not access.allowed(user, "campaign.see"):
        return
    seen = access.scoped(user, Campaign.objects.all(), "campaign.see")
    for one in seen.only("name", "state").order_by("-created_at")[: palette.LOOKED_AT]:
        if fits(query, one.name):
            yield _campaign(one)


def _campaign(one: Campaign) -> Entry:
    address = reverse("campaign", args=[one.pk])
    state = str(one.get_state_display())
    return Entry(one.name, state, address, "speakerphone", gettext("Campaigns"))


def _campaigns_again(user: User, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    seen = access.scoped(user, Campaign.objects.filter(pk__in=ids), "campaign.see")
    return {one.pk: _campaign(one) for one in seen.only("name", "state")}


palette.register(campaigns)
recent.register("campaign", Campaign, _campaigns_again)
