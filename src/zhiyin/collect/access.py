"""What this room puts into the access policy: imports, sources, events and those set aside.

What a message says of a person is one personal field, `message`; what a person did is seen by who
may see the person, which row-level security asks once more.
"""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Level, Resource, Scope, Sensitivity, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

_IMPORT = frozenset({"see", "add", "load", "undo", "rejects"})

IMPORT = register(
    Resource(
        name="import",
        model="collect.Import",
        actions=_IMPORT,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, _IMPORT),
            Role.MANAGER: Grant(Scope.OWN, _IMPORT),
            Role.MARKETER: Grant(Scope.OWN, _IMPORT),
            Role.ANALYST: Grant(Scope.OWN, {"see", "add", "rejects"}),  # may check, not load
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
    )
)

_KEEPERS = {Role.ADMINISTRATOR}

SOURCE = register(
    Resource(
        name="source",
        model="collect.Source",
        actions=frozenset({"see", "manage"}),  # manage: make, switch, and read and change keys
        owner=None,
        department=None,
        grants={
            role: Grant(Scope.ALL, {"see", "manage"} if role in _KEEPERS else {"see"})
            for role in EVERY_ROLE
        },
    )
)

_AT_THE_COUNTER = {Role.ADMINISTRATOR, Role.MANAGER, Role.MARKETER, Role.SALES, Role.SERVICE}

ENTRY = register(
    Resource(
        name="entry",  # a new customer or order by hand; whose it is, is not told back
        actions=frozenset({"add"}),
        owner=None,
        department=None,
        grants={role: Grant(Scope.ALL, {"add"}) for role in _AT_THE_COUNTER},
    )
)

_MESSAGE = {"message": Sensitivity.PERSONAL}
_HANDLE = frozenset({"see", "replay", "discard", "export"})

SET_ASIDE = register(
    Resource(
        name="set_aside",  # belongs to nobody who is known, so it is seen as a whole or not at all
        model="collect.SetAside",
        actions=_HANDLE,
        fields=_MESSAGE,
        owner=None,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, _HANDLE, personal=Level.WRITE),
            Role.ANALYST: Grant(Scope.ALL, {"see"}, personal=Level.MASKED),
            Role.DPO: Grant(Scope.ALL, {"see", "discard", "export"}, personal=Level.READ),
        },
    )
)

EVENT = register(
    Resource(
        name="event",
        model="collect.Event",
        actions=frozenset({"see"}),
        fields=_MESSAGE,
        owner=None,  # whose rows these are, the policy of customers says
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see"}, personal=Level.READ),
            Role.MANAGER: Grant(Scope.ALL, {"see"}, personal=Level.MASKED),
            Role.MARKETER: Grant(Scope.ALL, {"see"}, personal=Level.MASKED),
            Role.ANALYST: Grant(Scope.ALL, {"see"}, personal=Level.MASKED),
            Role.DPO: Grant(Scope.ALL, {"see"}, personal=Level.READ),
        },
    )
)
