"""What is known of the people of a campaign: addresses, consents, earlier messages, placeholders.

Set-based: a batch of any size costs the same handful of queries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from zhiyin.customers import words
from zhiyin.customers.models import Customer
from zhiyin.engage import template
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.engage.rules import CAP_PERIOD, Recipient, normal_address
from zhiyin.govern.models import Channel, Consent, Purpose, Suppression
from zhiyin.govern.services import address_hash

CHUNK = 2_000
_COUNTED = (Message.State.SENDING, Message.State.OUTBOX, Message.State.SENT)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_FAVOURITES = """
select distinct on (customer_id) customer_id, name
from (
    select customer_id, sku, max(product_name) as name, count(*) as times, sum(amount) as spent
    from customers_orderline
    where customer_id = any(%s) and kind = 'sale' and product_name <> ''
    group by customer_id, sku
) bought
order by customer_id, times desc, spent desc, sku
"""


@dataclass(frozen=True)
class Letter:
    """What one person would be sent: who, in which language, and the text."""

    recipient: Recipient
    language: str
    subject: str
    body: str


def default_language() -> str:
    """The language for people whose own is not known: the workspace's."""
    return "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"


def letters(
    campaign: Campaign, ids: Sequence[UUID], *, held_out: frozenset[UUID] = frozenset(),
    now: datetime,
) -> Iterator[Letter]:  # fmt: skip
    """The letter of each person, in the order given; whoever no longer exists is left out."""
    for start in range(0, len(ids), CHUNK):
        yield from _letters(campaign, ids[start : start + CHUNK], held_out, now)


def _letters(
    campaign: Campaign, ids: Sequence[UUID], held_out: frozenset[UUID], now: datetime
) -> Iterator[Letter]:
    people = Customer.objects.in_bulk(list(ids))
    consented = set(
        Consent.objects.filter(
            customer_id__in=ids, channel=campaign.channel, purpose=Purpose.MARKETING, granted=True
        ).values_list("customer_id", flat=True)
    )
    hashes = {address_hash(person.email): key for key, person in people.items() if person.email}
    suppressed = set(
        Suppression.objects.filter(
            channel=campaign.channel, address_hash__in=list(hashes)
        ).values_list("address_hash", flat=True)
    )
    recent = _recent_messages(ids, campaign, now)
    values = placeholder_values(campaign, [people[one] for one in ids if one in people])
    for one in ids:
        person = people.get(one)
        if person is None:
            continue
        facts = Recipient(
            customer_id=one,
            held_out=one in held_out,
            address=person.email.strip(),
            suppressed=bool(person.email) and address_hash(person.email) in suppressed,
            consented=one in consented,
            recent_messages=recent[one],
        )
        yield write(campaign, facts, person, values[one])


def write(
    campaign: Campaign, facts: Recipient, person: Customer, values: Mapping[str, Mapping[str, str]]
) -> Letter:
    """The letter for one person, in their language; a missing value is noted on the recipient."""
    language = letter_language(campaign, person)
    subject, body = campaign.text(language)
    try:
        own = values[language]
        title = template.one_line(template.render(subject, own))
        return Letter(facts, language, title, template.render(body, own))
    except template.MissingValueError as error:
        short = Recipient(**{**vars(facts), "missing": error.placeholder})
        return Letter(short, language, "", "")


def letter_language(campaign: Campaign, person: Customer) -> str:
    """The person's language, else the workspace's; the other one where this text is empty."""
    wanted = person.language or default_language()
    other = "en" if wanted == "zh" else "zh"
    return wanted if campaign.has_text(wanted) or not campaign.has_text(other) else other


def placeholder_values(
    campaign: Campaign, people: Sequence[Customer]
) -> dict[UUID, dict[str, dict[str, str]]]:
    """For each person and language, the placeholders that have a value."""
    used = template.placeholders(
        campaign.subject_zh, campaign.body_zh, campaign.subject_en, campaign.body_en
    )
    favourites: dict[UUID, str] = {}
    if "favourite_product" in used:
        favourites = _favourites([person.pk for person in people])
    return {
        person.pk: {
            language: _values(person, language, favourites.get(person.pk, ""))
            for language in ("zh", "en")
        }
        for person in people
    }


def first_name(name: str) -> str:
    """How somebody is addressed: a Chinese name whole, of others the first name.

    "Taylor, Anne-Marie" and "LI Jialong" put the family name first.
    """
    text = name.strip()
    if any("\u3400" <= one <= "\u9fff" or ord(one) >= 0x20000 for one in text):
        return text
    family, comma, given = text.partition(",")
    parts = (given if comma and given.strip() else family).split()
    if len(parts) > 1 and parts[0].isupper() and len(parts[0]) > 1 and not parts[1].isupper():
        return parts[1]
    return parts[0] if parts else ""


def held_out_addresses(campaign: Campaign) -> set[str]:
    """The addresses of the hold-out: nobody else's message may arrive there."""
    found = CampaignMember.objects.filter(
        campaign=campaign, arm=CampaignMember.Arm.HOLDOUT
    ).exclude(customer__email="")
    return {normal_address(email) for email in found.values_list("customer__email", flat=True)}


def _values(person: Customer, language: str, favourite: str) -> dict[str, str]:
    tier = words.TIERS.get(person.tier)
    return {
        "name": person.name.strip(),
        "first_name": first_name(person.name),
        "last_order_date": _day(person.last_order_at, language),
        "favourite_product": favourite.capitalize() if favourite.isupper() else favourite,
        "orders": str(person.orders) if person.orders else "",
        "tier": tier[language] if tier else "",
        "city": person.city.strip(),
    }


def _day(at: datetime | None, language: str) -> str:
    if at is None:
        return ""
    day = timezone.localtime(at)
    if language == "zh":
        return f"{day.year} 年 {day.month} 月 {day.day} 日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _favourites(ids: Sequence[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(_FAVOURITES, [list(ids)])
        return dict(cursor.fetchall())


def _recent_messages(ids: Sequence[UUID], campaign: Campaign, now: datetime) -> Counter[UUID]:
    return Counter(
        Message.objects.filter(
            customer_id__in=ids,
            channel=Channel(campaign.channel),
            state__in=_COUNTED,
            sent_at__gt=now - CAP_PERIOD,
            sent_at__lte=now,
        )
        .exclude(campaign_id=campaign.pk)
        .values_list("customer_id", flat=True)
    )
