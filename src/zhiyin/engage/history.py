"""A campaign that ran elsewhere, taken over whole: its draw, its messages and its reasons.

For the demo's simulated campaign, and in the same layout for the export of another tool. What was
drawn there stays drawn so here, and the report measures it like any other campaign.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
from django.db import transaction

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.bulk import copy_rows
from zhiyin.customers.models import Customer, Identifier, Order
from zhiyin.engage import facts, template
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.govern.models import Channel
from zhiyin.ids import uuid7

Arm, Outcome = CampaignMember.Arm, CampaignMember.Outcome
_REASONS = {
    "no consent to e-mail": Outcome.NO_CONSENT,
    "no e-mail address": Outcome.NO_ADDRESS,
    "second account of the same person": Outcome.DUPLICATE,
}
_BOUNCED = "bounced"
_SUBJECT = {
    "zh": "{{ first_name | default: '您好' }}，好久不见",
    "en": "It has been a while, {{ first_name | default: 'dear customer' }}",
}
_BODY = {
    "zh": "{{ first_name | default: '您好' }}：\n\n"
    "您上次来是 {{ last_order_date | default: '一段时间以前' }}。"
    "{% if favourite_product %}您常买的「{{ favourite_product }}」还在。{% endif %}\n\n"
    "这个月内下单，有一份给老客户的优惠：立减或免运费，以邮件所附为准。",
    "en": "Dear {{ first_name | default: 'customer' }},\n\n"
    "you last ordered on {{ last_order_date | default: 'a day some time ago' }}. "
    "{% if favourite_product %}“{{ favourite_product }}” is still here.{% endif %}\n\n"
    "Order within the month and there is an offer for returning customers: money off or free "
    "delivery.",
}


@transaction.atomic
def load_finished_campaign(
    definition: pa.Table, assignment: pa.Table, excluded: pa.Table, messages: pa.Table, by: User
) -> Campaign:
    """Store a campaign of the simulator's layout as finished; loading it again replaces it.

    Load the customers and all orders first: the cost counts the orders of the treated.
    """
    [about] = definition.to_pylist()
    started, ended = _aware(about["Started at"]), _aware(about["Measured until"])
    Campaign.objects.filter(name=about["Name (zh)"], started_at=started, simulated=True).delete()
    campaign = Campaign(
        name=about["Name (zh)"],
        subject_zh=_SUBJECT["zh"], body_zh=_BODY["zh"],
        subject_en=_SUBJECT["en"], body_en=_BODY["en"],
        holdout_share=about["Hold-out share"],
        window_days=max(1, (ended - started).days),
        state=Campaign.State.FINISHED,
        simulated=bool(about["Simulated"]),
        owner=by,
        started_at=started,
        finished_at=ended,
    )  # fmt: skip
    campaign.save()
    people = _people(assignment["Customer"], excluded["Customer"])
    drawn = dict(_members(campaign, assignment, excluded, messages, people, started))
    copy_rows(
        CampaignMember._meta.db_table,
        ("campaign_id", "customer_id", "arm", "outcome", "detail", "at"),
        drawn.values(),
    )
    _keep_messages(campaign, messages, people)
    treated = [customer for customer, row in drawn.items() if row[2] == Arm.TREATED]
    orders = Order.objects.filter(
        customer_id__in=treated, kind=Order.Kind.SALE,
        ordered_at__gte=started, ordered_at__lt=ended,
    ).count()  # fmt: skip
    campaign.cost = (
        Decimal(about["Cost per message"]) * messages.num_rows
        + Decimal(about["Cost per order"]) * orders
    ).quantize(Decimal("0.01"))
    campaign.save(update_fields=["cost"])
    record(by, "campaign.loaded", campaign, people=len(drawn), messages=messages.num_rows)
    return campaign


def _people(*columns: pa.ChunkedArray) -> dict[str, UUID]:
    """Whose customer numbers these are; unknown ones are left out."""
    numbers = sorted({str(one) for column in columns for one in column.to_pylist()})
    found = Identifier.objects.filter(
        kind=Identifier.Kind.NUMBER, value__in=numbers, customer__isnull=False
    )
    return {
        value: customer
        for value, customer in found.values_list("value", "customer_id")
        if customer is not None
    }


Row = tuple[UUID, UUID, str, str, str, datetime]


def _members(
    campaign: Campaign, assignment: pa.Table, excluded: pa.Table, messages: pa.Table,
    people: dict[str, UUID], at: datetime,
) -> Iterator[tuple[UUID, Row]]:  # fmt: skip
    """One row a customer; whoever was drawn comes last and so wins over a second account."""
    for row in excluded.to_pylist():
        customer = people.get(row["Customer"])
        if customer is not None:
            outcome = _REASONS.get(row["Reason"], Outcome.CANCELLED)
            detail = "" if row["Reason"] in _REASONS else str(row["Reason"])[:200]
            yield customer, (campaign.pk, customer, Arm.NONE, outcome, detail, at)
    states = dict(zip(messages["Customer"].to_pylist(), messages["State"].to_pylist(), strict=True))
    for row in assignment.to_pylist():
        customer = people.get(row["Customer"])
        if customer is None:
            continue
        if row["Arm"] != "treated":
            yield customer, (campaign.pk, customer, Arm.HOLDOUT, Outcome.HELD_OUT, "", at)
            continue
        bounced = states.get(row["Customer"]) == _BOUNCED
        outcome = Outcome.FAILED if bounced else Outcome.SENT
        detail = _BOUNCED if bounced else str(row["Offer"] or "")
        yield customer, (campaign.pk, customer, Arm.TREATED, outcome, detail, at)


def _keep_messages(campaign: Campaign, messages: pa.Table, people: dict[str, UUID]) -> None:
    rows = [row for row in messages.to_pylist() if row["Customer"] in people]
    customers = Customer.objects.in_bulk([people[row["Customer"]] for row in rows])
    values = facts.placeholder_values(campaign, list(customers.values()))
    kept: dict[UUID, Message] = {}
    for row in rows:
        person = customers[people[row["Customer"]]]
        language = "zh" if str(row["Language"] or "").startswith("zh") else "en"
        own = values[person.pk][language]
        at = _aware(row["Sent at"])
        bounced = row["State"] == _BOUNCED
        kept[person.pk] = Message(
            id=uuid7(), campaign=campaign, customer=person, channel=Channel.EMAIL,
            address=person.email, language=language,
            subject=template.one_line(template.render(_SUBJECT[language], own)),
            body=template.render(_BODY[language], own),
            state=Message.State.FAILED if bounced else Message.State.OUTBOX,
            error=_BOUNCED if bounced else "", simulated=True, created_at=at, sent_at=at,
        )  # fmt: skip
    Message.objects.bulk_create(kept.values(), batch_size=2_000)


def _aware(at: datetime | str) -> datetime:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
