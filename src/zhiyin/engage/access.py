"""What this room puts into the access policy: campaigns and the outbox."""

from __future__ import annotations

from zhiyin.accounts import row_security
from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import Role

_CAMPAIGN = frozenset({"see", "change", "send"})

CAMPAIGN = register(
    Resource(
        name="campaign",
        model="engage.Campaign",
        actions=_CAMPAIGN,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, _CAMPAIGN),
            Role.MANAGER: Grant(Scope.ALL, _CAMPAIGN),
            Role.MARKETER: (Grant(Scope.ALL, {"see"}), Grant(Scope.OWN, _CAMPAIGN)),
            Role.SALES: Grant(Scope.ALL, {"see"}),
            Role.SERVICE: Grant(Scope.ALL, {"see"}),
            Role.ANALYST: Grant(Scope.ALL, {"see"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
            Role.READ_ONLY: Grant(Scope.ALL, {"see"}),
        },
    )
)

MESSAGE = register(
    Resource(
        name="message",
        model="engage.Message",
        actions=frozenset({"see"}),
        owner=None,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see"}),
            Role.MANAGER: Grant(Scope.ALL, {"see"}),
            Role.MARKETER: Grant(Scope.ALL, {"see"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
    )
)

for _table in ("message", "campaignmember"):
    row_security.guard(f"engage_{_table}")
