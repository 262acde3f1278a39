"""When a field has to be filled, and that a unique value stands in one row only.

A field of one's own says so in its definition; of a built-in one, a row of `Demand` does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Model
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.objects import writing
from zhiyin.objects.custom import known, values
from zhiyin.objects.custom.expressions import Stored
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import Rules, When
from zhiyin.objects.definitions import Field, ObjectType, Value, fields_of
from zhiyin.objects.faults import CannotBe


@dataclass(frozen=True)
class Needs:
    """When a field has to be filled: always, or in one of these states."""

    always: bool = False
    when: tuple[When, ...] = ()


def needs(of: ObjectType) -> Mapping[str, Needs]:
    """The fields of an object that have to be filled at times, by key."""
    found = {one.key: _needs(one.checks) for one in known.in_use(of.name) if not one.is_formula}
    found |= {key: _needs(rules) for key, rules in known.demands(of.name).items()}
    return {key: one for key, one in found.items() if one.always or one.when}


def _needs(rules: Rules) -> Needs:
    return Needs(rules.required, rules.required_when)


def needed(field: Field) -> str:
    """What is said where a required field is empty."""
    return gettext("“%(field)s” has to be filled") % {"field": field.label}


def is_required(key: str, of: ObjectType, row: Model) -> bool:
    """Whether this row needs the field: always, or in the state that it is in."""
    one = needs(of).get(key)
    return one is not None and (one.always or any(_holds(when, of, row) for when in one.when))


def missing(of: ObjectType, row: Model, *, because_of: str = "") -> list[Field]:
    """The required fields that the row lacks; with `because_of` those that this field demands."""
    lacking = []
    fields = fields_of(of)
    for key, one in needs(of).items():
        if key not in fields or _is_filled(fields[key], of, row):
            continue
        asked = [when for when in one.when if not because_of or when.field == because_of]
        if (one.always and not because_of) or any(_holds(when, of, row) for when in asked):
            lacking.append(fields[key])
    return lacking


def check_written(of: ObjectType, row: Model, key: str) -> None:
    """Raises `CannotBe` where a row that was just written lacks the field itself though it needs
    it, or a field that its new state demands."""
    field = fields_of(of)[key]
    if is_required(key, of, row) and not _is_filled(field, of, row):
        raise CannotBe(needed(field))
    lacking = missing(of, row, because_of=key)
    if lacking:
        names = gettext(", ").join(str(one.label) for one in lacking)
        raise CannotBe(gettext("First fill: %(fields)s") % {"fields": names})


def concerns(of: ObjectType, key: str) -> bool:
    """Whether writing this field can leave a row without what it needs."""
    found = needs(of)
    return key in found or any(when.field == key for one in found.values() for when in one.when)


def claim(one: CustomField, of: ObjectType, row: Model, value: Value, *, by: User | None) -> None:
    """Raises `CannotBe` where another row has the value; a lock keeps a second writer out. A row
    that the writer does not see is not told of: it may be there twice, as a number may be."""
    lock(one)
    kept = values.kept_of(value)
    others = of.model._default_manager.exclude(pk=row.pk).filter(**{f"custom__{one.key}": kept})
    if by is not None:
        others = access.scoped(by, others, of.permission("see"))
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


def _is_filled(field: Field, of: ObjectType, row: Model) -> bool:
    return writing.stored_in(of, field, row) not in (None, "", [])


def _holds(when: When, of: ObjectType, row: Model) -> bool:
    field = fields_of(of).get(when.field)
    if field is None:
        return False
    own = known.by_key(of.name).get(when.field)
    stored = writing.stored_in(of, field, row)
    value: object = values.kept_of(stored) if own is not None else stored
    return bool(set(_texts(value)) & set(when.values))


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [str(one) for one in value]
    return [] if value is None else [str(value)]
