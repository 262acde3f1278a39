"""Who knows what happened: providers, each a queryset in one shape and a way to tell its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Model, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils.functional import Promise

from zhiyin.customers.timeline.entries import Entry

Rows = QuerySet[Any, dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """A row of the union: when, which provider's, which one, where from, and its facts."""

    provider: str
    key: str
    at: datetime
    source: UUID | None
    data: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Provider:
    """`rows(customer)` in the `shape`; `tell` makes a line of each, or None to say nothing.

    `rows` is asked once and its SQL kept, so it may depend on the customer and nothing else.
    `kinds` are the types under which its lines can be filtered, with their names; `narrow` says of
    some of them which rows they are, so that a page of one kind is full.
    """

    name: str
    kinds: Mapping[str, Promise]
    rows: Callable[[UUID], Rows]
    tell: Callable[[Row], Entry | None]
    narrow: Mapping[str, Q] = field(default_factory=dict)


_providers: dict[str, Provider] = {}


def register(provider: Provider) -> Provider:
    """Let a room tell what it knows; a room that registers twice replaces itself."""
    _providers[provider.name] = provider
    return provider


def providers() -> list[Provider]:
    """All of them, the rooms' own first."""
    return list(_providers.values())


def kinds() -> dict[str, Promise]:
    """Every type of line there is, by its word in an address."""
    return {key: name for one in _providers.values() for key, name in one.kinds.items()}


def shape(
    provider: str,
    found: QuerySet[Model],
    /,
    *,
    at: str,
    source: str | None = None,
    key: str = "pk",
    **facts: str,
) -> Rows:
    """A queryset as the union needs it: `facts` name the columns that `tell` wants to see."""
    origin = F(source) if source else Value(None, output_field=UUIDField())
    return found.order_by().values(
        row_provider=Value(provider, output_field=CharField()),
        row_key=Cast(key, CharField()),
        row_at=F(at),
        row_origin=origin,
        row_data=JSONObject(**{fact: F(column) for fact, column in facts.items()}),
    )


def facts_of(data: object) -> Mapping[str, Any]:
    """The facts of a row; inside a union the database hands JSON over as text."""
    found = json.loads(data) if isinstance(data, str) else data
    return found if isinstance(found, dict) else {}
