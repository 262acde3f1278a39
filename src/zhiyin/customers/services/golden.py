"""The golden record: what people write is a source too; another value chosen and locked; the rules.

A lock is an entry of the record "written by hand" of the customer on whom it was set, so it is
found with the values it stands above and goes where its customer goes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.models import Source
from zhiyin.connect import outbox
from zhiyin.customers import profiles, source_records, survivorship
from zhiyin.customers.fields import levels_for
from zhiyin.customers.models import Customer, SourceTrust, Survivorship
from zhiyin.customers.source_records import Entry, Record
from zhiyin.customers.survivorship import Missing, Strategy
from zhiyin.instants import to_us
from zhiyin.objects.faults import CannotBe

BY_HAND = "by-hand"
_NAMES = {"name_zh": "手工录入", "name_en": "Written by hand"}


def by_hand() -> Source:
    """The source that people here are."""
    return Source.objects.get_or_create(key=BY_HAND, defaults=_NAMES)[0]


def written(ids: Collection[UUID], field: str, *, by: User | None, at: datetime) -> None:
    """Somebody wrote this field of these customers: what stands there now is said by hand."""
    if field not in survivorship.FIELDS or not ids:
        return
    source, us = by_hand().pk, to_us(at)
    values = dict(Customer.objects.filter(pk__in=ids).values_list("pk", field))
    records = source_records.of_customers(ids)
    for id_, value in values.items():
        found = records.setdefault(id_, [])
        one = source_records.record_for(found, source, None, id_)
        before = one.said.get(field)
        entry = Entry(_said(value), us, u=str(by.pk) if by else "", l=bool(before and before.l))
        source_records.say(one, field, entry)
    source_records.write(one for found in records.values() for one in found)


def _said(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


@transaction.atomic
def choose(customer: Customer, field: str, source_record: int, *, by: User) -> Customer:
    """Put the value of another source onto the profile, and lock it there."""
    fresh, records = _held(customer, field, by)
    chosen = next((one for one in records if one.id == source_record), None)
    entry = chosen.said.get(field) if chosen else None
    if entry is None or entry.v is None:
        raise CannotBe(gettext("This value is no longer there"))
    return _lock(fresh, field, entry.v, records, by=by)


@transaction.atomic
def lock(customer: Customer, field: str, *, by: User) -> Customer:
    """Keep the value that stands on the profile, whatever comes."""
    fresh, records = _held(customer, field, by)
    return _lock(fresh, field, _said(getattr(fresh, field)), records, by=by)


@transaction.atomic
def unlock(customer: Customer, field: str, *, by: User) -> Customer:
    """Let the rules decide again."""
    fresh, records = _held(customer, field, by)
    locked = [one for one in records if (entry := one.said.get(field)) and entry.l]
    for one in locked:
        entry = one.said[field]
        if entry.p is None:
            del one.said[field]
        else:
            one.said[field] = entry.p
        one.changed = True
    source_records.write(locked)
    return _decided(fresh, field, by, "customer.unlocked")


def _held(customer: Customer, field: str, by: User) -> tuple[Customer, list[Record]]:
    access.require(by, "customer.change", customer)
    fresh = Customer.objects.select_for_update().get(pk=customer.pk)
    known = field in survivorship.FIELDS
    if not known or levels_for(by, fresh).get(field, Level.HIDDEN) < Level.WRITE:
        raise Denied("customer.change")
    return fresh, source_records.of_customers([fresh.pk]).get(fresh.pk, [])


def _lock(
    fresh: Customer, field: str, value: survivorship.Kept, records: list[Record], *, by: User
) -> Customer:
    now = timezone.now()
    one = source_records.record_for(records, by_hand().pk, None, fresh.pk)
    before = one.said.get(field)
    if before is not None and before.l:
        before = before.p
    one.said[field] = Entry(value, to_us(now), u=str(by.pk), l=True, p=before)
    one.changed = True
    source_records.write([one])
    return _decided(fresh, field, by, "customer.locked")


def _decided(fresh: Customer, field: str, by: User, verb: str) -> Customer:
    changed = profiles.decide_anew([fresh.pk], at=timezone.now(), fields=[field], by=by.pk)
    record(by, verb, fresh, fields=[field])
    if changed:
        outbox.tell("customer.updated", fresh.pk, fields=[field])
    return Customer.objects.get(pk=fresh.pk)


@transaction.atomic
def set_rules(given: Mapping[str, tuple[str, str, str]], *, by: User) -> list[str]:
    """Strategy, what is done about missing values and the default, by field. The fields that
    changed; the profiles follow when `redecide` has run."""
    access.require(by, "golden.change")
    changed = []
    for field, (strategy, missing, default) in given.items():
        if field not in survivorship.FIELDS:
            raise CannotBe(gettext("There is no such field"))
        wanted = (Strategy(strategy), Missing(missing), default.strip()[:200])
        if wanted[1] is Missing.DEFAULT:
            if not wanted[2]:
                raise CannotBe(gettext("Say which value stands in where one is missing"))
            profiles.checked_default(field, wanted[2])
        known = Survivorship.objects.filter(field=field).first()
        usual = (Strategy.NEWEST.value, Missing.PASSING.value, "")
        now = (known.strategy, known.missing, known.default) if known else usual
        if now == wanted:
            continue
        Survivorship.objects.update_or_create(
            field=field,
            defaults={"strategy": wanted[0], "missing": wanted[1], "default": wanted[2], "by": by,
                      "at": timezone.now()},
        )  # fmt: skip
        changed.append(field)
    if changed:
        record(by, "golden.changed", None, fields=changed)
    return changed


@transaction.atomic
def set_trust(order: Sequence[UUID], *, by: User) -> bool:
    """The order of trust, most trusted first; sources that are not in it come after, equal."""
    access.require(by, "golden.change")
    known = set(Source.objects.filter(pk__in=order).values_list("pk", flat=True))
    wanted = [one for one in dict.fromkeys(order) if one in known]
    before = list(SourceTrust.objects.order_by("place").values_list("source_id", flat=True))
    if before == wanted:
        return False
    SourceTrust.objects.all().delete()
    SourceTrust.objects.bulk_create(
        SourceTrust(source_id=one, place=place) for place, one in enumerate(wanted)
    )
    record(by, "golden.trust_changed", None, sources=[str(one) for one in wanted])
    return True
