"""/segments: the rules with their sentences, who is in one, a count before it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from zhiyin import segments as language
from zhiyin.accounts import access
from zhiyin.accounts.access import Scope
from zhiyin.accounts.api import paging
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.preconditions import State
from zhiyin.accounts.api.problems import Fault, Problem, or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers import catalogue, segment_services, segmentation
from zhiyin.customers.api import listing
from zhiyin.customers.api.schemas import CustomerPage, PeopleQuery
from zhiyin.customers.models import Customer, Segment, SegmentMember
from zhiyin.customers.queries import segments as queries
from zhiyin.segments import Catalogue, Rule, UnreadableRuleError

router = Router(tags=["segments"])
Answer = dict[str, object]
STATE = State("name", "tree", "holdout_share", "archived_at")
RULE = "rule"  # marks, in a schema, the place of the segment language; see console/openapi.py
_EXAMPLE = {
    "root": {
        "type": "group",
        "match": "all",
        "items": [{"type": "field", "field": "orders", "op": "at_least", "value": 2}],
    },
    "version": 1,
}
_SLOW = {
    "zh": "统计超过 20 秒已停止，请加一个更窄的条件",
    "en": "The count was stopped after 20 seconds; add a condition that narrows it",
}


class Sentence(Schema):
    """A rule in plain words."""

    zh: str = Field(examples=["订单数不少于 2 的客户"])
    en: str = Field(examples=["Customers with at least 2 orders"])


class SegmentOut(Schema):
    """A segment."""

    id: UUID
    name: str = Field(examples=["快要流失的高价值客户"])
    sentence: Sentence
    version: int
    owner: Named
    size: int | None = Field(
        description="Members whom you may see, when it was last computed; null before."
    )
    computed_at: datetime | None
    holdout_share: float = Field(examples=[0.1])
    created_at: datetime


class SegmentWhole(SegmentOut):
    """A segment with its rule."""

    tree: dict[str, Any] = Field(
        description="The rule.", examples=[_EXAMPLE], json_schema_extra={"x-schema": RULE}
    )


class SegmentPage(Page):
    """A page of segments, newest first."""

    items: list[SegmentOut]


class RuleIn(Schema):
    """A rule to count."""

    model_config = ConfigDict(extra="forbid")

    tree: dict[str, Any] = Field(
        description="The rule.", examples=[_EXAMPLE], json_schema_extra={"x-schema": RULE}
    )


class SegmentIn(RuleIn):
    """A segment to keep."""

    name: str = Field(min_length=1, max_length=120, examples=["老客户"])
    holdout_share: float = Field(
        0.1, ge=0, le=0.5, description="The part that campaigns leave alone, to measure against."
    )


class SegmentPatch(Schema):
    """What is to change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=120, examples=["老客户"])
    tree: dict[str, Any] | None = Field(
        None, description="The rule.", examples=[_EXAMPLE], json_schema_extra={"x-schema": RULE}
    )
    holdout_share: float | None = Field(None, ge=0, le=0.5, examples=[0.1])


class CountOut(Schema):
    """How many customers a rule holds now, of those whom you may see."""

    count: int = Field(examples=[412])
    sentence: Sentence
    milliseconds: int


@router.get(
    "/segments", response=answers(SegmentPage), operation_id="list_segments",
    summary="List segments",
)  # fmt: skip
@gate("segment.see")
def segments(request: HttpRequest, asked: Query[PageQuery]) -> Answer:
    """Segments, newest first, each with its rule in words."""
    user = user_of(request)
    rows, following = paging.newest(queries.seen(user), asked, "segments")
    sizes, known = _sizes(user, rows), catalogue.current()
    return {"items": [_told(one, sizes, known) for one in rows], "next": following}


@router.post(
    "/segments", response=answers(SegmentWhole, *BODY, 503, status=201),
    operation_id="create_segment", url_name="segments", summary="Create a segment",
)  # fmt: skip
@gate("segment.change")
def create_segment(request: HttpRequest, new: SegmentIn) -> Status[Answer]:
    """Keep a rule under a name and compute who is in it."""
    user = user_of(request)
    rule = _rule(new.tree, user)
    kept = _keep(Segment(owner=user), rule, user, new.name, new.holdout_share)
    return Status(201, _whole(STATE.tell(request, kept), user))


def _keep(one: Segment, rule: Rule, user: User, name: str, share: float) -> Segment:
    try:
        return or_invalid(
            "name",
            lambda: segment_services.keep(one, rule, by=user, name=name, holdout_share=share),
            segment_services.NotKept,
        )
    except segmentation.TooSlow as error:
        raise Problem(503, _SLOW) from error


@router.post(
    "/segments/count", response=answers(CountOut, *BODY, 503), operation_id="count_segment",
    summary="Count a rule",
)  # fmt: skip
@gate("segment.see")
def count_segment(request: HttpRequest, asked: RuleIn) -> Answer:
    """How many a rule holds, and the rule in words; nothing is kept."""
    user = user_of(request)
    rule = _rule(asked.tree, user)
    try:
        counted = segmentation.count(rule, user=user)
    except segmentation.TooSlow as error:
        raise Problem(503, _SLOW) from error
    return {
        "count": counted.count,
        "sentence": segmentation.sentence(rule),
        "milliseconds": counted.milliseconds,
    }


