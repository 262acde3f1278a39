"""The rows behind a figure: those that fail a rule, read by key, as far as the reader may see them.

Rows of customers and companies are theirs to see by the policy of these objects; orders and events
hang on customers. The field that a rule is about must be known to the reader, masked at least, of
every row that they see: that a number is wrong is something of it, too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, audit
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.models import User
from zhiyin.cleaning.rejects import escape_formula
from zhiyin.collect.models import Source
from zhiyin.customers.fields import levels_for, shown
from zhiyin.customers.models import Company, Customer
from zhiyin.objects import levels
from zhiyin.objects.definitions import object_type
from zhiyin.objects.faults import CannotBe
from zhiyin.quality import catalogue, compiling, measuring, wording
from zhiyin.quality.catalogue import Field, Subject
from zhiyin.quality.compiling import Sql
from zhiyin.quality.models import QualityRule
from zhiyin.quality.rules import Faulty, Rule, check, fields_of, load

PAGE = 50
MOST_ROWS = 50_000
SECONDS = 20  # of a question


@dataclass(frozen=True)
class Row:
    """A row that fails: how it is called, where it opens, and what stands in the rule's fields."""

    key: str
    title: str
    url: str
    cells: list[str]


@dataclass(frozen=True)
class Rows:
    """Some of them, and the key from which the next ones begin."""

    columns: list[str]
    rows: list[Row]
    next: str


def may_look(user: User, one: QualityRule) -> bool:
    """Whether the reader may look at rows of this rule at all."""
    try:
        _required(user, catalogue.subject(one.object, one.event), load(one.definition))
    except (Denied, Faulty, KeyError):
        return False
    return True


def failing(
    one: QualityRule, *, by: User, source: Source | None = None, after: str = "", size: int = PAGE
) -> Rows:
    """Rows that fail now; of one source, as that source says them. Raises `Faulty` where the rule
    can no longer be asked, `Denied` where the reader may not look."""
    of, rule = _asked(one, source)
    _required(by, of, rule)
    found = _keys(one, of, rule, by, source, after, size + 1)
    columns = [wording.label(name, of) for name in fields_of(rule)]
    more = found[size - 1][0] if len(found) > size else ""
    return Rows(columns, _drawn(of, rule, found[:size], by), str(more))


def ids(one: QualityRule, *, by: User) -> list[UUID]:
    """The ids of all rows that fail, as far as an export goes."""
    of, rule = _asked(one, None)
    _required(by, of, rule)
    found = _keys(one, of, rule, by, None, "", MOST_ROWS + 1)
    if len(found) > MOST_ROWS:
        raise CannotBe(
            gettext("An export holds at most %(limit)s rows; narrow the list first")
            % {"limit": f"{MOST_ROWS:,}"}
        )
    return [key for key, *_ in found]


def objects(one: QualityRule, *, by: User) -> QuerySet[Any]:
    """The failing rows as rows of their own object, for its own export."""
    return object_type(one.object).model._default_manager.filter(pk__in=ids(one, by=by))


def csv_file(one: QualityRule, *, by: User) -> Iterator[bytes]:
    """Failing orders or events as CSV, through the guard against formulas."""
    of, rule = _asked(one, None)
    _required(by, of, rule)
    with transaction.atomic():
        found = _keys(one, of, rule, by, None, "", MOST_ROWS)
        fields = list(fields_of(rule))
        audit.exported(by, f"quality_{one.object}s", rows=len(found), fields=fields)
    head = [of.name, *(wording.label(name, of) for name in fields)]
    yield b"\xef\xbb\xbf" + _line(head)
    for start in range(0, len(found), 1000):
        for row in _drawn(of, rule, found[start : start + 1000], by):
            yield _line([row.title, *row.cells])


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([escape_formula(cell) for cell in cells])
    return out.getvalue().encode()


def _asked(one: QualityRule, source: Source | None) -> tuple[Subject, Rule]:
    of = catalogue.subject(one.object, one.event)
    rule = load(one.definition)
    if source is not None and of.name == "customer":
        of = compiling.records(of)
    check(rule, of.types)
    if source is not None and not of.source:
        raise Faulty("no_field", rule.field)
    return of, rule


