"""What this room puts into the access policy: who sees answers, and who asks or changes how.

Rows of single customers on these screens are rows of `customer`: whoever reads them needs the
right to see those, row by row, and the fields that are told of them.
"""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

_ALL = frozenset({"see", "change", "export"})

INSIGHT = register(
    Resource(
        name="insight",
        model="understand.Run",
        actions=_ALL,
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, _ALL),
            Role.MANAGER: Grant(Scope.ALL, _ALL),
            Role.ANALYST: Grant(Scope.ALL, _ALL),
            Role.MARKETER: Grant(Scope.ALL, {"see", "export"}),
        },
    )
)
