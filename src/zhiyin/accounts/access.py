"""The access policy: role × row × field, in one place, denied by default.

Screens, the API, search, exports and the assistant all ask here. A permission is "resource.action",
as in "customer.see". Who has several roles has the most that any of them gives; territories, shares
and delegations open more rows, but never a field or an action that the own role does not have.
What the policy is made of stands in policy.py, what opens rows besides the role in reach.py.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404

from zhiyin.accounts.models import User
from zhiyin.accounts.policy import (
    Grant,
    Level,
    PolicyError,
    Resource,
    Scope,
    Sensitivity,
    in_force,
    parse,
    register,
    resource_named,
    resources,
)
from zhiyin.accounts.reach import InTerritory, SharedRow, StandsIn, reach_of
from zhiyin.accounts.rows import Param, Rows, RowScope
from zhiyin.accounts.token_scopes import permits

__all__ = [
    "Denied",
    "Grant",
    "Level",
    "OutOfSight",
    "Param",
    "Person",
    "PolicyError",
    "Resource",
    "RowScope",
    "Rows",
    "Scope",
    "Sensitivity",
    "Way",
    "Why",
    "allowed",
    "can_reach",
    "can_see_row",
    "department_ids",
    "levels",
    "levels_at",
    "open_rows",
    "outermost_ways",
    "parse",
    "register",
    "require",
    "resources",
    "scope_of",
    "scope_rows",
    "scope_sql",
    "scoped",
    "seen_rows",
    "ways",
    "ways_to",
    "writable",
]

Row = TypeVar("Row", bound=Model)
Person = User | AnonymousUser


class Denied(PermissionDenied):
    """Signed in, but not allowed to do this; shown as 403."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"not allowed: {permission}")
        self.permission = permission


class OutOfSight(Http404):
    """The row exists, but not for this user: answered like a missing one, so ids teach nothing."""


class Why(enum.Enum):
    """What opens rows to somebody."""

    ROLE = "role"
    TERRITORY = "territory"
    SHARE = "share"
    DELEGATION = "delegation"


@dataclass(frozen=True)
class Way:
    """One reason for which rows are open to a user, what may be done on it, and with which fields.

    `source` is the id of the territory, share or delegation; `scope` belongs to a role's grant.
    """

    why: Why
    rows: Rows
    actions: frozenset[str]
    levels: Mapping[str, Level]
    kinds: Mapping[Sensitivity, Level]  # of fields that the resource does not know by name
    scope: Scope = Scope.NONE
    source: UUID | None = None

    def level_of(self, name: str, kind: Sensitivity | None) -> Level:
        """How far a field opens on this way: by its name, else by its kind, else not."""
        if name in self.levels:
            return self.levels[name]
        return Level.HIDDEN if kind is None else self.kinds[kind]


# How far the rows of a territory open to somebody who only looks at them.
_LOOKED_AT = {
    Sensitivity.PLAIN: Level.READ,
    Sensitivity.PERSONAL: Level.MASKED,
    Sensitivity.SENSITIVE: Level.HIDDEN,
}
# What nobody does in another's name: it would outlive the delegation.
_NEVER_DELEGATED = frozenset({"share", "assign"})


def ways(user: Person, resource: Resource) -> list[Way]:
    """Every way in which rows of a resource are open to this user; none to a stranger."""
    if not isinstance(user, User) or not user.is_active:
        return []
    known: dict[str, tuple[object, list[Way]]] = user.__dict__.setdefault("_ways", {})
    # Found again only while nothing changed: a policy that is applied holds at once, also for a
    # user object that lives long, and also where it changed what a colleague may delegate.
    made_of = (in_force(resource), list(user.roles), user.department_id)
    kept = known.get(resource.name)
    if kept is None or kept[0] != made_of:
        usable = [grant for grant in resource.grants_of(user.roles) if grant.scope > Scope.NONE]
        kept = known[resource.name] = (made_of, _ways(user, resource, usable))
    return kept[1]


