"""What rules can speak of: objects, their fields as SQL over one alias, and a row's source.

Customers are measured twice: as golden records, and source by source as each one says them. Names
of properties of events come from outside, so they travel as parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.collect.models import Learnt
from zhiyin.customers.survivorship import FIELDS as SAID
from zhiyin.objects.custom import asked
from zhiyin.objects.definitions import fields_of, object_type
from zhiyin.quality.rules import Type

PROPERTY = "p:"  # begins the name of an event's property
OBJECTS = ("customer", "company", "order", "event")
Param = str | int | float | Decimal | date | UUID | list[str] | list[UUID] | None


_OURS = frozenset({
    "orders", "revenue", "headcount", "created_at", "first_order_at", "last_order_at",
    "last_seen_at", "tier", "rfm_segment", "persona", "lines", "kind", "ordered_at", "at",
    "received_at",
})  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field: `sql` is its value over the alias `t`; `said` also over a source's record."""

    name: str
    label: str | Promise
    type: Type
    sql: str
    params: tuple[Param, ...] = ()
    said: bool = False
    level: str = ""  # the field of the object whose level decides who may look at its rows

    @property
    def counted(self) -> bool:
        """Whether we put it there ourselves, so that nothing is learnt from its being there."""
        return self.name in _OURS


@dataclass(frozen=True)
class Subject:
    """An object: its table, and how a row is named."""

    name: str
    label: str | Promise
    table: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    key: str = "t.id"
    source: str = ""  # the column that says where a row came from, if one does
    event: str = ""  # the name of the events it is about

    @property
    def types(self) -> dict[str, Type]:
        return {name: one.type for name, one in self.fields.items()}


LABELS: Mapping[str, Promise] = {
    "customer": _("Customers"), "company": _("Companies"), "order": _("Orders"),
    "event": _("Events"),
}  # fmt: skip


def subject(name: str, event: str = "") -> Subject:
    """The object of this name, with the fields that the company added itself."""
    match name:
        case "customer":
            return Subject(name, LABELS[name], "customers_customer", _customers())
        case "company":
            return Subject(name, LABELS[name], "customers_company", _companies())
        case "order":
            return Subject(name, LABELS[name], "customers_order", _ORDERS, source="t.source_id")
        case "event":
            return Subject(
                name, LABELS[name], "collect_event", _events(event), "t.event_id", "t.source_id",
                event,
            )  # fmt: skip
    raise KeyError(name)


def property_of(name: str) -> Field:
    """A property of an event, as text."""
    of = f"t.properties ->> %s"  # noqa: F541
    return Field(PROPERTY + name, name, Type.TEXT, of, (name,))


def number_of(name: str) -> Field:
    """A property that comes as a number."""
    text = "t.properties ->> %s"
    number = (
        f"(case when {text} ~ '^-?[0-9]{{1,15}}(\\.[0-9]{{1,10}})?$' then ({text})::numeric end)"
    )
    return Field(PROPERTY + name, name, Type.NUMBER, number, (name, name))


_TEXT = ("number", "name", "email", "phone", "gender", "language", "country", "province", "city",
         "job_title", "tier", "rfm_segment", "persona")  # fmt: skip
_MOMENTS = ("first_order_at", "last_order_at", "last_seen_at", "created_at")
_COMPANY_TEXT = ("number", "name", "industry", "size", "country", "province", "city", "website")


def _customers() -> dict[str, Field]:
    of = fields_of(object_type("customer"))
    found = [
        Field(one, of[one].label, Type.TEXT, f"t.{one}", (), one in SAID, one) for one in _TEXT
    ]
    found.append(Field("birth_date", of["birth_date"].label, Type.DATE, "t.birth_date", (), True,
                       "birth_date"))  # fmt: skip
    found += [Field(one, of[one].label, Type.MOMENT, f"t.{one}", level=one) for one in _MOMENTS]
    found += [Field(one, of[one].label, Type.NUMBER, f"t.{one}", level=one)
              for one in ("orders", "revenue")]  # fmt: skip
    found.append(Field("company", of["company"].label, Type.ROW, "t.company_id", level="company"))
    found.append(Field("owner", of["owner"].label, Type.ROW, "t.owner_id", level="owner"))
    return {one.name: one for one in [*found, *_custom("customer")]}


