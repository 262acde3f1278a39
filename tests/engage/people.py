"""Customers, consents, segments and campaigns for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from zhiyin.accounts.models import User
from zhiyin.collect.models import Source
from zhiyin.customers.models import Customer, Identifier, Order, Segment
from zhiyin.engage.models import Campaign
from zhiyin.govern.models import Channel, Consent, Purpose
from zhiyin.ids import uuid7

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
_BUYERS = {"type": "field", "field": "orders", "op": "at_least", "value": 1}
EVERYBODY = {"root": {"type": "group", "match": "all", "items": [_BUYERS]}, "version": 1}
_number = count(1)


def shop() -> Source:
    return Source.objects.get_or_create(
        key="shop", defaults={"name_zh": "商店", "name_en": "Shop", "kind": Source.Kind.SHOP}
    )[0]


def customer(
    name: str = "Ann Lee", *, email: str | None = None, consent: bool = True, language: str = "en"
) -> Customer:
    """A customer who may be written to unless said otherwise."""
    number = next(_number)
    address = f"c{number}@example.com" if email is None else email
    made = Customer.objects.create(
        number=str(number), name=name, email=address, language=language, orders=1
    )
    Identifier.objects.create(
        kind=Identifier.Kind.NUMBER, value=f"N{number}", customer=made, source=shop(),
        first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    if consent:
        Consent.objects.create(
            customer=made, channel=Channel.EMAIL, purpose=Purpose.MARKETING, granted=True, at=NOW
        )
    return made


def order(who: Customer, at: datetime, total: str, *, kind: str = "sale") -> Order:
    return Order.objects.create(
        id=uuid7(), source=shop(), number=str(next(_number)), kind=kind, customer=who,
        ordered_at=at, total=Decimal(total), currency="GBP", lines=1,
    )  # fmt: skip


def segment(owner: User) -> Segment:
    """Everybody who bought."""
    return Segment.objects.create(name="Everybody", tree=EVERYBODY, owner=owner)


def campaign(owner: User, **fields: object) -> Campaign:
    """A draft to everybody, complete in both languages."""
    values: dict[str, object] = {
        "name": "Win back",
        "segment": segment(owner),
        "subject_zh": "好久不见",
        "body_zh": "{{ first_name | default: '您好' }}，回来看看吧。",
        "subject_en": "It has been a while",
        "body_en": "Dear {{ first_name | default: 'customer' }}, come and see.",
        "holdout_share": 0.2,
        **fields,
    }
    return Campaign.objects.create(owner=owner, **values)


def days(number: float) -> timedelta:
    return timedelta(days=number)
