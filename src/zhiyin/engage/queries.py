"""What the screens of this room show: campaigns with their effect, people, messages, previews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.safestring import SafeString

from zhiyin import experiments
from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers import segmentation
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.models import Customer
from zhiyin.engage import facts, services, template
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.experiments import Rate, RateEffect
from zhiyin.privacy.masking import mask_email

PAGE = 50
SAMPLE = 8
_BOUGHT = """
select m.campaign_id, m.arm, count(*), count(*) filter (where exists (
    select 1 from customers_order o
    where o.customer_id = m.customer_id and o.kind = 'sale' and o.ordered_at >= c.started_at
      and o.ordered_at < c.started_at + make_interval(days => c.window_days)
))
from engage_campaignmember m join engage_campaign c on c.id = m.campaign_id
where m.campaign_id = any(%s) and m.arm <> 'none'
group by m.campaign_id, m.arm
"""


@dataclass
class Listed:
    """A campaign in the list, with its effect so far where it has one."""

    campaign: Campaign
    treated: int = 0
    held_out: int = 0
    effect: RateEffect | None = None
    low: float = 0.0  # the ends of the line on which all effects of the list are drawn
    high: float = 0.0

    @property
    def points(self) -> tuple[float, float, float] | None:
        """Low, estimate and high of the increment, in points."""
        if self.effect is None:
            return None
        found = self.effect.difference
        return found.low * 100, found.value * 100, found.high * 100


def campaigns(user: User, *, state: str = "", text: str = "") -> list[Listed]:
    """The newest campaigns that this user may see; the effects come with one question."""
    found = access.scoped(user, Campaign.objects.select_related("segment", "owner"), "campaign.see")
    if state:
        found = found.filter(state=state)
    if text:
        found = found.filter(name__icontains=text)
    listed = {one.pk: Listed(one) for one in found.order_by("-created_at")[:200]}
    begun = [key for key, one in listed.items() if one.campaign.started_at is not None]
    for key, arms in _bought(begun).items():
        one = listed[key]
        treated, held = arms.get("treated"), arms.get("holdout")
        one.treated = treated.people if treated else 0
        one.held_out = held.people if held else 0
        if treated and held and one.campaign.state != Campaign.State.SENDING:
            one.effect = experiments.rate_effect(treated, held)
    reach = max([abs(x) for one in listed.values() if one.points for x in one.points], default=1.0)
    for one in listed.values():
        one.low, one.high = -1.05 * reach, 1.05 * reach
    return list(listed.values())


def state_counts(user: User) -> dict[str, int]:
    """How many campaigns are in each state."""
    seen = access.scoped(user, Campaign.objects.all(), "campaign.see")
    return dict(seen.values_list("state").annotate(n=Count("pk")))


@seat.system("shares of everybody in a campaign")
def _bought(ids: Sequence[UUID]) -> dict[UUID, dict[str, Rate]]:
    found: dict[UUID, dict[str, Rate]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BOUGHT, [list(ids)])
        for campaign, arm, people, bought in cursor.fetchall():
            found.setdefault(campaign, {})[arm] = Rate(bought, people)
    return found


@dataclass(frozen=True)
class Preview:
    """A message as one real person would get it."""

    language: str
    subject: str
    html: SafeString
    missing: str
    theirs: bool  # the language in which this person would be written to


@dataclass(frozen=True)
class Previews:
    """Who can be looked at, who is, and the message in both languages."""

    people: list[Customer] = field(default_factory=list)
    person: Customer | None = None
    messages: list[Preview] = field(default_factory=list)


def previews(campaign: Campaign, user: User, *, person: str = "") -> Previews:
    """The message for one of the segment's people whom this user may see, in each language."""
    if campaign.segment is None:
        return Previews()
    people = segmentation.sample(segmentation.rule_of(campaign.segment), user, size=SAMPLE)
    if not people:
        return Previews()
    chosen = next((one for one in people if str(one.pk) == person), people[0])
    values = facts.placeholder_values(campaign, [chosen])[chosen.pk]
    own = facts.letter_language(campaign, chosen)
    texts = {
        "zh": (campaign.subject_zh, campaign.body_zh),
        "en": (campaign.subject_en, campaign.body_en),
    }
    return Previews(
        people,
        chosen,
        [
            _preview(language, *texts[language], values[language], theirs=language == own)
            for language in ("zh", "en")
        ],
    )


