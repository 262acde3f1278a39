"""Who may open the console's own pages."""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

CONSOLE = register(
    Resource(
        name="console",
        fixed=True,
        actions=frozenset({"use", "components"}),
        grants={
            **{role: Grant(Scope.ALL, {"use"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"use", "components"}),
        },
        owner=None,
        department=None,
    )
)
