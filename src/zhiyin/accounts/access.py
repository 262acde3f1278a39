"""The access policy: role × row × field, in one place, denied by default.

Rooms describe what they hold as a `Resource` in their own access.py and register it; screens, the
API, search, exports and the assistant all ask here. A permission is "resource.action", as in
"customer.see". Who has several roles has the most that any of them gives.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, Q, QuerySet, Subquery
from django.http import Http404

from zhiyin.accounts.models import Department, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.token_scopes import permits

Row = TypeVar("Row", bound=Model)
Person = User | AnonymousUser


class Scope(enum.IntEnum):
    """Which rows: none, mine, my department's, those of my department and below, all."""

    NONE = 0
    OWN = 1
    TEAM = 2
    DEPARTMENT = 3
    ALL = 4


class Level(enum.IntEnum):
    """What may be done with a field."""

    HIDDEN = 0
    MASKED = 1
    READ = 2
    WRITE = 3


class Sensitivity(enum.Enum):
    """How close a field is to a person: nothing to do with one, names one, or can hurt one."""

    PLAIN = "plain"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


@dataclass(frozen=True)
class Grant:
    """What a role may do with a resource: these actions on these rows, these kinds of fields."""

    scope: Scope
    actions: frozenset[str]
    plain: Level = Level.READ
    personal: Level = Level.MASKED
    sensitive: Level = Level.HIDDEN

    def __init__(
        self,
        scope: Scope,
        actions: Iterable[str],
        *,
        plain: Level = Level.READ,
        personal: Level = Level.MASKED,
        sensitive: Level = Level.HIDDEN,
    ) -> None:
        object.__setattr__(self, "scope", scope)
        object.__setattr__(self, "actions", frozenset(actions))
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "personal", personal)
        object.__setattr__(self, "sensitive", sensitive)

    def level(self, sensitivity: Sensitivity) -> Level:
        return {
            Sensitivity.PLAIN: self.plain,
            Sensitivity.PERSONAL: self.personal,
            Sensitivity.SENSITIVE: self.sensitive,
        }[sensitivity]


@dataclass(frozen=True)
class Resource:
    """One kind of thing that can be seen or changed.

    `owner` and `department` are the columns that hold the ids of a row's user and department; a
    resource without them only knows the scope ALL. A role may have several grants, so that it can
    see more rows than it can change.
    """

    name: str
    actions: frozenset[str]
    grants: Mapping[Role, Grant | tuple[Grant, ...]]
    fields: Mapping[str, Sensitivity] = field(default_factory=dict)
    owner: str | None = "owner_id"
    department: str | None = "department_id"

    def grants_of(self, roles: Iterable[str]) -> list[Grant]:
        found: list[Grant] = []
        for role in roles:
            granted = self.grants.get(Role(role), ())
            found.extend((granted,) if isinstance(granted, Grant) else granted)
        return found


class Denied(PermissionDenied):
    """Signed in, but not allowed to do this; shown as 403."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"not allowed: {permission}")
        self.permission = permission


class OutOfSight(Http404):
    """The row exists, but not for this user: answered like a missing one, so ids teach nothing."""


class PolicyError(RuntimeError):
    """A rule of the policy is written wrongly; the message says which. A programmer's mistake."""


_resources: dict[str, Resource] = {}


def register(resource: Resource) -> Resource:
    """Add a resource to the policy; returns it, so that a room can keep it in a constant."""
    granted = {
        action
        for grants in resource.grants.values()
        for grant in ((grants,) if isinstance(grants, Grant) else grants)
        for action in grant.actions
    }
    if unknown := granted - resource.actions:
        raise PolicyError(f"{resource.name} grants unknown actions {sorted(unknown)}")
    known = _resources.setdefault(resource.name, resource)
    if known != resource:
        raise PolicyError(f"the resource {resource.name!r} is registered twice")
    return resource


def resources() -> Mapping[str, Resource]:
    """Everything registered, by name."""
    return dict(_resources)


