"""/customers/{id}/identity: why somebody is one person, as it is known now or was on a day; merging
and parting, and the pairs that wait for somebody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import ConfigDict

from zhiyin.accounts.access import OutOfSight
from zhiyin.accounts.api.problems import or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.models import Customer, Proposal
from zhiyin.customers.queries import identity as queries
from zhiyin.customers.queries import record
from zhiyin.customers.queries.identity import Asked, Shown, Tie
from zhiyin.customers.services import merging
from zhiyin.customers.services.values import CannotBe

router = Router(tags=["identity"])
Answer = dict[str, object]


class IdentifierOut(Schema):
    """Something that was seen and points at this person; the value as you may see it."""

    id: UUID
    kind: str = Field(examples=["email"])
    value: str
    first_seen_at: datetime
    public: bool = Field(description="Many share it, so it links nobody.")


class LinkOut(Schema):
    """Why two identifiers are one person's."""

    id: str
    a: UUID | None
    b: UUID | None
    rule: str = Field(description="In the reader's language.")
    probability: float
    seen_at: datetime
    known_at: datetime
    held_back: str = Field(description="Why it does not count; empty where it does.")


class IdentityOut(Schema):
    """The identifiers of a person, the links between them, and the way between two of them."""

    customer: UUID
    identifiers: list[IdentifierOut]
    links: list[LinkOut]
    one_person: bool | None = Field(description="Of the two that were asked about.")
    way: list[LinkOut]


class WhyQuery(Schema):
    """As it was known at a moment, and between which two identifiers."""

    at: datetime | None = Field(None, description="Leave it out for now.")
    a: UUID | None = None
    b: UUID | None = None


class MergeIn(Schema):
    """The other customers who are this person."""

    model_config = ConfigDict(extra="forbid")
    others: list[UUID] = Field(min_length=1, max_length=merging.MOST_AT_ONCE - 1)


class SplitIn(Schema):
    """The identifiers that are a person of their own."""

    model_config = ConfigDict(extra="forbid")
    identifiers: list[UUID] = Field(min_length=1, max_length=50)


class ApartIn(Schema):
    """The customer who is somebody else."""

    model_config = ConfigDict(extra="forbid")
    other: UUID


class DecisionOut(Schema):
    """What was decided; `decision` takes it back."""

    decision: UUID
    customers: list[UUID] = Field(description="Those who are there now.")


class PairOut(Schema):
    """Two customers who are probably one person."""

    id: UUID
    customer: UUID
    other: UUID
    probability: float
    state: str = Field(examples=["open"])
    why: str = Field(description="Why it waits for somebody.")
    found_at: datetime


class PairsOut(Schema):
    """Pairs, the likeliest first, and the number of the next page."""

    items: list[PairOut]
    next: int | None


class PairsQuery(Schema):
    """Which pairs."""

    state: str = Proposal.State.OPEN.value
    sort: str = Field("likeliest", description="likeliest, doubtful, newest or decided")
    page: int = Field(0, ge=0, le=10_000)


@router.get(
    "/identity/pairs", response=answers(PairsOut), operation_id="list_pairs",
    summary="Customers who may be one person",
)  # fmt: skip
@gate("customer.see")
def pairs(request: HttpRequest, asked: Query[PairsQuery]) -> Answer:
    """The pairs of which you see both."""
    wanted = queries.asked({"state": asked.state, "sort": asked.sort})
    wanted = Asked(wanted.state, "", wanted.sort, asked.page)
    start = wanted.page * queries.PAGE
    rows = list(queries.pairs(user_of(request), wanted)[start : start + queries.PAGE + 1])
    return {
        "items": [
            {"id": one.pk, "customer": one.customer_id, "other": one.other_id,
             "probability": one.probability, "state": one.state, "why": one.why,
             "found_at": one.found_at}
            for one in rows[: queries.PAGE]
        ],
        "next": asked.page + 1 if len(rows) > queries.PAGE else None,
    }  # fmt: skip


