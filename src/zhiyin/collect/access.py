"""What this room puts into the access policy: imports and sources."""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

_IMPORT = frozenset({"see", "add", "load", "undo", "rejects"})

IMPORT = register(
    Resource(
        name="import",
        model="collect.Import",
        actions=_IMPORT,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, _IMPORT),
            Role.MANAGER: Grant(Scope.OWN, _IMPORT),
            Role.MARKETER: Grant(Scope.OWN, _IMPORT),
            Role.ANALYST: Grant(Scope.OWN, {"see", "add", "rejects"}),  # may check, not load
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
    )
)

SOURCE = register(
    Resource(
        name="source",
        model="collect.Source",
        actions=frozenset({"see"}),
        owner=None,
        department=None,
        grants={role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
    )
)
