"""Custom fields as fields of their object: shown, asked, sorted, edited, masked like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F, Func, JSONField, Model, Q
from django.db.models import Value as Constant
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language, gettext

from zhiyin.accounts.access import Sensitivity
from zhiyin.accounts.models import User
from zhiyin.cleaning.errors import BadValue
from zhiyin.formulas import Checked, FormulaError, fields_of
from zhiyin.formulas import Kind as FormulaKind
from zhiyin.objects.custom import computing, known, reading, requirements, values
from zhiyin.objects.custom.expressions import Stored
from zhiyin.objects.custom.indexes import sort_of
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.definitions import (
    Asked,
    Drawing,
    Editor,
    Field,
    Kind,
    ObjectType,
    Operator,
    Options,
    Shown,
    Value,
    object_type,
)
from zhiyin.objects.faults import CannotBe

Type = CustomField.Type
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys((Type.TEXT, Type.LONG_TEXT, Type.URL, Type.EMAIL, Type.PHONE), Kind.TEXT),
    Type.NUMBER: Kind.NUMBER, Type.MONEY: Kind.MONEY, Type.DATE: Kind.DATE,
    Type.MOMENT: Kind.MOMENT, Type.BOOL: Kind.BOOL, Type.CHOICE: Kind.CHOICE,
    Type.CHOICES: Kind.TAGS, Type.USER: Kind.USER,
}  # fmt: skip
_FORMULA_KINDS: Mapping[FormulaKind, Kind] = {
    FormulaKind.TEXT: Kind.TEXT, FormulaKind.NUMBER: Kind.NUMBER, FormulaKind.DATE: Kind.DATE,
    FormulaKind.MOMENT: Kind.MOMENT, FormulaKind.BOOL: Kind.BOOL,
}  # fmt: skip


class CustomFields:
    """The provider that this room registers."""

    def stamp(self, object_type: str) -> object:
        """Changes with the definitions, and with the language that labels are read in."""
        return known.stamp(), get_language()

    def fields(self, object_type_name: str) -> Iterable[Field]:
        """Every field that is not retired; a formula that no longer holds is left out."""
        of = object_type(object_type_name)
        if not has_custom(of):
            return
        everything = known.definitions(of.name)
        reads = computing.inputs(of, (one for one in everything if not one.is_formula))
        for one in everything:
            if one.retired_at is not None:
                continue
            if not one.is_formula:
                yield _stored(of, one)
                continue
            try:
                found = computing.checked(one.formula, reads)
            except FormulaError:
                continue
            yield _formula(one, found, reads)


PROVIDER = CustomFields()


def has_custom(of: ObjectType) -> bool:
    """Whether rows of this object can hold custom values."""
    return any(column.name == "custom" for column in of.model._meta.concrete_fields)


def _stored(of: ObjectType, one: CustomField) -> Field:
    kind = _KINDS[one.type]
    narrow = partial(_narrow_choices, one) if one.type == Type.CHOICES else None
    rules = one.checks
    return Field(
        key=one.key,
        label=one.label,
        kind=kind,
        expression=lambda: Stored(one),
        sensitivity=Sensitivity(one.sensitivity),
        sort=sort_of(one),
        narrow=narrow,
        options=partial(_options, one)
        if one.type in (Type.CHOICE, Type.CHOICES, Type.USER)
        else None,
        editor=Editor(
            read=partial(_read, one),
            put=partial(_put, of, one),
            assign=partial(_assign, one),
            written=partial(_moment_in_form, one) if one.type == Type.MOMENT else None,
            in_bulk=not rules.unique,
        ),
        value=partial(values.in_row, one),
        cell=partial(_cell, one),
        look="badge" if one.type == Type.CHOICE else "",
        help=one.help,
        long=one.type == Type.LONG_TEXT,
        custom=True,
    )


def _formula(one: CustomField, found: Checked, reads: Mapping[str, computing.Input]) -> Field:
    def value(row: Any) -> Value:
        answer: Value = computing.computed(found, reads, row)
        return answer

    return Field(
        key=one.key,
        label=one.label,
        kind=_FORMULA_KINDS[found.kind],
        expression=lambda: computing.as_expression(found, reads),
        sensitivity=computing.sensitivity(one, found, reads),
        sort=sort_of(one),
        value=value,
        cell=lambda row, drawing: _shown(one, values.short(one, value(row))),
        custom=True,
        reads=tuple(sorted(fields_of(found.node))),
    )


def _read(one: CustomField, text: str, user: User) -> Value:
    chinese = (get_language() or "zh").startswith("zh")
    try:
        value = values.typed(one, reading.read(one, text))
    except BadValue as error:
        raise CannotBe(error.reason.zh if chinese else error.reason.en) from error
    if value is None and one.checks.required:
        raise CannotBe(_needed(one))
    return value


def _moment_in_form(one: CustomField, row: Any) -> str:
    """A moment as the clock on the wall shows it, as a browser's control takes it."""
    value = values.in_row(one, row)
    return f"{timezone.localtime(value):%Y-%m-%dT%H:%M}" if isinstance(value, datetime) else ""


