"""/companies: the list, one company, a new one, a change, and who belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Status

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.api import preconditions
from zhiyin.accounts.api.preconditions import State
from zhiyin.accounts.api.problems import Problem, or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers import companies as seeing
from zhiyin.customers.api import people, telling
from zhiyin.customers.api.company_schemas import (
    CompaniesQuery,
    CompanyIn,
    CompanyOut,
    CompanyPage,
    CompanyPatch,
    PlaceIn,
)
from zhiyin.customers.api.schemas import CustomerOut, CustomerPage, PeopleQuery
from zhiyin.customers.models import Company, Customer
from zhiyin.customers.objects import COMPANY, CUSTOMER
from zhiyin.customers.queries import record
from zhiyin.customers.services import companies as services
from zhiyin.objects import levels
from zhiyin.objects.api import custom, listing, writing
from zhiyin.objects.faults import CannotBe, Conflict

router = Router(tags=["companies"])
Answer = dict[str, object]
STATE = State("version")
_ELSEWHERE = {
    "zh": "这位客户刚被放到别处，请重新读取",
    "en": "Somebody else just placed this customer elsewhere; read it again",
}


@router.get(
    "/companies", response=answers(CompanyPage), exclude_unset=True,
    operation_id="list_companies", summary="List companies",
)  # fmt: skip
@gate("company.see")
def companies(request: HttpRequest, asked: Query[CompaniesQuery]) -> Answer:
    """The companies that you may see, filtered, ordered, a page at a time."""
    user = user_of(request)
    filters = listing.filters_of(COMPANY, asked)
    return listing.page(
        COMPANY, user, asked, filters, lambda one: _told(user, one, listed=True), question=asked.q
    )


@router.post(
    "/companies", response=answers(CompanyOut, *BODY, status=201), exclude_unset=True,
    operation_id="create_company", url_name="companies", summary="Write a company down",
)  # fmt: skip
@gate("company.add", also=("company.assign",))
def create_company(request: HttpRequest, new: CompanyIn) -> Status[Answer]:
    """Yours, and your department's. A number that is registered already is refused."""
    user = user_of(request)
    return Status(201, _now(request, user, create(user, new)))


@router.get(
    "/companies/{company_id}", response=answers(CompanyOut, *ROW), exclude_unset=True,
    operation_id="get_company", url_name="company", summary="One company",
)  # fmt: skip
@gate("company.see")
def company(request: HttpRequest, company_id: UUID) -> Answer:
    """One company with the figures of its people."""
    return _alone(request, user_of(request), company_id)


@router.patch(
    "/companies/{company_id}", response=answers(CompanyOut, *ROW, *BODY, *MATCH, 409),
    exclude_unset=True, operation_id="change_company", url_name="company",
    summary="Change a company",
)  # fmt: skip
@gate("company.change", also=("company.assign",))
def change_company(request: HttpRequest, company_id: UUID, given: CompanyPatch) -> Answer:
    """Write some fields, all or none. 409 where somebody changed the company since you read."""
    user = user_of(request)
    match = preconditions.named_in(request)
    return _now(request, user, change(user, company_id, given, match))


def change(user: User, company_id: UUID, given: CompanyPatch, match: str | None) -> Company:
    """Write some fields of one company, all or none, if it is as its reader's tags name it."""
    one = found(user, company_id, "company.change")
    version = writing.version_for(match, given.version)
    with STATE.as_named(match, one):
        return writing.change(COMPANY, one, _texts(given), by=user, version=version)


@router.get(
    "/companies/{company_id}/customers", response=answers(CustomerPage, *ROW), exclude_unset=True,
    operation_id="list_company_customers", summary="Who belongs to a company",
)  # fmt: skip
@gate("customer.see")
def company_customers(request: HttpRequest, company_id: UUID, asked: Query[PeopleQuery]) -> Answer:
    """The customers of a company whom you may see."""
    user = user_of(request)
    access.require(user, "company.see")
    one = found(user, company_id)
    return listing.page(
        CUSTOMER, user, asked, {}, lambda each: telling.in_list(user, each),
        within=Q(company=one.pk), place=str(one.pk),
    )  # fmt: skip


