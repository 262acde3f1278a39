"""What this room puts into the access policy: users, departments, the audit trail, long work."""

from __future__ import annotations

from zhiyin.accounts.access import Grant, Level, Resource, Scope, Sensitivity, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

# What everybody who is signed in may do: their own name, password, language, theme.
register(
    Resource(
        name="account",
        fixed=True,
        actions=frozenset({"own"}),
        grants={role: Grant(Scope.ALL, {"own"}) for role in EVERY_ROLE},
        owner=None,
        department=None,
    )
)

# What the installation is told about itself: company, money, time zone.
register(
    Resource(
        name="workspace",
        actions=frozenset({"change"}),
        grants={Role.ADMINISTRATOR: Grant(Scope.ALL, {"change"})},
        owner=None,
        department=None,
    )
)

# Who may sign in by the company's provider, and with which roles: whoever changes it can let in
# anybody, so the officer looks on.
register(
    Resource(
        name="sign_in",
        actions=frozenset({"see", "change"}),
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
        owner=None,
        department=None,
    )
)

# Who reads the policy, and who drafts and applies another (policy_changes.py).
register(
    Resource(
        name="policy",
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
    )
)

# Programs that ask the API by a token; whoever makes one hands out rights of their own.
register(
    Resource(
        name="service_account",
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"})},
    )
)

_USER_FIELDS = {
    "name": Sensitivity.PLAIN,  # colleagues know each other's names
    "department": Sensitivity.PLAIN,
    "email": Sensitivity.PERSONAL,
    "roles": Sensitivity.PERSONAL,
    "is_active": Sensitivity.PERSONAL,
}
_BUILD = {"see", "add", "change", "deactivate", "reset_password"}


def _builds(scope: Scope) -> Grant:
    return Grant(scope, _BUILD, plain=Level.WRITE, personal=Level.WRITE)


USER = register(
    Resource(
        name="user",
        model="accounts.User",
        actions=frozenset(_BUILD),
        fields=_USER_FIELDS,
        owner="id",
        grants={
            Role.ADMINISTRATOR: _builds(Scope.ALL),
            Role.MANAGER: _builds(Scope.DEPARTMENT),
            Role.DPO: Grant(Scope.ALL, {"see"}, personal=Level.READ),
        },
    )
)

DEPARTMENT = register(
    Resource(
        name="department",
        model="accounts.Department",
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
        },
    )
)

AUDIT = register(
    Resource(
        name="audit",
        actions=frozenset({"see", "verify"}),
        owner=None,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "verify"}),
            Role.DPO: Grant(Scope.ALL, {"see", "verify"}),
        },
    )
)

WORK = register(
    Resource(
        name="work",
        model="accounts.Work",
        actions=frozenset({"see", "cancel"}),
        department=None,
        grants={
            **{role: Grant(Scope.OWN, {"see", "cancel"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "cancel"}),
        },
    )
)

TERRITORY = register(
    Resource(
        name="territory",
        model="accounts.Territory",
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
            Role.MANAGER: Grant(Scope.ALL, {"see"}),
            Role.DPO: Grant(Scope.ALL, {"see"}),
        },
    )
)

# Who may let a colleague act for them: everybody for themself; an administrator also for somebody
# who fell ill. The one who receives it sees it too (see delegating.py).
DELEGATION = register(
    Resource(
        name="delegation",
        model="accounts.Delegation",
        actions=frozenset({"see", "change"}),
        owner="giver_id",
        department=None,
        grants={
            **{role: Grant(Scope.OWN, {"see", "change"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
            Role.DPO: (Grant(Scope.ALL, {"see"}), Grant(Scope.OWN, {"see", "change"})),
        },
    )
)

# "Why can this user see this record?" Everybody may ask it for themself.
ACCESS = register(
    Resource(
        name="access",
        fixed=True,
        actions=frozenset({"own", "explain"}),
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"own"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"own", "explain"}),
            Role.DPO: Grant(Scope.ALL, {"own", "explain"}),
        },
    )
)
