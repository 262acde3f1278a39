"""What formulas of an object may read, and a formula checked, computed for a row, put into SQL.

A formula reads built-in columns and stored custom fields, never another formula, so there is no
circle. It is at least as close to a person as the closest field that it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Model
from django.db.models.expressions import Combinable
from django.utils import timezone

from zhiyin import formulas
from zhiyin.accounts import access
from zhiyin.accounts.access import Sensitivity
from zhiyin.formulas import Checked, Kind
from zhiyin.objects.custom import values
from zhiyin.objects.custom.expressions import FORMULA_KINDS, AsNumber, Computed, Filled, Stored
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.definitions import Field, ObjectType

# The more special first: a moment's column is a day's column too.
_READS: Mapping[type, tuple[Kind, Callable[[str], Combinable]]] = {
    models.CharField: (Kind.TEXT, Filled),
    models.TextField: (Kind.TEXT, Filled),
    models.BooleanField: (Kind.BOOL, F),
    models.FloatField: (Kind.NUMBER, partial(AsNumber, is_float=True)),
    models.DecimalField: (Kind.NUMBER, partial(AsNumber, is_float=False)),
    models.IntegerField: (Kind.NUMBER, partial(AsNumber, is_float=False)),
    models.DateTimeField: (Kind.MOMENT, F),
    models.DateField: (Kind.DATE, F),
}
_ORDER = (Sensitivity.PLAIN, Sensitivity.PERSONAL, Sensitivity.SENSITIVE)


@dataclass(frozen=True)
class Input:
    """A field that a formula may read: in a row, and in SQL."""

    key: str
    label: str
    kind: Kind
    read: Callable[[Model], formulas.Value]
    expression: Callable[[], Combinable]
    sensitivity: Sensitivity


def inputs(of: ObjectType, stored: Iterable[CustomField]) -> dict[str, Input]:
    """Everything that a formula of this object may name; retired fields still answer."""
    known = access.resources()[of.resource].fields
    found: dict[str, Input] = {}
    for one in of.fields:
        sensitivity = one.sensitivity or known.get(one.level or one.key)
        made = _built_in(of, one, sensitivity) if sensitivity else None
        if made is not None:
            found[one.key] = made
    for custom in stored:
        if custom.type in FORMULA_KINDS:
            found[custom.key] = _custom(custom)
    return found


def _built_in(of: ObjectType, one: Field, sensitivity: Sensitivity) -> Input | None:
    if one.expression is not None or "__" in one.column:
        return None
    try:
        column = of.model._meta.get_field(one.column)
    except FieldDoesNotExist:
        return None
    read = _READS.get(_shape(column))
    if read is None:
        return None
    kind, expression = read
    name = one.column
    return Input(
        one.key, str(one.label), kind, lambda row: _plain(getattr(row, name)),
        lambda: expression(name), sensitivity,
    )  # fmt: skip


def _shape(column: object) -> type:
    """Which of the shapes in `_READS` a column has."""
    return next((shape for shape in _READS if isinstance(column, shape)), object)


def _custom(field: CustomField) -> Input:
    return Input(
        field.key, field.label, FORMULA_KINDS[field.type],
        lambda row: _plain(values.in_row(field, row)), lambda: Stored(field),
        Sensitivity(field.sensitivity),
    )  # fmt: skip


def _plain(value: Any) -> formulas.Value:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    plain: formulas.Value = value
    return plain


def checked(source: str, known: Mapping[str, Input]) -> Checked:
    """A formula over these inputs; raises `FormulaError`. What checks also compiles."""
    found = _checked(source, tuple((key, one.kind) for key, one in known.items()))
    columns = {key: formulas.Column(one.kind, "0") for key, one in known.items()}
    formulas.compile_sql(found.node, columns, today=timezone.localdate(), zone=zone())
    return found


@lru_cache(maxsize=200)
def _checked(source: str, kinds: tuple[tuple[str, Kind], ...]) -> Checked:
    return formulas.check(source, dict(kinds))


def computed(found: Checked, known: Mapping[str, Input], row: Model) -> formulas.Value:
    """The formula's answer for a row."""
    read = {name: known[name].read(row) for name in formulas.fields_of(found.node)}
    return formulas.evaluate(found.node, read, today=timezone.localdate(), zone=zone())


def as_expression(found: Checked, known: Mapping[str, Input]) -> Combinable:
    """The formula as an expression for a query."""
    names = sorted(formulas.fields_of(found.node))
    columns = {name: (known[name].kind, known[name].expression()) for name in names}
    return Computed(found.node, found.kind, columns)


def sensitivity(field: CustomField, found: Checked, known: Mapping[str, Input]) -> Sensitivity:
    """How close the answer is to a person: as its closest input, or closer where somebody said."""
    near = [known[name].sensitivity for name in formulas.fields_of(found.node)]
    return max([Sensitivity(field.sensitivity), *near], key=_ORDER.index)


def zone() -> ZoneInfo:
    """The company's time zone."""
    return ZoneInfo(settings.TIME_ZONE)
