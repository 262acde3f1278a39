"""/imports and /sources: which files came in, and whether each source delivers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from zhiyin.accounts.api import paging
from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page, PageQuery
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import ROW, answers
from zhiyin.accounts.gate import gate
from zhiyin.collect import queries, source_health
from zhiyin.collect.models import Import

router = Router(tags=["data"])
Answer = dict[str, object]
State = Literal["new", "checked", "loading", "loaded", "undone", "failed", "cancelled"]


class ImportsQuery(PageQuery):
    """Which imports."""

    state: State | None = None
    source: str = Field("", max_length=60, description="Key of a source.")


class ImportOut(Schema):
    """A file that was brought in."""

    id: UUID
    kind: Literal["orders", "customers", "events"]
    state: State
    file_name: str = Field(examples=["orders.csv"])
    source: str | None = Field(description="Key of the source.", examples=["online-shop"])
    owner: Named
    rows: int
    loaded: int
    known: int = Field(description="Rows that were here already.")
    rejected: int
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None


class ImportWhole(ImportOut):
    """An import with its cleaning report."""

    report: dict[str, Any] = Field(
        description="What was found and mended, by which rule, in how many rows."
    )


class ImportPage(Page):
    """A page of imports, newest first."""

    items: list[ImportOut]


class SourceOut(Schema):
    """Where events come from."""

    key: str = Field(examples=["online-shop"])
    zh: str = Field(examples=["网店"])
    en: str = Field(examples=["Online shop"])
    kind: str = Field(examples=["shop"])
    simulated: bool
    events: int
    health: Literal["good", "warn", "bad"] | None = Field(
        description="Against what it promised; null where it promised nothing."
    )
    promise_minutes: int | None
    last_event_at: datetime | None
    last_received_at: datetime | None


class SourcesOut(Schema):
    """All sources, those in trouble first."""

    items: list[SourceOut]


@router.get(
    "/imports", response=answers(ImportPage), operation_id="list_imports", summary="List imports"
)
@gate("import.see")
def imports(request: HttpRequest, asked: Query[ImportsQuery]) -> Answer:
    """The imports that you may see, newest first."""
    found = queries.imports_for(user_of(request), state=asked.state or "", source=asked.source)
    rows, following = paging.newest(found, asked, "imports")
    return {"items": [_told(one) for one in rows], "next": following}


@router.get(
    "/imports/{import_id}", response=answers(ImportWhole, *ROW), operation_id="get_import",
    summary="One import",
)  # fmt: skip
@gate("import.see")
def one_import(request: HttpRequest, import_id: UUID) -> Answer:
    """An import with its cleaning report."""
    one = get_object_or_404(queries.imports_for(user_of(request)), pk=import_id)
    return {**_told(one), "report": one.report}


@router.get(
    "/sources", response=answers(SourcesOut), operation_id="list_sources", summary="List sources"
)
@gate("source.see")
def sources(request: HttpRequest) -> Answer:
    """Every source, with whether it delivers as it promised."""
    lines = source_health.lines(user_of(request), timezone.now())
    return {
        "items": [
            {"key": one.source.key, "zh": one.source.name_zh, "en": one.source.name_en,
             "kind": one.source.kind, "simulated": one.source.simulated,
             "events": one.source.events, "health": one.health,
             "promise_minutes": one.source.promise_minutes,
             "last_event_at": one.source.last_event_at,
             "last_received_at": one.source.last_received_at}
            for one in lines
        ]
    }  # fmt: skip


def _told(one: Import) -> Answer:
    return {
        "id": one.pk, "kind": one.kind, "state": one.state, "file_name": one.file_name,
        "source": one.source.key if one.source else None,
        "owner": {"id": one.owner.pk, "name": one.owner.name},
        "rows": one.rows, "loaded": one.loaded, "known": one.known, "rejected": one.rejected,
        "created_at": one.created_at, "finished_at": one.finished_at, "undone_at": one.undone_at,
    }  # fmt: skip
