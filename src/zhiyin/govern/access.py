"""What this room puts into the access policy: consents, the suppression list, erasures."""

from __future__ import annotations

from zhiyin.accounts import row_security
from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

CONSENT = register(
    Resource(
        name="consent",
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
            Role.DPO: Grant(Scope.ALL, {"see", "change"}),
            Role.SERVICE: Grant(Scope.ALL, {"see", "change"}),
            Role.SALES: Grant(Scope.ALL, {"see", "change"}),
        },
    )
)

# Erasing cannot be undone: it is for the one whose duty it is.
ERASURE = register(
    Resource(
        name="erasure",
        actions=frozenset({"see", "erase"}),
        owner=None,
        department=None,
        grants={
            Role.DPO: Grant(Scope.ALL, {"see", "erase"}),
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see"}),
        },
    )
)

for _table in ("consent", "consentchange"):
    row_security.guard(f"govern_{_table}")
row_security.guard_said("connect_occurrence", "consent")
