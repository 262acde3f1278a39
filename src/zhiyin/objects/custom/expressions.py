"""A custom field in SQL: typed, immutable, and the same text for the index, the list and a segment.

Keys are white-listed (`rules.KEY`), so they may stand in the statement; values never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Func
from django.db.models.expressions import Combinable
from django.utils import timezone

from zhiyin import formulas
from zhiyin.formulas import Column, Kind, Node
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import KEY

Type = CustomField.Type
_READ_AS_TEXT = (Type.TEXT, Type.LONG_TEXT, Type.URL, Type.EMAIL, Type.PHONE, Type.CHOICE)
_TEXTS = (*_READ_AS_TEXT, Type.USER)
FORMULA_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_READ_AS_TEXT, Kind.TEXT),
    Type.NUMBER: Kind.NUMBER, Type.MONEY: Kind.NUMBER, Type.DATE: Kind.DATE,
    Type.MOMENT: Kind.MOMENT, Type.BOOL: Kind.BOOL,
}  # fmt: skip
_OUTPUTS: Mapping[Kind, type[models.Field[Any, Any]]] = {
    Kind.TEXT: models.TextField, Kind.NUMBER: models.DecimalField, Kind.DATE: models.DateField,
    Kind.MOMENT: models.DateTimeField, Kind.BOOL: models.BooleanField,
}  # fmt: skip


def typed_sql(field: CustomField, document: str) -> str:
    """The value of a stored field, of its own type, from the SQL name of the JSON column."""
    if not KEY.match(field.key):
        raise ValueError(f"not a key: {field.key!r}")
    text = f"({document} ->> '{field.key}')"
    match field.type:
        case Type.NUMBER | Type.MONEY:
            return f"({text})::numeric"
        case Type.BOOL:
            return f"(({document} -> '{field.key}')::boolean)"
        case Type.DATE:
            return _day(text)
        case Type.MOMENT:
            clock = ", ".join(f"substr({text}, {at}, 2)::int" for at in (6, 9, 12, 15))
            seconds = f"substr({text}, 18, 2)::float8"
            made = f"make_timestamp(left({text}, 4)::int, {clock}, {seconds})"
            return f"({made} at time zone 'UTC')"
        case Type.CHOICES:
            return f"({document} -> '{field.key}')"
        case _:
            return text


def _day(text: str) -> str:
    """A cast from text to date depends on the session's style, and so cannot be indexed."""
    return f"make_date(left({text}, 4)::int, substr({text}, 6, 2)::int, substr({text}, 9, 2)::int)"


class Stored(Func):
    """A stored custom field as an expression over the row's JSON column."""

    def __init__(self, field: CustomField) -> None:
        self.template = typed_sql(field, "%(expressions)s")
        super().__init__(F("custom"), output_field=output_of(field))


class Computed(Func):
    """A formula as an expression over the columns that it reads."""

    def __init__(
        self, node: Node, kind: Kind, columns: Mapping[str, tuple[Kind, Combinable]]
    ) -> None:
        self.node = node
        self.names = tuple(columns)
        self.kinds = tuple(kind for kind, _ in columns.values())
        super().__init__(
            *(expression for _, expression in columns.values()), output_field=output_of_kind(kind)
        )

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **rest: Any) -> tuple[str, Any]:
        """The formula with each column as Django names it in this statement."""
        found = {}
        for name, kind, source in zip(
            self.names, self.kinds, self.get_source_expressions(), strict=True
        ):
            sql, params = compiler.compile(source)
            found[name] = Column(kind, sql, tuple(params))
        made = formulas.compile_sql(
            self.node, found, today=timezone.localdate(), zone=ZoneInfo(settings.TIME_ZONE)
        )
        return made.sql, made.params

    @property
    def identity(self) -> Any:
        """Two formulas over the same columns are still two expressions."""
        return (*super().identity, self.node)


class AsNumber(Func):
    """A number column as the exact decimal that it reads as; a float by its shortest text."""

    def __init__(self, name: str, *, is_float: bool) -> None:
        self.template = (
            "((%(expressions)s)::text)::numeric" if is_float else "(%(expressions)s)::numeric"
        )
        super().__init__(F(name), output_field=models.DecimalField())


class Filled(Func):
    """A text column of which an empty text counts as no value."""

    template = "nullif(%(expressions)s, '')"

    def __init__(self, name: str) -> None:
        super().__init__(F(name), output_field=models.TextField())


def output_of(field: CustomField) -> models.Field[Any, Any]:
    """The Django field of a custom field's expression."""
    if field.type == Type.CHOICES:
        return models.JSONField()
    if field.type in _TEXTS:
        return models.TextField()
    return output_of_kind(FORMULA_KINDS[field.type])


def output_of_kind(kind: Kind) -> models.Field[Any, Any]:
    """The Django field of a formula's kind."""
    if kind is Kind.NUMBER:
        return models.DecimalField(max_digits=60, decimal_places=20)
    return _OUTPUTS[kind]()
