"""Sending a campaign, a batch at a time, so that it can be stopped, killed and taken up again.

At most once: a message is noted as on its way before the mail server hears of it, and what was on
its way when the worker died is never sent again, for nobody knows whether it arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from zhiyin.accounts.audit import record
from zhiyin.engage import facts, mail, rules, services
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.mailing import RefusedError, Transport, UnknownError, UnreachableError

BATCH = 500
Progress = Callable[[str, int, int | None], None]
Clock = Callable[[], datetime]
Arm, Outcome = CampaignMember.Arm, CampaignMember.Outcome
log = structlog.get_logger(__name__)
NOT_KNOWN = "interrupted: not known whether the mail server took it"


def send(campaign: Campaign, *, transport: Transport, progress: Progress, clock: Clock) -> int:
    """Give everybody who still waits an outcome; returns how many messages have gone by now."""
    give_up_unknown(campaign, at=clock())
    taken = facts.held_out_addresses(campaign) | {
        rules.normal_address(address)
        for address in Message.objects.filter(campaign=campaign).values_list("address", flat=True)
    }
    total = services.waiting(campaign)
    with transport:
        while True:
            _deliver_queued(campaign, transport, clock, progress, total)
            progress("send", total - services.waiting(campaign), total)
            if not prepare(campaign, transport=transport, taken=taken, now=clock()):
                break
    _sent(campaign)
    gone = Message.objects.filter(
        campaign=campaign, state__in=(Message.State.OUTBOX, Message.State.SENT)
    ).count()
    log.info("campaign sent", campaign=str(campaign.pk), messages=gone)
    return gone


@transaction.atomic
def prepare(campaign: Campaign, *, transport: Transport, taken: set[str], now: datetime) -> int:
    """Decide about the next batch and write its messages; returns how many people that were."""
    written = Message.objects.filter(campaign=campaign, customer_id=OuterRef("customer_id"))
    members = {
        member.customer_id: member
        for member in CampaignMember.objects.select_for_update(of=("self",))
        .filter(campaign=campaign, arm=Arm.TREATED, outcome=Outcome.PENDING)
        .exclude(Exists(written))
        .order_by("customer_id")[:BATCH]
    }
    if not members:
        return 0
    found = list(facts.letters(campaign, list(members), now=now))
    decisions = list(
        rules.decide_all((one.recipient for one in found), cap=campaign.frequency_cap, taken=taken)
    )
    local = transport.local
    messages, decided = [], []
    for letter, decision in zip(found, decisions, strict=True):
        member = members[decision.customer_id]
        if decision.may_send:
            messages.append(_message(campaign, letter, local=local, now=now))
            if not local:
                continue
            member.outcome = Outcome.SENT
        else:
            member.outcome, member.detail = decision.outcome, decision.detail
        member.at = now
        decided.append(member)
    Message.objects.bulk_create(messages)
    CampaignMember.objects.bulk_update(decided, ["outcome", "detail", "at"], batch_size=BATCH)
    return len(members)


def give_up_unknown(campaign: Campaign, *, at: datetime) -> int:
    """What was on its way when sending was interrupted stays unsent, with the reason."""
    lost = Message.objects.filter(campaign=campaign, state=Message.State.SENDING)
    with transaction.atomic():
        people = list(lost.values_list("customer_id", flat=True))
        lost.update(state=Message.State.FAILED, error=NOT_KNOWN)
        CampaignMember.objects.filter(campaign=campaign, customer_id__in=people).update(
            outcome=Outcome.FAILED, detail=NOT_KNOWN, at=at
        )
    return len(people)


def _message(campaign: Campaign, letter: facts.Letter, *, local: bool, now: datetime) -> Message:
    return Message(
        campaign=campaign,
        customer_id=letter.recipient.customer_id,
        channel=campaign.channel,
        address=letter.recipient.address,
        language=letter.language,
        subject=letter.subject,
        body=letter.body,
        state=Message.State.OUTBOX if local else Message.State.QUEUED,
        simulated=local,
        created_at=now,
        sent_at=now if local else None,
    )


def _deliver_queued(
    campaign: Campaign, transport: Transport, clock: Clock, progress: Progress, total: int
) -> None:
    queued = Message.objects.filter(campaign=campaign, state=Message.State.QUEUED)
    left = services.waiting(campaign)
    for message in queued.order_by("id"):
        progress("send", total - left, total)
        _deliver(message, transport, clock)
        left -= 1


def _deliver(message: Message, transport: Transport, clock: Clock) -> None:
    """Hand over one message; note first that it is on its way."""
    mine = Message.objects.filter(pk=message.pk, state=Message.State.QUEUED)
    if not mine.update(state=Message.State.SENDING, sent_at=clock()):
        return
    try:
        transport.send(mail.compose(message))
    except UnreachableError:
        Message.objects.filter(pk=message.pk).update(state=Message.State.QUEUED, sent_at=None)
        raise
    except (RefusedError, ValueError) as error:  # ValueError: an address that no header can hold
        _note(message, Message.State.FAILED, str(error), clock())
    except UnknownError:
        _note(message, Message.State.FAILED, NOT_KNOWN, clock())
    else:
        _note(message, Message.State.SENT, "", clock())


@transaction.atomic
def _note(message: Message, state: Message.State, error: str, at: datetime) -> None:
    Message.objects.filter(pk=message.pk).update(state=state, error=error[:300], sent_at=at)
    outcome = Outcome.SENT if state is Message.State.SENT else Outcome.FAILED
    CampaignMember.objects.filter(
        campaign=message.campaign, customer_id=message.customer_id
    ).update(outcome=outcome, detail=error[:200], at=at)


@transaction.atomic
def _sent(campaign: Campaign) -> None:
    done = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.SENDING)
    if done.update(state=Campaign.State.SENT):
        record(None, "campaign.sent", campaign)
