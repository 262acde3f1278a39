"""Rules as SQL: of which rows one speaks, and which of those fail it.

Only names of the catalogue become SQL; everything a person typed travels as a parameter. All rules
of an object are asked in one pass over its table, by `measuring`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from zhiyin.cleaning.divisions import CITIES, PROVINCES, all_divisions, customary, division
from zhiyin.quality.catalogue import Field, Param, Subject, said_field
from zhiyin.quality.rules import (
    PATTERNS,
    Allowed,
    Before,
    Fresh,
    Implies,
    OneNumber,
    Outlier,
    Pattern,
    PlacesAgree,
    Range,
    Refers,
    Required,
    Rule,
    Type,
    Unique,
    fields_of,
)

MAD_TO_SIGMA = 0.6745  # of a normal distribution: Iglewicz and Hoaglin (1993)


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the values of its `%s`, in order."""

    text: str
    params: tuple[Param, ...] = ()

    def __add__(self, other: Sql) -> Sql:
        return Sql(self.text + other.text, self.params + other.params)


@dataclass(frozen=True)
class Compiled:
    """The rows that a rule speaks of, and those of them that fail."""

    applies: Sql
    fails: Sql

    @property
    def failing(self) -> Sql:
        return Sql("(") + self.applies + Sql(") and (") + self.fails + Sql(")")


@dataclass(frozen=True)
class Spread:
    """The median and the median absolute deviation of a field, measured before it is judged."""

    median: float
    mad: float


def records(of: Subject) -> Subject:
    """Customers as their sources say them, one row a record."""
    said = {name: said_field(one) for name, one in of.fields.items() if one.said}
    return replace(of, table="customers_sourcerecord", fields=said, source="t.source_id")


def can_be_asked(rule: Rule, of: Subject) -> bool:
    """Whether all its fields are there, as of the records of sources some are not."""
    if isinstance(rule, OneNumber) and of.table != "customers_customer":
        return False
    return all(name in of.fields for name in fields_of(rule))


def compiled(
    rule: Rule, of: Subject, *, now: datetime, spread: Spread | None = None, default: str = ""
) -> Compiled:
    """The rule over the alias `t`. `default`: a value that stands for a missing one, and so is none
    where no source says it."""
    one = of.fields[rule.field]
    value, filled = _value(one), _filled(one)
    match rule:
        case Required():
            return Compiled(_everything, _missing(one, default))
        case Pattern():
            return Compiled(filled, Sql(f"not {one.sql} ~ %s", (*one.params, _regex(rule.pattern))))
        case Range():
            return Compiled(filled, _outside(one, rule))
        case Allowed():
            return Compiled(filled, Sql(f"not {one.sql} = any(%s)", (*one.params, [*rule.values])))
        case Unique():
            return Compiled(filled, _double(one, of))
        case Refers():
            column = _TARGETS[rule.to]
            table, _, name = column.partition(".")
            return Compiled(
                filled,
                Sql("not exists (select from ")
                + Sql(f"{table} x where x.{name} = ")
                + value
                + Sql(")"),
            )
        case Before():
            then = of.fields[rule.then]
            both = filled + Sql(" and ") + _filled(then)
            return Compiled(both, _day(one) + Sql(" > ") + _day(then))
        case Implies():
            then = of.fields[rule.then]
            given = filled if not rule.value else Sql(f"{one.sql} = %s", (*one.params, rule.value))
            if rule.then_value:
                wrong = Sql(f"{then.sql} is distinct from %s", (*then.params, rule.then_value))
            else:
                wrong = Sql("not (") + _filled(then) + Sql(")")
            return Compiled(given, wrong)
        case Fresh():
            return Compiled(filled, value + Sql(" < %s", (now - timedelta(days=rule.days),)))
        case Outlier():
            return _outlier(rule, one, spread)
        case PlacesAgree():
            return _places(of)
        case OneNumber():
            several = ("t.id in (select customer_id from customers_identifier where kind = %s and"
                       " customer_id is not null group by 1 having count(*) > 1)")  # fmt: skip
            has = "exists (select from customers_identifier x where x.customer_id = t.id"
            return Compiled(
                Sql(f"{has} and x.kind = %s)", (rule.kind,)), Sql(several, (rule.kind,))
            )


_everything = Sql("true")
_TARGETS: Mapping[str, str] = {
    "product": "customers_product.sku", "order": "customers_order.number",
    "customer": "customers_customer.number", "company": "customers_company.number",
}  # fmt: skip


def _value(one: Field) -> Sql:
    return Sql(one.sql, one.params)


def _filled(one: Field) -> Sql:
    if one.type is Type.TEXT:
        return Sql(f"coalesce({one.sql}, '') <> ''", one.params)
    return Sql(f"{one.sql} is not null", one.params)


