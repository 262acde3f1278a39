"""The definitions in force, read once for a while by each process.

A change is seen at once by the process that made it, and by others after `SECONDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Max

from zhiyin.objects.custom.models import CustomField, Demand, Layout
from zhiyin.objects.custom.rules import Rules, read_rules

SECONDS = 5
_STAMP = "custom:stamp"
_LAYOUTS = "custom:layouts"
_DEMANDS = "custom:demands"
_ALL = [_STAMP, _LAYOUTS, _DEMANDS]
Made = TypeVar("Made")
_kept: dict[str, tuple[object, object]] = {}


def stamp() -> object:
    """Changes whenever a definition does."""
    return _changed(_STAMP, CustomField)


def layout_stamp() -> object:
    """Changes whenever a layout does."""
    return _changed(_LAYOUTS, Layout)


def forget() -> None:
    """Something was changed: look again, now and once it is committed."""
    cache.delete_many(_ALL)
    transaction.on_commit(lambda: cache.delete_many(_ALL))


def definitions(object_type: str) -> list[CustomField]:
    """All definitions of an object in their order, retired ones too."""
    return _once(
        f"fields:{object_type}", stamp(),
        lambda: list(CustomField.objects.filter(object_type=object_type)),
    )  # fmt: skip


def in_use(object_type: str) -> list[CustomField]:
    """The definitions that are not retired."""
    return [one for one in definitions(object_type) if one.retired_at is None]


def by_key(object_type: str) -> dict[str, CustomField]:
    """The definitions that are not retired, by key."""
    return {one.key: one for one in in_use(object_type)}


def layouts(object_type: str) -> dict[str, Layout]:
    """The layouts of an object by role; '' is everybody's."""
    return _once(
        f"layouts:{object_type}", layout_stamp(),
        lambda: {one.role: one for one in Layout.objects.filter(object_type=object_type)},
    )  # fmt: skip


def demands(object_type: str) -> dict[str, Rules]:
    """When the built-in fields of an object have to be filled, by key."""
    return _once(
        f"demands:{object_type}", _changed(_DEMANDS, Demand),
        lambda: {one.key: read_rules(one.rules)
                 for one in Demand.objects.filter(object_type=object_type)},
    )  # fmt: skip


def _once(key: str, now: object, make: Callable[[], Made]) -> Made:
    found = _kept.get(key)
    if found is None or found[0] != now:
        found = _kept[key] = (now, make())
    return found[1]  # type: ignore[return-value]  # made by the same `make`


def _changed(key: str, model: type[CustomField | Layout | Demand]) -> object:
    """How many rows there are and when one was changed last, read once for a while."""

    def read() -> tuple[object, ...]:
        found = model.objects.aggregate(n=Count("id"), at=Max("changed_at"))
        return found["n"], found["at"]

    return cache.get_or_set(key, read, SECONDS)
