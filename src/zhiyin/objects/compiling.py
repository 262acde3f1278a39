"""A tree of conditions becomes a question to the database.

Only fields that the object declares are asked, and only those that the asker may read on every row
in sight, here and behind each relation: what a condition leaves over tells what the field holds.
Each condition is true or false of a row and never unknown, so "not" means what it says: a row
without a value is not at least five, and is not Bath.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import cast

from django.db import models
from django.db.models import Expression, Q
from django.utils import timezone

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.objects import levels, values
from zhiyin.objects.conditions import All, BadCondition, Fault, Has, Is, Node, Not
from zhiyin.objects.definitions import (
    Asked,
    Field,
    Kind,
    ObjectType,
    Operator,
    Relation,
    Value,
    fields_of,
    object_type,
)

NOBODY = Q(pk__in=[])
EVERYBODY = ~NOBODY
_NEGATIONS = {Operator.IS_NOT: Operator.IS, Operator.FILLED: Operator.EMPTY}
_MANY = (Operator.IS, Operator.IS_NOT)
_COUNTS = {Operator.EMPTY: 0, Operator.FILLED: 0, Operator.BETWEEN: 2}
_TEXTS = (Kind.TEXT, Kind.CHOICE, Kind.MASKED)


def compiled(tree: Node, of: ObjectType, asked: Asked) -> Q:
    """The condition of a tree; raises `BadCondition` at the first part that cannot be asked."""
    return _Compiler(asked).node(tree, of, negated=False)


class _Compiler:
    """One compilation: whose it is, and what they may read of each object."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._levels: dict[str, levels.Levels] = {}

    def node(self, node: Node, of: ObjectType, *, negated: bool) -> Q:
        """Negations are carried down to the leaves, where they can be told apart from unknown."""
        if isinstance(node, Not):
            return self.node(node.of, of, negated=not negated)
        if isinstance(node, Is):
            return self._field(node, of, negated=negated)
        if isinstance(node, Has):
            return self._related(node, of, negated=negated)
        found = [self.node(one, of, negated=negated) for one in node.of]
        if isinstance(node, All) is not negated:
            return _joined(found, lambda a, b: a & b, EVERYBODY)
        return _joined(found, lambda a, b: a | b, NOBODY)

    def _field(self, one: Is, of: ObjectType, *, negated: bool) -> Q:
        field = self._known(one, of)
        if one.op not in field.asked_with:
            raise BadCondition(Fault.WRONG_OPERATOR, one.field)
        parsed = self._values(one, field)
        operator = _NEGATIONS.get(one.op, one.op)
        negated = negated is not (operator is not one.op)
        if field.narrow is not None:
            found = field.narrow(operator, parsed, self.asked)
            return ~found if negated else found
        probe = _Probe(field)
        found = _COMPARE[operator](probe, parsed, _integer(of, field), self.asked.as_of)
        return probe.denied(found) if negated else found

    def _known(self, one: Is, of: ObjectType) -> Field:
        field = fields_of(of).get(one.field)
        level = self._level(of, one.field)
        if field is None or not field.asked_with or level is Level.HIDDEN:
            raise BadCondition(Fault.UNKNOWN, one.field)
        if level < Level.READ:
            raise BadCondition(Fault.NOT_ALLOWED, one.field)
        return field

    def _level(self, of: ObjectType, key: str) -> Level:
        if of.name not in self._levels:
            self._levels[of.name] = levels.everywhere(self.asked.user, of)
        return self._levels[of.name].get(key, Level.HIDDEN)

    def _values(self, one: Is, field: Field) -> list[Value]:
        count = len(one.values)
        if count != _COUNTS.get(one.op, max(1, count) if one.op in _MANY else 1):
            raise BadCondition(Fault.WRONG_VALUE, one.field)
        try:
            return [values.parse(field.kind, one.op, text, self.asked) for text in one.values]
        except values.Unreadable as error:
            raise BadCondition(Fault.WRONG_VALUE, one.field, str(error)) from error

    def _related(self, has: Has, of: ObjectType, *, negated: bool) -> Q:
        relation = next((one for one in of.relations if one.key == has.relation), None)
        if relation is None:
            raise BadCondition(Fault.UNKNOWN, has.relation)
        target = object_type(relation.target)
        user, see = self.asked.user, target.permission("see")
        holder = target if relation.many else of
        if not access.allowed(user, see) or self._level(holder, relation.field) < Level.READ:
            raise BadCondition(Fault.NOT_ALLOWED, has.relation)
        inner = self.node(has.where, target, negated=False)
        rows = access.scoped(user, target.model._default_manager.all(), see).filter(inner)
        found = _having(relation, rows)
        return ~found if negated else found


