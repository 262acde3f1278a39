"""What this room puts into the access policy.

Who sees a record reads its comments and may write one, where their role writes at all; a comment
belongs to its author alone. Notices and wishes are everybody's own (`account.own`).
"""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

COMMENT = register(
    Resource(
        name="comment",
        model="talk.Comment",
        actions=frozenset({"see", "add", "change"}),
        owner="by_id",
        department=None,
        grants={
            **{
                role: (Grant(Scope.ALL, {"see"}), Grant(Scope.OWN, {"add", "change"}))
                for role in EVERY_ROLE
            },
            Role.READ_ONLY: Grant(Scope.ALL, {"see"}),
        },
    )
)
