"""Pages without OFFSET: the last row seen says where the next page begins.

Each page is read in segments (same value and a later id; a later value; no value) of which each is
one range of the index (value, id), so that page 10,000 costs what page 1 costs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

from zhiyin.objects.definitions import Field, ObjectType, Sort, fields_of
from zhiyin.objects.drawing import value_of

Row = TypeVar("Row", bound=Model)
Value = str | int | float | Decimal | datetime | date | None
_LARGEST = 10**20  # no column holds as much; what a smaller integer column cannot, Django knows
_READ: Mapping[type, Callable[[str], Value]] = {
    str: str, int: int, float: float, Decimal: Decimal, datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}  # fmt: skip
_SORTED = "sorted_by"


@dataclass(frozen=True)
class Order:
    """A field to order by, and which way."""

    field: Field
    sort: Sort
    down: bool

    @property
    def column(self) -> str:
        if self.field.expression is not None:
            return _SORTED
        return self.sort.minor or self.field.column

    def value(self, row: Model) -> Value:
        """What this row is ordered by."""
        found: Value = value_of(self.field, row)
        return found


def orders(of: ObjectType) -> Mapping[str, Field]:
    """The fields that an object may be ordered by."""
    return {key: one for key, one in fields_of(of).items() if one.sort is not None}


def order_of(of: ObjectType, sort: str) -> Order:
    """The order that "revenue" or "-revenue" means; otherwise the object's usual one."""
    known = orders(of)
    key = sort.removeprefix("-")
    if key not in known:
        sort, key = of.sort, of.sort.removeprefix("-")
    field = known[key]
    assert field.sort is not None
    return Order(field, field.sort, down=sort.startswith("-"))


class Mark(msgspec.Struct, frozen=True):
    """Where a page ends: the value and id of its last row."""

    value: str | None
    id: UUID

    def encode(self) -> str:
        """The mark as it stands in an address."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def read_mark(text: str) -> Mark | None:
    """The mark of an address; None where somebody changed it by hand."""
    try:
        return msgspec.json.decode(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Mark
        )
    except (binascii.Error, ValueError):
        return None


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the marks from which the neighbours begin (None: there is no neighbour)."""

    rows: list[Row]
    before: str | None
    after: str | None


def read_page(
    rows: QuerySet[Row],
    order: Order,
    size: int,
    *,
    after: Mark | None = None,
    before: Mark | None = None,
    shown: QuerySet[Row] | None = None,
) -> Page[Row]:
    """The rows after a mark, before one, or the first ones; fetched as `shown` says, so that what
    is sorted before a page of it is cut off is ids and not whole rows with all that is joined."""
    backwards = before is not None and after is None
    mark = before if backwards else after
    found = _walk(rows, order, mark, shown, backwards=backwards, size=size + 1)
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_before = more if backwards else after is not None
    has_after = True if backwards else more
    return Page(
        found,
        mark_of(found[0], order).encode() if found and has_before else None,
        mark_of(found[-1], order).encode() if found and has_after else None,
    )


def mark_of(row: Model, order: Order) -> Mark:
    """Where this row stands in the order."""
    value = order.value(row)
    if value is None:
        return Mark(None, row.pk)
    return Mark(value.isoformat() if isinstance(value, date) else repr_of(value), row.pk)


def repr_of(value: str | int | float | Decimal) -> str:
    """A value as text that reads back as the very same value."""
    return repr(value) if isinstance(value, float) else str(value)


def ordered(rows: QuerySet[Row], order: Order) -> QuerySet[Row]:
    """The rows in the order of the list, for those who read them in one go."""
    by, then = _ordering(order, down=order.down)
    if order.sort.nullable and not order.down:
        by = F(order.column).asc(nulls_last=True)
    return _prepared(rows, order).order_by(by, then)


def in_usual_order(of: ObjectType, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Rows as the object's list shows them first: in the words of an index, or all are sorted."""
    return ordered(rows, order_of(of, of.sort))


def _prepared(rows: QuerySet[Row], order: Order) -> QuerySet[Row]:
    if order.field.expression is None:
        return rows
    prepared: QuerySet[Row] = rows.alias(**{_SORTED: order.field.expression()})
    return prepared


def _walk(
    rows: QuerySet[Row], order: Order, mark: Mark | None, shown: QuerySet[Row] | None, *,
    backwards: bool, size: int,
) -> list[Row]:  # fmt: skip
    down = order.down != backwards
    found: list[Row] = []
    prepared = _prepared(rows, order)
    for condition in _segments(order, mark, down=down, nulls_last=not backwards):
        ordering = _ordering(order, down=down)
        part = prepared.filter(condition).order_by(*ordering)[: size - len(found)]
        if shown is not None:
            ids = part.values("pk")
            part = _prepared(shown, order).filter(pk__in=ids).order_by(*ordering)
        found += part
        if len(found) >= size:
            break
    return found


def _ordering(order: Order, *, down: bool) -> tuple[OrderBy, str]:
    """As the index runs: in each part of a page all rows have a value, or none has."""
    value = F(order.column)
    if not order.sort.nulls_last:
        by = value.desc() if down else value.asc()
    else:
        by = value.desc(nulls_last=True) if down else value.asc(nulls_first=True)
    return (by, "-id" if _id_down(order, down) else "id")


def _id_down(order: Order, down: bool) -> bool:
    return down == order.sort.with_id


def _segments(order: Order, mark: Mark | None, *, down: bool, nulls_last: bool) -> Iterator[Q]:
    column = order.column
    present = Q(**{f"{column}__isnull": False})
    absent = Q(**{f"{column}__isnull": True})
    beyond_id = Q()
    if mark is not None:
        beyond_id = Q(id__lt=mark.id) if _id_down(order, down) else Q(id__gt=mark.id)
    value = _parsed(order.sort, mark) if mark else None
    if mark is not None and value is not None:
        yield Q(**{column: value}) & beyond_id
        yield Q(**{f"{column}__{'lt' if down else 'gt'}": value})
    elif mark is not None:
        yield absent & beyond_id
        if not nulls_last:
            yield present
        return
    elif order.sort.nullable:
        yield present if nulls_last else absent
    else:
        yield Q()
    if order.sort.nullable and (nulls_last or mark is None):
        yield absent if nulls_last else present


def _parsed(sort: Sort, mark: Mark) -> Value:
    if mark.value is None:
        return None
    try:
        value = _READ[sort.type](mark.value)
    except (ValueError, ArithmeticError):
        return None
    if not _storable(value):
        return None
    return round(value * 100) if sort.minor and isinstance(value, Decimal) else value


def _storable(value: Value) -> bool:
    """Whether PostgreSQL can compare with it: an address can hold anything."""
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if isinstance(value, date):
        return True
    return value is not None and isfinite(value) and -_LARGEST < value < _LARGEST
