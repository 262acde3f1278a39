"""Custom fields as conditions elsewhere: typed SQL over a row, for the segment language.

The SQL is that of the index. Its names are white-listed keys and columns; values are parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from zhiyin.formulas import FormulaError, Kind
from zhiyin.objects.custom import computing, known
from zhiyin.objects.custom.expressions import FORMULA_KINDS, typed_sql
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.definitions import ObjectType

Type = CustomField.Type
_KINDS = {
    Kind.TEXT: "text", Kind.NUMBER: "number", Kind.DATE: "date", Kind.MOMENT: "date",
    Kind.BOOL: "bool",
}  # fmt: skip
Text = Mapping[str, str]
Param = str | int | bool | Decimal | date


@dataclass(frozen=True)
class Askable:
    """A field that a rule may ask about: what it is called, its kind, its SQL."""

    key: str
    kind: str
    label: Text
    sql: str
    params: tuple[Param, ...] = ()
    choices: Mapping[str, Text] = field(default_factory=dict)
    has_time: bool = False


def askable(of: ObjectType, row: str) -> Iterator[Askable]:
    """The fields in use, over a row of this alias."""
    everything = known.definitions(of.name)
    reads = computing.inputs(of, (one for one in everything if not one.is_formula))
    for one in everything:
        if one.retired_at is None:
            found = _formula(one, of, reads, row) if one.is_formula else _stored(one, row)
            if found is not None:
                yield found


def _stored(one: CustomField, row: str) -> Askable | None:
    label = {"zh": one.label_zh, "en": one.label_en}
    sql = typed_sql(one, f"{row}.custom")
    choices = {c.key: {"zh": c.zh, "en": c.en} for c in one.checks.choices}
    match one.type:
        case Type.USER:
            return None  # a colleague is named by an id, which a rule in words cannot
        case Type.MONEY:
            return Askable(one.key, "money", label, sql)
        case Type.CHOICE:
            return Askable(one.key, "choice", label, sql, choices=choices)
        case Type.CHOICES:
            texts = f"array(select jsonb_array_elements_text(coalesce({sql}, '[]')))"
            return Askable(one.key, "tags", label, texts, choices=choices)
        case _:
            kind = FORMULA_KINDS[one.type]
            return Askable(one.key, _KINDS[kind], label, sql, has_time=kind is Kind.MOMENT)


def _formula(
    one: CustomField, of: ObjectType, reads: Mapping[str, computing.Input], row: str
) -> Askable | None:
    try:
        found = computing.checked(one.formula, reads)
    except FormulaError:
        return None
    sql, params = formula_sql(of, computing.as_expression(found, reads))
    table = connection.ops.quote_name(of.model._meta.db_table)
    label = {"zh": one.label_zh, "en": one.label_en}
    return Askable(
        one.key, _KINDS[found.kind], label, sql.replace(f"{table}.", f"{row}."), params,
        has_time=found.kind is Kind.MOMENT,
    )  # fmt: skip


def formula_sql(of: ObjectType, expression: Any) -> tuple[str, tuple[Param, ...]]:
    """A formula over the table itself, as Django writes it, and the values of its `%s`."""
    asked = of.model._default_manager.annotate(answer=expression).values("answer").order_by()
    compiler = asked.query.get_compiler("default")
    sql, params = compiler.compile(asked.query.annotations["answer"])
    return sql, tuple(params)
