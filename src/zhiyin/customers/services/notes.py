"""Notes: what somebody writes down about a person."""

from __future__ import annotations

import unicodedata

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.customers.models import Customer, Note
from zhiyin.customers.services.values import CannotBe

LONGEST = 4000


@transaction.atomic
def write_note(customer: Customer, text: str, *, by: User) -> Note:
    """Keep a note; it stands on the timeline and never enters the lake."""
    access.require(by, "customer.change", customer)
    written = unicodedata.normalize("NFC", text).replace("\x00", "").strip()
    if not written:
        raise CannotBe(gettext("Write something first"))
    if len(written) > LONGEST:
        raise CannotBe(gettext("At most %(limit)s characters") % {"limit": f"{LONGEST:,}"})
    note = Note.objects.create(customer=customer, text=written, by=by, at=timezone.now())
    record(by, "customer.noted", customer, note=note.pk)
    return note
