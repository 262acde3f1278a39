"""What this room puts into the access policy.

The policy says who works with files at all; on which records, the record itself decides: who sees
it sees its files, who changes it attaches and removes them (accounts.records).
"""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

FILE = register(
    Resource(
        name="file",
        model="files.File",
        actions=frozenset({"see", "add", "delete"}),
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see", "add", "delete"}) for role in EVERY_ROLE},
            Role.ANALYST: Grant(Scope.ALL, {"see"}),
            Role.READ_ONLY: Grant(Scope.ALL, {"see"}),
        },
    )
)