def _required(user: User, of: Subject, rule: Rule) -> None:
    """Raises `Denied` where the reader may not know of a field on every row they see."""
    access.require(user, "quality.see")
    if of.name == "event":
        access.require(user, "event.see")
        return
    resource = "company" if of.name == "company" else "customer"
    access.require(user, f"{resource}.see")
    may = levels.everywhere(user, object_type(resource))
    for name in fields_of(rule):
        field = of.fields.get(name)
        needed = field.level if field and field.level else name
        if may.get(needed, Level.HIDDEN) < Level.MASKED:
            raise Denied(f"{resource}.see")


def _keys(
    one: QualityRule, of: Subject, rule: Rule, by: User, source: Source | None, after: str,
    most: int,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Key, owner of the row and the values of the rule's fields, by key."""
    found = measuring.compile_rule(one, rule, of, timezone.now())
    owner = {"customers_customer": "t.id", "customers_company": "t.id"}.get(
        of.table, "t.customer_id"
    )
    asked = Sql(f"select {of.key}, {owner}")
    for name in fields_of(rule):
        asked += Sql(", ") + Sql(of.fields[name].sql, of.fields[name].params)
    asked += Sql(f" from {of.table} t where ") + found.failing
    if of.event:
        asked += Sql(" and t.name = %s", (of.event,))
    if source is not None:
        asked += Sql(f" and {of.source} = %s", (source.pk,))
    asked += _in_sight(of, by, owner)
    if after:
        asked += Sql(f" and {of.key} > %s", (_key(of, after),))
    asked += Sql(f" order by {of.key} limit %s", (most,))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"set local statement_timeout = {SECONDS * 1000}")
        cursor.execute(asked.text, asked.params)
        return list(cursor.fetchall())


def _key(of: Subject, after: str) -> int | UUID:
    try:
        return int(after) if of.table == "customers_sourcerecord" else UUID(after)
    except ValueError as error:
        raise Faulty("no_rule", "after") from error


def _in_sight(of: Subject, by: User, owner: str) -> Sql:
    """Only what the reader may see by the policy; row security asks once more."""
    resource = "company" if of.name == "company" else "customer"
    if access.scope_of(by, f"{resource}.see") is access.Scope.ALL:
        return Sql("")
    where, values = access.scope_sql(by, resource)
    table = "customers_company" if resource == "company" else "customers_customer"
    # Percent signs stand for parameters only, and there are no others in a scope.
    return Sql(f" and {owner} in (select id from {table} where {where})", values)  # noqa: S608


def _drawn(of: Subject, rule: Rule, found: Sequence[tuple[Any, ...]], by: User) -> list[Row]:
    fields = [of.fields[name] for name in fields_of(rule)]
    if of.name == "company":
        return _companies(found, fields)
    people = Customer.objects.select_related("owner", "department").in_bulk(
        [owner for _, owner, *_ in found if owner is not None]
    )
    rows = []
    for key, owner, *values in found:
        person = people.get(owner)
        level = levels_for(by, person) if person is not None else {}
        cells = [
            _cell(field, value, level.get(field.level, Level.READ) if field.level else Level.READ)
            for field, value in zip(fields, values, strict=True)
        ]
        rows.append(Row(str(key), _title(of, person, key), _address(person), cells))
    return rows


def _companies(found: Sequence[tuple[Any, ...]], fields: Sequence[Field]) -> list[Row]:
    known = Company.objects.in_bulk([key for key, *_ in found])
    return [
        Row(str(key), known[key].name or str(key)[-8:], reverse("company", args=[key]),
            [_cell(field, value, Level.READ) for field, value in zip(fields, values, strict=True)])
        for key, _owner, *values in found
        if key in known
    ]  # fmt: skip


def _title(of: Subject, person: Customer | None, key: object) -> str:
    if person is not None:
        return person.name or person.number or str(person.pk)[-8:]
    return gettext("nobody known") if of.name in ("order", "event") else str(key)[-8:]


def _address(person: Customer | None) -> str:
    return reverse("customer", args=[person.pk]) if person is not None else ""


def _cell(field: Field, value: object, level: Level) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Decimal):
        value = f"{value:f}"
    if isinstance(value, UUID):
        return gettext("there")
    text = value if isinstance(value, date) else str(value)
    if level is Level.MASKED or level is Level.HIDDEN:
        return shown(field.name, text if isinstance(text, date) else str(text), level)
    return str(text)
