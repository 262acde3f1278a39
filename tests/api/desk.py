"""Two departments with people, customers, orders, a segment and a campaign, for the API's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from tests import factories
from zhiyin.accounts.models import Department, User
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Import, Source
from zhiyin.customers import search, segmentation
from zhiyin.customers.models import (
    Company,
    Customer,
    ModelVersion,
    Order,
    OrderLine,
    Score,
    Segment,
    Task,
)
from zhiyin.engage.models import Campaign
from zhiyin.ids import uuid7
from zhiyin.objects.models import SavedView

API = "/api/v1"
HOSTILE = "<script>alert('刘备')</script>\u202e=1+1\"';--"
BUYERS: dict[str, Any] = {
    "root": {
        "type": "group", "match": "all",
        "items": [{"type": "field", "field": "orders", "op": "at_least", "value": 1}],
    },
    "version": 1,
}  # fmt: skip
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass
class Desk:
    """A small company: our department and another one."""

    ours: Department = field(default_factory=lambda: factories.department("Ours"))
    theirs: Department = field(default_factory=lambda: factories.department("Theirs"))

    def __post_init__(self) -> None:
        self.people = {role: factories.user(role, department=self.ours) for role in Role}
        self.stranger = factories.user(Role.SALES, department=self.theirs)
        self.admin = self.people[Role.ADMINISTRATOR]
        self.sales = self.people[Role.SALES]
        self.colleague = factories.user(Role.SALES, department=self.ours)
        self.shop = Source.objects.create(key="shop", name_zh="商店", name_en="Shop")

    def client(self, who: Role | User) -> Client:
        """A browser in which somebody is signed in."""
        client = Client(headers={"accept-language": "en"})
        client.force_login(self.people[who] if isinstance(who, Role) else who)
        return client

    def customer(self, owner: User | None = None, **fields: Any) -> Customer:
        """Somebody's customer, ours unless said otherwise, who can be found."""
        who = owner or self.sales
        facts: dict[str, Any] = {
            "name": "王小明", "phone": "+8613800005678",
            "email": f"w{uuid7().hex[-8:]}@example.com",
            "birth_date": date(1990, 5, 1), "city": "杭州", "orders": 2,
            "revenue": Decimal("310.50"), "churn_risk": 0.3, "last_order_at": AT,
        }  # fmt: skip
        made = Customer.objects.create(owner=who, department=who.department, **{**facts, **fields})
        search.index([made.pk])
        return made

    def order(self, customer: Customer, total: str = "12.50", *, days: int = 0) -> Order:
        """An order with one line."""
        id_ = uuid7()
        made = Order.objects.create(
            id=id_, source=self.shop, number=id_.hex[-12:], kind="sale", customer=customer,
            ordered_at=AT - timedelta(days=days), total=Decimal(total), currency="GBP", lines=1,
        )  # fmt: skip
        OrderLine.objects.create(
            order=made, customer_id=customer.pk, ordered_at=made.ordered_at, kind="sale", sku="A",
            product_name=HOSTILE, quantity=1, unit_price=Decimal(total), amount=Decimal(total),
        )  # fmt: skip
        return made

    def segment(self, tree: dict[str, Any] | None = None) -> Segment:
        """A computed segment."""
        made = Segment.objects.create(name="Buyers", tree=tree or BUYERS, owner=self.admin)
        segmentation.refresh(made)
        return made

    def furnish(self) -> None:
        """Something behind every address."""
        for number in range(3):
            person = self.customer(name=f"{HOSTILE} {number}", email=f"c{number}@example.com")
            self.order(person)
            Score.objects.create(
                customer=person, model="churn", version=1, as_of=AT, value=0.3, low=0.2, high=0.4
            )
            self.customer(self.stranger, phone="", email=f"s{number}@example.com")
        ModelVersion.objects.create(
            name="churn", version=1, as_of=AT, trained_at=AT, in_use="model", current=True,
            scorecard={"metrics": []},
        )  # fmt: skip
        Import.objects.create(
            source=self.shop, file_name="orders.csv", file_digest="0" * 64, path="x",
            owner=self.admin,
        )  # fmt: skip
        one = Company.objects.create(name=HOSTILE, owner=self.sales, department=self.ours)
        Customer.objects.filter(pk=person.pk).update(company=one)
        for who in self.people.values():
            Task.objects.create(customer=person, title=HOSTILE, owner=who, created_by=self.admin)
        SavedView.objects.create(
            name=HOSTILE, owner=self.admin, object_type="customer", shared=True
        )
        segment = self.segment()
        Campaign.objects.create(name="Winter", segment=segment, owner=self.admin)
        Campaign.objects.create(
            name="Spring", segment=segment, owner=self.admin, state="sent",
            started_at=timezone.now() - timedelta(days=3),
        )  # fmt: skip


def ids(answer: Any) -> set[str]:
    """The ids of a page."""
    return {item["id"] for item in answer.json()["items"]}
