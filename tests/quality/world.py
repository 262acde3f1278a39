"""Customers, companies, orders and events with known faults, for the tests of quality."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.customers import people
from zhiyin.accounts.models import Department
from zhiyin.customers.models import Company, Customer, Identifier, Order
from zhiyin.ids import uuid7
from zhiyin.quality.models import QualityRule
from zhiyin.quality.rules import Rule, dimension, dump

NOW = people.NOW


def rule(of: str, one: Rule, *, event: str = "", most: float | None = None) -> QualityRule:
    """A rule; one that stands from the start is taken as it is but for the threshold."""
    return QualityRule.objects.update_or_create(
        object=of, event=event, definition=dump(one),
        defaults={"field": one.field, "dimension": dimension(one), "most_percent": most},
    )[0]  # fmt: skip


def customers(department: Department | None = None) -> list[Customer]:
    """Six people: two without fault, one of each of four faults."""
    rows = [
        {"name": "王小明", "phone": "+8613812345678", "email": "a@b.cn", "city": "杭州",
         "province": "浙江省", "birth_date": date(1990, 1, 2)},
        {"name": "李四", "phone": "+8613900001111", "email": "c@d.cn", "city": "宁波",
         "province": "浙江省"},
        {"name": "", "phone": "", "email": "", "city": ""},
        {"name": "张三", "phone": "12", "email": "a@b.cn", "city": "杭州", "province": "广东省"},
        {"name": "赵六", "phone": "+8613700001111", "email": "e@f", "city": "无此城",
         "province": "浙江省"},
        {"name": "钱七", "phone": "+8613700002222", "email": "g@h.cn",
         "birth_date": date(2026, 1, 1), "first_order_at": NOW - timedelta(days=900)},
    ]  # fmt: skip
    return [people.customer(row.pop("name"), department=department, **row) for row in rows]


def orders(person: Customer, totals: list[str]) -> list[Order]:
    """An order of each total."""
    return [
        Order.objects.create(
            id=uuid7(), source=people.source(), number=f"O{n}-{person.number}", kind="sale",
            customer=person, ordered_at=NOW - timedelta(days=n), total=Decimal(total),
            currency="CNY", lines=1,
        )
        for n, total in enumerate(totals)
    ]  # fmt: skip


def companies() -> list[Company]:
    """Two companies, one without an industry."""
    return [
        Company.objects.create(name="甲公司", number="91330106MA2CFLDG4X", industry="retail"),
        Company.objects.create(name="乙公司", number="1", industry=""),
    ]


def second_number(person: Customer) -> None:
    """The person has two official numbers."""
    for value in (person.number, f"{person.number}-b"):
        Identifier.objects.create(
            kind="number", value=value, customer=person, source=people.source(),
            first_seen_at=NOW, last_seen_at=NOW,
        )  # fmt: skip
