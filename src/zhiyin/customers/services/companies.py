"""Companies: written down, and who belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.words import tidy
from zhiyin.connect import outbox
from zhiyin.customers import asking, companies
from zhiyin.customers.companies import Registered
from zhiyin.customers.models import Company, Customer, ProfileChange
from zhiyin.customers.services import golden
from zhiyin.customers.services.values import stored
from zhiyin.objects import levels
from zhiyin.objects.definitions import fields_of, object_type
from zhiyin.objects.faults import CannotBe, Conflict
from zhiyin.objects.keyset import in_usual_order
from zhiyin.objects.services import creating

NEEDED = ("name",)


@transaction.atomic
def add_company(texts: Mapping[str, str], *, by: User, simulated: bool = False) -> Company:
    """A company that somebody writes down; it belongs to them and their department."""
    access.require(by, "company.add")
    of = object_type("company")
    company = Company(owner=by, department=by.department, simulated=simulated)
    written, errors = creating.fill(of, company, texts, by=by)
    if not company.name:
        errors.setdefault("name", gettext("A company needs a name"))
    creating.check_complete(of, company, errors, by=by)
    try:
        with transaction.atomic():
            company.save(force_insert=True)
    except IntegrityError as error:
        raise Registered(gettext("Another company is registered under this number")) from error
    companies.follow([company.pk])
    record(by, "company.added", company, fields=sorted(written))
    outbox.tell("company.created", company.pk, fields=written)
    return company


@transaction.atomic
def place(
    customer: Customer, company: Company | None, *, by: User, version: int, job_title: str = ""
) -> Customer:
    """Say that a customer belongs to a company, or to none any more."""
    access.require(by, "customer.change", customer)
    if company is not None:
        access.require(by, "company.see", company)
    fresh = Customer.objects.select_for_update().get(pk=customer.pk)
    of = object_type("customer")
    if levels.at_row(by, of, fields_of(of)["company"], fresh) < Level.WRITE:
        raise Denied("customer.change")
    was, new = fresh.company_id, company.pk if company else None
    if was == new and (not job_title or fresh.job_title == job_title):
        return fresh
    if fresh.version != version and was != customer.company_id:
        raise Conflict(str(was or ""), str(new or ""), fresh.version, None, None)
    now, title = timezone.now(), fresh.job_title
    fresh.company_id = new
    fresh.job_title = str(stored("job_title", job_title)) if job_title else title if new else ""
    fresh.version += 1
    fresh.save(update_fields=["company", "job_title", "version"])
    changes = [
        ("company_id", str(was or ""), str(new or "")),
        ("job_title", title, fresh.job_title),
    ]
    ProfileChange.objects.bulk_create(
        ProfileChange(customer=fresh, field=field, before=before, after=after, by=by, at=now)
        for field, before, after in changes
        if before != after
    )
    golden.written([fresh.pk], "job_title", by=by, at=now)
    companies.refresh([was, new], at=now)
    record(by, "customer.placed", fresh, company=new, before=was)
    outbox.tell("customer.updated", fresh.pk, fields=["company", "job_title"])
    return fresh


@transaction.atomic
def settle(
    found: Sequence[Company], people: Mapping[str, tuple[str, str]], *, by: User | None
) -> int:
    """Write down many companies at once, and by customer number to which of them (its number) a
    customer belongs, and as what. Returns how many customers were placed."""
    if by is not None:
        access.require(by, "company.add")
    Company.objects.bulk_create(found, batch_size=1000)
    ids = {one.number: one.pk for one in found}
    placed = list(Customer.objects.filter(number__in=list(people)))
    for one in placed:
        number, title = people[one.number]
        one.company_id, one.job_title = ids[number], str(stored("job_title", title))
        one.version += 1
    Customer.objects.bulk_update(placed, ["company", "job_title", "version"], batch_size=1000)
    companies.index(ids.values())
    companies.refresh(ids.values(), at=timezone.now())
    record(by, "companies.settled", None, companies=len(ids), customers=len(placed))
    return len(placed)


def meant(who: str, *, by: User) -> Customer:
    """The one customer whom a few words name, among those whom `by` may change."""
    if not tidy(who):
        raise CannotBe(gettext("Say who"))
    seen = access.scoped(by, Customer.objects.all(), "customer.change")
    rows = asking.asked(by, seen, who).rows
    found: list[Customer] = list(in_usual_order(object_type("customer"), rows)[:6])
    exact = [one for one in found if tidy(who) in (one.name, one.number, one.email, one.phone)]
    chosen = exact if exact else found
    if not chosen:
        raise CannotBe(gettext("Nobody whom you may change is found by this"))
    if len(chosen) > 1:
        names = ", ".join(f"{one.name} {one.number}".strip() for one in chosen[:5])
        raise CannotBe(gettext("Several fit: %(names)s. Give the number.") % {"names": names})
    return chosen[0]
