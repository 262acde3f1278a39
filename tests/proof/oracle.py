"""Who may know what, written down a second time from docs/permissions.md and by hand.

Nothing of the policy's code is asked: whoever changes a right has to say so here as well, and a
test holds this page beside the generated one.
"""

from __future__ import annotations

from zhiyin.accounts.roles import Role

A, M, K, S, V, N, D, R = (
    Role.ADMINISTRATOR, Role.MANAGER, Role.MARKETER, Role.SALES, Role.SERVICE, Role.ANALYST,
    Role.DPO, Role.READ_ONLY,
)  # fmt: skip

# Whose rows lie within each scope. "own" is the reader's own; the others stand in the reader's
# team, in a department below it, in a sister department, above it, or in another tree.
WITHIN = {
    "": set[str](),
    "own": {"own"},
    "team": {"own", "team", "shared"},
    "department": {"own", "team", "below", "shared"},
    "all": {"own", "team", "below", "sister", "above", "elsewhere", "shared", "nobody"},
}

SEE_CUSTOMER = {A: "all", M: "department", K: "all", S: "team", V: "department", N: "all",
                D: "all", R: "department"}  # fmt: skip
REVEAL = {A: "all", M: "department", K: "", S: "own", V: "department", N: "", D: "all", R: ""}
SEE_MESSAGE = {A: "all", M: "all", K: "all", S: "", V: "", N: "", D: "all", R: ""}
SEE_IMPORT = {A: "all", M: "own", K: "own", S: "", V: "", N: "own", D: "all", R: ""}
SEE_ROWS_OF_IMPORT = {A: "all", M: "own", K: "own", S: "", V: "", N: "own", D: "", R: ""}
SEE_WORK = {A: "all", M: "own", K: "own", S: "own", V: "own", N: "own", D: "own", R: "own"}
SEE_AUDIT = {A: "all", M: "", K: "", S: "", V: "", N: "", D: "all", R: ""}
SEE_USER = {A: "all", M: "department", K: "", S: "", V: "", N: "", D: "all", R: ""}
SEE_COMPANY = SEE_CUSTOMER
CHANGE_CUSTOMER = {A: "all", M: "department", K: "", S: "own", V: "department", N: "", D: "",
                   R: ""}  # fmt: skip
SEE_WEBHOOK = {A: "all", M: "own", K: "", S: "", V: "", N: "", D: "all", R: ""}
SEE_DELEGATION = {A: "all", M: "own", K: "own", S: "own", V: "own", N: "own", D: "all", R: "own"}
SEE_TERRITORY = {A: "all", M: "all", K: "", S: "", V: "", N: "", D: "all", R: ""}
SEE_SET_ASIDE = {A: "all", M: "", K: "", S: "", V: "", N: "all", D: "all", R: ""}
READ_SET_ASIDE = {A: "all", M: "", K: "", S: "", V: "", N: "", D: "all", R: ""}
SEE_WRITE_KEY = {A: "all", M: "", K: "", S: "", V: "", N: "", D: "", R: ""}
SEE_SERVICE_ACCOUNT = {A: "all", M: "", K: "", S: "", V: "", N: "", D: "", R: ""}

# What a role knows of the personal fields of a row that it sees: on its own rows, and on others.
PERSONAL = {A: "rr", M: "mm", K: "mm", S: "rm", V: "mm", N: "mm", D: "rr", R: "mm"}
SENSITIVE = {A: "rr", M: "mm", K: "--", S: "--", V: "--", N: "--", D: "rr", R: "--"}
PERSONAL_FIELDS = {"email", "phone", "c_personal"}
SENSITIVE_FIELDS = {"birth_date", "c_sensitive"}
# What a mask of these still shows whole. A handle or a card number is masked for everybody.
ALWAYS_MASKED = {"handle"}
HISTORY_IS_SILENT = {"old_phone", "old_email", "old_birth_date", "old_c_personal",
                     "old_c_sensitive"}  # fmt: skip
# A share opens a row for looking at, not for what a role may do there besides.
ONLY_LOOKED_AT = {"shared"}

# What hangs on a customer is seen by whoever sees the customer.
ON_A_CUSTOMER = {"customer", "order", "event", "note", "task", "consent", "score", "link", "file",
                 "comment", "share"}  # fmt: skip
ON_A_COMPANY = {"company", "company file", "company comment"}
# What is one user's own and nobody else's business.
OF_ONE_USER = {"private view", "push device", "token", "bulk change"}
# What is over or was taken back, and what no screen shows as it was kept.
OF_NOBODY = {"deleted comment", "ended share", "past delegation", "bulk change of old", "agent",
             "push address"}  # fmt: skip