def _put(
    of: ObjectType, one: CustomField, row: Model, value: Value, by: User | None
) -> Sequence[str]:
    if value is None and requirements.is_required(one.key, of, row):
        raise CannotBe(_needed(one))
    if value is not None and one.checks.unique:
        requirements.claim(one, of, row, value, by=by)
    values.put(one, row, value)
    return ["custom"]


def _needed(one: CustomField) -> str:
    return gettext("“%(field)s” has to be filled") % {"field": one.label}


class _Without(Func):
    """The document without one key."""

    arg_joiner = " - "
    template = "(%(expressions)s)"


def _assign(one: CustomField, value: Value) -> Mapping[str, object]:
    kept = values.kept_of(value)
    if kept is None or kept == []:
        return {"custom": _Without(F("custom"), Constant(one.key), output_field=JSONField())}
    more = Constant({one.key: kept}, JSONField())
    return {"custom": Func(F("custom"), more, template="(%(expressions)s)", arg_joiner=" || ",
                           output_field=JSONField())}  # fmt: skip


def _options(one: CustomField, user: User) -> Options:
    if one.type == Type.USER:
        found = User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
        return [(str(pk), name) for pk, name in found[:500]]
    language = get_language() or "zh"
    return [(c.key, c.label(language)) for c in one.checks.choices if not c.closed]


def _narrow_choices(
    one: CustomField, operator: Operator, given: Sequence[Value], asked: Asked
) -> Q:
    left = Coalesce(Stored(one), Constant([], JSONField()), output_field=JSONField())
    lookup: Callable[..., Any] | None = JSONField().get_lookup("contains")
    assert lookup is not None
    if operator is Operator.EMPTY:
        return Q(JSONField().get_lookup("exact")(left, []))  # type: ignore[misc]
    found = Q(pk__in=[])
    for value in given:
        found |= Q(lookup(left, [value]))
    return found


def _cell(one: CustomField, row: Any, drawing: Drawing) -> Shown:
    value = values.in_row(one, row)
    if one.type == Type.USER:
        names = _colleagues(drawing) if value is not None else {}
        text = names.get(str(value), "")
        return Shown(text, text)
    return _shown(one, value)


def _shown(one: CustomField, value: Value) -> Shown:
    text = values.told(one, value)
    colours = {c.key: c.colour for c in one.checks.choices}
    tone = colours.get(str(value), "") if one.type == Type.CHOICE else ""
    raw = text if isinstance(value, list | bool) or one.type == Type.CHOICE else value
    return Shown(text, raw, tone=tone)  # type: ignore[arg-type]


def _colleagues(drawing: Drawing) -> Mapping[str, str]:
    once = getattr(drawing, "once", None)
    return once("colleagues", _names) if once else _names()


def _names() -> Mapping[str, str]:
    return {str(pk): name for pk, name in User.objects.values_list("pk", "name")}