def _ways(user: User, resource: Resource, grants: list[Grant]) -> list[Way]:
    if not grants:
        return []
    found = [
        Way(Why.ROLE, _rows_of(user, g.scope), g.actions, resource.levels_in(g), _kinds(g), g.scope)
        for g in grants
    ]
    if any(way.rows.everything for way in found) and all(g.scope is Scope.ALL for g in grants):
        return found  # nothing can be added to everything
    as_own = _as_own(resource, grants)
    if resource.places or resource.shareable or resource.delegable:
        reach = reach_of(user)
        territories = reach.territories if resource.places else ()
        shares = [one for one in reach.shares if one.resource == resource.name]
        stands_in = reach.stands_in if resource.delegable else ()
        found += [_by_territory(resource, as_own, one) for one in territories]
        found += [_by_share(resource, as_own, one) for one in shares]
        found += [_by_delegation(resource, as_own, one) for one in stands_in]
    return found


@dataclass(frozen=True)
class _AsOwn:
    """What a role may do with its own rows: the most that any other way can give."""

    actions: frozenset[str]
    levels: Mapping[str, Level]
    kinds: Mapping[Sensitivity, Level]


def _as_own(resource: Resource, grants: list[Grant]) -> _AsOwn:
    actions: frozenset[str] = frozenset()
    for grant in grants:
        actions |= grant.actions
    kinds = {k: max((g.level(k) for g in grants), default=Level.HIDDEN) for k in Sensitivity}
    return _AsOwn(actions, _most([resource.levels_in(g) for g in grants], resource), kinds)


def _kinds(grant: Grant) -> dict[Sensitivity, Level]:
    return {kind: grant.level(kind) for kind in Sensitivity}


def _rows_of(user: User, scope: Scope) -> Rows:
    if scope is Scope.ALL:
        return Rows(everything=True)
    return Rows(owners=frozenset({user.pk}), departments=frozenset(department_ids(user, scope)))


def _by_territory(resource: Resource, own: _AsOwn, one: InTerritory) -> Way:
    rows = Rows(places=one.places)
    if one.may_change:
        return Way(Why.TERRITORY, rows, own.actions, own.levels, own.kinds, source=one.territory)
    looked = {name: _LOOKED_AT[kind] for name, kind in resource.fields.items()}
    return Way(
        Why.TERRITORY, rows, own.actions & {"see"}, _least(own.levels, looked),
        _least(own.kinds, _LOOKED_AT), source=one.territory,
    )  # fmt: skip


def _by_share(resource: Resource, own: _AsOwn, one: SharedRow) -> Way:
    rows = Rows(ids=frozenset({one.row}))
    given: dict[Sensitivity, Level] = {}  # a kind is as open as the least of its fields was
    for name, kind in resource.fields.items():
        level = one.levels.get(name, Level.HIDDEN)
        given[kind] = min(level, given.get(kind, level))
    return Way(
        Why.SHARE, rows, own.actions & one.actions, _least(own.levels, one.levels),
        _least(own.kinds, given), source=one.share,
    )  # fmt: skip


def _by_delegation(resource: Resource, own: _AsOwn, one: StandsIn) -> Way:
    theirs = _as_own(resource, [g for g in resource.grants_of(one.roles) if g.scope > Scope.NONE])
    return Way(
        Why.DELEGATION, Rows(owners=frozenset({one.giver})),
        (own.actions & theirs.actions) - _NEVER_DELEGATED, _least(own.levels, theirs.levels),
        _least(own.kinds, theirs.kinds), source=one.delegation,
    )  # fmt: skip


Key = TypeVar("Key")


def _least(one: Mapping[Key, Level], other: Mapping[Key, Level]) -> dict[Key, Level]:
    return {name: min(level, other.get(name, Level.HIDDEN)) for name, level in one.items()}


def _most(several: Sequence[Mapping[str, Level]], resource: Resource) -> dict[str, Level]:
    return {
        name: max((levels[name] for levels in several), default=Level.HIDDEN)
        for name in resource.fields
    }


def scope_of(user: Person, permission: str) -> Scope:
    """The widest scope in which this user's roles have the permission."""
    resource, action = parse(permission)
    if not isinstance(user, User) or not user.is_active:
        return Scope.NONE
    if user.token is not None and not permits(user.token.scopes, permission):
        return Scope.NONE
    scopes = [g.scope for g in resource.grants_of(user.roles) if action in g.actions]
    return max(scopes, default=Scope.NONE)


