"""/customers: the list, one person, their timeline, orders and scores; a change, a tag."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from zhiyin.accounts import looks
from zhiyin.accounts.access import Denied, OutOfSight
from zhiyin.accounts.api import paging, preconditions, selection
from zhiyin.accounts.api.preconditions import State
from zhiyin.accounts.api.problems import Fault, Problem, or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers import timeline
from zhiyin.customers.api import listing, telling
from zhiyin.customers.api.schemas import (
    CursorQuery,
    CustomerIn,
    CustomerOut,
    CustomerPage,
    CustomerPatch,
    CustomersQuery,
    LookedAt,
    LookIn,
    LookOut,
    OrderPage,
    ScoresOut,
    TagIn,
    TagsOut,
    TimelinePage,
    TimelineQuery,
)
from zhiyin.customers.fields import levels_for
from zhiyin.customers.models import Customer, Order, OrderLine
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.queries import record
from zhiyin.customers.seeing import SCORE_FIELDS, may_read, sees_orders
from zhiyin.customers.services import profile, tags
from zhiyin.customers.services.values import CannotBe
from zhiyin.customers.timeline.entries import Entry
from zhiyin.objects.api import custom, writing
from zhiyin.objects.api.listing import filters_of

router = Router(tags=["customers"])
Answer = dict[str, object]
STATE = State("version")
_OVER = {
    "zh": "查看已过期，或不属于您；需要时请重新说明原因",
    "en": "The look is over, or was never yours; say again why you need the value",
}
_NO_KIND = {"zh": "没有这类记录", "en": "There is no such type of line"}


@router.get(
    "/customers", response=answers(CustomerPage), exclude_unset=True,
    operation_id="list_customers", summary="List customers",
)  # fmt: skip
@gate("customer.see")
def customers(request: HttpRequest, asked: Query[CustomersQuery]) -> Answer:
    """The customers whom you may see, filtered, ordered, a page at a time."""
    return listing.page(user_of(request), asked, filters_of(CUSTOMER, asked), asked.q)


@router.post(
    "/customers", response=answers(CustomerOut, *BODY, status=201), exclude_unset=True,
    operation_id="create_customer", url_name="customers", summary="Write a customer down",
)  # fmt: skip
@gate("customer.add", also=("customer.assign",))
def create_customer(request: HttpRequest, new: CustomerIn) -> Status[Answer]:
    """Yours, and your department's. A phone, e-mail or number of somebody else is refused."""
    user = user_of(request)
    return Status(201, told_now(request, user, create(user, new)))


@router.get(
    "/customers/{customer_id}", response=answers(CustomerOut, *ROW), exclude_unset=True,
    operation_id="get_customer", summary="One customer",
)  # fmt: skip
@gate("customer.see")
def customer(request: HttpRequest, customer_id: UUID) -> Answer:
    """One customer. Where you see personal values whole, the audit trail keeps that you did."""
    return told_alone(request, user_of(request), customer_id)


@router.patch(
    "/customers/{customer_id}", response=answers(CustomerOut, *ROW, *BODY, *MATCH, 409),
    exclude_unset=True, operation_id="change_customer", url_name="customer",
    summary="Change a customer",
)  # fmt: skip
@gate("customer.change", also=("customer.assign",))
def change_customer(request: HttpRequest, customer_id: UUID, given: CustomerPatch) -> Answer:
    """Write some fields, all or none. 409 where somebody changed the customer since you read."""
    user = user_of(request)
    match = preconditions.named_in(request)
    return told_now(request, user, change(user, customer_id, given, match))


def change(user: User, customer_id: UUID, given: CustomerPatch, match: str | None) -> Customer:
    """Write some fields of one customer, all or none, if it is as its reader's tags name it."""
    person = record.person(user, customer_id, "customer.change")
    version = writing.version_for(match, given.version)
    with STATE.as_named(match, person):
        return writing.change(CUSTOMER, person, _texts(given), by=user, version=version)


