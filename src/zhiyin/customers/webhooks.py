"""What this room tells other systems: a customer came, changed, was tagged.

An endpoint's owner is told about customers in their sight only, and of each only the fields that
they may see; values are masked exactly as they would be on this owner's screen.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.connect.catalogue import Data, EventType, register
from zhiyin.connect.models import Occurrence
from zhiyin.customers.fields import PERSONAL, levels_for, shown
from zhiyin.customers.models import Customer

_ID = "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11"


def in_sight(owner: User, object_id: str) -> Customer | None:
    """The customer, where this owner may see it."""
    seen = access.scoped(owner, Customer.objects.all(), "customer.see")
    try:
        return seen.filter(pk=object_id).first()
    except ValidationError:
        return None


def _tell(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    customer = in_sight(owner, occurrence.object_id)
    if customer is None:
        return None
    levels = levels_for(owner, customer)
    fields = [one for one in occurrence.fields if levels.get(one, Level.HIDDEN) > Level.HIDDEN]
    data: Data = {"id": str(customer.pk), "fields": fields}
    if with_values:
        data["values"] = {name: _value(customer, name, levels[name]) for name in fields}
    return data


def _value(customer: Customer, name: str, level: Level) -> object:
    of_another = {"owner": "owner_id", "department": "department_id"}
    value = getattr(customer, of_another.get(name, name.removesuffix("_id")), None)
    if name in PERSONAL:
        return shown(name, value, level)
    if value is None or isinstance(value, bool | int | str):
        return value
    return list(value) if isinstance(value, list) else str(value)


register(
    EventType(
        "customer.created", _("A customer is new"), _("Customers"), "customer.see",
        _tell,
        {"id": _ID, "fields": ["email", "name"], "values": {"email": "l***@example.com",
                                                            "name": "林静姝"}},
    ),
    EventType(
        "customer.updated", _("A customer's profile changed"), _("Customers"), "customer.see",
        _tell,
        {"id": _ID, "fields": ["city"], "values": {"city": "苏州"}},
    ),
    EventType(
        "customer.tagged", _("A customer's tags changed"), _("Customers"), "customer.see",
        _tell,
        {"id": _ID, "fields": ["tags"], "values": {"tags": ["VIP"]}},
    ),
)  # fmt: skip
