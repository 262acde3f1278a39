"""Indexes for custom fields that lists and segments use: made and dropped in the background.

The expression of the index is the very text that lists and segments ask with. It is built
CONCURRENTLY, so nobody waits; an order by the field is offered once the index is there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal

import structlog
from django.db import connection
from django.db.models import Model
from psycopg import sql

from zhiyin.formulas import Kind, uses_today
from zhiyin.objects.custom import asked, computing, known
from zhiyin.objects.custom.expressions import FORMULA_KINDS, typed_sql
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.definitions import DefinitionError, ObjectType, Sort, object_type, object_types

log = structlog.get_logger(__name__)
State = CustomField.IndexState
Type = CustomField.Type
_PREFIX = "custom_"
_NAMED = re.compile(r"c_[a-z][a-z0-9_]{0,37}")
_NOT_INDEXED = (Type.LONG_TEXT, Type.CHOICES)
_TYPES: dict[str, type[str] | type[Decimal] | type[date] | type[datetime]] = {
    Kind.TEXT: str, Kind.NUMBER: Decimal, Kind.DATE: date, Kind.MOMENT: datetime,
}  # fmt: skip
Uses = Callable[[str], Iterable[str]]
_uses: list[Uses] = []


def register_use(uses: Uses) -> None:
    """Tell which fields of an object something stored (views, segments) asks about."""
    if uses not in _uses:
        _uses.append(uses)


def asked_by_views(object_type_name: str) -> set[str]:
    """The fields that saved views narrow or order by."""
    from zhiyin.objects.models import SavedView

    found: set[str] = set()
    views = SavedView.objects.filter(object_type=object_type_name)
    for sort, where in views.values_list("sort", "where"):
        found.add(sort.removeprefix("-"))
        found.update(_NAMED.findall(where or ""))
    return found


def name_of(field: CustomField) -> str:
    """The name of a field's index; it changes with the formula."""
    digest = hashlib.sha256(
        f"{field.object_type}:{field.key}:{field.type}:{field.formula}".encode()
    )
    return f"{_PREFIX}{field.key[2:22]}_{digest.hexdigest()[:12]}"


def sort_of(field: CustomField) -> Sort | None:
    """The order by a field, where its index is ready."""
    if field.index_state != State.READY:
        return None
    kind = field.formula_kind if field.is_formula else FORMULA_KINDS.get(field.type, Kind.TEXT)
    found = _TYPES.get(kind)
    return Sort(found, name_of(field)) if found else None


def can_be_indexed(field: CustomField, of: ObjectType) -> bool:
    """Whether an index can serve the field: not for long texts, nor where the day matters."""
    if field.type in _NOT_INDEXED or field.retired_at is not None:
        return False
    if not field.is_formula:
        return True
    found = computing.checked(field.formula, _inputs(of))
    return not uses_today(found.node)


def wanted(of: ObjectType) -> dict[str, CustomField]:
    """The fields that shall have an index, by its name."""
    used = {key for uses in _uses for key in uses(of.name)}
    return {
        name_of(one): one
        for one in CustomField.objects.filter(object_type=of.name, retired_at=None)
        if (one.listed or one.checks.unique or one.key in used) and can_be_indexed(one, of)
    }


def bring_in_line() -> tuple[int, int]:
    """Make what is wanted and missing, drop what is not; returns how many of each.

    Not inside a transaction: a concurrent build waits for those that are open.
    """
    made = dropped = 0
    for of in object_types().values():
        if not any(c.name == "custom" for c in of.model._meta.concrete_fields):
            continue
        there, want = existing(of.model), wanted(of)
        for name, valid in there.items():
            if name not in want or not valid:  # a build that broke off leaves an invalid one
                _drop(name)
                dropped += 1
        for name, field in want.items():
            if not there.get(name):
                made += _make(name, field, of)
        _note_states(of, want)
    return made, dropped


def existing(model: type[Model]) -> dict[str, bool]:
    """Our indexes on a table, and whether each can be used."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid"
            " where i.indrelid = %s::regclass and c.relname like 'custom\\_%%'",
            [model._meta.db_table],
        )
        return {str(name): bool(valid) for name, valid in cursor.fetchall()}


def statement(name: str, field: CustomField, of: ObjectType) -> sql.Composed:
    """The CREATE INDEX of a field. Values of a formula are put in by psycopg as literals."""
    plain = sql.SQL(typed_sql(field, "custom"))  # a key is white-listed
    expression = _formula_sql(field, of) if field.is_formula else plain
    return sql.SQL(
        "create index concurrently if not exists {} on {} (({}) desc nulls last, id)"
    ).format(sql.Identifier(name), sql.Identifier(of.model._meta.db_table), expression)


def _formula_sql(field: CustomField, of: ObjectType) -> sql.Composed:
    reads = _inputs(of)
    expression = computing.as_expression(computing.checked(field.formula, reads), reads)
    text, params = asked.formula_sql(of, expression)
    table = connection.ops.quote_name(of.model._meta.db_table)
    parts = text.replace(f"{table}.", "").split("%s")
    pieces: list[sql.Composable] = [sql.SQL(parts[0])]
    for value, part in zip(params, parts[1:], strict=True):
        pieces += [sql.Literal(value), sql.SQL(part)]
    return sql.Composed(pieces)


def _inputs(of: ObjectType) -> dict[str, computing.Input]:
    stored = CustomField.objects.filter(object_type=of.name).exclude(type=Type.FORMULA)
    return computing.inputs(of, stored)


def _make(name: str, field: CustomField, of: ObjectType) -> int:
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement(name, field, of))
        except Exception as error:  # the field works without; whoever looks sees that it failed
            log.warning("custom index failed", index=name, error=type(error).__name__)
            return 0
    return 1


def _drop(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(name)))


def _note_states(of: ObjectType, want: dict[str, CustomField]) -> None:
    there = existing(of.model)
    for one in CustomField.objects.filter(object_type=of.name):
        name = name_of(one)
        state = State.NONE if name not in want else State.READY if there.get(name) else State.FAILED
        if one.index_state != state:
            one.index_state = state
            one.save(update_fields=["index_state", "changed_at"])
            known.forget()


def uses_of(object_type_name: str) -> set[str]:
    """The custom fields of an object that something stored asks about."""
    try:
        of = object_type(object_type_name)
    except DefinitionError:
        return set()
    return {key for uses in _uses for key in uses(of.name)}
