"""What this room puts into the access policy: saved views of lists, and changes of many rows.

Both belong to whom made them. A shared view is read by everybody who may see its object.
"""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Resource, Scope, register
from zhiyin.accounts.roles import EVERY_ROLE

VIEW = register(
    Resource(
        name="view",
        model="objects.SavedView",
        actions=frozenset({"see", "change"}),
        department=None,
        grants={role: Grant(Scope.OWN, {"see", "change"}) for role in EVERY_ROLE},
    )
)
