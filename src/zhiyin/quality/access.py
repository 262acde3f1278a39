"""What this room puts into the access policy: who sees figures of quality, and who makes the rules.

The rows behind a figure are rows of other objects: whoever looks at them needs the right to see
those, row by row, and to know of the field.
"""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import Role

_ALL = frozenset({"see", "change", "export"})

QUALITY = register(
    Resource(
        name="quality",
        model="quality.QualityRule",
        actions=_ALL,
        owner=None,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, _ALL),
            Role.MANAGER: Grant(Scope.ALL, {"see", "export"}),
            Role.MARKETER: Grant(Scope.ALL, {"see"}),
            Role.ANALYST: Grant(Scope.ALL, {"see", "change"}),
            Role.DPO: Grant(Scope.ALL, {"see", "export"}),
        },
    )
)
