"""Writes of this room: consent given and withdrawn, addresses suppressed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.batch import ConsentFact
from zhiyin.connect import outbox
from zhiyin.customers.models import Customer
from zhiyin.govern.models import Consent, ConsentChange, Suppression


def keep_consents(facts: Iterable[tuple[UUID, ConsentFact]], *, batch: UUID | None) -> int:
    """Write the newest word on each consent; every change goes to the history."""
    wanted = {}
    for customer, fact in sorted(facts, key=lambda pair: pair[1].at):
        wanted[customer, fact.channel, fact.purpose] = fact
    current = {
        (c.customer_id, c.channel, c.purpose): c
        for c in Consent.objects.filter(customer_id__in={key[0] for key in wanted})
    }
    rows, changes = [], []
    for (customer, channel, purpose), fact in wanted.items():
        before = current.get((customer, channel, purpose))
        if before is not None and (before.at > fact.at or before.granted == fact.granted):
            continue
        row = {
            "customer_id": customer, "channel": channel, "purpose": purpose,
            "granted": fact.granted, "at": fact.at, "evidence": fact.evidence, "batch": batch,
        }  # fmt: skip
        rows.append(Consent(**row))
        changes.append(ConsentChange(**row))
    Consent.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["customer", "channel", "purpose"],
        update_fields=["granted", "at", "evidence", "batch"],
        batch_size=5000,
    )
    ConsentChange.objects.bulk_create(changes, batch_size=5000)
    said: dict[UUID, list[str]] = {}
    for one in changes:
        said.setdefault(one.customer_id, []).append(f"{one.channel}:{one.purpose}")
    outbox.tell_many("consent.changed", said, importing=batch is not None)
    return len(rows)


def undo_consents(batch: UUID) -> int:
    """Take back what a batch said; the word before it stands again."""
    gone = ConsentChange.objects.filter(batch=batch)
    keys = set(gone.values_list("customer_id", "channel", "purpose"))
    taken = gone.delete()[0]
    Consent.objects.filter(batch=batch).delete()
    earlier = ConsentChange.objects.filter(customer_id__in={key[0] for key in keys}).order_by("at")
    last = {(c.customer_id, c.channel, c.purpose): c for c in earlier}
    Consent.objects.bulk_create(
        [
            Consent(customer_id=c.customer_id, channel=c.channel, purpose=c.purpose,
                    granted=c.granted, at=c.at, evidence=c.evidence, batch=c.batch)
            for key, c in last.items() if key in keys
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return taken


@transaction.atomic
def set_consent(
    customer: Customer, channel: str, purpose: str, *, granted: bool, by: User, at: datetime,
    evidence: str,
) -> None:  # fmt: skip
    """A person of ours writes down what a customer said, with the evidence for it."""
    row = {"granted": granted, "at": at, "evidence": evidence, "batch": None}
    Consent.objects.update_or_create(
        customer=customer, channel=channel, purpose=purpose, defaults=row
    )
    ConsentChange.objects.create(customer=customer, channel=channel, purpose=purpose, by=by, **row)
    record(by, "consent.changed", customer, channel=channel, purpose=purpose, granted=granted)
    outbox.tell("consent.changed", customer.pk, fields=[f"{channel}:{purpose}"])


def address_hash(address: str) -> str:
    """The keyed hash under which an address stands on the suppression list."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, address.strip().casefold().encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def suppress(address: str, channel: str, *, reason: str, by: User | None, at: datetime) -> None:
    """Never write to this address again."""
    entry, _ = Suppression.objects.get_or_create(
        channel=channel,
        address_hash=address_hash(address),
        defaults={"reason": reason, "at": at, "by": by},
    )
    record(by, "suppression.added", entry, channel=channel)
