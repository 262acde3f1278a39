"""Who may send to other systems: it is a way out for data, so few, and the officer sees all."""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import Role

_ALL = frozenset({"see", "change", "hosts"})

WEBHOOK = register(
    Resource(
        name="webhook",
        model="connect.Endpoint",
        actions=_ALL,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, _ALL),
            Role.MANAGER: Grant(Scope.OWN, {"see", "change"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
    )
)