@router.get(
    "/segments/{segment_id}", response=answers(SegmentWhole, *ROW), operation_id="get_segment",
    summary="One segment",
)  # fmt: skip
@gate("segment.see")
def segment(request: HttpRequest, segment_id: UUID) -> Answer:
    """A segment with its rule."""
    user = user_of(request)
    one = STATE.tell(request, get_object_or_404(queries.seen(user), pk=segment_id))
    return _whole(one, user)


@router.patch(
    "/segments/{segment_id}", response=answers(SegmentWhole, *ROW, *BODY, *MATCH, 503),
    operation_id="change_segment", url_name="segment", summary="Change a segment",
)  # fmt: skip
@gate("segment.change")
def change_segment(request: HttpRequest, segment_id: UUID, change: SegmentPatch) -> Answer:
    """Another name, rule or hold-out; what is left out stays. Who is in it is computed anew."""
    user = user_of(request)
    one = get_object_or_404(queries.seen(user), pk=segment_id)
    access.require(user, "segment.change", one)
    rule = _rule(change.tree, user) if change.tree is not None else segmentation.rule_of(one)
    name = one.name if change.name is None else change.name
    share = one.holdout_share if change.holdout_share is None else change.holdout_share
    with STATE.unchanged(request, one):
        kept = _keep(one, rule, user, name, share)
    return _whole(STATE.tell(request, kept), user)


@router.delete(
    "/segments/{segment_id}", response=answers(SegmentOut, *ROW, *BODY, *MATCH),
    operation_id="archive_segment", url_name="segment", summary="Put a segment away",
)  # fmt: skip
@gate("segment.change")
def archive_segment(request: HttpRequest, segment_id: UUID) -> Answer:
    """It is offered nowhere any more, and can be brought back."""
    user = user_of(request)
    one = get_object_or_404(queries.seen(user), pk=segment_id)
    with STATE.unchanged(request, one):
        told = _told(one, _sizes(user, [one]), catalogue.current())
        segment_services.archive(one, by=user)
    return told


@router.post(
    "/segments/{segment_id}/restore", response=answers(SegmentWhole, *ROW, *BODY),
    operation_id="restore_segment", summary="Bring a segment back",
)  # fmt: skip
@gate("segment.change")
def restore_segment(request: HttpRequest, segment_id: UUID) -> Answer:
    """Bring back a segment that was put away."""
    user = user_of(request)
    rows = Segment.objects.select_related("owner")
    one = get_object_or_404(rows, pk=segment_id)
    segment_services.bring_back(one, by=user)
    return _whole(one, user)


@router.get(
    "/segments/{segment_id}/customers", response=answers(CustomerPage, *ROW),
    exclude_unset=True, operation_id="list_segment_customers", summary="Who is in a segment",
)  # fmt: skip
@gate("customer.see")
def segment_customers(request: HttpRequest, segment_id: UUID, asked: Query[PeopleQuery]) -> Answer:
    """Members whom you may see, as of when the segment was last computed."""
    user = user_of(request)
    access.require(user, "segment.see")
    found = get_object_or_404(queries.seen(user), pk=segment_id)
    return listing.page(user, asked, {"segment": str(found.pk)})


def _rule(tree: dict[str, Any], user: User) -> Rule:
    """The rule of a request; raises a problem that names the conditions at fault."""
    rule = or_invalid(
        "tree", lambda: segment_services.read_rule(msgspec.json.encode(tree)), UnreadableRuleError
    )
    problems = segmentation.problems(rule, user=user)
    if problems:
        raise Problem(422, faults=[Fault(_place(one.path), one.message) for one in problems])
    return rule


def _place(path: tuple[int, ...]) -> str:
    return "tree.root" + "".join(f".items.{index}" for index in path)


def _sizes(user: User, rows: list[Segment]) -> dict[UUID, int | None]:
    """How many members of each segment the user may see: one query."""
    if access.scope_of(user, "customer.see") is Scope.ALL:
        return {one.pk: one.size for one in rows}
    mine = access.scoped(user, Customer.objects.all(), "customer.see")
    counted = (
        SegmentMember.objects.filter(segment__in=rows, customer__in=mine)
        .values_list("segment")
        .annotate(people=Count("pk"))
    )
    found = dict(counted)
    return {one.pk: None if one.size is None else found.get(one.pk, 0) for one in rows}


def _told(one: Segment, sizes: dict[UUID, int | None], known: Catalogue) -> Answer:
    rule = segmentation.rule_of(one)
    return {
        "id": one.pk, "name": one.name, "version": one.version,
        "sentence": {
            "zh": language.text(language.sentence(rule, known, "zh")),
            "en": language.text(language.sentence(rule, known, "en")),
        },
        "owner": {"id": one.owner.pk, "name": one.owner.name}, "size": sizes[one.pk],
        "computed_at": one.computed_at, "holdout_share": one.holdout_share,
        "created_at": one.created_at,
    }  # fmt: skip


def _whole(one: Segment, user: User) -> Answer:
    return {**_told(one, _sizes(user, [one]), catalogue.current()), "tree": one.tree}