def create(user: User, new: CustomerIn) -> Customer:
    """The customer, kept; or the problem that names what is wrong."""
    texts = _texts(new)
    blank = Customer(owner=user, department=user.department)
    return writing.create(
        CUSTOMER, blank, texts, lambda: profile.add_customer(texts, by=user), by=user
    )


def told_now(request: HttpRequest, user: User, written: Customer) -> Answer:
    """The customer as it is after a write; who gave it away gets no field of it."""
    try:
        return told_alone(request, user, written.pk)
    except OutOfSight:
        return telling.alone(user, STATE.tell(request, written))


def told_alone(request: HttpRequest, user: User, customer_id: UUID) -> Answer:
    """The customer as it is now, with the tag for the next write."""
    person = STATE.tell(request, record.person(user, customer_id))
    return telling.alone(user, person, selection.chosen(request))


def _texts(given: CustomerIn) -> dict[str, str]:
    said = given.model_dump(exclude_unset=True, exclude={"version", "custom", "id", "if_match"})
    texts = {
        name: value.isoformat() if isinstance(value, date) else value or ""
        for name, value in said.items()
    }
    return texts | custom.texts(CUSTOMER, given.custom)


@router.post(
    "/customers/{customer_id}/looks", response=answers(LookOut, *ROW, *BODY),
    operation_id="open_look", summary="Look behind a mask",
)  # fmt: skip
@gate("customer.reveal")
def open_look(request: HttpRequest, customer_id: UUID, asked: LookIn) -> Answer:
    """Say why you need a masked value; the audit trail keeps it. The value is not in this answer:
    read it with the ticket, within a minute."""
    user = user_of(request)
    person = record.person(user, customer_id, "customer.reveal")
    or_invalid(
        "reason",
        lambda: profile.reveal(person, asked.field, by=user, reason=asked.reason),
        CannotBe,
    )
    look = looks.open_look(request, person.pk, asked.field)
    return {"ticket": look.ticket, "field": look.field, "until": look.until}


@router.get(
    "/customers/{customer_id}/looks/{ticket}", response=answers(LookedAt, *ROW, 410),
    operation_id="read_look", summary="Read a masked value",
)  # fmt: skip
@gate("customer.reveal")
def read_look(
    request: HttpRequest, response: HttpResponse, customer_id: UUID, ticket: str
) -> Answer:
    """The whole value while the look is open; 410 when it is over or was another's."""
    user = user_of(request)
    person = record.person(user, customer_id, "customer.reveal")
    try:
        look = looks.read_look(request, person.pk, ticket)
    except looks.LookClosedError as error:
        raise Problem(410, _OVER) from error
    response.headers["Cache-Control"] = "no-store"
    value = profile.revealed(person, look.field, by=user)
    return {"field": look.field, "value": value, "until": look.until}


@router.post(
    "/customers/{customer_id}/tags", response=answers(TagsOut, *ROW, *BODY, *MATCH),
    operation_id="tag_customer", summary="Tag a customer",
)  # fmt: skip
@gate("customer.tag")
def tag_customer(request: HttpRequest, customer_id: UUID, new: TagIn) -> Answer:
    """Give a tag; one that is there already stays as it is."""
    user = user_of(request)
    person = record.person(user, customer_id, "customer.tag")
    with STATE.unchanged(request, person):
        tagged = or_invalid(
            "tag", lambda: tags.set_tag(person, new.tag, by=user, on=True), CannotBe
        )
    return {"tags": tagged.tags, "version": tagged.version}


@router.delete(
    "/customers/{customer_id}/tags/{path:tag}", response=answers(TagsOut, *ROW, *BODY, *MATCH),
    operation_id="untag_customer", summary="Take a tag away",
)  # fmt: skip
@gate("customer.tag")
def untag_customer(request: HttpRequest, customer_id: UUID, tag: str) -> Answer:
    """Take a tag away; one that is not there is no error."""
    user = user_of(request)
    person = record.person(user, customer_id, "customer.tag")
    with STATE.unchanged(request, person):
        tagged = tags.set_tag(person, tag, by=user, on=False)
    return {"tags": tagged.tags, "version": tagged.version}


