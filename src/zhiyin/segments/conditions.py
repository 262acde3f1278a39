"""One condition as an SQL expression over a customer row and that customer's behaviour.

The `Writer` collects parameters and, for each relation that a rule asks about, the filtered
aggregates it needs; `compile.py` puts them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from zhiyin.segments import values
from zhiyin.segments.catalogue import Catalogue, Field, Kind
from zhiyin.segments.dialects import Dialect
from zhiyin.segments.tree import (
    Agreed,
    Bought,
    Comparison,
    Condition,
    Did,
    FieldIs,
    InSegment,
    Measure,
    Op,
    Products,
    Window,
)

Param = bool | int | float | Decimal | str | date | datetime | list[str]

_SIGNS = {
    Op.IS: "=",
    Op.AT_LEAST: ">=",
    Op.AT_MOST: "<=",
    Op.MORE_THAN: ">",
    Op.LESS_THAN: "<",
    Comparison.AT_LEAST: ">=",
    Comparison.AT_MOST: "<=",
    Comparison.EXACTLY: "=",
}
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def fold(text: str) -> str:
    """Lower case for A to Z only: the one folding on which every engine and locale agrees."""
    return text.translate(str.maketrans(_UPPER, _UPPER.lower()))


def _folded(expression: str) -> str:
    return f"translate({expression}, '{_UPPER}', '{_UPPER.lower()}')"


@dataclass(frozen=True)
class Aggregate:
    """A measure of one relation per customer: its name, its expression, the rows it needs."""

    name: str
    aggregate: str
    where: str


@dataclass
class Writer:
    """Writes conditions for one statement."""

    catalogue: Catalogue
    dialect: Dialect
    as_of: datetime
    zone: ZoneInfo
    params: dict[str, Param] = field(default_factory=dict)
    measures: dict[str, list[Aggregate]] = field(default_factory=dict)

    def put(self, value: Param) -> str:
        """A placeholder for a value."""
        name = f"p{len(self.params) + 1}"
        self.params[name] = value
        return self.dialect.placeholder(name)

    def among_ids(self, ids: Sequence[str]) -> str:
        """A condition on `{}`, a column of customer ids."""
        return self.dialect.among("{}", self.put(list(ids)), ids=True)

    def truth(self, condition: Condition) -> str:
        """The condition as a boolean expression; NULL counts as false."""
        match condition:
            case FieldIs():
                return f"({self._field(condition)})"
            case Bought() | Did():
                return f"({self._behaviour(condition)})"
            case Agreed():
                where = (
                    f"channel = {self.put(condition.channel)}"
                    f" AND purpose = {self.put(condition.purpose)}"
                )
                return self._flag("consents", f"{where} AND granted", condition.granted)
        assert isinstance(condition, InSegment)
        where = f"segment_id = {self.put(condition.segment)}"
        return self._flag("memberships", where, condition.member)

    def _measure(self, relation: str, expression: str, where: str) -> str:
        measures = self.measures.setdefault(relation, [])
        name = f"{relation}_{len(measures) + 1}"
        measures.append(Aggregate(name, f"{expression} FILTER (WHERE {where})", where))
        return f"{relation}_of.{name}"

    def _flag(self, relation: str, where: str, wanted: bool) -> str:
        found = self._measure(relation, "count(*)", where)
        return f"({found} > 0)" if wanted else f"(coalesce({found}, 0) = 0)"

    # behaviour

    def _behaviour(self, condition: Bought | Did) -> str:
        if isinstance(condition, Bought):
            relation, expression, where = self._purchases(condition)
        else:
            relation, expression, where = self._events(condition)
        measured = self._measure(relation, expression, where)
        if not condition.did:
            return f"coalesce({measured}, 0) = 0"
        limit: Decimal | int
        if condition.measure is Measure.AMOUNT:
            limit = values.read_money(condition.value)
        else:
            limit = values.read_count(condition.value)
        sign = _SIGNS[condition.comparison]
        # without coalesce where nothing bought cannot satisfy: the planner may then join inwards
        zero_fits = limit <= 0 if sign == ">=" else limit >= 0 if sign == "<=" else limit == 0
        left = f"coalesce({measured}, 0)" if zero_fits else measured
        return f"{left} {sign} {self.put(limit)}"

    def _purchases(self, condition: Bought) -> tuple[str, str, str]:
        where = self._window("ordered_at", condition.window)
        if condition.products is None and condition.measure is not Measure.PRODUCTS:
            if condition.measure is Measure.AMOUNT:
                return "orders", "sum(total)", where
            return "orders", "count(*)", f"kind = 'sale' AND {where}"
        if condition.products is not None:
            where = f"{where} AND {self._products('sku', 'product_name', condition.products)}"
        if condition.measure is Measure.AMOUNT:
            return "lines", "sum(amount)", where
        counted = "order_id" if condition.measure is Measure.COUNT else "sku"
        return "lines", f"count(DISTINCT {counted})", f"quantity > 0 AND {where}"

    def _events(self, condition: Did) -> tuple[str, str, str]:
        sku = self.dialect.text("properties", "sku")
        where = f"name = {self.put(values.read_text(condition.event))}"
        happened = self._window("x.at", condition.window)  # alone it is a reserved word in DuckDB
        where += f" AND {happened}"
        if condition.products is not None:
            name = self.dialect.text("properties", "name")
            where += f" AND {self._products(f'({sku})', f'({name})', condition.products)}"
        if condition.measure is Measure.PRODUCTS:
            return "events", f"count(DISTINCT {sku})", where
        return "events", "count(*)", where

    def _window(self, column: str, window: Window) -> str:
        start, end = values.window_bounds(window, self.as_of, self.zone)
        until = f"{column} < {self.put(end)}"
        return until if start is None else f"{column} >= {self.put(start)} AND {until}"

    def _products(self, sku: str, name: str, products: Products) -> str:
        parts = []
        if products.skus:
            skus = [values.read_text(each) for each in products.skus]
            parts.append(self.dialect.among(sku, self.put(skus)))
        if products.name_contains:
            wanted = fold(values.read_text(products.name_contains))
            found = self.dialect.position(_folded(name), self.put(wanted))
            parts.append(f"{found} > 0")
        return " AND ".join(parts)

    # fields

    def _field(self, condition: FieldIs) -> str:
        asked = self.catalogue.fields[condition.field]
        column = self._left(asked)
        value = values.read(asked, condition.op, condition.value)
        if condition.op is Op.IS_EMPTY:
            return self._empty(asked, column)
        if condition.op is Op.NOT_EMPTY:
            return f"NOT {self._empty(asked, column)}"
        if asked.kind is Kind.DATE:
            return self._date(asked, column, condition.op, value)
        if asked.kind is Kind.TAGS:
            return self._tags(column, condition.op, value)
        if isinstance(value, tuple):
            if condition.op is Op.BETWEEN:
                low, high = value
                return f"{column} BETWEEN {self.put(low)} AND {self.put(high)}"
            found = self.dialect.among(column, self.put([str(each) for each in value]))
            return found if condition.op is Op.ONE_OF else f"NOT coalesce({found}, FALSE)"
        return self._single(column, condition.op, value)

    def _left(self, asked: Field) -> str:
        """The column, or the expression that stands for it, its values as parameters."""
        if not asked.expression:
            return f"c.{asked.column}"
        first, *rest = asked.expression.split("%s")
        filled = zip(asked.params, rest, strict=True)
        return f"({first}{''.join(self.put(value) + part for value, part in filled)})"

    def _empty(self, asked: Field, column: str) -> str:
        if asked.kind is Kind.TAGS:
            return f"(coalesce({self.dialect.size(column)}, 0) = 0)"
        if asked.kind in (Kind.TEXT, Kind.CHOICE):
            return f"(coalesce({column}, '') = '')"
        return f"({column} IS NULL)"

    def _single(self, column: str, op: Op, value: values.Plain) -> str:
        assert value is not None  # the rule was checked
        assert not isinstance(value, tuple)
        if op is Op.IS_NOT:
            # someone whose city is unknown is not from Shanghai
            return f"{column} IS DISTINCT FROM {self.put(value)}"
        if op in (Op.CONTAINS, Op.STARTS_WITH):
            position = self.dialect.position(_folded(column), self.put(fold(str(value))))
            return f"{position} > 0" if op is Op.CONTAINS else f"{position} = 1"
        return f"{column} {_SIGNS[op]} {self.put(value)}"

    def _tags(self, column: str, op: Op, value: values.Plain) -> str:
        wanted = self.put(list(value) if isinstance(value, tuple) else [value])  # type: ignore[arg-type,list-item]
        if op is Op.HAS_ANY:
            return self.dialect.has_any(column, wanted)
        found = self.dialect.has_all(column, wanted)
        return f"NOT coalesce({found}, FALSE)" if op is Op.HAS_NOT else found

    def _date(self, asked: Field, column: str, op: Op, value: values.Plain) -> str:
        if op is Op.ANNIVERSARY_WITHIN:
            return self._anniversary(column, value)
        edges: tuple[date | None, date | None]
        if asked.has_time:
            edges = values.moment_bounds(op, value, self.as_of, self.zone)
        else:
            edges = values.day_bounds(op, value, self.as_of.astimezone(self.zone).date())
        parts = [
            f"{column} {sign} {self.put(edge)}"
            for sign, edge in zip((">=", "<"), edges, strict=True)
            if edge is not None
        ]
        return " AND ".join(parts)

    def _anniversary(self, column: str, value: values.Plain) -> str:
        assert isinstance(value, int)  # the rule was checked
        today = self.as_of.astimezone(self.zone).date()
        if value >= 365:
            return f"{column} IS NOT NULL"
        first, last = values.anniversary_bounds(today, value)
        month_day = f"(extract(month FROM {column}) * 100 + extract(day FROM {column}))"
        joint = "AND" if first <= last else "OR"
        return f"{month_day} >= {self.put(first)} {joint} {month_day} <= {self.put(last)}"
