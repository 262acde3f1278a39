"""Columns of a customer file that fill fields which the company added itself.

Cells are read by the type and the rules of the field, with what the mapping says of dates, zones
and phone numbers; a unique value that is another's is refused. What a file leaves empty stays as
it is. Whoever may import fills what they know of: a field hidden from them is not offered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.cleaning.contacts import phone_text
from zhiyin.cleaning.customers import OwnColumn
from zhiyin.cleaning.dates import parse_day, parse_moment
from zhiyin.cleaning.errors import FileProblem, Reason
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping
from zhiyin.cleaning.preview import Preview
from zhiyin.cleaning.shops import plain_header
from zhiyin.objects import levels
from zhiyin.objects.custom import known, reading
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import PREFIX
from zhiyin.objects.definitions import object_type

OBJECT = "customer"
TAKEN = Reason("taken", "另一位客户已有这个值", "another customer has this value already")
Who = tuple[str | None, ...]


def offered(kind: Kind, by: User) -> list[CustomField]:
    """The fields that this person may fill from a file of this kind."""
    if kind is not Kind.CUSTOMERS:
        return []
    acting = copy(by)
    acting.is_active = True  # the command line acts by an account that nobody signs in to
    may = levels.somewhere(acting, object_type(OBJECT))
    return [
        one
        for one in known.in_use(OBJECT)
        if not one.is_formula and may.get(one.key, Level.HIDDEN) > Level.HIDDEN
    ]


def guessed(mapping: Mapping, look: Preview, by: User) -> Mapping:
    """The mapping with the columns whose header names one of these fields; without those that a
    remembered mapping gives to a field which is gone or hidden from them."""
    fields = {one.key: one for one in offered(mapping.kind, by)}
    columns = {c: f for c, f in mapping.columns.items() if not f.startswith(PREFIX) or f in fields}
    free = [key for key in fields if key not in columns.values()]
    for column in look.columns:
        header = plain_header(column.name)
        fits = (key for key in free if column.name not in columns and header in _names(fields[key]))
        if (key := next(fits, None)) is not None:
            columns[column.name] = key
            free.remove(key)
    return msgspec.structs.replace(mapping, columns=columns)


def _names(one: CustomField) -> set[str]:
    words = (one.key, one.key.removeprefix(PREFIX), one.label_zh, one.label_en)
    return {plain_header(word) for word in words}


def check(mapping: Mapping, by: User) -> None:
    """Raises `NotOffered` where a column fills a field that this person may not fill."""
    fields = {one.key for one in offered(mapping.kind, by)}
    for column, name in mapping.columns.items():
        if name.startswith(PREFIX) and name not in fields:
            raise NotOffered(column)


class NotOffered(FileProblem):
    """A column fills a field that is gone or hidden from this person: choose another."""

    code = "not_offered"

    def __init__(self, column: str) -> None:
        super().__init__(
            f"列“{column}”对应的字段不存在或您无权填写，请重新选择。",
            f"The field of column {column!r} is gone, or not yours to fill. Choose another.",
        )


def readers(mapping: Mapping, by: User) -> list[OwnColumn]:
    """How the cells of the mapped columns are read."""
    wanted = set(mapping.columns.values())
    return [
        OwnColumn(
            one.key, _reader(one, mapping),
            _Holders(one).taken if one.checks.unique else None, TAKEN,
        )
        for one in offered(mapping.kind, by)
        if one.key in wanted
    ]  # fmt: skip


def _reader(one: CustomField, mapping: Mapping) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        kept = reading.read(one, _local(one, text, mapping))
        return None if kept is None or kept == [] else json.dumps(kept, ensure_ascii=False)

    return read


def _local(one: CustomField, text: str, mapping: Mapping) -> str:
    """A cell as it would be typed here: what the mapping knows of the file is applied."""
    match one.type:
        case CustomField.Type.DATE:
            return parse_day(text, day_first=mapping.day_first).isoformat()
        case CustomField.Type.MOMENT:
            moment = parse_moment(text, zone=mapping.zone, day_first=mapping.day_first)
            return f"{moment.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m-%d %H:%M:%S}"
        case CustomField.Type.PHONE:
            return phone_text(text, region=mapping.region)
        case _:
            return text


@dataclass
class _Holders:
    """Who holds which value of a unique field: in the database, and in the rows before."""

    one: CustomField
    seen: dict[str, Who] = field(default_factory=dict)

    def taken(self, kept: Sequence[str | None], people: Sequence[Who]) -> list[bool]:
        """For each row whether its value is another's; people are told by their identifiers."""
        self._look_up({value for value in kept if value is not None} - set(self.seen))
        return [
            value is not None and not self._is_theirs(value, who)
            for value, who in zip(kept, people, strict=True)
        ]

    def _look_up(self, values: set[str]) -> None:
        path = f"custom__{self.one.key}"
        rows = object_type(OBJECT).model._default_manager.filter(
            **{f"{path}__in": [json.loads(value) for value in values]}
        )
        for held, *who in rows.values_list(path, "number", "email", "phone"):
            self.seen[json.dumps(held, ensure_ascii=False)] = tuple(one or None for one in who)

    def _is_theirs(self, value: str, who: Who) -> bool:
        holder = self.seen.setdefault(value, who)
        return any(a is not None and a == b for a, b in zip(holder, who, strict=True))
