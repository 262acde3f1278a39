"""What this room tells other systems: a customer or a company came or changed, was tagged.

An endpoint's owner is told about rows in their sight only, and of each only the fields that they
may see; values are masked exactly as they would be on this owner's screen.
"""

from __future__ import annotations

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.connect.catalogue import Data, EventType, register
from zhiyin.connect.models import Occurrence
from zhiyin.customers.fields import PERSONAL, shown
from zhiyin.customers.models import Company, Customer
from zhiyin.objects import levels, writing
from zhiyin.objects.definitions import ObjectType, fields_of, object_type

Row = TypeVar("Row", bound=Model)
_ID = "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11"


def in_sight(owner: User, object_id: str) -> Customer | None:
    """The customer, where this owner may see it."""
    return _seen(owner, Customer.objects.all(), "customer.see", object_id)


def _seen(owner: User, rows: QuerySet[Row], permission: str, object_id: str) -> Row | None:
    try:
        return access.scoped(owner, rows, permission).filter(pk=object_id).first()
    except ValidationError:
        return None


def _tell_customer(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    row = in_sight(owner, occurrence.object_id)
    if row is None:
        return None
    return _tell(object_type("customer"), row, owner, occurrence, with_values)


def _tell_company(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    row = _seen(owner, Company.objects.all(), "company.see", occurrence.object_id)
    if row is None:
        return None
    return _tell(object_type("company"), row, owner, occurrence, with_values)


def _tell(
    of: ObjectType, row: Model, owner: User, occurrence: Occurrence, with_values: bool
) -> Data:
    known = {key: _level(of, row, owner, key) for key in occurrence.fields}
    seen = {key: level for key, level in known.items() if level > Level.HIDDEN}
    data: Data = {"id": str(row.pk), "fields": list(seen)}
    if with_values:
        values = {key: _value(of, row, key, level, owner) for key, level in seen.items()}
        data["values"] = {key: value for key, value in values.items() if value is not _MASKED}
    return data


def _level(of: ObjectType, row: Model, owner: User, key: str) -> Level:
    """What the owner may do with a field of this row; fields of other rooms by their own rule."""
    own = access.levels_at(owner, of.resource, row)
    if key in own:
        return own[key]
    field = fields_of(of).get(key)
    return levels.at_row(owner, of, field, row) if field is not None else Level.HIDDEN


def _sees_company_of(owner: User, row: Model) -> bool:
    """A shared customer's company may be out of sight, and its id is news then."""
    company = getattr(row, "company_id", None)
    seen = _seen(owner, Company.objects.all(), "company.see", str(company)) if company else None
    return company is None or seen is not None


_MASKED = object()  # a value that has no masked form is left out


def _value(of: ObjectType, row: Model, key: str, level: Level, owner: User) -> object:
    if key in PERSONAL:
        return shown(key, getattr(row, key), level)
    if level < Level.READ or (key == "company" and not _sees_company_of(owner, row)):
        return _MASKED
    reference = {"owner": "owner_id", "department": "department_id", "company": "company_id"}
    column = reference.get(key, key)
    field = fields_of(of).get(key)
    found = writing.stored_in(of, field, row) if field and column == key else getattr(row, column)
    return found if isinstance(found, bool | int | list | None) else str(found)


register(
    EventType(
        "customer.created", _("A customer is new"), _("Customers"), "customer.see",
        _tell_customer,
        {"id": _ID, "fields": ["email", "name"], "values": {"email": "l***@example.com",
                                                            "name": "林静姝"}},
    ),
    EventType(
        "customer.updated", _("A customer's profile changed"), _("Customers"), "customer.see",
        _tell_customer,
        {"id": _ID, "fields": ["city"], "values": {"city": "苏州"}},
    ),
    EventType(
        "customer.tagged", _("A customer's tags changed"), _("Customers"), "customer.see",
        _tell_customer,
        {"id": _ID, "fields": ["tags"], "values": {"tags": ["VIP"]}},
    ),
    EventType(
        "company.created", _("A company is new"), _("Companies"), "company.see", _tell_company,
        {"id": _ID, "fields": ["name"], "values": {"name": "苏州听雨茶业有限公司"}},
    ),
    EventType(
        "company.updated", _("A company's data changed"), _("Companies"), "company.see",
        _tell_company, {"id": _ID, "fields": ["city"], "values": {"city": "苏州"}},
    ),
)  # fmt: skip