@router.get(
    "/customers/{customer_id}/identity", response=answers(IdentityOut, *ROW),
    operation_id="get_identity", summary="Why one person",
)  # fmt: skip
@gate("customer.see")
def identity(request: HttpRequest, customer_id: UUID, asked: Query[WhyQuery]) -> Answer:
    """What makes this customer one person. One who was merged is answered as who stayed."""
    user = user_of(request)
    person = _person(user, customer_id, "customer.see")
    told = queries.told(person, user, asked.at)
    way = queries.road(person, user, asked.a, asked.b, asked.at) if asked.a and asked.b else None
    return {
        "customer": person.pk,
        "identifiers": [_identifier(one) for one in told.identifiers],
        "links": [_link(one) for one in (*told.ties, *told.held)],
        "one_person": way[0] if way else None, "way": [_link(one) for one in way[1]] if way else [],
    }  # fmt: skip


@router.post(
    "/customers/{customer_id}/merge", response=answers(DecisionOut, *ROW, *BODY),
    operation_id="merge_customers", url_name="merge_customers", summary="Merge customers",
)  # fmt: skip
@gate("customer.merge")
def merge(request: HttpRequest, customer_id: UUID, given: MergeIn) -> Answer:
    """They are one person: the oldest stays, with everything of all."""
    user = user_of(request)
    people = [_person(user, one, "customer.merge") for one in (customer_id, *given.others)]
    done = or_invalid("others", lambda: merging.merge(people, by=user), CannotBe)
    return {"decision": done.id, "customers": sorted(done.touched)}


@router.post(
    "/customers/{customer_id}/split", response=answers(DecisionOut, *ROW, *BODY),
    operation_id="split_customer", url_name="split_customer", summary="Part identifiers",
)  # fmt: skip
@gate("customer.merge")
def split(request: HttpRequest, customer_id: UUID, given: SplitIn) -> Answer:
    """These identifiers are a person of their own, and stay so."""
    user = user_of(request)
    person = _person(user, customer_id, "customer.merge")
    done = or_invalid(
        "identifiers", lambda: merging.split(person, given.identifiers, by=user), CannotBe
    )
    return {"decision": done.id, "customers": sorted(done.touched)}


@router.post(
    "/customers/{customer_id}/keep-apart", response=answers(DecisionOut, *ROW, *BODY),
    operation_id="keep_apart", url_name="keep_apart", summary="Keep two customers apart",
)  # fmt: skip
@gate("customer.merge")
def keep_apart(request: HttpRequest, customer_id: UUID, given: ApartIn) -> Answer:
    """They are two people, whatever is seen of them."""
    user = user_of(request)
    people = [_person(user, one, "customer.merge") for one in (customer_id, given.other)]
    one, other = people
    done = or_invalid("other", lambda: merging.keep_apart(one, other, by=user), CannotBe)
    return {"decision": done.id, "customers": sorted(one.pk for one in people)}


@router.delete(
    "/identity/decisions/{decision}", response=answers(DecisionOut, *ROW, *BODY),
    operation_id="undo_decision", url_name="undo_decision", summary="Take a decision back",
)  # fmt: skip
@gate("customer.merge")
def undo(request: HttpRequest, decision: UUID) -> Answer:
    """A merge, a split or a "kept apart" is taken back as a whole; everything is where it was."""
    user = user_of(request)
    done = or_invalid("decision", lambda: merging.undo(decision, by=user), CannotBe)
    return {"decision": done.id, "customers": sorted(done.touched)}


def _person(user: User, customer_id: UUID, permission: str) -> Customer:
    """The customer, or who they have become part of."""
    try:
        return record.person(user, customer_id, permission)
    except OutOfSight:
        stays = queries.place_of(customer_id)
        if stays is None:
            raise
        return record.person(user, stays, permission)


def _identifier(one: Shown) -> Answer:
    return {"id": one.id, "kind": one.kind, "value": one.text,
            "first_seen_at": one.first_seen_at, "public": one.public}  # fmt: skip


def _link(one: Tie) -> Answer:
    return {
        "id": one.id, "a": one.a.id if one.a else None, "b": one.b.id if one.b else None,
        "rule": one.rule, "probability": one.probability, "seen_at": one.seen_at,
        "known_at": one.at, "held_back": one.held,
    }  # fmt: skip
