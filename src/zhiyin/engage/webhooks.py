"""What this room tells other systems: a campaign began, was stopped, or its window is over."""

from __future__ import annotations

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


register(
    EventType("campaign.launched", _("A campaign began"), _("Campaigns"), _tell,
              {"id": _ID, "state": "sending", "simulated": False}),
    EventType("campaign.cancelled", _("A campaign was stopped"), _("Campaigns"), _tell,
              {"id": _ID, "state": "cancelled", "simulated": False}),
    EventType("campaign.finished", _("The window of a campaign is over; its result stands"),
              _("Campaigns"), _tell, {"id": _ID, "state": "finished", "simulated": False}),
)  # fmt: skip
