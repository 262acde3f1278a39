"""What this room puts into the access policy: the dashboard, and everybody's own day."""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

DASHBOARD = register(
    Resource(
        name="dashboard",
        actions=frozenset({"see", "export"}),
        owner=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "export"}),
            Role.MANAGER: Grant(Scope.DEPARTMENT, {"see", "export"}),
            Role.MARKETER: Grant(Scope.ALL, {"see", "export"}),
            Role.ANALYST: Grant(Scope.ALL, {"see", "export"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
            Role.READ_ONLY: Grant(Scope.DEPARTMENT, {"see"}),
        },
    )
)

TODAY = register(
    Resource(
        name="today",
        actions=frozenset({"see"}),
        department=None,
        grants={role: Grant(Scope.OWN, {"see"}) for role in EVERY_ROLE},
    )
)