def _missing(one: Field, default: str) -> Sql:
    empty = Sql("not (") + _filled(one) + Sql(")")
    if not default or one.type is not Type.TEXT:
        return empty
    # A default is marked by nobody having said it.
    said = ("not exists (select from customers_sourcerecord r where r.customer_id = t.id"
            " and coalesce(r.said -> %s ->> 'v', '') <> '')")  # fmt: skip
    stands = Sql(f" or ({one.sql} = %s and {said})", (*one.params, default, one.name))
    return Sql("(") + empty + stands + Sql(")")


def _regex(pattern: str) -> str:
    return f"^({PATTERNS[pattern]})$"


def _outside(one: Field, rule: Range) -> Sql:
    kind = "numeric" if one.type is Type.NUMBER else "date"
    value = _value(one) if one.type is Type.NUMBER else _day(one)
    parts = []
    for sign, bound in (("<", rule.low), (">", rule.high)):
        if bound:
            parts.append(value + Sql(f" {sign} %s::{kind}", (bound,)))
    return parts[0] if len(parts) == 1 else parts[0] + Sql(" or ") + parts[1]


def _day(one: Field) -> Sql:
    if one.type is Type.MOMENT:
        return Sql(f"({one.sql} at time zone current_setting('timezone'))::date", one.params)
    return Sql(f"({one.sql})::date", one.params)


def _double(one: Field, of: Subject) -> Sql:
    """Among the rows of one source where rows have sources, else among all."""
    within = f"{of.source}, " if of.source else ""
    where = _filled(one)
    event = Sql(" and t.name = %s", (of.event,)) if of.event else Sql("")
    by = "1, 2" if within else "1"
    inner = Sql(f"(select {within}{one.sql} from {of.table} t where ", one.params)  # noqa: S608
    inner += where + event + Sql(f" group by {by} having count(*) > 1)")
    return Sql(f"({within}{one.sql}) in ", one.params) + inner


def _outlier(rule: Outlier, one: Field, spread: Spread | None) -> Compiled:
    value, applies = measured(rule, one)
    if spread is None or spread.mad <= 0:
        return Compiled(applies, Sql("false"))
    return Compiled(
        applies,
        Sql("abs(") + value + Sql(" - %s::float8) * %s::float8 > %s::float8",
                                  (spread.median, MAD_TO_SIGMA / spread.mad, rule.z)),
    )  # fmt: skip


def measured(rule: Outlier, one: Field) -> tuple[Sql, Sql]:
    """The number that is compared, and the rows that have it."""
    if rule.log:
        positive = Sql(f"{one.sql} > 0", one.params)
        return Sql(f"ln(({one.sql})::float8)", one.params), positive
    return Sql(f"({one.sql})::float8", one.params), _filled(one)


def spread_of(rule: Outlier, of: Subject) -> Sql:
    """Median and median absolute deviation in one statement."""
    value, applies = measured(rule, of.fields[rule.field])
    event = Sql(" and t.name = %s", (of.event,)) if of.event else Sql("")
    rows = Sql("select ") + value + Sql(f" as x from {of.table} t where ") + applies + event
    return (
        Sql("with x as materialized (") + rows
        + Sql("), m as (select percentile_cont(0.5) within group (order by x) as median from x)"
              " select m.median, (select percentile_cont(0.5) within group"
              " (order by abs(x.x - m.median)) from x) from m")
    )  # fmt: skip


def _places(of: Subject) -> Compiled:
    cities, pairs, provinces = _divisions()
    city, province = of.fields["city"], of.fields["province"]
    known = (Sql(f"{city.sql} = any(%s) and ", (*city.params, cities))
             + Sql(f"{province.sql} = any(%s)", (*province.params, provinces)))  # fmt: skip
    joined = Sql(f"{province.sql} || '|' || {city.sql}", (*province.params, *city.params))
    return Compiled(known, Sql("not (") + joined + Sql(" = any(%s))", (pairs,)))


@cache
def _divisions() -> tuple[list[str], list[str], list[str]]:
    """Cities as people say them, province and city that belong together, and provinces."""
    cities, pairs, provinces = set(), set(), set()
    for one in all_divisions():
        province = division(one.code[:2] + PROVINCES)
        if province is None:
            continue
        provinces.add(province.name)
        for name in {one.name, customary(one)}:
            pairs.add(f"{province.name}|{name}")
            if one.code.endswith(CITIES) and not one.code.endswith(PROVINCES):
                cities.add(name)
    # The four cities that are provinces are their own city.
    for name in provinces:
        if name.endswith("市"):
            cities.update((name, name.removesuffix("市")))
            pairs.update((f"{name}|{name}", f"{name}|{name.removesuffix('市')}"))
    return sorted(cities), sorted(pairs), sorted(provinces)