@router.get(
    "/customers/{customer_id}/timeline", response=answers(TimelinePage, *ROW),
    operation_id="get_timeline", summary="What happened",
)  # fmt: skip
@gate("customer.see")
def customer_timeline(
    request: HttpRequest, customer_id: UUID, asked: Query[TimelineQuery]
) -> Answer:
    """Everything that happened with a customer over all channels, newest first."""
    user = user_of(request)
    person = record.person(user, customer_id)
    if asked.kind and asked.kind not in timeline.kinds():
        raise Problem(422, faults=[Fault("kind", _NO_KIND)])
    belongs_to = f"timeline:{person.pk}:{asked.kind}"
    before = paging.unseal(asked.cursor, belongs_to) if asked.cursor else ""
    found = timeline.read(person, reader=user, kind=asked.kind, before=before)
    return {
        "items": [_line(entry) for entry in found.entries],
        "next": paging.seal(found.older, belongs_to) if found.older else None,
    }


def _line(entry: Entry) -> Answer:
    words = (
        f"{part.currency} {part.money:,.2f}" if part.money is not None else part.text
        for part in entry.parts
    )
    return {
        "at": entry.at, "kind": entry.kind, "text": " ".join(word for word in words if word),
        "detail": entry.detail, "quote": entry.quote, "side": entry.side,
        "simulated": entry.simulated, "count": entry.count,
    }  # fmt: skip


@router.get(
    "/customers/{customer_id}/orders", response=answers(OrderPage, *ROW),
    operation_id="get_orders", summary="What they bought",
)  # fmt: skip
@gate("customer.see")
def customer_orders(request: HttpRequest, customer_id: UUID, asked: Query[CursorQuery]) -> Answer:
    """Orders and returns with their lines, newest first."""
    user = user_of(request)
    person = record.person(user, customer_id)
    if not sees_orders(levels_for(user, person)):
        raise Denied("customer.see")
    belongs_to = f"orders:{person.pk}"
    before = paging.unseal(asked.cursor, belongs_to) if asked.cursor else ""
    found = record.orders(person, before)
    return {
        "items": [_order(order, lines) for order, lines in found.orders],
        "next": paging.seal(found.older, belongs_to) if found.older else None,
    }


def _order(order: Order, lines: list[OrderLine]) -> Answer:
    return {
        "id": order.pk, "number": order.number, "kind": order.kind,
        "ordered_at": order.ordered_at, "total": str(order.total), "currency": order.currency,
        "source": order.source.key, "simulated": order.simulated,
        "lines": [
            {"sku": line.sku, "product": line.product_name, "kind": line.kind,
             "quantity": line.quantity, "unit_price": str(line.unit_price),
             "amount": str(line.amount)}
            for line in lines
        ],
    }  # fmt: skip


@router.get(
    "/customers/{customer_id}/scores", response=answers(ScoresOut, *ROW),
    operation_id="get_scores", summary="What is predicted",
)  # fmt: skip
@gate("customer.see")
def customer_scores(request: HttpRequest, customer_id: UUID) -> Answer:
    """The current scores, each with interval, date and reasons."""
    user = user_of(request)
    person = record.person(user, customer_id)
    levels = levels_for(user, person)
    return {
        "items": [
            {"model": score.model, "version": score.version, "as_of": score.as_of,
             "value": score.value, "low": score.low, "high": score.high,
             "in_use": getattr(score, "in_use", None), "reasons": score.reasons}
            for name, score in sorted(record.scores(person).items())
            if may_read(levels, *SCORE_FIELDS.get(name, ()))
        ]
    }  # fmt: skip