def _preview(
    language: str, subject: str, body: str, values: dict[str, str], *, theirs: bool
) -> Preview:
    if template.faults(subject) or template.faults(body):
        return Preview(language, "", SafeString(""), "", theirs)
    try:
        title = template.one_line(template.render(subject, values))
        text = template.render(body, values)
    except template.MissingValueError as error:
        return Preview(language, "", SafeString(""), error.placeholder, theirs)
    return Preview(language, title, template.to_html(text) if text.strip() else SafeString(""),
                   "", theirs)  # fmt: skip


@dataclass(frozen=True)
class HoldOut:
    """How many are held out, and how small a difference that would show."""

    people: int
    held_out: int
    base: float
    advice: experiments.HoldOutAdvice | None


def hold_out(campaign: Campaign, user: User, now: datetime) -> HoldOut | None:
    """What the hold-out of this draft can see; None without a segment."""
    if campaign.segment is None:
        return None
    people = services.audience(campaign, by=user)
    if not people:
        return HoldOut(0, 0, 0.0, None)
    base = services.share_buying_anyway(campaign, people, data_as_of(now))
    advice = experiments.advise_hold_out(len(people), campaign.holdout_share, base)
    return HoldOut(len(people), advice.now.control, base, advice)


def hold_out_advice(
    campaign: Campaign, user: User, now: datetime, *, held_out: int
) -> experiments.HoldOutAdvice | None:
    """The same for the hold-out that was drawn: its size differs a little from the share."""
    people = services.audience(campaign, by=user)
    if not people:
        return None
    base = services.share_buying_anyway(campaign, people, data_as_of(now))
    return experiments.advise_hold_out(len(people), held_out / len(people), base)


def members(
    campaign: Campaign, user: User, *, outcome: str = "", arm: str = "", after: int = 0
) -> list[CampaignMember]:
    """A page of the people of a campaign whom this user may see, with the next one to tell."""
    found = CampaignMember.objects.filter(campaign=campaign, pk__gt=after)
    if outcome:
        found = found.filter(outcome=outcome)
    if arm:
        found = found.filter(arm=arm)
    visible = access.scoped(user, Customer.objects.all(), "customer.see")
    if access.scope_of(user, "customer.see") is not access.Scope.ALL:
        found = found.filter(customer__in=visible)
    return list(found.select_related("customer").order_by("pk")[: PAGE + 1])


def messages(user: User) -> QuerySet[Message]:
    """The messages to people whom this user may see."""
    found = access.scoped(user, Message.objects.all(), "message.see")
    if access.scope_of(user, "customer.see") is not access.Scope.ALL:
        visible = access.scoped(user, Customer.objects.all(), "customer.see")
        found = found.filter(customer__in=visible)
    return found


def outbox(
    user: User,
    *,
    text: str = "",
    campaign: UUID | None = None,
    state: str = "",
    before: UUID | None = None,
) -> list[Message]:
    """A page of messages, the newest first, and one more to tell that there are others."""
    found = messages(user).select_related("customer", "campaign")
    if text:
        words = Q(subject__icontains=text) | Q(customer__name__icontains=text)
        if access.levels(user, "customer")["email"] >= Level.READ:
            words |= Q(address__istartswith=text)
        found = found.filter(words)
    if campaign:
        found = found.filter(campaign=campaign)
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE + 1])


def address_for(user: User, message: Message) -> str:
    """The address as this user may see it."""
    level = access.levels(user, "customer")["email"]
    if level >= Level.READ:
        return message.address
    return mask_email(message.address) if level is Level.MASKED else ""
