"""What custom fields put into the access policy: who may look at and change the configuration."""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import Role

CONFIGURATION = register(
    Resource(
        name="configuration",
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
    )
)
