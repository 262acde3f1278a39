"""What one user may know of one customer, field by field.

A role can have several grants (sales see their team's numbers masked and their own customers'
whole), so the level of a field depends on the row. Lists mask personal fields for everybody: a
whole number is looked at on the person's page, where the look is audited.
"""

from __future__ import annotations

from datetime import date

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers.models import Customer, Identifier
from zhiyin.objects import levels as of_fields
from zhiyin.objects.definitions import fields_of, object_type
from zhiyin.privacy import masking

PERSONAL = ("phone", "email", "birth_date")
Levels = dict[str, Level]


def levels_for(user: User, customer: Customer) -> Levels:
    """What the user may do with each field of this very customer."""
    return access.levels_at(user, "customer", customer)


def levels_of_history(user: User, customer: Customer) -> Levels:
    """The same with the fields that the house added, of which the history tells too."""
    of = object_type("customer")
    added = [one for one in fields_of(of).values() if one.custom]
    return {**of_fields.of_row(user, of, customer, added), **levels_for(user, customer)}


def masked(name: str, value: str | date | None) -> str:
    """A personal value as it is shown to those who may know that it is there."""
    if not value:
        return ""
    if name == "phone":
        return masking.mask_phone(str(value).removeprefix("+86"))
    if name == "email":
        return masking.mask_email(str(value))
    if name == "birth_date":
        return masking.mask_birthday(value)
    return masking.mask_text(str(value))


def shown(name: str, value: str | date | None, level: Level) -> str:
    """A value at a level: nothing, masked, or whole."""
    if level is Level.HIDDEN or not value:
        return ""
    if level is Level.MASKED:
        return masked(name, value)
    return value.isoformat() if isinstance(value, date) else value


def shown_identifier(identifier: Identifier, levels: Levels) -> str:
    """An identifier as this user may see it: addresses like the fields, handles masked."""
    kind = Identifier.Kind(identifier.kind)
    if kind is Identifier.Kind.NUMBER:
        return identifier.value if levels.get("number", Level.HIDDEN) >= Level.READ else ""
    field = {"email": "email", "phone": "phone"}.get(kind.value)
    level = levels.get(field or "phone", Level.HIDDEN)
    if level is Level.HIDDEN:
        return ""
    if field and level >= Level.READ:
        return identifier.value
    return masked(field, identifier.value) if field else masking.mask_id(identifier.value)
