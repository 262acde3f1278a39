"""/campaigns: what was sent to whom, and what it added against the hold-out."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from zhiyin.accounts import access
from zhiyin.accounts.api import paging
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.problems import Problem
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.engage.models import Campaign
from zhiyin.engage.results import NotStartedError, measure

router = Router(tags=["campaigns"])
Answer = dict[str, object]
Verdict = Literal["more", "less", "unclear"]
_NOT_LAUNCHED = {
    "zh": "活动还没有开始，没有可以衡量的结果",
    "en": "The campaign was not launched yet, so there is nothing to measure",
}


class CampaignOut(Schema):
    """A campaign."""

    id: UUID
    name: str = Field(examples=["冬季唤回"])
    state: Literal["draft", "sending", "sent", "finished", "cancelled"]
    segment: Named | None
    channel: str = Field(examples=["email"])
    holdout_share: float
    window_days: int = Field(description="How long purchases count.")
    owner: Named
    simulated: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class CampaignPage(Page):
    """A page of campaigns, newest first."""

    items: list[CampaignOut]


class Estimate(Schema):
    """An estimate between its 95 % limits; null where it cannot be told."""

    low: float | None
    value: float | None
    high: float | None


class GroupOut(Schema):
    """One arm: people, how many of them bought, what they spent together."""

    people: int
    bought: int
    revenue: float | None


class WindowOut(Schema):
    """The days in which purchases count."""

    starts_at: datetime
    ends_at: datetime
    day: int
    days: int
    open: bool


class ConversionOut(Schema):
    """The increment of the share that bought, and as people."""

    difference: Estimate
    people: Estimate
    verdict: Verdict


class RevenueOut(Schema):
    """The increment of revenue a person, and in total."""

    difference: Estimate
    total: Estimate
    method: str
    with_spend_before: bool = Field(description="Whether earlier spending narrowed the interval.")
    verdict: Verdict


class ReturnOut(Schema):
    """What the campaign gained after its cost."""

    cost: str
    margin: float
    gain: Estimate
    roi: Estimate | None


class RatioOut(Schema):
    """Whether the arms are as large as they were drawn to be."""

    p: float | None
    trusted: bool


class Said(Schema):
    """What may be said of it, in both languages."""

    zh: str
    en: str


class ResultOut(Schema):
    """What a campaign added, by intention to treat, against its hold-out."""

    campaign: UUID
    treated: GroupOut
    hold_out: GroupOut
    written_to: GroupOut
    window: WindowOut
    conversion: ConversionOut | None
    revenue: RevenueOut | None
    return_: ReturnOut | None = Field(alias="return")
    sample_ratio: RatioOut | None
    reasons: dict[str, int] = Field(
        description="How many people of the segment had each outcome.", examples=[{"sent": 412}]
    )
    unsubscribed: int
    currency: str
    sentence: Said


@router.get(
    "/campaigns", response=answers(CampaignPage), operation_id="list_campaigns",
    summary="List campaigns",
)  # fmt: skip
@gate("campaign.see")
def campaigns(request: HttpRequest, asked: Query[PageQuery]) -> Answer:
    """Campaigns, newest first."""
    seen = access.scoped(user_of(request), Campaign.objects.all(), "campaign.see")
    rows, following = paging.newest(seen.select_related("segment", "owner"), asked, "campaigns")
    return {"items": [_told(one) for one in rows], "next": following}


@router.get(
    "/campaigns/{campaign_id}/result", response=answers(ResultOut, *ROW, 409), by_alias=True,
    operation_id="get_campaign_result", summary="What a campaign added",
)  # fmt: skip
@gate("campaign.see")
def campaign_result(request: HttpRequest, campaign_id: UUID) -> Answer:
    """Measured now. 409 before the campaign was launched."""
    seen = access.scoped(user_of(request), Campaign.objects.all(), "campaign.see")
    campaign = get_object_or_404(seen, pk=campaign_id)
    try:
        report = measure(campaign, now=timezone.now())
    except NotStartedError as error:
        raise Problem(409, _NOT_LAUNCHED) from error
    return {name: _finite(value) for name, value in report.as_json().items()}


def _finite(value: object) -> object:
    """JSON has no infinity: an estimate without a limit has none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    return value


def _told(one: Campaign) -> Answer:
    return {
        "id": one.pk, "name": one.name, "state": one.state,
        "segment": one.segment and {"id": one.segment.pk, "name": one.segment.name},
        "channel": one.channel, "holdout_share": one.holdout_share,
        "window_days": one.window_days, "owner": {"id": one.owner.pk, "name": one.owner.name},
        "simulated": one.simulated, "created_at": one.created_at, "started_at": one.started_at,
        "finished_at": one.finished_at,
    }  # fmt: skip
