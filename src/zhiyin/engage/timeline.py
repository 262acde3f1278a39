"""What a campaign did, told to the timeline and the lake: sent and not sent are events alike.

Told once everybody has an outcome, in chunks of a fixed order, so that telling again after a crash
gives the same events under the same ids.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from zhiyin.collect import archive, pipeline
from zhiyin.collect.batch import Batch, Incoming, event_id
from zhiyin.collect.models import Source
from zhiyin.customers.identities.kinds import STRENGTH
from zhiyin.customers.models import Identifier
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.ids import uuid7

CHUNK = 5_000
Outcome = CampaignMember.Outcome
_NAMES = {Outcome.SENT: "Email Sent", Outcome.FAILED: "Email Failed"}
NOT_SENT = "Email Suppressed"
UNSUBSCRIBED = "Email Unsubscribed"


def source(*, simulated: bool) -> Source:
    """The source of our own messages; those of the local outbox are marked as simulated."""
    key, zh, en = (
        ("zhiyin-outbox", "本机发件箱", "Local outbox")
        if simulated
        else ("zhiyin-messages", "知音邮件", "Zhiyin e-mail")
    )
    return Source.objects.get_or_create(
        key=key,
        defaults={
            "name_zh": zh, "name_en": en, "kind": Source.Kind.MESSAGES, "simulated": simulated,
        },
    )[0]  # fmt: skip


def tell(campaign: Campaign, *, now: datetime) -> int:
    """One event for each person of the campaign; returns how many."""
    origin = source(simulated=campaign.simulated)
    members = CampaignMember.objects.filter(campaign=campaign).exclude(outcome=Outcome.PENDING)
    ordered = list(members.order_by("customer_id"))
    for sequence, start in enumerate(range(0, len(ordered), CHUNK)):
        chunk = ordered[start : start + CHUNK]
        strongest = _identifiers([member.customer_id for member in chunk])
        _take_in(
            Batch(
                campaign.pk, sequence, origin, now,
                [_event(origin, campaign, member, strongest, now) for member in chunk],
            )
        )  # fmt: skip
    _freshen(origin, now)
    return len(ordered)


def tell_unsubscribed(message: Message, *, now: datetime) -> None:
    """The recipient wants no more; on the timeline of the person, too."""
    origin = source(simulated=message.simulated)
    event = Incoming(
        event_id=event_id(origin, "unsubscribed", str(message.pk)),
        name=UNSUBSCRIBED,
        at=now,
        seen=[],
        properties={"campaign": str(message.campaign_id)},
        identifier_id=_identifiers([message.customer_id]).get(message.customer_id),
        customer_id=message.customer_id,
    )
    _take_in(Batch(uuid7(), 0, origin, now, [event]))
    _freshen(origin, now)


def _take_in(batch: Batch) -> None:
    with transaction.atomic():
        pipeline.run(batch)
    archive.archive(batch)


def _event(
    origin: Source, campaign: Campaign, member: CampaignMember, strongest: dict[UUID, UUID],
    now: datetime,
) -> Incoming:  # fmt: skip
    outcome = Outcome(member.outcome)
    # Whose it is, the campaign knows: nothing was seen, so no identifier gets a later last sight.
    return Incoming(
        event_id=event_id(origin, "campaign", str(campaign.pk), str(member.customer_id)),
        name=_NAMES.get(outcome, NOT_SENT),
        at=member.at or now,
        seen=[],
        properties={"campaign": str(campaign.pk), "reason": outcome.value, "arm": member.arm},
        identifier_id=strongest.get(member.customer_id),
        customer_id=member.customer_id,
    )


def _identifiers(people: list[UUID]) -> dict[UUID, UUID]:
    """The strongest identifier of each person: what the lake knows them by."""
    found = Identifier.objects.filter(customer_id__in=people)
    rows = found.values_list("customer_id", "kind", "id")
    best: dict[UUID, UUID] = {}
    for customer, _, identifier in sorted(
        rows, key=lambda row: (STRENGTH[Identifier.Kind(row[1])], row[2])
    ):
        if customer is not None:
            best.setdefault(customer, identifier)
    return best


def _freshen(origin: Source, now: datetime) -> None:
    from zhiyin.collect.models import Event

    origin.last_event_at = origin.last_received_at = now
    origin.events = Event.objects.filter(source=origin).count()
    origin.save(update_fields=["last_event_at", "last_received_at", "events"])
