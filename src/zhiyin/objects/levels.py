"""What one user may know of an object's fields: anywhere, everywhere, or of one row.

A role can have several grants (sales see their team's numbers masked and their own customers'
whole), so a level depends on the row. A column is offered where a field may be known of some row;
a condition or an order only where it may be read of every row in sight, or the rows that it leaves
would tell what their fields hide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Model

from zhiyin.accounts import access
from zhiyin.accounts.access import Level, Scope, Sensitivity, Way
from zhiyin.accounts.models import User
from zhiyin.objects.definitions import Field, ObjectType, fields_of

Levels = Mapping[str, Level]


def somewhere(user: User, of: ObjectType) -> Levels:
    """The most that the user may do with each field, on whichever row."""
    ways = access.ways(user, access.resources()[of.resource])
    return {key: _most(ways, of, one) for key, one in fields_of(of).items()}


def everywhere(user: User, of: ObjectType) -> Levels:
    """What the user may do with each field on every row that they see."""
    outermost = access.outermost_ways(user, of.resource)
    unseen = {
        key
        for key, one in fields_of(of).items()
        if one.totals and access.scope_of(user, one.totals) is not Scope.ALL
    }
    return {
        key: Level.HIDDEN
        if unseen.intersection((key, *one.reads))
        else min(_most(ways, of, one) for ways in outermost)
        for key, one in fields_of(of).items()
    }


def of_row(user: User, of: ObjectType, row: Model, only: Iterable[Field] | None = None) -> Levels:
    """What the user may do with each field (or only these) of this very row."""
    ways = access.ways_to(user, of.resource, row)
    fields = fields_of(of).values() if only is None else only
    return {one.key: _most(ways, of, one) for one in fields}


def in_list(user: User, of: ObjectType, row: Model, fields: Iterable[Field]) -> Levels:
    """What a list shows of a row: as `of_row`, but what is about a person is masked at most."""
    found = dict(of_row(user, of, row, fields))
    for one in fields:
        if sensitivity_of(of, one) is not Sensitivity.PLAIN:
            found[one.key] = min(found[one.key], Level.MASKED)
    return found


def are_even(known: Levels, of: ObjectType, fields: Iterable[Field]) -> bool:
    """Whether these fields may be read of every row in sight, so that a list need not ask each;
    `known` is what holds everywhere."""
    return all(
        may_ask(known, one.key) for one in fields if sensitivity_of(of, one) is Sensitivity.PLAIN
    )


def at_row(user: User, of: ObjectType, field: Field, row: Model) -> Level:
    """What the user may do with one field of one row."""
    return _most(access.ways_to(user, of.resource, row), of, field)


def sensitivity_of(of: ObjectType, field: Field) -> Sensitivity | None:
    """How close a field is to a person; None where nobody said so, and then nobody sees it."""
    known = access.resources()[of.resource].fields
    return field.sensitivity or known.get(field.level or field.key)


def may_ask(levels: Levels, key: str) -> bool:
    """Whether a field may be asked about at these levels."""
    return levels.get(key, Level.HIDDEN) >= Level.READ


def _most(ways: Sequence[Way], of: ObjectType, one: Field) -> Level:
    sensitivity = sensitivity_of(of, one)
    if sensitivity is None:
        return Level.HIDDEN
    name = one.level or one.key if one.sensitivity is None else ""
    most = max((way.level_of(name, sensitivity) for way in ways), default=Level.HIDDEN)
    inputs = fields_of(of) if one.reads else {}
    near = [_most(ways, of, inputs[key]) for key in one.reads if key in inputs]
    return min([most, *(min(level, Level.READ) for level in near)])
