"""What the policy is made of: scopes, levels, grants, and the resources that rooms register.

Rooms describe what they hold as a `Resource` in their own access.py. These grants are the built-in
policy; a version that an administrator applied replaces some of them (see policy_changes.py). Who
may do what with which row is worked out in access.py.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from zhiyin.accounts.roles import Role


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
    """What a role may do with a resource: these actions on these rows, these kinds of fields.

    `fields` sets single fields apart from the others of their kind.
    """

    scope: Scope
    actions: frozenset[str]
    plain: Level = Level.READ
    personal: Level = Level.MASKED
    sensitive: Level = Level.HIDDEN
    fields: Mapping[str, Level] = field(default_factory=dict)

    def __init__(
        self,
        scope: Scope,
        actions: Iterable[str],
        *,
        plain: Level = Level.READ,
        personal: Level = Level.MASKED,
        sensitive: Level = Level.HIDDEN,
        fields: Mapping[str, Level] | None = None,
    ) -> None:
        object.__setattr__(self, "scope", scope)
        object.__setattr__(self, "actions", frozenset(actions))
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "personal", personal)
        object.__setattr__(self, "sensitive", sensitive)
        object.__setattr__(self, "fields", dict(fields or {}))

    def level(self, sensitivity: Sensitivity) -> Level:
        """The level of a kind of fields."""
        return {
            Sensitivity.PLAIN: self.plain,
            Sensitivity.PERSONAL: self.personal,
            Sensitivity.SENSITIVE: self.sensitive,
        }[sensitivity]

    def level_of(self, name: str, sensitivity: Sensitivity) -> Level:
        """The level of one field."""
        return self.fields.get(name, self.level(sensitivity))


Grants = Mapping[Role, Grant | tuple[Grant, ...]]


@dataclass(frozen=True)
class Resource:
    """One kind of thing that can be seen or changed.

    `owner` and `department` are the columns that hold the ids of a row's user and department; a
    resource without them only knows the scope ALL. A role may have several grants, so that it can
    see more rows than it can change. `shareable` are the actions that a share of a single row can
    carry; a `delegable` resource follows its owner's delegations; `places` are the columns of
    country, province and city that territories speak of. `model` is the table that a simulation
    counts in. What is `fixed` belongs to everybody's sign-in, and no version changes it. Without
    the `spoken` fields nobody could be spoken of: who sees the row, reads them.
    """

    name: str
    actions: frozenset[str]
    grants: Grants
    fields: Mapping[str, Sensitivity] = field(default_factory=dict)
    owner: str | None = "owner_id"
    department: str | None = "department_id"
    shareable: frozenset[str] = frozenset()
    delegable: bool = False
    places: tuple[str, str, str] | None = None
    model: str = ""
    fixed: bool = False
    spoken: frozenset[str] = frozenset()

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes that say something here, from the narrowest."""
        own = (Scope.OWN,) if self.owner else ()
        team = (Scope.TEAM, Scope.DEPARTMENT) if self.department else ()
        return (*own, *team, Scope.ALL)

    @property
    def listed_actions(self) -> list[str]:
        """The actions as people read them: seeing first."""
        return sorted(self.actions, key=lambda one: (one != "see", one))

    def grants_of(self, roles: Iterable[str]) -> list[Grant]:
        """The grants of these roles as they hold now."""
        found: list[Grant] = []
        for role in roles:
            granted = in_force(self).get(Role(role), ())
            found.extend((granted,) if isinstance(granted, Grant) else granted)
        return found

    def levels_in(self, grant: Grant) -> dict[str, Level]:
        """The level of each field under a grant."""
        found = {name: grant.level_of(name, kind) for name, kind in self.fields.items()}
        return found | {name: max(found[name], Level.READ) for name in self.spoken}


class PolicyError(RuntimeError):
    """A rule of the policy is written wrongly; the message says which. A programmer's mistake."""


_resources: dict[str, Resource] = {}


_built_in: dict[str, Grants] = {}  # nothing is replaced before Django has started
_replaced: Callable[[str], Grants | None] = _built_in.get


def register(resource: Resource) -> Resource:
    """Add a resource to the policy; returns it, so that a room can keep it in a constant."""
    check(resource, resource.grants)
    known = _resources.setdefault(resource.name, resource)
    if known != resource:
        raise PolicyError(f"the resource {resource.name!r} is registered twice")
    return resource


def check(resource: Resource, grants: Grants) -> None:
    """Raises `PolicyError` where the grants name what the resource does not have."""
    for granted in grants.values():
        for grant in (granted,) if isinstance(granted, Grant) else granted:
            if grant.scope not in (Scope.NONE, *resource.scopes):
                raise PolicyError(f"{resource.name} knows no {grant.scope.name} rows")
            if unknown := grant.actions - resource.actions:
                raise PolicyError(f"{resource.name} grants unknown actions {sorted(unknown)}")
            if strange := set(grant.fields) - set(resource.fields):
                raise PolicyError(f"{resource.name} grants unknown fields {sorted(strange)}")


def resources() -> Mapping[str, Resource]:
    """Everything registered, by name."""
    return dict(_resources)


def resource_named(name: str) -> Resource:
    """The resource of that name; an unknown one is a programmer's mistake."""
    known = _resources.get(name)
    if known is None:
        raise PolicyError(f"no such resource: {name!r}")
    return known


def parse(permission: str) -> tuple[Resource, str]:
    """The resource and action of "resource.action"; unknown ones are a programmer's mistake."""
    name, _, action = permission.rpartition(".")
    resource = _resources.get(name)
    if resource is None or action not in resource.actions:
        raise PolicyError(
            f"no such permission: {permission!r}; register it in its room's access.py"
        )
    return resource, action


def in_force(resource: Resource) -> Grants:
    """The grants of a resource that hold now: the applied version's, else the built-in ones."""
    supposed = _supposed.get()
    replaced = _replaced(resource.name) if supposed is None else supposed.get(resource.name)
    return resource.grants if replaced is None else replaced


_supposed: ContextVar[Mapping[str, Grants] | None] = ContextVar("supposed_policy", default=None)


@contextmanager
def supposing(grants: Mapping[str, Grants]) -> Iterator[None]:
    """The block is answered as if these grants held; resources not named have the built-in ones."""
    before = _supposed.set(grants)
    try:
        yield
    finally:
        _supposed.reset(before)


def replace_by(asked: Callable[[str], Grants | None]) -> None:
    """Where to ask for the grants that an applied version puts in the place of the built-in ones.

    Said once, when Django starts: this file knows no database.
    """
    global _replaced
    _replaced = asked
