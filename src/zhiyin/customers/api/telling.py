"""A customer as the API tells them to one user: hidden fields absent, masked ones masked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from django.conf import settings
from django.db.models import Model

from zhiyin.accounts import access, audit
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import Department, User
from zhiyin.customers.fields import PERSONAL, Levels, levels_for, shown
from zhiyin.customers.models import Company, Customer
from zhiyin.customers.objects import CUSTOMER
from zhiyin.objects.api import custom

Value = object


def _named(one: User | Department | Company | None) -> dict[str, Value] | None:
    return None if one is None else {"id": one.pk, "name": one.name}


def _span(customer: Model, name: str) -> dict[str, Value]:
    values = (getattr(customer, field) for field in (name, f"{name}_low", f"{name}_high"))
    told = (value if isinstance(value, float | None) else str(value) for value in values)
    return dict(zip(("value", "low", "high"), told, strict=True))


def _next_purchase(customer: Customer) -> dict[str, Value]:
    return {
        "earliest": customer.next_purchase_from,
        "latest": customer.next_purchase_to,
        "probability": customer.next_purchase_probability,
    }


_TOLD_APART: Mapping[str, Callable[[Customer], Value]] = {
    "owner": lambda customer: _named(customer.owner),
    "department": lambda customer: _named(customer.department),
    "company": lambda customer: _named(customer.company),
    "revenue": lambda customer: str(customer.revenue),
    "value_12m": lambda customer: _span(customer, "value_12m"),
    "churn_risk": lambda customer: _span(customer, "churn_risk"),
    "next_purchase": _next_purchase,
}


def in_list(user: User, customer: Customer) -> dict[str, Value]:
    """A row of a list: personal fields are masked for everybody."""
    levels = levels_for(user, customer)
    masked = {name: min(levels[name], Level.MASKED) for name in PERSONAL}
    return _told(user, customer, {**levels, **masked}, listed=True)


def alone(user: User, customer: Customer, only: Collection[str] | None = None) -> dict[str, Value]:
    """One customer: whole values to those who may see them, and the audit trail keeps that.

    `only` are the fields that were asked for: what is not told was not read.
    """
    levels = levels_for(user, customer)
    asked = [name for name in PERSONAL if only is None or name in only]
    read = [name for name in asked if levels[name] >= Level.READ and getattr(customer, name)]
    if read:
        audit.read_of(user, customer, fields=read)
    return _told(user, customer, levels)


def _told(
    user: User, customer: Customer, levels: Levels, *, listed: bool = False
) -> dict[str, Value]:
    masked: list[str] = []
    told: dict[str, Value] = {
        "id": customer.pk,
        "version": customer.version,
        "currency": settings.CURRENCY,
        "simulated": customer.simulated_profile,
        "figures_at": customer.figures_at,
        "scored_at": customer.scored_at,
        "masked": masked,
        "custom": custom.told(user, CUSTOMER, customer, listed=listed),
    }
    for name, level in levels.items():
        if name in PERSONAL:
            if level is not Level.HIDDEN:
                told[name] = shown(name, getattr(customer, name), level)
            if level is Level.MASKED and told[name]:
                masked.append(name)
        elif level >= Level.READ:
            special = _TOLD_APART.get(name)
            told[name] = special(customer) if special else getattr(customer, name)
    company = customer.company
    if company is not None and not access.can_reach(user, "company.see", company):
        told.pop("company", None)
    return told
