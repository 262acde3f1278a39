"""What shop staff write down at the counter: a customer, perhaps with what was bought, and whether
they agreed to be written to.

A phone may have been without a line for hours and sends what it kept in any order, perhaps twice:
an entry is known by the id that the phone gave it, an order by its number. Times are the phone's,
but never in the future.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from zhiyin.accounts import access, seat
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning import contacts, money, words
from zhiyin.cleaning.errors import BadValue
from zhiyin.collect import pipeline
from zhiyin.collect.batch import (
    Batch,
    ConsentFact,
    Incoming,
    LineFacts,
    OrderFacts,
    ProfileFacts,
    Seen,
    event_id,
)
from zhiyin.collect.batch import Outcome as Became
from zhiyin.collect.models import Source, Tally
from zhiyin.collect.pump import archiving
from zhiyin.collect.tallies import Counted
from zhiyin.ids import uuid7

KEY = "staff-entry"
MOST_NAME = 120
MOST_TEXT = 200
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)  # before it a phone's clock has never been set


class Outcome(StrEnum):
    """What became of an entry."""

    KEPT = "kept"
    KNOWN = "known"


class CannotBe(ValueError):  # noqa: N818 (what a person can mend)
    """An entry cannot be taken; `field` says where, `message` why, in both languages."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field, self.message = field, {"zh": zh, "en": en}


@dataclass(frozen=True)
class Entry:
    """One entry as it was typed."""

    id: UUID
    at: datetime
    name: str = ""
    phone: str = ""
    email: str = ""
    consent: bool = False
    amount: str = ""
    bought: str = ""
    number: str = ""  # of the receipt


@dataclass(frozen=True)
class _Read:
    """An entry that can be: its cells as the house writes them."""

    name: str
    phone: str
    email: str
    amount: Decimal | None
    currency: str


def source() -> Source:
    """The source of all entries; made with the first."""
    names = {"name_zh": "门店录入", "name_en": "Staff entry", "kind": Source.Kind.TILL}
    return Source.objects.get_or_create(key=KEY, defaults=names)[0]


def take(entry: Entry, *, by: User) -> Outcome:
    """Take an entry in, once however often it comes; raises `CannotBe`."""
    access.require(by, "entry.add")
    read = _read(entry)
    now = timezone.now()
    with seat.system("whoever is at the counter may know a customer whom this person may not see"):
        return _taken(entry, read, min(max(entry.at, EARLIEST), now), now, by)


@transaction.atomic
def _taken(entry: Entry, read: _Read, at: datetime, now: datetime, by: User) -> Outcome:
    place = source()
    seen = [Seen(kind, "", value) for kind, value in (("phone", read.phone), ("email", read.email))
            if value]  # fmt: skip
    made = [_profile(entry, read, at, place, seen, by)]
    if read.amount is not None:
        made.append(_order(entry, read, read.amount, at, place, seen))
    batch = Batch(uuid7(), 0, place, now, made, live=True)
    pipeline.run(batch)
    archiving.put_by(batch)
    counted = Counted()
    for one in made:
        counted.add(place.pk, _TALLIED[one.outcome], now)
    counted.write(0, now)
    known = made[0].outcome is Became.KNOWN
    if not known:
        record(by, "entry.taken", place, order=read.amount is not None)
    return Outcome.KNOWN if known else Outcome.KEPT


_TALLIED = {
    Became.KEPT: Tally.Outcome.KEPT, Became.KNOWN: Tally.Outcome.DUPLICATE,
    Became.REFUSED: Tally.Outcome.SET_ASIDE, Became.WITHHELD: Tally.Outcome.WITHHELD,
    Became.ERASED: Tally.Outcome.ERASED,
}  # fmt: skip


def _profile(
    entry: Entry, read: _Read, at: datetime, place: Source, seen: list[Seen], by: User
) -> Incoming:
    fields: dict[str, object] = {"name": read.name, "phone": read.phone, "email": read.email}
    told = {name: str(value) for name, value in fields.items() if value}
    channels = [("sms", read.phone), ("email", read.email)]
    consents = [
        ConsentFact(channel, "marketing", True, at, f"entry {by.pk}")
        for channel, value in channels
        if value and entry.consent
    ]
    return Incoming(
        event_id(place, "entry", str(entry.id)), "Profile Updated", at, list(seen),
        {"fields": sorted(told)}, profile=ProfileFacts({**told}, consents),
    )  # fmt: skip


def _order(
    entry: Entry, read: _Read, amount: Decimal, at: datetime, place: Source, seen: list[Seen]
) -> Incoming:
    number = entry.number.strip()[:80] or f"E-{entry.id.hex[:12].upper()}"
    bought = entry.bought.strip()[:MOST_TEXT]
    line = LineFacts("sale", bought[:80] or "ENTRY", bought, 1, amount, amount)
    return Incoming(
        event_id(place, "order", number), "Order Completed", at, list(seen),
        {"order_id": number, "total": str(amount), "currency": read.currency, "lines": 1},
        order=OrderFacts(number, "sale", amount, read.currency, [line]),
    )  # fmt: skip


def _read(entry: Entry) -> _Read:
    """The cells, each read as in any file."""
    name = words.tidy(entry.name)[:MOST_NAME].replace("\0", "")
    phone = _cell("phone", entry.phone, contacts.phone_text)
    email = _cell("email", entry.email, contacts.parse_email)
    if not phone and not email:
        raise CannotBe("phone", "手机和邮箱至少填一项", "give a phone or an e-mail address")
    if not entry.amount.strip():
        return _Read(name, phone, email, None, settings.CURRENCY)
    try:
        found = money.parse_money(entry.amount)
    except BadValue as bad:
        raise CannotBe("amount", bad.reason.zh, bad.reason.en) from bad
    if not 0 < found.amount < 10**9:
        raise CannotBe("amount", "金额必须大于 0", "the amount must be more than 0")
    return _Read(name, phone, email, found.amount, found.currency or settings.CURRENCY)


def _cell(field: str, text: str, read: Callable[[str], str]) -> str:
    if not text.strip():
        return ""
    try:
        return read(text)
    except BadValue as bad:
        raise CannotBe(field, bad.reason.zh, bad.reason.en) from bad