@router.put(
    "/companies/{company_id}/customers/{customer_id}",
    response=answers(CustomerOut, *ROW, *BODY, *MATCH, 409), exclude_unset=True,
    operation_id="place_customer", url_name="company_customer", summary="Place a customer",
)  # fmt: skip
@gate("customer.change")
def place_customer(
    request: HttpRequest, company_id: UUID, customer_id: UUID, given: PlaceIn
) -> Answer:
    """Say that a customer belongs to a company from now on. `If-Match` is the customer's."""
    user = user_of(request)
    access.require(user, "company.see")
    person = record.person(user, customer_id, "customer.change")
    one = found(user, company_id)
    return _placed(request, user, person, one, given.job_title)


@router.delete(
    "/companies/{company_id}/customers/{customer_id}",
    response=answers(CustomerOut, *ROW, *BODY, *MATCH, 409), exclude_unset=True,
    operation_id="remove_customer", url_name="company_customer", summary="Take a customer out",
)  # fmt: skip
@gate("customer.change")
def remove_customer(request: HttpRequest, company_id: UUID, customer_id: UUID) -> Answer:
    """The customer no longer belongs to this company; 404 where they did not."""
    user = user_of(request)
    access.require(user, "company.see")
    person = record.person(user, customer_id, "customer.change")
    one = found(user, company_id)
    if person.company_id != one.pk:
        raise access.OutOfSight
    return _placed(request, user, person, None, "")


def _placed(
    request: HttpRequest, user: User, person: Customer, where: Company | None, title: str
) -> Answer:
    """The customer as they are after they were put into a company, or out of one."""
    with people.STATE.unchanged(request, person):
        try:
            or_invalid(
                "job_title",
                lambda: services.place(
                    person, where, by=user, version=person.version, job_title=title
                ),
                CannotBe,
            )
        except Conflict as error:
            raise Problem(409, _ELSEWHERE) from error
    return people.told_alone(request, user, person.pk)


def create(user: User, new: CompanyIn) -> Company:
    """The company, kept; or the problem that names what is wrong."""
    texts = _texts(new)
    blank = Company(owner=user, department=user.department)
    return writing.create(
        COMPANY, blank, texts, lambda: services.add_company(texts, by=user), by=user
    )


def found(user: User, company_id: UUID, permission: str = "company.see") -> Company:
    """The company; raises `OutOfSight` or `Denied`."""
    rows = Company.objects.select_related("owner", "department")
    one = rows.filter(pk=company_id).first()
    if one is None:
        raise access.OutOfSight
    access.require(user, permission, one)
    return one


def _texts(given: CompanyIn | CompanyPatch) -> dict[str, str]:
    said: Mapping[str, Any] = given.model_dump(
        exclude_unset=True, exclude={"version", "custom", "id", "if_match"}
    )
    texts = {
        name: ",".join(value) if isinstance(value, list) else value or ""
        for name, value in said.items()
    }
    return texts | custom.texts(COMPANY, given.custom)


def _now(request: HttpRequest, user: User, written: Company) -> Answer:
    """The company as it is after a write; who gave it away gets no field of it."""
    try:
        return _alone(request, user, written.pk)
    except access.OutOfSight:
        return _told(user, STATE.tell(request, written))


def _alone(request: HttpRequest, user: User, company_id: UUID) -> Answer:
    """The company as it is now, its figures those of the people whom this user sees."""
    one = STATE.tell(request, found(user, company_id))
    seeing.as_seen([one], user)
    return _told(user, one)


def _told(user: User, one: Company, *, listed: bool = False) -> Answer:
    known = levels.of_row(user, COMPANY, one)
    told: Answer = {
        "id": one.pk, "version": one.version, "currency": settings.CURRENCY,
        "simulated": one.simulated, "figures_at": one.figures_at,
        "custom": custom.told(user, COMPANY, one, listed=listed),
    }  # fmt: skip
    for name in CompanyOut.model_fields:
        if name in told or known.get(name, Level.HIDDEN) < Level.READ:
            continue
        value = getattr(one, name)
        if name in ("owner", "department"):
            value = value and {"id": value.pk, "name": value.name}
        told[name] = str(value) if name == "revenue" else value
    return told