def allowed(user: Person, permission: str) -> bool:
    """Whether the user may do this to some row at least."""
    return scope_of(user, permission) > Scope.NONE


def require(user: Person, permission: str, obj: Model | None = None) -> None:
    """Raise `Denied` where the user may not do this, `OutOfSight` where not even see the row."""
    if not allowed(user, permission):
        raise Denied(permission)
    if obj is None or can_reach(user, permission, obj):
        return
    resource, _ = parse(permission)
    if "see" in resource.actions and can_reach(user, f"{resource.name}.see", obj):
        raise Denied(permission)
    raise OutOfSight


def can_reach(user: Person, permission: str, obj: Model) -> bool:
    """Whether the user has the permission for this very row."""
    resource, _ = parse(permission)
    return open_rows(user, permission).hold(resource, obj)


def can_see_row(user: Person, resource: str, obj: Model) -> bool:
    """Whether the user may see this row."""
    return can_reach(user, f"{resource}.see", obj)


def scoped(user: Person, queryset: QuerySet[Row], permission: str) -> QuerySet[Row]:
    """Only the rows for which the user has the permission; none where it is not granted."""
    rows = open_rows(user, permission)
    if rows.everything:
        return queryset
    if rows == Rows():
        return queryset.none()
    return queryset.filter(scope_rows(user, permission).q)


def scope_rows(user: Person, permission: str) -> RowScope:
    """The condition that leaves only the rows for which the user has the permission."""
    resource, _ = parse(permission)
    return open_rows(user, permission).compiled(resource)


def scope_sql(user: Person, resource: str, action: str = "see") -> tuple[str, tuple[Param, ...]]:
    """`scope_rows` as a (where, params) pair."""
    rows = scope_rows(user, f"{resource}.{action}")
    return rows.sql, rows.params


def seen_rows(user: Person, resource: str) -> Rows:
    """The rows that the user may see, for the row security of the database."""
    return open_rows(user, f"{resource}.see")


def open_rows(user: Person, permission: str) -> Rows:
    """The rows for which the user has the permission, as a set."""
    resource, action = parse(permission)
    scope = scope_of(user, permission)
    if scope in (Scope.NONE, Scope.ALL):
        return Rows(everything=scope is Scope.ALL)  # without asking what else there is
    open_to = [way.rows for way in ways(user, resource) if action in way.actions]
    return reduce(or_, open_to, Rows())


def levels(user: Person, resource: str) -> dict[str, Level]:
    """What the user may do with each field of a resource, on the rows that are open widest."""
    known = resource_named(resource)
    active = isinstance(user, User) and user.is_active
    grants = known.grants_of(user.roles) if isinstance(user, User) and active else []
    return _most([known.levels_in(grant) for grant in grants], known)


def levels_at(user: Person, resource: str, row: Model) -> dict[str, Level]:
    """What the user may do with each field of this very row."""
    open_by = [way.levels for way in ways_to(user, resource, row)]
    return _most(open_by, resource_named(resource))


def ways_to(user: Person, resource: str, row: Model) -> list[Way]:
    """The ways in which this very row is open to the user."""
    known = resource_named(resource)
    return [way for way in ways(user, known) if way.rows.hold(known, row)]


def outermost_ways(user: Person, resource: str) -> list[list[Way]]:
    """What opens the rows that are open least: a field may be asked about only where each of these
    sets lets it be read, or the rows that a condition leaves would tell what their fields hide."""
    seeing = [way for way in ways(user, resource_named(resource)) if "see" in way.actions]
    widest = max((way.scope for way in seeing), default=Scope.NONE)
    by_role = [way for way in seeing if way.why is Why.ROLE and way.scope >= widest]
    return [by_role, *([way] for way in seeing if way.why is not Why.ROLE)]


def writable(user: Person, resource: str) -> frozenset[str]:
    """The fields that the user may write; anything else in a request's body is refused."""
    return frozenset(name for name, level in levels(user, resource).items() if level is Level.WRITE)


def department_ids(user: User, scope: Scope) -> list[UUID]:
    """The departments that a scope reaches; asked once for each user object (one request)."""
    if user.department_id is None or scope < Scope.TEAM:
        return []
    if scope is Scope.TEAM:
        return [user.department_id]
    return sorted(reach_of(user).below)
