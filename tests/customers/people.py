"""Makes customers, orders and what else a person's page shows, for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from zhiyin.accounts.models import Department, User
from zhiyin.collect.models import Event, Source
from zhiyin.customers import search
from zhiyin.customers.identities import deciding
from zhiyin.customers.models import Customer, Identifier, Order, OrderLine
from zhiyin.ids import uuid7

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
_number = count(1)


def customer(
    name: str = "", *, owner: User | None = None, department: Department | None = None,
    **fields: object,
) -> Customer:  # fmt: skip
    """A customer who can be searched for."""
    made = Customer(name=name, owner=owner, department=department, **fields)
    made.number = made.number or f"C{next(_number):05}"
    made.save(force_insert=True)
    search.index([made.pk])
    return made


def many(how_many: int, **fields: object) -> list[Customer]:
    """Many customers at once, every third without a value, many of them equal."""
    rows = [
        Customer(
            name=f"Person {n:04}", number=f"N{n:04}", city="London", tags=["a", "b"],
            revenue=Decimal(n % 7), orders=n % 3, tier=Customer.Tier.GOLD,
            value_12m=None if n % 3 == 0 else Decimal(n % 5),
            churn_risk=None if n % 4 == 0 else (n % 9) / 10,
            last_order_at=None if n % 6 == 0 else NOW - timedelta(days=n % 11),
            **fields,
        )
        for n in range(how_many)
    ]  # fmt: skip
    return Customer.objects.bulk_create(rows)


def source(key: str = "shop", *, simulated: bool = False) -> Source:
    """Where events come from."""
    names = {"name_zh": "网店", "name_en": "Shop", "simulated": simulated}
    return Source.objects.get_or_create(key=key, defaults=names)[0]


def order(person: Customer, *, days_ago: int = 1, total: str = "12.50", lines: int = 2) -> Order:
    """An order with lines."""
    at = NOW - timedelta(days=days_ago)
    made = Order.objects.create(
        id=uuid7(), source=source(), number=f"O{next(_number)}", kind=Order.Kind.SALE,
        customer=person, ordered_at=at, total=Decimal(total), currency="GBP", lines=lines,
    )  # fmt: skip
    OrderLine.objects.bulk_create(
        OrderLine(
            order=made, customer_id=person.pk, ordered_at=at, kind="sale", sku=f"SKU{n}",
            product_name=f"Tea {n}", quantity=1, unit_price=Decimal("6.25"),
            amount=Decimal("6.25"),
        )
        for n in range(lines)
    )  # fmt: skip
    return made


def event(person: Customer, name: str = "Product Viewed", *, at: datetime = NOW,
          simulated: bool = False, **properties: object) -> Event:  # fmt: skip
    """Something that this person did lately."""
    return Event.objects.create(
        event_id=uuid7(), name=name, at=at, received_at=at, source=source(), simulated=simulated,
        customer_id=person.pk, properties=properties,
    )  # fmt: skip


def identifier(person: Customer, kind: str, value: str) -> Identifier:
    """Something that was seen and points at this person."""
    deciding.claim(person, kind, "", value, None, by=None)
    return Identifier.objects.get(kind=kind, value=value)
