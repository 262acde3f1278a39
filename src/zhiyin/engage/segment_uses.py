"""Tells the segments room which campaigns use a segment."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.customers import segment_uses
from zhiyin.customers.segment_uses import Use
from zhiyin.engage.models import Campaign


def campaigns(user: User, segments: Sequence[UUID]) -> dict[UUID, list[Use]]:
    """The campaigns of each segment that the user may see, newest first."""
    seen = access.scoped(user, Campaign.objects.all(), "campaign.see")
    found: dict[UUID, list[Use]] = {}
    for one in seen.filter(segment__in=segments).order_by("-created_at"):
        if one.segment_id is not None:
            use = Use(
                one.name,
                gettext("Campaign"),
                "speakerphone",
                _address(one),
                one.get_state_display(),
            )
            found.setdefault(one.segment_id, []).append(use)
    return found


def _address(one: Campaign) -> str:
    try:
        return reverse("campaign", args=[one.pk])
    except NoReverseMatch:
        return ""


segment_uses.register(campaigns)
