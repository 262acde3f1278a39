"""Campaigns in the command palette, by name."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from zhiyin import palette
from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.engage.models import Campaign
from zhiyin.palette import Entry, fits


def campaigns(user: Person, query: str) -> Iterator[Entry]:
    """The way to a new campaign, and campaigns by name."""
    action = gettext("New campaign")
    if access.allowed(user, "campaign.change") and (not query or fits(query, action)):
        yield Entry(action, "", reverse("new_campaign"), "speakerphone", gettext("Do"))
    if not query or not access.allowed(user, "campaign.see"):
        return
    seen = access.scoped(user, Campaign.objects.all(), "campaign.see")
    for one in seen.only("name", "state").order_by("-created_at")[: palette.LOOKED_AT]:
        if fits(query, one.name):
            yield Entry(one.name, str(one.get_state_display()), reverse("campaign", args=[one.pk]),
                        "speakerphone", gettext("Campaigns"))  # fmt: skip


palette.register(campaigns)
