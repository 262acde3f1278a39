"""What one user may know of an object's fields: anywhere, everywhere, or of one row.

A role can have several grants (sales see their team's numbers masked and their own customers'
whole), so a level depends on the row. A column is offered where a field may be known of some row;
a condition or an order only where it may be read of every row in sight, or the rows that it leaves
would tell what their fields hide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Model

from zhiyin.accounts import access
from zhiyin.accounts.access import Grant, Level, Scope, Sensitivity
from zhiyin.accounts.models import User
from zhiyin.objects.definitions import Field, ObjectType, fields_of

Levels = Mapping[str, Level]


def somewhere(user: User, of: ObjectType) -> Levels:
    """The most that the user may do with each field, on whichever row."""
    known = access.levels(user, of.resource)
    grants = _grants(user, of) if user.is_active else []
    return {
        key: known.get(one.level or key, Level.HIDDEN)
        if one.sensitivity is None
        else _most(grants, of, one)
        for key, one in fields_of(of).items()
    }


def everywhere(user: User, of: ObjectType) -> Levels:
    """What the user may do with each field on every row that they see."""
    widest = access.scope_of(user, of.permission("see"))
    grants = [one for one in _grants(user, of) if widest is not Scope.NONE and one.scope >= widest]
    unseen = {
        key
        for key, one in fields_of(of).items()
        if one.totals and access.scope_of(user, one.totals) is not Scope.ALL
    }
    return {
        key: Level.HIDDEN if unseen.intersection((key, *one.reads)) else _most(grants, of, one)
        for key, one in fields_of(of).items()
    }


def of_row(user: User, of: ObjectType, row: Model, only: Iterable[Field] | None = None) -> Levels:
    """What the user may do with each field (or only these) of this very row."""
    grants = [one for one in _grants(user, of) if _reaches(user, one.scope, of, row)]
    fields = fields_of(of).values() if only is None else only
    return {one.key: _most(grants, of, one) for one in fields}


def at_row(user: User, of: ObjectType, field: Field, row: Model) -> Level:
    """What the user may do with one field of one row."""
    return _most([g for g in _grants(user, of) if _reaches(user, g.scope, of, row)], of, field)


def sensitivity_of(of: ObjectType, field: Field) -> Sensitivity | None:
    """How close a field is to a person; None where nobody said so, and then nobody sees it."""
    known = access.resources()[of.resource].fields
    return field.sensitivity or known.get(field.level or field.key)


def may_ask(levels: Levels, key: str) -> bool:
    """Whether a field may be asked about at these levels."""
    return levels.get(key, Level.HIDDEN) >= Level.READ


def _grants(user: User, of: ObjectType) -> list[Grant]:
    return access.resources()[of.resource].grants_of(user.roles)


def _most(grants: list[Grant], of: ObjectType, one: Field) -> Level:
    sensitivity = sensitivity_of(of, one)
    if sensitivity is None:
        return Level.HIDDEN
    most = max((grant.level(sensitivity) for grant in grants), default=Level.HIDDEN)
    inputs = fields_of(of) if one.reads else {}
    near = [_most(grants, of, inputs[key]) for key in one.reads if key in inputs]
    return min([most, *(min(level, Level.READ) for level in near)])


def _reaches(user: User, scope: Scope, of: ObjectType, row: Model) -> bool:
    if not user.is_active or scope is Scope.NONE:
        return False
    resource = access.resources()[of.resource]
    if scope is Scope.ALL:
        return True
    if resource.owner and getattr(row, resource.owner) == user.pk:
        return True
    if not resource.department:
        return False
    return getattr(row, resource.department) in access.department_ids(user, scope)
