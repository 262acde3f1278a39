"""Changing one person's profile: a field, a new person, a look at what is masked."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.connect import outbox
from zhiyin.customers import companies, contested, search
from zhiyin.customers.fields import PERSONAL, levels_for
from zhiyin.customers.identities import deciding
from zhiyin.customers.models import Customer, Identifier, ProfileChange
from zhiyin.customers.services import golden
from zhiyin.customers.services.values import CannotBe, stored, text_of
from zhiyin.objects.custom import requirements
from zhiyin.objects.definitions import object_type
from zhiyin.objects.faults import Conflict
from zhiyin.objects.services import creating

EDITABLE = (
    "name", "phone", "email", "birth_date", "gender", "language", "country", "province", "city",
    "number", "job_title",
)  # fmt: skip
IDENTIFYING = {"phone": Identifier.Kind.PHONE, "email": Identifier.Kind.EMAIL,
               "number": Identifier.Kind.NUMBER}  # fmt: skip
__all__ = [
    "EDITABLE",
    "Conflict",
    "Taken",
    "add_customer",
    "change_field",
    "reveal",
    "revealed",
]


class Taken(CannotBe):
    """The identifier belongs to another customer, whom the writer sees."""

    def __init__(self, owner: Customer, field: str) -> None:
        super().__init__(gettext("This belongs to another customer already"))
        self.field = field
        self.owner = owner


@transaction.atomic
def change_field(
    customer: Customer, field: str, text: str, *, by: User, version: int, before: str | None = None
) -> Customer:
    """Write one field. Raises `Conflict` where it changed since `version` was read, `CannotBe`
    where the value cannot be kept.

    `before` is the value that the person saw: other fields may have changed in the meantime.
    """
    access.require(by, "customer.change", customer)
    fresh = Customer.objects.select_for_update().get(pk=customer.pk)
    if field not in EDITABLE or levels_for(by, fresh).get(field, Level.HIDDEN) < Level.WRITE:
        raise Denied("customer.change")
    value, old = stored(field, text), getattr(fresh, field)
    if text_of(value) == text_of(old):
        return fresh
    if fresh.version != version and text_of(old) != (before or ""):
        last = ProfileChange.objects.filter(customer=fresh, field=field).order_by("-id").first()
        raise Conflict(text_of(old), text_of(value), fresh.version,
                       last.by if last else None, last.at if last else None)  # fmt: skip
    _claim(fresh, field, text_of(value), by=by)
    setattr(fresh, field, value)
    requirements.check_written(object_type("customer"), fresh, field)
    fresh.version += 1
    fresh.save(update_fields=[field, "version"])
    _note(fresh, field, text_of(old), text_of(value), by)
    golden.written([fresh.pk], field, by=by, at=timezone.now())
    search.index([fresh.pk])
    record(by, "customer.changed", fresh, fields=[field])
    outbox.tell("customer.updated", fresh.pk, fields=[field])
    return fresh


@transaction.atomic
def add_customer(texts: Mapping[str, str], *, by: User) -> Customer:
    """A customer whom somebody writes down; owned by them and their department."""
    access.require(by, "customer.add")
    of = object_type("customer")
    new = Customer(owner=by, department=by.department)
    written, errors = creating.fill(of, new, texts, by=by)
    if not errors and not any(getattr(new, one) for one in ("name", "phone", "email", "number")):
        raise CannotBe(gettext("Give a name, a phone, an e-mail or a number at least"))
    creating.check_complete(of, new, errors, by=by)
    new.save(force_insert=True)
    for field in IDENTIFYING:
        if field in written:
            _claim(new, field, text_of(getattr(new, field)), by=by)
    for field in written:
        golden.written([new.pk], field, by=by, at=timezone.now())
    search.index([new.pk])
    companies.refresh([new.company_id], at=timezone.now())
    record(by, "customer.added", new, fields=sorted(written))
    outbox.tell("customer.created", new.pk, fields=written)
    return new


@transaction.atomic
def reveal(customer: Customer, field: str, *, by: User, reason: str) -> None:
    """Note in the audit trail why somebody looks behind a mask; then a look may be opened."""
    _check_can_reveal(customer, field, by)
    if not reason.strip():
        raise CannotBe(gettext("Say why you need it"))
    record(by, "customer.revealed", customer, field=field, reason=reason.strip()[:200])


def revealed(customer: Customer, field: str, *, by: User) -> str:
    """The whole value behind a mask, for whoever holds an open look at it (accounts/looks.py)."""
    _check_can_reveal(customer, field, by)
    return text_of(getattr(customer, field))


def _check_can_reveal(customer: Customer, field: str, by: User) -> None:
    access.require(by, "customer.reveal", customer)
    known = field in PERSONAL and levels_for(by, customer).get(field, Level.HIDDEN)
    if not known:
        raise Denied("customer.reveal")


@seat.system("an identifier that is another's must be found to be refused")
def _claim(customer: Customer, field: str, value: str, *, by: User) -> None:
    """A typed identifier is this customer's from now on; raises `Taken` where it is another's whom
    the writer sees. Of others nothing is told: see contested.py.
    """
    kind = IDENTIFYING.get(field)
    if kind is None or not value:
        return
    found = Identifier.objects.filter(kind=kind, namespace="", value=value).first()
    other = found.customer if found is not None else None
    space = ""
    if other is not None and other.pk != customer.pk:
        if access.can_see_row(by, "customer", other):
            raise Taken(other, field)
        contested.tell_judges("customer", customer, other, field=field)
        space = contested.space_of(customer)
        found = Identifier.objects.filter(kind=kind, namespace=space, value=value).first()
    deciding.claim(customer, kind, space, value, found, by=by)


def _note(customer: Customer, field: str, before: str, after: str, by: User) -> None:
    ProfileChange.objects.create(
        customer=customer, field=field, before=before, after=after, by=by, at=timezone.now()
    )
