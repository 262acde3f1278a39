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

_KEEPERS = {Role.ADMINISTRATOR}

SOURCE = register(
    Resource(
        name="source",
        model="collect.Source",
        actions=frozenset({"see", "manage"}),  # manage: make, switch, and read and change keys
        owner=None,
        department=None,
        grants={
            role: Grant(Scope.ALL, {"see", "manage"} if role in _KEEPERS else {"see"})
            for role in EVERY_ROLE
        },
    )
)
