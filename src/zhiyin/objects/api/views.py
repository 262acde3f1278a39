"""/views: the views that lists are kept as."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from zhiyin.accounts import access
from zhiyin.accounts.api import paging
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.preconditions import State
from zhiyin.accounts.api.problems import Fault, Problem, or_invalid
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import BODY, MATCH, ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.objects.api.listing import tree
from zhiyin.objects.definitions import ObjectType, fields_of, object_types
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.keyset import orders
from zhiyin.objects.listing import MOST_COLUMNS, Listing
from zhiyin.objects.models import SavedView
from zhiyin.objects.services import saved_views

router = Router(tags=["views"])
Answer = dict[str, object]
STATE = State("name", "shared", "pinned", "filters", "where", "sort", "columns")
_UNKNOWN = {"zh": "没有这一项", "en": "There is no such thing here"}
_WHERE = {"is": "field", "field": "city", "op": "is", "values": ["杭州"]}
_TREE = "All other conditions, as `where` of the list takes them."


class ViewState(Schema):
    """What a list shows: short conditions, all others, order, columns."""

    model_config = ConfigDict(extra="forbid")

    filters: dict[str, str] = Field(
        {}, max_length=40, examples=[{"tier": "gold"}],
        description="The conditions with a short name, as parameters of the list; `q` searches.",
    )  # fmt: skip
    where: dict[str, Any] | None = Field(None, description=_TREE, examples=[_WHERE])
    sort: str = Field("", max_length=60, examples=["-revenue"])
    columns: list[str] = Field([], max_length=MOST_COLUMNS, examples=[["name", "city"]])


class ViewIn(ViewState):
    """A view to keep."""

    object_type: str = Field(max_length=40, examples=["customer"])
    name: str = Field(min_length=1, max_length=80, examples=["杭州金卡"])
    shared: bool = Field(False, description="Everybody who sees such objects sees the view.")
    pinned: bool = False


class ViewOut(Schema):
    """A saved view."""

    id: UUID
    object_type: str = Field(examples=["customer"])
    name: str = Field(examples=["杭州金卡"])
    owner: Named
    shared: bool
    pinned: bool
    filters: dict[str, str] = Field(examples=[{"tier": "gold"}])
    where: dict[str, Any] | None = Field(description=_TREE, examples=[_WHERE])
    sort: str = Field(examples=["-revenue"])
    columns: list[str] = Field(examples=[["name", "city"]])
    created_at: datetime


class ViewPage(Page):
    """Views, the newest first."""

    items: list[ViewOut]


class ViewsQuery(PageQuery):
    """The views of which object."""

    object_type: str = Field(max_length=40, examples=["customer"])


@router.get("/views", response=answers(ViewPage), operation_id="list_views",
            summary="Saved views of an object")  # fmt: skip
@gate("view.see")
def views(request: HttpRequest, asked: Query[ViewsQuery]) -> Answer:
    """Your own views, and those that others share."""
    of = _object(asked.object_type)
    seen = saved_views.seen_by(user_of(request), of).select_related("owner")
    rows, following = paging.newest(seen, asked, f"views:{of.name}")
    return {"items": [_told(one) for one in rows], "next": following}


@router.post("/views", response=answers(ViewOut, *BODY, status=201), operation_id="create_view",
             summary="Keep a view")  # fmt: skip
@gate("view.change")
def create_view(request: HttpRequest, new: ViewIn) -> Status[Answer]:
    """Keep the state of a list under a name."""
    of = _object(new.object_type)
    listing = _listing(of, new)
    view = or_invalid(
        "name",
        lambda: saved_views.keep_view(
            listing, by=user_of(request), name=new.name, shared=new.shared, pinned=new.pinned
        ),
        CannotBe,
    )
    return Status(201, _told(STATE.tell(request, view)))


@router.get("/views/{view_id}", response=answers(ViewOut, *ROW), operation_id="get_view",
            url_name="view", summary="One view")  # fmt: skip
@gate("view.see")
def view(request: HttpRequest, view_id: UUID) -> Answer:
    """A view of yours, or a shared one."""
    return _told(STATE.tell(request, _found(user_of(request), view_id)))


@router.patch("/views/{view_id}", response=answers(ViewOut, *ROW, *BODY, *MATCH),
              operation_id="change_view", url_name="view", summary="Change a view")  # fmt: skip
@gate("view.change")
def change_view(request: HttpRequest, view_id: UUID, state: ViewState) -> Answer:
    """Keep another state in a view of yours; what is left out stays."""
    user = user_of(request)
    found = _found(user, view_id)
    access.require(user, "view.change", found)
    of = _object(found.object_type)
    given = state.model_dump(exclude_unset=True)
    whole = ViewState(**{name: given.get(name, value) for name, value in _kept(found).items()})
    with STATE.unchanged(request, found):
        changed = saved_views.change_view(found, _listing(of, whole), by=user)
    return _told(STATE.tell(request, changed))


@router.delete("/views/{view_id}", response=answers(ViewOut, *ROW, *BODY, *MATCH),
               operation_id="delete_view", url_name="view",
               summary="Throw a view away")  # fmt: skip
@gate("view.change")
def delete_view(request: HttpRequest, view_id: UUID) -> Answer:
    """A view of yours; what it listed stays. Answers what was deleted."""
    user = user_of(request)
    found = _found(user, view_id)
    access.require(user, "view.change", found)
    with STATE.unchanged(request, found):
        told = _told(found)
        saved_views.drop_view(found, by=user)
    return told


def _object(name: str) -> ObjectType:
    of = object_types().get(name)
    if of is None:
        raise Problem(422, faults=[Fault("object_type", _UNKNOWN)])
    return of


def _found(user: User, view_id: UUID) -> SavedView:
    """A view in sight, of an object that the user may still see."""
    one = get_object_or_404(SavedView.objects.select_related("owner"), pk=view_id)
    of = object_types().get(one.object_type)
    if of is None:
        raise access.OutOfSight
    return get_object_or_404(saved_views.seen_by(user, of).select_related("owner"), pk=one.pk)


def _listing(of: ObjectType, state: ViewState) -> Listing:
    """The state as a list; what the object does not have is named."""
    filters = {name: text.strip() for name, text in state.filters.items() if text.strip()}
    question = filters.pop("q", "")
    fields = fields_of(of)
    checks = {
        "filters": set(filters) <= {chip.key for chip in of.chips}
        and all(len(text) <= 120 for text in [*filters.values(), question]),
        "sort": not state.sort or state.sort.removeprefix("-") in orders(of),
        "columns": all(key in fields and fields[key].columned for key in state.columns),
    }
    bad = [Fault(name, _UNKNOWN) for name, good in checks.items() if not good]
    if bad:
        raise Problem(422, faults=bad)
    where = tree(msgspec.json.encode(state.where).decode()) if state.where else None
    return Listing(of, filters, where, state.sort, tuple(state.columns), question)


def _kept(one: SavedView) -> dict[str, Any]:
    return {
        "filters": {key: str(value) for key, value in one.filters.items()},
        "where": msgspec.json.decode(one.where) if one.where else None,
        "sort": one.sort, "columns": list(one.columns),
    }  # fmt: skip


def _told(one: SavedView) -> Answer:
    return {
        "id": one.pk, "object_type": one.object_type, "name": one.name,
        "owner": {"id": one.owner_id, "name": one.owner.name}, "shared": one.shared,
        "pinned": one.pinned, "created_at": one.created_at, **_kept(one),
    }  # fmt: skip
