"""Writes of this room: drafts, the launch with its frozen draw, stopping and ending campaigns."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from zhiyin import experiments
from zhiyin.accounts import access, seat, work
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User, Work
from zhiyin.collect.bulk import copy_rows
from zhiyin.connect import outbox
from zhiyin.customers import segmentation
from zhiyin.customers.models import Customer, Order
from zhiyin.engage import facts, notices, rules, template
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.engage.template import Fault
from zhiyin.talk.emitting import notify

State, Arm, Outcome = Campaign.State, CampaignMember.Arm, CampaignMember.Outcome
DRY_RUN_LIMIT = 50_000  # people; above it a dry run looks at this many and says so


class NotReadyError(Exception):
    """The campaign cannot be launched yet; `problems` say why, in both languages."""

    def __init__(self, problems: Sequence[dict[str, str]]) -> None:
        super().__init__("; ".join(problem["en"] for problem in problems))
        self.problems = list(problems)


class NotNowError(Exception):
    """The campaign is in another state than this needs."""


@dataclass(frozen=True)
class DryRun:
    """What a launch would do now: how many would get it, and why others would not."""

    people: int
    outcomes: Counter[CampaignMember.Outcome] = field(default_factory=Counter)
    looked_at: int = 0

    @property
    def exact(self) -> bool:
        return self.looked_at == self.people

    @property
    def held_out(self) -> int:
        return self.outcomes[Outcome.HELD_OUT]

    @property
    def sendable(self) -> int:
        return self.outcomes[Outcome.PENDING]

    @property
    def reasons(self) -> list[tuple[CampaignMember.Outcome, int]]:
        """Why people of the treated arm would not be written to, the most frequent first."""
        left = {Outcome.HELD_OUT, Outcome.PENDING}
        return [(one, count) for one, count in self.outcomes.most_common() if one not in left]


@transaction.atomic
def save_draft(campaign: Campaign, *, by: User) -> Campaign:
    """Keep a draft; only a draft can be changed."""
    new = campaign._state.adding
    access.require(by, "campaign.change", None if new else campaign)
    if not new:
        _must_be(Campaign.objects.select_for_update().get(pk=campaign.pk), State.DRAFT)
    campaign.save()
    record(by, "campaign.created" if new else "campaign.changed", campaign)
    return campaign


@transaction.atomic
def delete_draft(campaign: Campaign, *, by: User) -> None:
    """Throw a draft away."""
    access.require(by, "campaign.change", campaign)
    _must_be(Campaign.objects.select_for_update().get(pk=campaign.pk), State.DRAFT)
    record(by, "campaign.deleted", campaign)
    campaign.delete()


def faults(campaign: Campaign) -> dict[str, list[Fault]]:
    """What is wrong with the texts, by the field that holds them."""
    names = ("subject_zh", "body_zh", "subject_en", "body_en")
    found = {name: template.faults(getattr(campaign, name)) for name in names}
    return {name: each for name, each in found.items() if each}


def problems(campaign: Campaign) -> list[dict[str, str]]:
    """What still keeps a campaign from being launched."""
    found = []
    if campaign.segment is None:
        found.append({"zh": "还没有选分群。", "en": "Choose a segment."})
    complete = [
        bool(subject.strip() and body.strip())
        for subject, body in (
            (campaign.subject_zh, campaign.body_zh),
            (campaign.subject_en, campaign.body_en),
        )
    ]
    started = [
        bool(campaign.subject_zh.strip() or campaign.body_zh.strip()),
        bool(campaign.subject_en.strip() or campaign.body_en.strip()),
    ]
    if complete != started or not any(complete):
        found.append(
            {
                "zh": "至少一种语言要有完整的主题和正文；写了一半的语言请写完或清空。",
                "en": "A language needs both a subject and a text; finish it or empty it.",
            }
        )
    if faults(campaign):
        found.append({"zh": "正文里有写错的占位符。", "en": "A placeholder is written wrongly."})
    return found


def draw(campaign: Campaign, people: Sequence[UUID]) -> frozenset[UUID]:
    """Who of these people is held out: the same whenever it is asked."""
    drawn = experiments.assign_all(
        _key(),
        str(campaign.pk),
        [str(one) for one in people],
        experiments.with_hold_out(campaign.holdout_share),
    )
    arms = drawn["variant"].to_pylist()
    return frozenset(
        one for one, arm in zip(people, arms, strict=True) if arm == experiments.HOLD_OUT
    )


def dry_run(campaign: Campaign, *, by: User, now: datetime) -> DryRun:
    """Count what a launch would do at this moment; writes nothing."""
    if campaign.segment is None:
        return DryRun(0)
    people = audience(campaign, by=by)
    seen = people[:DRY_RUN_LIMIT]
    held_out = draw(campaign, seen)
    found = list(facts.letters(campaign, seen, held_out=held_out, now=now))
    taken = {rules.normal_address(one.recipient.address) for one in found if one.recipient.held_out}
    decisions = rules.decide_all(
        (one.recipient for one in found), cap=campaign.frequency_cap, taken=taken - {""}
    )
    return DryRun(len(people), Counter(one.outcome for one in decisions), len(seen))


def audience(campaign: Campaign, *, by: User) -> list[UUID]:
    """Everybody in the segment now whom this user may see."""
    assert campaign.segment is not None
    return sorted(segmentation.member_ids(segmentation.rule_of(campaign.segment), user=by))


@transaction.atomic
def launch(campaign: Campaign, *, by: User, now: datetime) -> Campaign:
    """Freeze who is in it and who is held out, and begin to send.

    The draw is stored before the first message leaves, so the effect can be measured against it
    whatever becomes of the messages.
    """
    access.require(by, "campaign.send", campaign)
    campaign = Campaign.objects.select_for_update(of=("self",)).select_related("segment").get(
        pk=campaign.pk
    )  # fmt: skip
    _must_be(campaign, State.DRAFT)
    if found := problems(campaign):
        raise NotReadyError(found)
    people = audience(campaign, by=by)
    if not people:
        raise NotReadyError([{"zh": "分群里现在没有人。", "en": "The segment is empty now."}])
    held_out = draw(campaign, people)
    copy_rows(
        CampaignMember._meta.db_table,
        ("campaign_id", "customer_id", "arm", "outcome", "detail", "at"),
        (
            (campaign.pk, one, Arm.HOLDOUT.value, Outcome.HELD_OUT.value, "", now)
            if one in held_out
            else (campaign.pk, one, Arm.TREATED.value, Outcome.PENDING.value, "", None)
            for one in people
        ),
    )
    campaign.state, campaign.started_at = State.SENDING, now
    campaign.simulated = not settings.SMTP_URL
    campaign.save(update_fields=["state", "started_at", "simulated"])
    _queue(campaign, by=by, total=len(people) - len(held_out))
    record(
        by, "campaign.launched", campaign, people=len(people), held_out=len(held_out),
        segment=campaign.segment_id,
    )  # fmt: skip
    outbox.tell("campaign.launched", campaign.pk)
    return campaign


@transaction.atomic
def resume(campaign: Campaign, *, by: User) -> Campaign:
    """Go on sending after the mail server could not be reached."""
    access.require(by, "campaign.send", campaign)
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    _must_be(campaign, State.SENDING)
    if campaign.work is not None and not campaign.work.is_over:
        raise NotNowError("it is being sent already")
    _queue(campaign, by=by, total=waiting(campaign))
    record(by, "campaign.resumed", campaign)
    return campaign


def cancel(campaign: Campaign, *, by: User, now: datetime) -> None:
    """Stop sending: what has gone has gone, everybody else is marked cancelled."""
    access.require(by, "campaign.send", campaign)
    _must_be(campaign, State.SENDING)
    record(by, "campaign.cancelled", campaign)
    if campaign.work is not None and not campaign.work.is_over:
        work.ask_to_cancel(campaign.work, by=by)
    if campaign.work is None or campaign.work.is_over:
        stop(campaign, now=now)
        _defer(campaign)  # the timeline is told in the background


@seat.system("of everybody in the campaign")
@transaction.atomic
def stop(campaign: Campaign, *, now: datetime) -> int:
    """Nobody else of this campaign is written to; returns how many that are."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state != State.SENDING:
        return 0
    Message.objects.filter(campaign=campaign, state=Message.State.QUEUED).delete()
    rest = CampaignMember.objects.filter(campaign=campaign, outcome=Outcome.PENDING).update(
        outcome=Outcome.CANCELLED, at=now
    )
    Campaign.objects.filter(pk=campaign.pk).update(state=State.CANCELLED, finished_at=now)
    outbox.tell("campaign.cancelled", campaign.pk, at=now)
    return rest


