"""What a campaign added: everybody who was drawn, against the hold-out, within the window.

By intention to treat: who was drawn to be written to counts as treated, written to or not. That is
the effect of the decision to run the campaign, and the only comparison the draw makes fair. There
is no open rate: mail scanners open letters that nobody reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max

from zhiyin.accounts import seat
from zhiyin.customers.models import Order
from zhiyin.engage import telling
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.experiments import HOLD_OUT, TREATED, Effect, Interval, effect

Text = Mapping[str, str]
Outcome = CampaignMember.Outcome

_PEOPLE = """
select m.arm, m.outcome, o.first_at, coalesce(o.revenue, 0), coalesce(b.revenue, 0)
from engage_campaignmember m
left join lateral (
    select min(ordered_at) filter (where kind = 'sale') as first_at, sum(total) as revenue
    from customers_order
    where customer_id = m.customer_id and ordered_at >= %(start)s and ordered_at < %(until)s
) o on true
left join lateral (
    select sum(total) as revenue from customers_order
    where customer_id = m.customer_id and ordered_at >= %(before)s and ordered_at < %(start)s
) b on true
where m.campaign_id = %(campaign)s and m.arm <> 'none'
"""


class NotStartedError(Exception):
    """There is nothing to measure before a campaign was launched."""


@dataclass(frozen=True)
class Group:
    """One arm: how many people, how many of them bought, and what each spent."""

    people: int
    bought: int
    revenue: float  # all of them together, returns taken off

    @property
    def share(self) -> float | None:
        return self.bought / self.people if self.people else None

    @property
    def revenue_each(self) -> float | None:
        return self.revenue / self.people if self.people else None


@dataclass(frozen=True)
class Window:
    """The days in which purchases count, and how many of them have passed."""

    starts_at: datetime
    ends_at: datetime
    measured_until: datetime
    days: int
    day: int  # 1 on the first; `days` when it is over
    newest_order_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.measured_until < self.ends_at

    @property
    def lacks_orders(self) -> bool:
        """No order has come in since the launch, so nothing can have been bought yet."""
        return self.newest_order_at is None or self.newest_order_at < self.starts_at


@dataclass(frozen=True)
class Report:
    """Everything that the result page says; `effect` is None while an arm is empty."""

    campaign: str
    treated: Group
    hold_out: Group
    written_to: Group  # of the treated: who was really sent a message; no fair comparison
    effect: Effect | None
    window: Window
    reasons: list[tuple[str, int]]  # outcome and people, of everybody in the segment
    daily: list[tuple[int, float | None, float | None]]  # day, share bought by then in each arm
    unsubscribed: int
    currency: str
    cost: Decimal
    margin: float
    with_spend_before: bool

    @property
    def sentence(self) -> Text:
        """What may be said of it, in both languages."""
        return telling.sentence(self)

    @property
    def conversion(self) -> Interval | None:
        """The increment of the share that bought, with its interval."""
        return self.effect.conversion.difference if self.effect else None

    def as_json(self) -> dict[str, object]:
        """Plain values, for the command line and the API."""
        found = self.effect
        return {
            "campaign": self.campaign,
            "treated": asdict(self.treated),
            "hold_out": asdict(self.hold_out),
            "written_to": asdict(self.written_to),
            "window": {
                "starts_at": self.window.starts_at.isoformat(),
                "ends_at": self.window.ends_at.isoformat(),
                "day": self.window.day,
                "days": self.window.days,
                "open": self.window.is_open,
            },
            "conversion": {
                "difference": _interval(found.conversion.difference),
                "people": _interval(found.conversion.total),
                "verdict": found.conversion.difference.verdict.value,
            }
            if found
            else None,
            "revenue": {
                "difference": _interval(found.revenue.difference),
                "total": _interval(found.revenue.total),
                "method": found.revenue.method.value,
                "with_spend_before": self.with_spend_before,
                "verdict": found.revenue.difference.verdict.value,
            }
            if found
            else None,
            "return": {
                "cost": str(self.cost),
                "margin": self.margin,
                "gain": _interval(found.returned.gain),
                "roi": _interval(found.returned.roi) if found.returned.roi else None,
            }
            if found and found.returned
            else None,
            "sample_ratio": {"p": found.ratio.p_value, "trusted": found.trusted} if found else None,
            "reasons": dict(self.reasons),
            "unsubscribed": self.unsubscribed,
            "currency": self.currency,
            "sentence": dict(self.sentence),
        }


@dataclass(frozen=True)
class _Person:
    held_out: bool
    sent: bool
    first_at: datetime | None
    revenue: float
    before: float


@seat.system("a campaign's figures are of everybody who was drawn")
def measure(campaign: Campaign, *, now: datetime) -> Report:
    """Measure a campaign as things stand at `now`; purchases after it are not looked at."""
    if campaign.started_at is None:
        raise NotStartedError("the campaign was not launched yet")
    window = _window(campaign, campaign.started_at, now)
    people = _people(campaign, window)
    treated = [one for one in people if not one.held_out]
    held = [one for one in people if one.held_out]
    found, with_before = _effect(campaign, people) if treated and held else (None, False)
    return Report(
        campaign=str(campaign.pk),
        treated=_group(treated),
        hold_out=_group(held),
        written_to=_group([one for one in treated if one.sent]),
        effect=found,
        window=window,
        reasons=outcomes(campaign),
        daily=_daily(treated, held, window),
        unsubscribed=_unsubscribed(campaign),
        currency=settings.CURRENCY,
        cost=campaign.cost,
        margin=campaign.margin,
        with_spend_before=with_before,
    )


def _window(campaign: Campaign, start: datetime, now: datetime) -> Window:
    end = start + timedelta(days=campaign.window_days)
    newest = Order.objects.aggregate(newest=Max("ordered_at"))["newest"]
    passed = max(timedelta(0), min(now, end) - start)
    day = campaign.window_days if now >= end else passed.days + 1
    return Window(start, end, min(max(now, start), end), campaign.window_days, day, newest)


def _people(campaign: Campaign, window: Window) -> list[_Person]:
    with connection.cursor() as cursor:
        cursor.execute(
            _PEOPLE,
            {
                "campaign": campaign.pk,
                "start": window.starts_at,
                "until": window.measured_until,
                "before": window.starts_at - timedelta(days=campaign.window_days),
            },
        )
        return [
            _Person(
                arm == CampaignMember.Arm.HOLDOUT, outcome == Outcome.SENT, first,
                float(revenue), float(before),
            )
            for arm, outcome, first, revenue, before in cursor.fetchall()
        ]  # fmt: skip


def _effect(campaign: Campaign, people: list[_Person]) -> tuple[Effect, bool]:
    """The effect; the spend before is used where it narrows the interval (CUPED)."""
    table = pa.table(
        {
            "variant": [HOLD_OUT if one.held_out else TREATED for one in people],
            "converted": [one.first_at is not None for one in people],
            "revenue": [one.revenue for one in people],
            "revenue_before": [one.before for one in people],
        }
    )

    def run(columns: list[str]) -> Effect:
        return effect(
            table.select(columns),
            hold_out_share=campaign.holdout_share,
            cost=campaign.cost,
            margin=campaign.margin,
            rng=np.random.default_rng(campaign.pk.int % 2**63),  # the same answer every time
        )

    adjusted = run(table.column_names)
    if 0 < adjusted.revenue.variance_kept < 1:
        return adjusted, True
    return run(["variant", "converted", "revenue"]), False


def _group(people: list[_Person]) -> Group:
    bought = sum(one.first_at is not None for one in people)
    return Group(len(people), bought, round(sum(one.revenue for one in people), 2))


def _daily(
    treated: list[_Person], held: list[_Person], window: Window
) -> list[tuple[int, float | None, float | None]]:
    """The share of each arm that had bought by the end of each day that has passed."""

    def shares(people: list[_Person]) -> list[float | None]:
        days = [0] * window.day
        for one in people:
            if one.first_at is not None:
                days[min((one.first_at - window.starts_at).days, window.day - 1)] += 1
        return [float(each) / len(people) if people else None for each in np.cumsum(days)]

    both = zip(shares(treated), shares(held), strict=True)
    return [(day, one, other) for day, (one, other) in enumerate(both, start=1)]


@seat.system("a campaign's figures are of everybody who was drawn")
def outcomes(campaign: Campaign) -> list[tuple[str, int]]:
    """How many people have each outcome, the most frequent first."""
    counted = (
        CampaignMember.objects.filter(campaign=campaign)
        .values_list("outcome")
        .annotate(people=Count("pk"))
        .order_by("-people", "outcome")
    )
    return [(str(outcome), int(people)) for outcome, people in counted]


def _unsubscribed(campaign: Campaign) -> int:
    from zhiyin.collect.models import Event
    from zhiyin.engage.timeline import UNSUBSCRIBED

    people = Message.objects.filter(campaign=campaign).values("customer_id")
    return (
        Event.objects.filter(name=UNSUBSCRIBED, customer_id__in=people, at__gte=campaign.started_at)
        .values("customer_id")
        .distinct()
        .count()
    )


def _interval(interval: Interval) -> dict[str, float]:
    return {"low": interval.low, "value": interval.value, "high": interval.high}