def _companies() -> dict[str, Field]:
    of = fields_of(object_type("company"))
    found = [Field(one, of[one].label, Type.TEXT, f"t.{one}", level=one) for one in _COMPANY_TEXT]
    found += [Field(one, of[one].label, Type.NUMBER, f"t.{one}", level=one)
              for one in ("headcount", "orders", "revenue")]  # fmt: skip
    found += [Field(one, of[one].label, Type.MOMENT, f"t.{one}", level=one)
              for one in ("last_order_at", "created_at")]  # fmt: skip
    return {one.name: one for one in [*found, *_custom("company")]}


_KINDS = {"text": Type.TEXT, "choice": Type.TEXT, "number": Type.NUMBER, "money": Type.NUMBER,
          "date": Type.DATE, "bool": Type.YES_NO}  # fmt: skip


def _custom(of: str) -> list[Field]:
    labels = {key: one.label for key, one in fields_of(object_type(of)).items() if one.custom}
    return [
        Field(
            one.key, labels.get(one.key, one.key),
            Type.MOMENT if one.has_time else _KINDS[one.kind], one.sql, one.params, level=one.key,
        )
        for one in asked.askable(object_type(of), "t")
        if one.kind in _KINDS
    ]  # fmt: skip


_ORDERS: Mapping[str, Field] = {
    one.name: one
    for one in (
        Field("number", pgettext_lazy("order", "Number"), Type.TEXT, "t.number", level="orders"),
        Field("kind", pgettext_lazy("order", "Kind"), Type.TEXT, "t.kind", level="orders"),
        Field("currency", _("Currency"), Type.TEXT, "t.currency", level="orders"),
        Field("total", _("Total"), Type.NUMBER, "t.total", level="revenue"),
        Field("lines", _("Lines"), Type.NUMBER, "t.lines", level="orders"),
        Field("ordered_at", _("Ordered"), Type.MOMENT, "t.ordered_at", level="orders"),
        Field("customer", _("Customer"), Type.ROW, "t.customer_id", level="orders"),
        Field("department", _("Department"), Type.ROW, "t.department_id", level="orders"),
    )
}


def _events(name: str) -> dict[str, Field]:
    found = [
        Field("at", pgettext_lazy("event", "Time"), Type.MOMENT, "t.at"),
        Field("received_at", _("Received"), Type.MOMENT, "t.received_at"),
        Field("delay_minutes", _("Minutes until it was received"), Type.NUMBER,
              "(extract(epoch from t.received_at - t.at) / 60.0)"),
        Field("customer", _("Customer"), Type.ROW, "t.customer_id"),
    ]  # fmt: skip
    if name:
        found += [number_of(one) if numeric else property_of(one) for one, numeric in learnt(name)]
    return {one.name: one for one in found}


def learnt(event: str, most: int = 60) -> list[tuple[str, bool]]:
    """Properties that events of this name had, the usual ones first; whether they are numbers."""
    rows = Learnt.objects.filter(event=event).exclude(property="")
    found: dict[str, tuple[int, int]] = {}
    for one in rows.only("property", "events", "as_whole", "as_number")[:2000]:
        events, numbers = found.get(one.property, (0, 0))
        found[one.property] = (events + one.events, numbers + one.as_whole + one.as_number)
    ordered = sorted(found.items(), key=lambda pair: (-pair[1][0], pair[0]))[:most]
    return [(name, numbers * 2 > events) for name, (events, numbers) in ordered]


def said_field(one: Field) -> Field:
    """The same field as a source says it, over its record."""
    text = "coalesce(t.said -> %s ->> 'v', '')"
    if one.type is Type.DATE:
        return Field(one.name, one.label, one.type, f"nullif({text}, '')::date", (one.name,),
                     True, one.level)  # fmt: skip
    return Field(one.name, one.label, one.type, text, (one.name,), True, one.level)