class _Probe:
    """The left side of a comparison: a column, or an expression where there is none."""

    def __init__(self, field: Field) -> None:
        self.field = field

    def __call__(self, lookup: str, value: object) -> Q:
        if self.field.expression is None:
            return Q(**{f"{self.field.column}__{lookup}": value})
        left = cast(Expression, self.field.expression())
        return Q(left.output_field.get_lookup(lookup)(left, value))  # type: ignore[misc]

    def denied(self, found: Q) -> Q:
        """The opposite. Of a column Django itself adds what a missing value needs."""
        if self.field.expression is None:
            return ~found
        return ~found | self("isnull", True)


def _joined(found: Sequence[Q], join: Callable[[Q, Q], Q], otherwise: Q) -> Q:
    whole = None
    for one in found:
        whole = one if whole is None else join(whole, one)
    return otherwise if whole is None else whole


def _having(relation: Relation, rows: models.QuerySet[models.Model]) -> Q:
    if not relation.many:
        return Q(**{f"{relation.path}__in": rows.values("pk")})
    # One missing id in the list would make "not in" true of nobody.
    linked = rows.filter(**{f"{relation.back}__isnull": False})
    return Q(pk__in=linked.values(relation.back))


def _integer(of: ObjectType, field: Field) -> bool:
    """Whether the column holds whole numbers: PostgreSQL would round what it is compared with."""
    if field.kind is not Kind.NUMBER:
        return False
    if field.expression is not None:
        column = cast(Expression, field.expression()).output_field
    else:
        column = of.model._meta.get_field(field.column)  # type: ignore[assignment]
    return isinstance(column, models.IntegerField)


def _is(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    if probe.field.kind is Kind.TAGS:
        return probe("overlap", list(given))
    whole = [v for v in given if not (integer and isinstance(v, Decimal) and v % 1)]
    if not whole:
        return NOBODY
    return probe("exact", whole[0]) if len(whole) == 1 else probe("in", whole)


def _empty(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    missing = probe("isnull", True)
    if probe.field.kind in _TEXTS:
        return missing | probe("exact", "")
    return missing | probe("exact", []) if probe.field.kind is Kind.TAGS else missing


def _at_least(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    return probe("gte", _edge(probe.field, given[0], integer, ROUND_CEILING))


def _at_most(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    if probe.field.kind is Kind.MOMENT:  # the whole of that day
        return probe("lt", _midnight(cast(date, given[0]) + timedelta(days=1)))
    return probe("lte", _edge(probe.field, given[0], integer, ROUND_FLOOR))


def _between(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    low = _at_least(probe, given[:1], integer, as_of)
    return low & _at_most(probe, given[1:], integer, as_of)


def _edge(field: Field, value: Value, integer: bool, rounding: str) -> Value:
    if field.kind is Kind.MOMENT:
        return _midnight(cast(date, value))
    if integer:
        return int(cast(Decimal, value).to_integral_value(rounding))
    return value


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _older(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    return probe("lt", _days_ago(probe.field, given[0], as_of))


def _within(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    return probe("gte", _days_ago(probe.field, given[0], as_of))


def _days_ago(field: Field, days: Value, as_of: datetime) -> date:
    moment = as_of - timedelta(days=float(cast(Decimal, days)))
    return moment if field.kind is Kind.MOMENT else timezone.localtime(moment).date()


def _contains(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    return probe("icontains", given[0])


def _starts(probe: _Probe, given: Sequence[Value], integer: bool, as_of: datetime) -> Q:
    return probe("istartswith", given[0])


_COMPARE: Mapping[Operator, Callable[[_Probe, Sequence[Value], bool, datetime], Q]] = {
    Operator.IS: _is, Operator.EMPTY: _empty, Operator.AT_LEAST: _at_least,
    Operator.AT_MOST: _at_most, Operator.BETWEEN: _between, Operator.OLDER: _older,
    Operator.WITHIN: _within, Operator.CONTAINS: _contains, Operator.STARTS: _starts,
}  # fmt: skip
