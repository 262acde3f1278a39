"""What this room tells other systems: a campaign began, was stopped, or its window is over."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.connect.catalogue import Data, EventType, register
from zhiyin.connect.models import Occurrence
from zhiyin.engage.models import Campaign

_ID = "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11"


def _tell(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    seen = access.scoped(owner, Campaign.objects.all(), "campaign.see")
    one = seen.filter(pk=occurrence.object_id).first()
    if one is None:
        return None
    return {"id": str(one.pk), "state": one.state, "simulated": one.simulated}


def _event(name: str, label: Promise, state: str) -> EventType:
    example = {"id": _ID, "state": state, "simulated": False}
    return EventType(name, label, _("Campaigns"), "campaign.see", _tell, example)


register(
    _event("campaign.launched", _("A campaign began"), "sending"),
    _event("campaign.cancelled", _("A campaign was stopped"), "cancelled"),
    _event(
        "campaign.finished", _("The window of a campaign is over; its result stands"), "finished"
    ),
)
