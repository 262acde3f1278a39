"""Custom fields for tests, on the customer."""

from __future__ import annotations

from typing import Any

from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer
from zhiyin.objects import definitions
from zhiyin.objects.custom import services
from zhiyin.objects.custom.drafts import Draft
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import read_rules
from zhiyin.objects.definitions import Field, Kind, ObjectType

from ... import factories


def customers() -> ObjectType:
    """The customer as an object."""
    known = definitions.object_types().get("customer")
    if known is not None:
        return known
    return definitions.register(
        ObjectType(
            name="customer", plural_name="customers", model=Customer, resource="customer",
            singular="Customer", plural="Customers", icon="users", columns=("name",), sort="name",
            fields=(
                Field("name", "Name"), Field("email", "E-mail", Kind.MASKED),
                Field("tier", "Tier", Kind.CHOICE), Field("revenue", "Spent", Kind.MONEY),
                Field("orders", "Orders", Kind.NUMBER), Field("city", "City"),
                Field("birth_date", "Birthday", Kind.MASKED),
                Field("churn_risk", "Risk", Kind.PERCENT),
                Field("last_order_at", "Last order", Kind.MOMENT),
            ),
        )
    )  # fmt: skip


def administrator() -> User:
    return factories.user(Role.ADMINISTRATOR)


def draft(key: str, type: str = "text", **more: Any) -> Draft:
    rules = read_rules(more.pop("rules", {}))
    words = {"label_zh": f"字段{key}", "label_en": f"Field {key}"}
    return Draft(key=key, type=type, rules=rules, **(words | more))


def field(key: str, type: str = "text", *, by: User | None = None, **more: Any) -> CustomField:
    """A field that stands in the database."""
    return services.add_field(customers(), draft(key, type, **more), by=by or administrator())