@seat.system("of everybody in the campaign")
def finish_due(now: datetime) -> int:
    """Close the campaigns whose window of outcomes is over; returns how many."""
    closed = 0
    for campaign in Campaign.objects.filter(state=State.SENT):
        if campaign.ends_at is not None and campaign.ends_at <= now:
            with transaction.atomic():
                if not Campaign.objects.filter(pk=campaign.pk, state=State.SENT).update(
                    state=State.FINISHED, finished_at=campaign.ends_at
                ):
                    continue  # somebody else closed it meanwhile
                closed += 1
                record(None, "campaign.finished", campaign)
                outbox.tell("campaign.finished", campaign.pk, at=campaign.ends_at)
                notify([campaign.owner], notices.FINISHED, ref=("campaign", campaign.pk))
    return closed


@seat.system("of everybody in the campaign")
def waiting(campaign: Campaign) -> int:
    """How many have no outcome yet."""
    return CampaignMember.objects.filter(campaign=campaign, outcome=Outcome.PENDING).count()


def share_buying_anyway(campaign: Campaign, people: Sequence[UUID], until: datetime) -> float:
    """The share of these people who bought in a window as long as the campaign's, before it.

    The base from which the smallest detectable difference is told.
    """
    if not people:
        return 0.0
    bought = Order.objects.filter(
        customer_id=OuterRef("pk"),
        kind=Order.Kind.SALE,
        ordered_at__gte=until - timedelta(days=campaign.window_days),
        ordered_at__lt=until,
    )
    found = Customer.objects.filter(pk__in=list(people)).filter(Exists(bought)).count()
    return found / len(people)


def _queue(campaign: Campaign, *, by: User, total: int) -> Work:
    campaign.work = work.start(
        "campaign.send", by=by, title_zh="发送活动", title_en="Send a campaign", total=total
    )
    campaign.save(update_fields=["work"])
    _defer(campaign)
    return campaign.work


def _defer(campaign: Campaign) -> None:
    from zhiyin.engage.tasks import send_campaign  # tasks call services

    send_campaign.configure(lock=f"campaign:{campaign.pk}").defer(campaign_id=str(campaign.pk))


def _key() -> bytes:
    """The key of the draw, derived from the workspace's secret."""
    return hashlib.blake2b(
        b"campaign draw", key=settings.SECRET_KEY.encode()[:64], digest_size=32
    ).digest()


def _must_be(campaign: Campaign, *states: str) -> None:
    if campaign.state not in states:
        raise NotNowError(f"the campaign is {campaign.state}; this needs {', '.join(states)}")
