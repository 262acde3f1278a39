"""Campaigns as records that a notice can lead to."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.records import RecordKind, of_model, register
from zhiyin.engage.models import Campaign


def _title(row: Model) -> str:
    assert isinstance(row, Campaign)
    return row.name


CAMPAIGN = register(
    RecordKind(
        name="campaign",
        label=_("Campaign"),
        read=of_model(Campaign),
        title=_title,
        address=lambda row: reverse("campaign", args=[row.pk]),
        is_host=False,
    )
)
