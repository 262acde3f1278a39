"""/sources/KEY/plan: the tracking plan of a source, what was learnt, and how what comes differs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import ConfigDict

from zhiyin.accounts import access
from zhiyin.accounts.api import preconditions
from zhiyin.accounts.api.problems import or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.collect.models import Learnt, Source
from zhiyin.collect.plan import drift, learning, services
from zhiyin.collect.plan.schema import CannotBe, Plan, checked, from_json, to_json

router = Router(tags=["data"])
Answer = dict[str, object]
STATE = preconditions.State("plan_version")
ModeName = Literal["observe", "flag", "reject"]
KindName = Literal["text", "whole", "number", "yes_no", "moment", "list", "object", "any"]


class PropertyIn(Schema):
    """A property of an event."""

    model_config = ConfigDict(extra="forbid")  # a word that is misspelt must not be passed over

    type: KindName = Field("any", examples=["number"])
    required: bool = False
    allowed: list[str | int | float] = Field(
        default_factory=list, max_length=200, examples=[[]],
        description="The only values that it may have; of texts and numbers. Empty: any.",
    )  # fmt: skip
    personal: bool = Field(False, description="It is about a person, and never in the lake.")
    description: str = Field("", max_length=400, examples=["What is paid, with tax"])


class PlannedIn(Schema):
    """An event with its properties by name."""

    model_config = ConfigDict(extra="forbid")

    description: str = Field("", max_length=400, examples=["Somebody looked at a product"])
    properties: dict[str, PropertyIn] = Field(
        default_factory=dict, examples=[{"price": {"type": "number", "required": True}}]
    )


class PlanIn(Schema):
    """What a source says that it sends."""

    mode: ModeName = Field(
        "observe", description="What deviates is counted only, flagged, or set aside."
    )
    unknown_events: ModeName = "observe"
    unknown_properties: ModeName = "observe"
    events: dict[str, PlannedIn] = Field(
        default_factory=dict, description="By name; traits of `identify`: *Profile Updated*.",
        examples=[{"Product Viewed": {"properties": {"price": {"type": "number"}}}}],
    )  # fmt: skip


class PlanOut(PlanIn):
    """The plan that holds."""

    version: int = Field(description="Each change makes a new one; 0: nobody has made a plan.")


class LearntOut(Schema):
    """What came under one name; `property` is empty for the event itself."""

    event: str = Field(examples=["Product Viewed"])
    property: str = Field(examples=["price"])
    events: int = Field(description="That had it.")
    types: dict[str, int] = Field(examples=[{"number": 240}], description="Values of each type.")
    examples: list[str] = Field(examples=[["19.9"]], description="JSON; never about a person.")
    personal: bool = Field(description="It looks as if it were about a person.")
    beyond: int = Field(description="Of an event: values under names beyond the cap.")
    first_at: datetime
    last_at: datetime


class LearntList(Schema):
    """Everything that was learnt of a source."""

    items: list[LearntOut]


class DriftQuery(Schema):
    """How many days, today being the last."""

    days: int = Field(14, ge=1, le=62)


class WayOut(Schema):
    """One way in which events deviate."""

    event: str = Field(examples=["Product Viewed"])
    property: str = Field(examples=["price"])
    fault: Literal["unknown_event", "unknown_property", "type", "missing", "value"]
    came: str = Field(examples=["text"], description="The type that came, where that is wrong.")
    days: list[int] = Field(description="How many, day by day, the oldest first.")
    of: int = Field(description="Events of this name in these days.")


class StoppedOut(Schema):
    """An event that came every day of a week, and then for 24 hours no more."""

    event: str = Field(examples=["Product Viewed"])
    last_at: datetime
    a_day: float = Field(description="How many came on a day of that week.")


class DriftOut(Schema):
    """How what comes differs from the plan."""

    days: list[date]
    came: list[int] = Field(description="Events of each day.")
    deviated: list[int] = Field(description="Of them, those that deviate in any way.")
    ways: list[WayOut]
    stopped: list[StoppedOut]
    beyond: int = Field(description="Values under names beyond the cap, ever.")


@router.get(
    "/sources/{source_key}/plan", response=answers(PlanOut, *ROW), operation_id="get_plan",
    url_name="source_plan", summary="The tracking plan of a source",
)  # fmt: skip
@gate("source.see")
def plan(request: HttpRequest, source_key: str) -> Answer:
    """Empty, of version 0, where nobody has made one."""
    return _told(request, _source(request, source_key))


@router.put(
    "/sources/{source_key}/plan", response=answers(PlanOut, *ROW, *BODY, *MATCH),
    operation_id="put_plan", url_name="source_plan", summary="Replace the tracking plan",
)  # fmt: skip
@gate("source.manage")
def put_plan(request: HttpRequest, source_key: str, given: PlanIn) -> Answer:
    """Holds from the next events on. What is left out is no more in the plan."""
    source = _source(request, source_key)
    wanted = or_invalid("events", lambda: _plan(given), CannotBe)
    with STATE.unchanged(request, source):
        services.save(source, wanted, by=user_of(request), base=None)
    return _told(request, source)


@router.get(
    "/sources/{source_key}/plan/learnt", response=answers(LearntList, *ROW),
    operation_id="list_learnt", summary="What was learnt of a source",
)  # fmt: skip
@gate("source.see")
def learnt(request: HttpRequest, source_key: str) -> Answer:
    """Names, types and counts of what came, whether there is a plan or not."""
    rows = Learnt.objects.filter(source=_source(request, source_key)).exclude(event="")
    return {
        "items": [
            {"event": one.event, "property": one.property, "events": one.events,
             "types": {kind.value: n for kind, n in learning.kinds(one).items()},
             "examples": one.examples, "personal": one.personal, "beyond": one.beyond,
             "first_at": one.first_at, "last_at": one.last_at}
            for one in rows.order_by("event", "property")
        ]
    }  # fmt: skip


@router.get(
    "/sources/{source_key}/plan/drift", response=answers(DriftOut, *ROW), operation_id="get_drift",
    summary="How what comes differs from the plan",
)  # fmt: skip
@gate("source.see")
def drifted(request: HttpRequest, source_key: str, asked: Query[DriftQuery]) -> Answer:
    """Day by day, each way for itself, and events that stopped coming."""
    found = drift.report(_source(request, source_key), timezone.now(), days=asked.days)
    return {
        "days": found.days, "came": found.came, "deviated": found.deviated,
        "beyond": found.beyond,
        "ways": [
            {"event": one.event, "property": one.about, "fault": one.fault, "came": one.came,
             "days": one.days, "of": one.of}
            for one in found.ways
        ],
        "stopped": [
            {"event": one.event, "last_at": one.last_at, "a_day": one.a_day}
            for one in found.stopped
        ],
    }  # fmt: skip


def _source(request: HttpRequest, key: str) -> Source:
    seen = access.scoped(user_of(request), Source.objects.all(), "source.see")
    return get_object_or_404(seen, key=key)


def _plan(given: PlanIn) -> Plan:
    return checked(from_json(given.dict()))


def _told(request: HttpRequest, source: Source) -> Answer:
    STATE.tell(request, source)
    held = to_json(services.plan_of(source))
    return {**held, "version": source.plan_version}
