"""Pages without OFFSET: the last row seen says where the next page begins.

Each page is read in segments (same value and a later id; a later value; no value) of which each is
one range of the index (value, id), so that page 10,000 costs what page 1 costs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from uuid import UUID

import msgspec
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from zhiyin.customers.models import Customer

Value = str | int | float | Decimal | datetime | None


@dataclass(frozen=True)
class Sort:
    """A column with an index (value, id); `with_id` says that the id runs the same way.

    `nulls_last` says that the index does: only an order with the same words is served by it.
    """

    column: str
    type: type[str] | type[int] | type[float] | type[Decimal] | type[datetime]
    nullable: bool = True
    with_id: bool = False
    nulls_last: bool = True


SORTS = {
    "name": Sort("name", str, nullable=False, with_id=True, nulls_last=False),
    "revenue": Sort("revenue", Decimal, nullable=False),
    "orders": Sort("orders", int, nullable=False),
    "last_order_at": Sort("last_order_at", datetime),
    "value_12m": Sort("value_12m", Decimal),
    "churn_risk": Sort("churn_risk", float),
    "created_at": Sort("created_at", datetime, nullable=False, nulls_last=False),
}
DEFAULT_SORT = "-revenue"
_LARGEST = 2**31  # of an integer column; no revenue comes near it either
_READ: Mapping[type, Callable[[str], Value]] = {
    str: str, int: int, float: float, Decimal: Decimal, datetime: datetime.fromisoformat,
}  # fmt: skip


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
class Page:
    """Some rows, and the marks from which the neighbours begin (None: there is no neighbour)."""

    rows: list[Customer]
    before: str | None
    after: str | None


def read_page(
    people: QuerySet[Customer],
    sort: str,
    size: int,
    *,
    after: Mark | None = None,
    before: Mark | None = None,
) -> Page:
    """The rows after a mark, before one, or the first ones; `sort` is a name or "-name"."""
    order = SORTS[sort.removeprefix("-")]
    backwards = before is not None and after is None
    mark = before if backwards else after
    rows = _walk(people, order, sort.startswith("-"), mark, backwards=backwards, size=size + 1)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_before = more if backwards else after is not None
    has_after = True if backwards else more
    return Page(
        rows,
        mark_of(rows[0], order).encode() if rows and has_before else None,
        mark_of(rows[-1], order).encode() if rows and has_after else None,
    )


def mark_of(row: Customer, order: Sort) -> Mark:
    """Where this row stands in the order."""
    value: Value = getattr(row, order.column)
    if value is None:
        return Mark(None, row.pk)
    return Mark(value.isoformat() if isinstance(value, datetime) else repr_of(value), row.pk)


def repr_of(value: str | int | float | Decimal) -> str:
    """A value as text that reads back as the very same value."""
    return repr(value) if isinstance(value, float) else str(value)


def ordering(sort: str) -> tuple[OrderBy | str, ...]:
    """The order of a whole list, for those who read it in one go."""
    return _ordering(SORTS[sort.removeprefix("-")], down=sort.startswith("-"))


def _walk(
    people: QuerySet[Customer],
    order: Sort,
    descending: bool,
    mark: Mark | None,
    *,
    backwards: bool,
    size: int,
) -> list[Customer]:
    down = descending != backwards
    rows: list[Customer] = []
    for condition in _segments(order, mark, down=down, nulls_last=not backwards):
        found = people.filter(condition).order_by(*_ordering(order, down=down))
        rows += found[: size - len(rows)]
        if len(rows) >= size:
            break
    return rows


def _ordering(order: Sort, *, down: bool) -> tuple[OrderBy | str, ...]:
    value = F(order.column)
    if not order.nulls_last:
        ordered = value.desc() if down else value.asc()
    else:
        ordered = value.desc(nulls_last=True) if down else value.asc(nulls_first=True)
    return (ordered, "-id" if _id_down(order, down) else "id")


def _id_down(order: Sort, down: bool) -> bool:
    return down == order.with_id


def _segments(order: Sort, mark: Mark | None, *, down: bool, nulls_last: bool) -> Iterator[Q]:
    column = order.column
    present = Q(**{f"{column}__isnull": False})
    absent = Q(**{f"{column}__isnull": True})
    beyond_id = Q()
    if mark is not None:
        beyond_id = Q(id__lt=mark.id) if _id_down(order, down) else Q(id__gt=mark.id)
    value = _parsed(order, mark) if mark else None
    if mark is not None and value is not None:
        yield Q(**{column: value}) & beyond_id
        yield Q(**{f"{column}__{'lt' if down else 'gt'}": value})
    elif mark is not None:
        yield absent & beyond_id
        if not nulls_last:
            yield present
        return
    elif order.nullable:
        yield present if nulls_last else absent
    else:
        yield Q()
    if order.nullable and (nulls_last or mark is None):
        yield absent if nulls_last else present


def _parsed(order: Sort, mark: Mark) -> Value:
    if mark.value is None:
        return None
    try:
        value = _READ[order.type](mark.value)
    except (ValueError, ArithmeticError):
        return None
    return value if _storable(value) else None


def _storable(value: Value) -> bool:
    """Whether PostgreSQL can compare with it: an address can hold anything."""
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return value is not None and isfinite(value) and -_LARGEST < value < _LARGEST
