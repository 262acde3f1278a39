"""/webhooks: endpoints, their log, and sending again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import override
from ninja import Field, Query, Router, Schema, Status

from zhiyin.accounts import access
from zhiyin.accounts.api import paging, preconditions
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.problems import LOCALES, Fault, Problem
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.connect import catalogue, queries, services
from zhiyin.connect.models import Attempt, Delivery, Endpoint
from zhiyin.connect.services import CannotBe, Wanted

router = Router(tags=["webhooks"])
Answer = dict[str, object]
T = TypeVar("T")
STATE = preconditions.State("url", "description", "types", "with_values", "with_imports", "active")
State = Literal["waiting", "delivered", "failed", "withheld", "cancelled"]


class EventOut(Schema):
    """An event that can be asked for."""

    name: str = Field(examples=["customer.updated"])
    zh: str = Field(examples=["客户资料变更"])
    en: str = Field(examples=["A customer's profile changed"])
    example: dict[str, object] = Field(description="`data` of a message.")


class EndpointIn(Schema):
    """What an endpoint is to be."""

    url: str = Field(max_length=2000, examples=["https://hooks.example.com/zhiyin"])
    types: list[str] = Field(min_length=1, max_length=100, examples=[["customer.updated"]])
    description: str = Field("", max_length=200, examples=["ERP"])
    with_values: bool = Field(False, description="Values of fields, as the owner sees them.")
    with_imports: bool = Field(False, description="Each person whom an import changes.")


class EndpointChange(Schema):
    """What is to change; what is left out stays."""

    url: str | None = Field(None, max_length=2000)
    types: list[str] | None = Field(None, min_length=1, max_length=100)
    description: str | None = Field(None, max_length=200)
    with_values: bool | None = None
    with_imports: bool | None = None
    active: bool | None = Field(None, description="Switch it on or off.")


class EndpointOut(Schema):
    """An endpoint."""

    id: UUID
    url: str
    description: str
    types: list[str]
    with_values: bool
    with_imports: bool
    active: bool
    stopped_because: str = Field(description="Empty while it is on.", examples=["failing"])
    owner: Named
    created_at: datetime
    delivered_at: datetime | None
    failing_since: datetime | None


class EndpointPage(Page):
    """A page of endpoints, newest first."""

    items: list[EndpointOut]


class SecretOut(Schema):
    """An endpoint and its secret, which is told this once."""

    endpoint: EndpointOut
    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class AttemptOut(Schema):
    """One try."""

    at: datetime
    status: int | None
    milliseconds: int | None
    reason: str = Field(description="Empty where it was taken.", examples=["timeout"])


class DeliveryOut(Schema):
    """One message of the log."""

    id: UUID
    message_id: str = Field(examples=["msg_0192f0c12b7e7c319f6d6f1f2f9f0a11"])
    type: str
    happened_at: datetime
    state: State
    attempts: list[AttemptOut]
    due_at: datetime | None = Field(description="When it is tried next; null where it is not.")
    again: bool = Field(description="Whether somebody asked for it to be sent again.")


class DeliveryPage(Page):
    """A page of the log, newest first."""

    items: list[DeliveryOut]


class LogQuery(PageQuery):
    """Which part of the log."""

    state: State | None = None


class PeriodIn(Schema):
    """From when until before when."""

    since: datetime = Field(examples=["2026-11-24T00:00:00Z"])
    until: datetime = Field(examples=["2026-11-25T00:00:00Z"])
    only_failed: bool = True


class ReplayedOut(Schema):
    """How many go out again."""

    count: int


@router.get(
    "/webhook-events", response=answers(list[EventOut]), operation_id="list_webhook_events",
    summary="List the events that can be asked for",
)  # fmt: skip
@gate("webhook.see")
def webhook_events(request: HttpRequest) -> list[Answer]:
    """Every event with an example."""
    return [
        {"name": one.name, "example": dict(one.example), **_in_both(one.label)}
        for one in catalogue.offered(user_of(request))
    ]


@router.get(
    "/webhooks", response=answers(EndpointPage), operation_id="list_webhooks",
    summary="List endpoints",
)  # fmt: skip
@gate("webhook.see")
def webhooks(request: HttpRequest, asked: Query[PageQuery]) -> Answer:
    """Endpoints, newest first."""
    rows, following = paging.newest(queries.endpoints(user_of(request)), asked, "webhooks")
    return {"items": [_told(one) for one in rows], "next": following}


@router.post(
    "/webhooks", response=answers(SecretOut, *BODY, status=201), operation_id="add_webhook",
    summary="Add an endpoint",
)  # fmt: skip
@gate("webhook.change")
def add_webhook(request: HttpRequest, given: EndpointIn) -> Status[Answer]:
    """The address is looked up and judged at once. The secret is told this once."""
    wanted = Wanted(
        given.url, tuple(given.types), given.description, given.with_values, given.with_imports
    )
    made = _or_invalid(lambda: services.create(wanted, by=user_of(request)))
    return Status(201, {"endpoint": _told(made.endpoint), "secret": made.secret})


@router.get(
    "/webhooks/{webhook_id}", response=answers(EndpointOut, *ROW), operation_id="get_webhook",
    summary="Get an endpoint",
)  # fmt: skip
@gate("webhook.see")
def webhook(request: HttpRequest, webhook_id: UUID) -> Answer:
    """One endpoint."""
    return _told(STATE.tell(request, _endpoint(request, webhook_id)))


@router.patch(
    "/webhooks/{webhook_id}", response=answers(EndpointOut, *BODY, *ROW, *MATCH),
    operation_id="change_webhook", summary="Change an endpoint, or switch it on or off",
)  # fmt: skip
@gate("webhook.change")
def change_webhook(request: HttpRequest, webhook_id: UUID, given: EndpointChange) -> Answer:
    """What is left out stays as it is."""
    user, one = user_of(request), _endpoint(request, webhook_id)
    access.require(user, "webhook.change", one)
    said = given.dict(exclude_unset=True)
    active = said.pop("active", None)
    said = {name: value for name, value in said.items() if value is not None}
    with STATE.unchanged(request, one):
        return _told(STATE.tell(request, _changed(one, said, active, user)))


def _changed(one: Endpoint, said: dict[str, Any], active: bool | None, user: User) -> Endpoint:
    if said:
        wanted = Wanted(
            said.get("url", one.url), tuple(said.get("types", one.types)),
            said.get("description", one.description), said.get("with_values", one.with_values),
            said.get("with_imports", one.with_imports),
        )  # fmt: skip
        was = one
        one = _or_invalid(lambda: services.change(was, wanted, by=user))
    if active is not None:
        now = one
        one = _or_invalid(lambda: services.switch(now, on=active, by=user))
    return one


@router.delete(
    "/webhooks/{webhook_id}", response=answers(EndpointOut, *BODY, *ROW, *MATCH),
    operation_id="delete_webhook", summary="Delete an endpoint with its log",
)  # fmt: skip
@gate("webhook.change")
def delete_webhook(request: HttpRequest, webhook_id: UUID) -> Answer:
    """What waits is not sent. Answers what was deleted."""
    one = _endpoint(request, webhook_id)
    with STATE.unchanged(request, one):
        told = _told(one)
        services.delete(one, by=user_of(request))
    return told


@router.post(
    "/webhooks/{webhook_id}/secret", response=answers(SecretOut, *BODY, *ROW),
    operation_id="rotate_webhook_secret", summary="Make a new secret",
)  # fmt: skip
@gate("webhook.change")
def rotate_webhook_secret(request: HttpRequest, webhook_id: UUID) -> Answer:
    """For 24 hours the secret before it signs too."""
    made = services.rotate(_endpoint(request, webhook_id), by=user_of(request))
    return {"endpoint": _told(made.endpoint), "secret": made.secret}


@router.post(
    "/webhooks/{webhook_id}/test", response=answers(DeliveryOut, *BODY, *ROW),
    operation_id="test_webhook", summary="Send a test",
)  # fmt: skip
@gate("webhook.change")
def test_webhook(request: HttpRequest, webhook_id: UUID) -> Answer:
    """Sent at once; the answer says what came of it."""
    one = _endpoint(request, webhook_id)
    return _delivery(_or_invalid(lambda: services.send_test(one, by=user_of(request))))


@router.get(
    "/webhooks/{webhook_id}/deliveries", response=answers(DeliveryPage, *ROW),
    operation_id="list_webhook_deliveries", summary="Read the log of an endpoint",
)  # fmt: skip
@gate("webhook.see")
def webhook_deliveries(request: HttpRequest, webhook_id: UUID, asked: Query[LogQuery]) -> Answer:
    """What was sent, newest first, each with its attempts."""
    found = Delivery.objects.filter(endpoint=_endpoint(request, webhook_id))
    if asked.state:
        found = found.filter(state=asked.state)
    shown = found.select_related("occurrence").prefetch_related("tries")
    rows, following = paging.newest(shown, asked, f"deliveries {webhook_id} {asked.state}")
    return {"items": [_delivery(one) for one in rows], "next": following}


@router.post(
    "/webhooks/{webhook_id}/replay", response=answers(ReplayedOut, *BODY, *ROW),
    operation_id="replay_webhook", summary="Send a period again",
)  # fmt: skip
@gate("webhook.change")
def replay_webhook(request: HttpRequest, webhook_id: UUID, given: PeriodIn) -> Answer:
    """At most 10,000 messages at once; each keeps its id."""
    one = _endpoint(request, webhook_id)
    since, until = _aware("since", given.since), _aware("until", given.until)
    count = _or_invalid(
        lambda: services.replay_period(
            one, since, until, by=user_of(request), only_failed=given.only_failed
        )
    )
    return {"count": count}


@router.post(
    "/webhook-deliveries/{delivery_id}/replay",
    response=answers(DeliveryOut, *BODY, *ROW, status=201),
    operation_id="replay_webhook_delivery", summary="Send one message again",
)  # fmt: skip
@gate("webhook.change")
def replay_webhook_delivery(request: HttpRequest, delivery_id: UUID) -> Status[Answer]:
    """Under the same message id."""
    user = user_of(request)
    one = get_object_or_404(queries.delivery(user, delivery_id))
    return Status(201, _delivery(_or_invalid(lambda: services.replay(one, by=user))))


def _endpoint(request: HttpRequest, webhook_id: UUID) -> Endpoint:
    return get_object_or_404(queries.endpoints(user_of(request)), pk=webhook_id)


def _aware(field: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        text = {"zh": "必须带时区，如 2026-11-25T00:00:00Z",
                "en": "Must have a time zone, as in 2026-11-25T00:00:00Z"}  # fmt: skip
        raise Problem(422, faults=[Fault(field, text)])
    return moment


def _or_invalid(do: Callable[[], T]) -> T:
    """Do it; where that cannot be, the field and the reason in both languages."""
    told: dict[str, str] = {}
    field = ""
    for tongue, locale in LOCALES.items():
        with override(locale):
            try:
                return do()
            except CannotBe as reason:
                told[tongue], field = str(reason), reason.field
    raise Problem(422, faults=[Fault(field, told)])


def _in_both(text: object) -> dict[str, str]:
    told = {}
    for tongue, locale in LOCALES.items():
        with override(locale):
            told[tongue] = str(text)
    return told


def _told(one: Endpoint) -> Answer:
    return {
        "id": one.pk, "url": one.url, "description": one.description, "types": one.types,
        "with_values": one.with_values, "with_imports": one.with_imports, "active": one.active,
        "stopped_because": one.stopped_because, "created_at": one.created_at,
        "owner": {"id": one.owner.pk, "name": one.owner.name},
        "delivered_at": one.delivered_at, "failing_since": one.failing_since,
    }  # fmt: skip


def _delivery(one: Delivery) -> Answer:
    said = one.occurrence
    return {
        "id": one.pk, "message_id": said.message_id, "type": said.type, "happened_at": said.at,
        "state": one.state, "again": one.again,
        "attempts": [_attempt(each) for each in sorted(one.tries.all(), key=lambda t: t.pk)],
        "due_at": one.due_at if one.state == Delivery.State.WAITING else None,
    }  # fmt: skip


def _attempt(one: Attempt) -> Answer:
    return {"at": one.at, "status": one.status, "milliseconds": one.milliseconds,
            "reason": one.reason}  # fmt: skip
