"""How a field of a row is set, and how what it held is kept as text and as JSON.

Only the mechanics: who may do it, and what else has to happen, is asked in services/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, Model

from zhiyin.accounts.models import User
from zhiyin.objects.definitions import DefinitionError, Editor, Field, Kind, ObjectType, fields_of
from zhiyin.objects.drawing import value_of

BETWEEN = "\x1f"  # as profiles keep a list in a text
_FROM_JSON: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.MONEY: Decimal, Kind.NUMBER: Decimal, Kind.DATE: date.fromisoformat,
    Kind.MOMENT: datetime.fromisoformat, Kind.USER: UUID, Kind.DEPARTMENT: UUID,
    Kind.REFERENCE: UUID,
}  # fmt: skip


def editor_of(of: ObjectType, key: str) -> tuple[Field, Editor]:
    """The field and how it is written; raises `DefinitionError` where it cannot be."""
    field = fields_of(of).get(key)
    if field is None or field.editor is None:
        raise DefinitionError(f"{of.name} has no field {key!r} that can be changed")
    return field, field.editor


def attribute(of: ObjectType, field: Field) -> str:
    """The name under which the row holds the stored value: of a user its id."""
    column = of.model._meta.get_field(field.column)
    return column.attname if isinstance(column, ForeignKey) else field.column


def stored_in(of: ObjectType, field: Field, row: Model) -> Any:
    """What is stored in a row."""
    if field.value is not None or field.expression is not None:
        return value_of(field, row)
    return getattr(row, attribute(of, field))


def put(of: ObjectType, field: Field, row: Model, value: Any, *, by: User | None) -> Sequence[str]:
    """Set a field of one row; returns the columns that are to be saved."""
    assert field.editor is not None
    if field.editor.put is not None:
        return field.editor.put(row, value, by)
    name = attribute(of, field)
    setattr(row, name, value)
    return [name]


def assignment(of: ObjectType, field: Field, value: Any) -> Mapping[str, Any]:
    """What an update of many rows sets."""
    assert field.editor is not None
    if field.editor.assign is not None:
        return field.editor.assign(value)
    return {attribute(of, field): value}


def text_of(value: Any) -> str:
    """A stored value as text: what a form shows, and what is compared and kept as "before"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return BETWEEN.join(str(one) for one in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def to_json(value: Any) -> Any:
    """A stored value as JSON that `from_json` reads back as the very same."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def from_json(field: Field, value: Any) -> Any:
    """The stored value again."""
    read = _FROM_JSON.get(field.kind)
    return value if value is None or read is None else read(value)