# What everybody here may know.
FOR_ALL = {"segment", "campaign", "department", "source", "shared view", "user name",
           "suppression", "model"}  # fmt: skip


def sees_row(role: Role, row: str, table: dict[Role, str] = SEE_CUSTOMER) -> bool:
    """Whether a role sees rows that stand like this to the reader."""
    return row in WITHIN[table[role]]


def may_know(role: Role, thing: str, field: str, row: str, *, door: str = "") -> bool:
    """Whether the whole value may reach the reader; `door` is the name of the address."""
    if thing in FOR_ALL:
        return True
    if thing in ON_A_CUSTOMER:
        return sees_row(role, row) and _knows_field(role, field, row, door)
    if thing == "own task":  # on a customer from elsewhere
        return row == "own" or SEE_CUSTOMER[role] == "all"
    if thing in OF_ONE_USER:
        return row == "own" and (thing != "bulk change" or bool(CHANGE_CUSTOMER[role]))
    if thing in OF_NOBODY:
        return False
    if thing in ON_A_COMPANY:
        if (thing, field) == ("company", "name") and sees_row(role, row):
            return True  # where somebody works is a plain field of theirs
        seen = sees_row(role, row, SEE_COMPANY) and not _only_by_share(role, row)
        return seen and _knows_of_company(role, field)
    if thing == "deleted file":  # its name, where it can be brought back
        return field == "name" and sees_row(role, row, CHANGE_CUSTOMER) and not _only_by_share(
            role, row)  # fmt: skip
    if thing in _BY_TABLE:
        return sees_row(role, row or "nobody", _BY_TABLE[thing])
    if thing == "message":
        in_outbox = sees_row(role, row, SEE_MESSAGE) and sees_row(role, row)
        return in_outbox and (field != "address" or _knows_field(role, "email", row, door))
    if thing == "set aside":  # the message of nobody knows whom: its name says what it was
        return bool((SEE_SET_ASIDE if field == "name" else READ_SET_ASIDE)[role])
    if thing == "write key":
        return bool(SEE_WRITE_KEY[role])
    if thing == "import":
        return sees_row(role, row, SEE_IMPORT if field == "file" else SEE_ROWS_OF_IMPORT)
    if thing == "work":
        return sees_row(role, row, SEE_WORK)
    if thing == "audit":
        return bool(SEE_AUDIT[role])
    if thing == "user":
        return row == "own" or sees_row(role, row, SEE_USER)
    raise LookupError(f"the oracle knows no rule for {thing}.{field}")


_BY_TABLE = {
    "webhook": SEE_WEBHOOK, "delegation": SEE_DELEGATION, "territory": SEE_TERRITORY,
    "service account": SEE_SERVICE_ACCOUNT,
}  # fmt: skip


def _only_by_share(role: Role, row: str) -> bool:
    return row in ONLY_LOOKED_AT and SEE_CUSTOMER[role] != "all"


def _knows_of_company(role: Role, field: str) -> bool:
    """Whoever sees it sees what the house added as plain; what its people spent in all is for who
    sees all people."""
    if field in {"revenue", "orders", "headcount", "last_order_at"}:
        return SEE_CUSTOMER[role] == "all"
    return not field.startswith("old_c_") and field not in {"c_personal", "c_sensitive"}


def _knows_field(role: Role, field: str, row: str, door: str) -> bool:
    if field in {"c_personal", "c_sensitive"} and _only_by_share(role, row):
        return False  # a share opens what is plain; what is close to a person stays closed
    if field in HISTORY_IS_SILENT or field in ALWAYS_MASKED:
        return False
    personal, sensitive = field in PERSONAL_FIELDS, field in SENSITIVE_FIELDS
    if not personal and not sensitive:
        return True
    looked = door in {"reveal_customer", "customer_look"}
    if looked and sees_row(role, row, REVEAL) and not _only_by_share(role, row):
        return (PERSONAL if personal else SENSITIVE)[role][row != "own"] != "-"
    return (PERSONAL if personal else SENSITIVE)[role][row != "own"] == "r"


# What else a field of a customer stands behind: hide the field, and these are hidden with it.
STANDS_BEHIND = {
    "orders": {("order", "number"), ("order", "sku"), ("order", "product"), ("order", "total")},
    "revenue": {("order", "total")},
    "churn_risk": {("score", "reason")},
    "city": {("customer", "old_city")},
    "name": {("customer", "old_name")},
    "number": {("link", "number")},
}


def hidden_with(fields: set[str]) -> set[tuple[str, str]]:
    """The values that nobody sees from whom these fields of customers are hidden."""
    found = {("customer", one) for one in fields}
    return found.union(*(STANDS_BEHIND.get(one, set()) for one in fields))
