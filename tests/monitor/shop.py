"""A tiny shop whose figures can be counted on one hand, for the tests of this room."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from zhiyin.accounts.models import Department
from zhiyin.collect.models import Source
from zhiyin.customers import figures
from zhiyin.customers.models import Customer, Order
from zhiyin.ids import uuid7


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    """A moment on the shop's own clock."""
    return timezone.make_aware(datetime(year, month, day, hour))


def source(key: str = "shop", **fields: object) -> Source:
    found, _ = Source.objects.get_or_create(
        key=key, defaults={"name_zh": "网店", "name_en": "Shop", **fields}
    )
    return found


def customer(number: str = "", department: Department | None = None, **fields: object) -> Customer:
    return Customer.objects.create(number=number, name=number, department=department, **fields)


def order(
    customer: Customer | None, when: datetime, total: str | int, *, currency: str = "",
    department: Department | None = None,
) -> Order:  # fmt: skip
    """A sale, or a return where the total is negative; the customer's figures follow."""
    amount = Decimal(total)
    made = Order.objects.create(
        id=uuid7(),
        source=source(),
        number=uuid7().hex,
        kind=Order.Kind.RETURN if amount < 0 else Order.Kind.SALE,
        customer=customer,
        ordered_at=when,
        total=amount,
        currency=currency or settings.CURRENCY,
        lines=1,
        department=department,
    )
    if customer is not None:
        figures.refresh([customer.pk], at=when)
    return made


DAY = timedelta(days=1)
