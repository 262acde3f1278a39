"""When a field has to be filled, and that a unique value stands in one row only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection
from django.db.models import Count, Model
from django.utils.translation import gettext

from zhiyin.objects.custom import known, values
from zhiyin.objects.custom.expressions import Stored
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import When
from zhiyin.objects.definitions import ObjectType, Value
from zhiyin.objects.faults import CannotBe


def needed(one: CustomField) -> str:
    """What is said where a required field is empty."""
    return gettext("“%(field)s” has to be filled") % {"field": one.label}


def is_required(one: CustomField, of: ObjectType, row: Model) -> bool:
    """Whether this row needs the field: always, or in the state that it is in."""
    return one.checks.required or any(_holds(when, of, row) for when in one.checks.required_when)


def missing(of: ObjectType, row: Model, *, because_of: str = "") -> list[CustomField]:
    """The required fields that the row lacks; with `because_of` those that this field demands."""
    lacking = []
    for one in known.in_use(of.name):
        if one.is_formula or values.in_row(one, row) is not None:
            continue
        if because_of:
            asked = [when for when in one.checks.required_when if when.field == because_of]
            if any(_holds(when, of, row) for when in asked):
                lacking.append(one)
        elif is_required(one, of, row):
            lacking.append(one)
    return lacking


def require_filled(of: ObjectType, row: Model, *, because_of: str = "") -> None:
    """Raises `CannotBe` where the row lacks a field that its state demands."""
    lacking = missing(of, row, because_of=because_of)
    if lacking:
        names = gettext(", ").join(one.label for one in lacking)
        raise CannotBe(gettext("First fill: %(fields)s") % {"fields": names})


def claim(one: CustomField, of: ObjectType, row: Model, value: Value) -> None:
    """Raises `CannotBe` where another row has the value; a lock keeps a second writer out."""
    lock(one)
    kept = values.kept_of(value)
    others = of.model._default_manager.exclude(pk=row.pk).filter(**{f"custom__{one.key}": kept})
    if others.exists():
        raise CannotBe(gettext("Another row has this value already"))


def lock(one: CustomField) -> None:
    """One writer at a time of a unique field, until the transaction ends."""
    digest = hashlib.sha256(f"unique:{one}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)]
        )


def repeated(one: CustomField, of: ObjectType) -> int:
    """How many values stand in more than one row."""
    found: int = (
        of.model._default_manager.filter(custom__has_key=one.key)
        .annotate(held=Stored(one))
        .order_by()
        .values("held")
        .annotate(holders=Count("pk"))
        .filter(holders__gt=1)
        .count()
    )
    return found


def _holds(when: When, of: ObjectType, row: Model) -> bool:
    own = known.by_key(of.name).get(when.field)
    if own is not None:
        value: object = values.kept_of(values.in_row(own, row))
    else:
        field = next((one for one in of.fields if one.key == when.field), None)
        if field is None:
            return False
        value = field.value(row) if field.value else getattr(row, field.column, None)
    return bool(set(_texts(value)) & set(when.values))


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [str(one) for one in value]
    return [] if value is None else [str(value)]
