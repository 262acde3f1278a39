"""A customer or company as one reader sees it: what a page may print without asking again.

Screens print a dozen fields of a row. Instead of a question at each, they get a copy of the row
in which everything that the reader may not read is empty. Personal fields are not touched: they
are masked, or revealed for a reason, by `fields`.
"""

from __future__ import annotations

import copy
from typing import TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhiyin.accounts.access import Level
from zhiyin.customers.fields import PERSONAL, Levels
from zhiyin.customers.models import Company, Customer

Row = TypeVar("Row", Customer, Company)
# A right whose name is not that of one column: what lies behind it.
_BEHIND = {
    "value_12m": ("value_12m", "value_12m_low", "value_12m_high"),
    "churn_risk": ("churn_risk", "churn_risk_low", "churn_risk_high"),
    "next_purchase": ("next_purchase_from", "next_purchase_to", "next_purchase_probability"),
}
# Which field a score is: who may not read it gets neither the score nor its reasons.
SCORE_FIELDS = {
    "churn": ("churn_risk",), "value": ("value_12m",), "next_purchase": ("next_purchase",),
    "rfm": ("rfm", "rfm_segment"), "personas": ("persona",),
}  # fmt: skip
_COLUMNS = {
    model: {field.name: field for field in model._meta.concrete_fields}
    for model in (Customer, Company)
}


def may_read(levels: Levels, *fields: str) -> bool:
    """Whether all of these may be read."""
    return all(levels.get(field, Level.HIDDEN) >= Level.READ for field in fields)


def sees_orders(levels: Levels) -> bool:
    """Whether single orders may be read: their amounts add up to what was spent."""
    return may_read(levels, "orders", "revenue")


def as_seen(row: Row, levels: Levels) -> Row:
    """A copy to be shown, never to be saved: empty where the reader may not read."""
    seen, columns = copy.copy(row), _COLUMNS[type(row)]
    for name in levels:
        if name in PERSONAL or may_read(levels, name):
            continue
        for column in _BEHIND.get(name, (name,)):
            if column in columns:
                setattr(seen, column, _empty(columns[column]))
    return seen


def _empty(column: models.Field) -> object:  # type: ignore[type-arg]
    if isinstance(column, ArrayField):
        return []
    if column.null or isinstance(column, models.DateTimeField):
        return None
    return "" if isinstance(column, models.CharField | models.TextField) else 0
