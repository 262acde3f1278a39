"""Fields of one's own in the API: `custom`, a map from the key of a field to its value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from ninja import Field, Schema

from zhiyin.accounts.access import Level
from zhiyin.accounts.api.problems import Fault, Problem
from zhiyin.accounts.models import User
from zhiyin.objects import levels
from zhiyin.objects.custom.columns import HasCustom
from zhiyin.objects.custom.reading import BETWEEN
from zhiyin.objects.definitions import ObjectType, Value, fields_of
from zhiyin.objects.drawing import value_of

Json = str | bool | list[str] | None
Given = str | bool | int | Decimal | list[str] | None
ABOUT = (
    "Fields of one's own by their key. Numbers and money are decimal text, days ISO 8601, choices"
    " their keys."
)
EXAMPLE: dict[str, Json] = {"c_size": "12.5", "c_member": True, "c_likes": ["tea"]}
_UNKNOWN = {"zh": "没有这个字段，或不能写入", "en": "There is no field like this to write"}
_NO_LIST = {"zh": "这里只能填一个值", "en": "One value is needed, not a list"}


class CustomIn(Schema):
    """Custom fields to write."""

    custom: dict[str, Given] = Field(
        {}, max_length=100, examples=[EXAMPLE],
        description=f"{ABOUT} What is left out stays; null empties a field.",
    )  # fmt: skip


def told(user: User, of: ObjectType, row: HasCustom, *, listed: bool = False) -> dict[str, Json]:
    """The custom fields of a row that this user may read; in a list none about a person."""
    custom = [one for one in fields_of(of).values() if one.custom]
    if not custom:
        return {}
    known = (
        levels.in_list(user, of, row, custom) if listed else levels.of_row(user, of, row, custom)
    )
    return {one.key: _json(value_of(one, row)) for one in custom if known[one.key] >= Level.READ}


def texts(of: ObjectType, given: Mapping[str, Given]) -> dict[str, str]:
    """What was given, as the fields' editors read it; a field that cannot be written is named."""
    fields = fields_of(of)
    bad = [
        key
        for key in given
        if key not in fields or not fields[key].custom or fields[key].editor is None
    ]
    if bad:
        raise Problem(422, faults=[Fault(f"custom.{key[:60]}", _UNKNOWN) for key in bad[:5]])
    return {key: _text(of, key, value) for key, value in given.items()}


def _text(of: ObjectType, key: str, value: Given) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        if fields_of(of)[key].kind.value != "tags":
            raise Problem(422, faults=[Fault(f"custom.{key}", _NO_LIST)])
        return BETWEEN.join(value)
    return str(value)


def _json(value: Value | object) -> Json:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | int | float) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if value is None or isinstance(value, bool | list):
        return value
    return str(value)
