"""What this room puts into the access policy: customers, companies, segments, models, tasks.

Sales and service work on their own and their team's customers; marketing, analysis and management
see more people but less of each. Sensitive fields (birth date) open only where the work needs them.
"""

from __future__ import annotations

from zhiyin.accounts import row_security
from zhiyin.accounts.access import Grant, Level, Resource, Scope, Sensitivity, register
from zhiyin.accounts.roles import EVERY_ROLE, Role

_PLAIN, _PERSONAL, _SENSITIVE = Sensitivity.PLAIN, Sensitivity.PERSONAL, Sensitivity.SENSITIVE
_ALL_ACTIONS = frozenset(
    {"see", "add", "change", "tag", "export", "reveal", "assign", "share", "merge"}
)

CUSTOMER_FIELDS = {
    **dict.fromkeys(
        ("number", "name", "company", "job_title", "gender", "language", "country", "province",
         "city", "tags", "owner", "department", "orders", "revenue", "first_order_at",
         "last_order_at", "last_seen_at", "tier", "rfm", "rfm_segment", "persona",
         "value_12m", "churn_risk", "next_purchase", "created_at"),
        _PLAIN,
    ),
    **dict.fromkeys(("email", "phone"), _PERSONAL),
    "birth_date": _SENSITIVE,
}  # fmt: skip

CUSTOMER = register(
    Resource(
        name="customer",
        model="customers.Customer",
        actions=_ALL_ACTIONS,
        fields=CUSTOMER_FIELDS,
        spoken=frozenset({"name"}),
        shareable=frozenset({"see", "change", "tag"}),
        delegable=True,
        places=("country", "province", "city"),
        grants={
            Role.ADMINISTRATOR: Grant(
                Scope.ALL, _ALL_ACTIONS, plain=Level.WRITE, personal=Level.WRITE,
                sensitive=Level.WRITE,
            ),
            Role.MANAGER: Grant(
                Scope.DEPARTMENT, _ALL_ACTIONS, plain=Level.WRITE, personal=Level.MASKED,
                sensitive=Level.MASKED,
            ),
            Role.MARKETER: Grant(Scope.ALL, {"see", "tag", "export"}),
            Role.SALES: (
                Grant(Scope.TEAM, {"see"}, personal=Level.MASKED),
                Grant(
                    Scope.OWN, _ALL_ACTIONS - {"export", "assign", "merge"}, plain=Level.WRITE,
                    personal=Level.WRITE,
                ),
            ),
            Role.SERVICE: Grant(
                Scope.DEPARTMENT, {"see", "change", "tag", "reveal"}, plain=Level.WRITE,
                personal=Level.MASKED,
            ),
            Role.ANALYST: Grant(Scope.ALL, {"see"}),
            Role.DPO: Grant(
                Scope.ALL, {"see", "export", "reveal"}, personal=Level.READ,
                sensitive=Level.READ,
            ),
            Role.READ_ONLY: Grant(Scope.DEPARTMENT, {"see"}),
        },
    )
)  # fmt: skip

_COMPANY_ACTIONS = frozenset({"see", "add", "change", "export", "assign", "share"})
COMPANY_FIELDS = dict.fromkeys(
    ("number", "name", "industry", "size", "country", "province", "city", "website", "tags",
     "owner", "department", "headcount", "orders", "revenue", "last_order_at", "created_at"),
    _PLAIN,
)  # fmt: skip

COMPANY = register(
    Resource(
        name="company",
        model="customers.Company",
        actions=_COMPANY_ACTIONS,
        fields=COMPANY_FIELDS,
        spoken=frozenset({"name"}),
        shareable=frozenset({"see", "change"}),
        delegable=True,
        places=("country", "province", "city"),
        grants={
            Role.ADMINISTRATOR: Grant(Scope.ALL, _COMPANY_ACTIONS, plain=Level.WRITE),
            Role.MANAGER: Grant(Scope.DEPARTMENT, _COMPANY_ACTIONS, plain=Level.WRITE),
            Role.MARKETER: Grant(Scope.ALL, {"see", "export"}),
            Role.SALES: (
                Grant(Scope.TEAM, {"see"}),
                Grant(Scope.OWN, {"see", "add", "change", "share"}, plain=Level.WRITE),
            ),
            Role.SERVICE: Grant(Scope.DEPARTMENT, {"see", "change"}, plain=Level.WRITE),
            Role.ANALYST: Grant(Scope.ALL, {"see"}),
            Role.DPO: Grant(Scope.ALL, {"see", "export"}),
            Role.READ_ONLY: Grant(Scope.DEPARTMENT, {"see"}),
        },
    )
)

SEGMENT = register(
    Resource(
        name="segment",
        model="customers.Segment",
        actions=frozenset({"see", "change", "export", "sql"}),
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change", "export", "sql"}),
            Role.MANAGER: Grant(Scope.ALL, {"see", "change", "export"}),
            Role.MARKETER: Grant(Scope.ALL, {"see", "change", "export"}),
            Role.ANALYST: Grant(Scope.ALL, {"see", "change", "sql"}),
        },
    )
)

MODEL = register(
    Resource(
        name="model",
        actions=frozenset({"see", "train", "approve"}),
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "train", "approve"}),
            Role.MANAGER: Grant(Scope.ALL, {"see", "train", "approve"}),
            Role.ANALYST: Grant(Scope.ALL, {"see", "train"}),
        },
    )
)

TAG_RULE = register(
    Resource(
        name="tag_rule",
        model="customers.TagRule",
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
            Role.MANAGER: Grant(Scope.ALL, {"see", "change"}),
            Role.MARKETER: Grant(Scope.ALL, {"see", "change"}),
        },
    )
)

GOLDEN = register(
    Resource(
        name="golden",  # the rules by which one of several values stands on a profile
        actions=frozenset({"see", "change"}),
        owner=None,
        department=None,
        grants={
            **{role: Grant(Scope.ALL, {"see"}) for role in EVERY_ROLE},
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
        },
    )
)

TASK = register(
    Resource(
        name="task",
        model="customers.Task",
        actions=frozenset({"see", "change"}),
        department=None,
        delegable=True,
        grants={
            **{role: Grant(Scope.OWN, {"see", "change"}) for role in EVERY_ROLE},
            Role.READ_ONLY: Grant(Scope.OWN, {"see"}),
            Role.ADMINISTRATOR: Grant(Scope.ALL, {"see", "change"}),
        },
    )
)

# PostgreSQL checks again, row by row, who sees a customer and what hangs on them.
row_security.guard_subject("customer", "customers_customer")
for _table in ("customersearch", "identifier", "link", "profilechange", "order", "orderline",
               "score", "note", "segmentmember", "sourcerecord", "joining",
               "proposal"):  # fmt: skip
    row_security.guard(f"customers_{_table}")
for _table in ("giventag", "groupmember"):
    row_security.guard(f"customers_{_table}")
row_security.guard("customers_task", also_owner="owner_id")
row_security.guard_through("customers_statement", "a_id", "customers_identifier")
for _table in ("ownprofile", "displaced"):
    row_security.guard(f"customers_{_table}", "place")
row_security.guard("collect_event")  # of the room below, which does not know whose an event is
for _table in ("files_file", "talk_comment", "talk_notice"):  # of rooms that know no customers
    row_security.guard_attached(_table)
row_security.guard_said("connect_occurrence", "customer")  # what webhooks tell of one
row_security.guard_through("connect_delivery", "occurrence_id", "connect_occurrence")
row_security.guard_through("connect_attempt", "delivery_id", "connect_delivery")
