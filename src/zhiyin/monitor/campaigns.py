"""What the newest finished campaign added, against its hold-out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.engage.models import Campaign
from zhiyin.engage.results import measure
from zhiyin.experiments import Interval


@dataclass(frozen=True)
class Increment:
    """Revenue that would not have been without the campaign; `total` with its 95 % interval."""

    campaign: UUID
    name: str
    finished_at: datetime
    hold_out: float
    total: Interval
    simulated: bool

    @property
    def scale(self) -> tuple[float, float]:
        """The ends of its string: zero and the interval are on it, with a little room."""
        low, high = min(0.0, self.total.low), max(0.0, self.total.high)
        room = (high - low) * 0.08 or 1.0
        return low - room, high + room


def increment(user: User, now: datetime) -> Increment | None:
    """The newest campaign whose window is over; None while there is none that can be measured."""
    finished = Campaign.objects.filter(
        state=Campaign.State.FINISHED, finished_at__isnull=False, holdout_share__gt=0
    )
    campaign = access.scoped(user, finished, "campaign.see").order_by("-finished_at").first()
    if campaign is None or campaign.started_at is None or campaign.finished_at is None:
        return None
    report = measure(campaign, now=max(now, campaign.finished_at))
    if report.effect is None:
        return None
    return Increment(
        campaign.pk,
        campaign.name,
        campaign.finished_at,
        campaign.holdout_share,
        report.effect.revenue.total,
        campaign.simulated,
    )