def parse(permission: str) -> tuple[Resource, str]:
    """The resource and action of "resource.action"; unknown ones are a programmer's mistake."""
    name, _, action = permission.rpartition(".")
    resource = _resources.get(name)
    if resource is None or action not in resource.actions:
        raise PolicyError(
            f"no such permission: {permission!r}; register it in its room's access.py"
        )
    return resource, action


def scope_of(user: Person, permission: str) -> Scope:
    """The widest scope in which this user has the permission."""
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
    scope = scope_of(user, permission)
    if scope in (Scope.NONE, Scope.ALL) or not isinstance(user, User):
        return scope is Scope.ALL
    resource, _ = parse(permission)
    if resource.owner and getattr(obj, resource.owner) == user.pk:
        return True
    if not resource.department:
        return False
    return getattr(obj, resource.department) in department_ids(user, scope)


def can_see_row(user: Person, resource: str, obj: Model) -> bool:
    """Whether the user may see this row."""
    return can_reach(user, f"{resource}.see", obj)


def scoped(user: Person, queryset: QuerySet[Row], permission: str) -> QuerySet[Row]:
    """Only the rows for which the user has the permission; none where it is not granted."""
    scope = scope_of(user, permission)
    if scope is Scope.ALL:
        return queryset
    if scope is Scope.NONE:
        return queryset.none()
    return queryset.filter(scope_rows(user, permission).q)


@dataclass(frozen=True)
class RowScope:
    """The row condition twice: for a queryset, and for SQL that was compiled elsewhere."""

    q: Q
    sql: str
    params: tuple[UUID | list[UUID], ...]


def scope_rows(user: Person, permission: str) -> RowScope:
    """The condition that leaves only the rows for which the user has the permission.

    The SQL names bare columns and holds only placeholders (psycopg's %s), never values.
    """
    scope = scope_of(user, permission)
    if scope is Scope.ALL:
        return RowScope(Q(), "true", ())
    resource, _ = parse(permission)
    q = Q(pk__in=[])
    sql: list[str] = []
    params: list[UUID | list[UUID]] = []
    if isinstance(user, User) and scope is not Scope.NONE:
        if resource.owner:
            q |= Q(**{resource.owner: user.pk})
            sql.append(f"{resource.owner} = %s")
            params.append(user.pk)
        ids = department_ids(user, scope)
        if resource.department and ids:
            q |= Q(**{f"{resource.department}__in": ids})
            sql.append(f"{resource.department} = any(%s)")
            params.append(ids)
    return RowScope(q, f"({' or '.join(sql)})" if sql else "false", tuple(params))


def scope_sql(
    user: Person, resource: str, action: str = "see"
) -> tuple[str, tuple[UUID | list[UUID], ...]]:
    """`scope_rows` as a (where, params) pair."""
    rows = scope_rows(user, f"{resource}.{action}")
    return rows.sql, rows.params


def levels(user: Person, resource: str) -> dict[str, Level]:
    """What the user may do with each field of a resource."""
    known = _resources.get(resource)
    if known is None:
        raise PolicyError(f"no such resource: {resource!r}")
    active = isinstance(user, User) and user.is_active
    grants = known.grants_of(user.roles) if isinstance(user, User) and active else []
    return {
        name: max((g.level(sensitivity) for g in grants), default=Level.HIDDEN)
        for name, sensitivity in known.fields.items()
    }


def writable(user: Person, resource: str) -> frozenset[str]:
    """The fields that the user may write; anything else in a request's body is refused."""
    return frozenset(name for name, level in levels(user, resource).items() if level is Level.WRITE)


def department_ids(user: User, scope: Scope) -> list[UUID]:
    """The departments that a scope reaches; asked once for each user object (one request)."""
    if user.department_id is None or scope < Scope.TEAM:
        return []
    if scope is Scope.TEAM:
        return [user.department_id]
    known: list[UUID] | None = getattr(user, "_department_ids_below", None)
    if known is None:
        own = Department.objects.filter(pk=user.department_id).values("path")[:1]
        below = Department.objects.alias(top=Subquery(own)).filter(path__startswith=F("top"))
        known = list(below.values_list("pk", flat=True))
        user._department_ids_below = known  # type: ignore[attr-defined]
    return known
