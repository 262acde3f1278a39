"""The policy in the words of people: names of records, actions, rows, levels, and what changes.

Rooms above name the fields of what they declare; here are the names of everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.utils.translation import pgettext_lazy as said

from zhiyin.accounts import policy, policy_document
from zhiyin.accounts.policy import Level, Resource, Scope, Sensitivity
from zhiyin.accounts.policy_changes import Proposal
from zhiyin.accounts.policy_comparing import ActionChange, Comparison, FieldChange, compare
from zhiyin.accounts.policy_simulation import Effect, RowCount
from zhiyin.accounts.roles import Role

Label = str | Promise
RESOURCES: Mapping[str, Label] = {
    "customer": said("policy", "Customers"),
    "company": said("policy", "Companies"),
    "golden": said("policy", "Golden record"),
    "quality": said("policy", "Data quality"),
    "tag_rule": said("policy", "Tag rules"),
    "segment": said("policy", "Segments"),
    "task": said("policy", "Tasks"),
    "consent": said("policy", "Consents"),
    "erasure": said("policy", "Erasures"),
    "campaign": said("policy", "Campaigns"),
    "message": said("policy", "Messages"),
    "model": said("policy", "Models"),
    "insight": said("policy", "Insight"),
    "dashboard": said("policy", "Dashboard"),
    "today": said("policy", "Today"),
    "import": said("policy", "Imports"),
    "source": said("policy", "Sources"),
    "entry": said("policy", "Quick entry"),
    "set_aside": said("policy", "Set aside"),
    "event": said("policy", "Events"),
    "file": said("policy", "Files"),
    "comment": said("policy", "Comments"),
    "view": said("policy", "Saved views"),
    "configuration": said("policy", "Fields and layouts"),
    "webhook": said("policy", "Webhooks"),
    "user": said("policy", "Users"),
    "department": said("policy", "Departments"),
    "territory": said("policy", "Territories"),
    "delegation": said("policy", "Delegations"),
    "service_account": said("policy", "Service accounts"),
    "sign_in": said("policy", "Company sign-in"),
    "audit": said("policy", "Audit"),
    "work": said("policy", "Long work"),
    "workspace": said("policy", "Workspace"),
    "policy": said("policy", "Permissions"),
}
ACTIONS: Mapping[str, Label] = {
    "see": said("policy", "see"),
    "add": said("policy", "add"),
    "change": said("policy", "change"),
    "delete": said("policy", "delete"),
    "tag": said("policy", "tag"),
    "export": said("policy", "export"),
    "reveal": said("policy", "look behind masks"),
    "assign": said("policy", "assign"),
    "share": said("policy", "share"),
    "merge": said("policy", "merge"),
    "sql": said("policy", "read the SQL"),
    "train": said("policy", "train"),
    "approve": said("policy", "approve"),
    "send": said("policy", "send"),
    "load": said("policy", "load"),
    "rejects": said("policy", "read rejected rows"),
    "undo": said("policy", "undo"),
    "hosts": said("policy", "allow hosts"),
    "manage": said("policy", "manage"),
    "replay": said("policy", "send again"),
    "discard": said("policy", "discard"),
    "cancel": said("policy", "cancel"),
    "verify": said("policy", "verify"),
    "deactivate": said("policy", "close accounts"),
    "erase": said("policy", "erase"),
    "reset_password": said("policy", "reset passwords"),
}
SCOPES: Mapping[Scope, Label] = {
    Scope.NONE: said("policy", "none"),
    Scope.OWN: said("policy", "own"),
    Scope.TEAM: said("policy", "team"),
    Scope.DEPARTMENT: said("policy", "department and below"),
    Scope.ALL: said("policy", "all"),
}
LEVELS: Mapping[Level, Label] = {
    Level.HIDDEN: said("policy", "hidden"),
    Level.MASKED: said("policy", "masked"),
    Level.READ: said("policy", "read"),
    Level.WRITE: said("policy", "write"),
}
KINDS: Mapping[Sensitivity, Label] = {
    Sensitivity.PLAIN: said("policy", "Ordinary fields"),
    Sensitivity.PERSONAL: said("policy", "Personal fields"),
    Sensitivity.SENSITIVE: said("policy", "Sensitive fields"),
}
_FIELDS: Mapping[str, Label] = {
    "name": said("policy", "Name"),
    "department": said("policy", "Department"),
    "email": said("policy", "E-mail"),
    "roles": said("policy", "Roles"),
    "rfm": said("policy", "RFM scores"),
    "message": said("policy", "What was sent"),
    "is_active": said("policy", "Account is open"),
}
_named_above: dict[str, Callable[[], Mapping[str, Label]]] = {}


def name_fields(resource: str, names: Callable[[], Mapping[str, Label]]) -> None:
    """Let a room say what the fields of its resource are called."""
    _named_above[resource] = names


def field_names(resource: Resource) -> dict[str, str]:
    """What each field of a resource is called."""
    above = _named_above.get(resource.name, dict)()
    return {name: str(above.get(name) or _FIELDS.get(name) or name) for name in resource.fields}


def name_of(resource: Resource) -> str:
    """What a resource is called."""
    return str(RESOURCES.get(resource.name, resource.name))


@dataclass(frozen=True)
class Line:
    """One sentence about what changes, and whether somebody gains by it."""

    text: str
    gains: bool


@dataclass(frozen=True)
class RoleChange:
    """What changes for one role with one resource."""

    resource: Resource
    role: Role
    lines: list[Line]

    @property
    def name(self) -> str:
        return name_of(self.resource)


def in_words(proposal: Proposal) -> list[RoleChange]:
    """A draft, role by role."""
    before = policy_document.in_place(proposal.before)
    after = policy_document.in_place(proposal.after)
    found = []
    for name, by_role in proposal.changes.items():
        resource = policy.resource_named(name)
        for role in (one for one in Role if one.value in by_role):
            old, new = (
                policy_document.granted(resource, held.get(name, resource.grants), role)
                for held in (before, after)
            )
            told = lines(resource, compare(resource, old, new))
            found.append(RoleChange(resource, role, told or [_nothing_wider()]))
    return found


def _nothing_wider() -> Line:
    return Line(_("Written otherwise, to the same effect."), True)


def lines(resource: Resource, what: Comparison) -> list[Line]:
    """Every difference as a sentence."""
    return [
        *(Line(_action(one), one.gains) for one in what.actions),
        *(Line(_fields(one, _called(resource, one.fields)), one.gains) for one in what.fields),
    ]


def _called(resource: Resource, fields: Collection[str]) -> list[str]:
    """The fields by name; where a whole kind is among them, by the kind."""
    names, told = field_names(resource), []
    left = list(fields)
    for kind, label in KINDS.items():
        of_kind = [name for name, one in resource.fields.items() if one is kind]
        if len(of_kind) > 1 and set(of_kind) <= set(left):
            told.append(str(label))
            left = [name for name in left if name not in of_kind]
    return [*told, *(names[name] for name in left)]


def _action(one: ActionChange) -> str:
    facts = {
        "action": ACTIONS.get(one.action, one.action),
        "before": SCOPES[one.before], "after": SCOPES[one.after],
    }  # fmt: skip
    if one.before is Scope.NONE:
        return pgettext("policy", "May %(action)s: %(after)s") % facts
    if one.after is Scope.NONE:
        return pgettext("policy", "May no longer %(action)s (was: %(before)s)") % facts
    return pgettext("policy", "May %(action)s: %(before)s → %(after)s") % facts


def _fields(one: FieldChange, names: Iterable[str]) -> str:
    comma = _(", ")
    return pgettext("policy", "%(fields)s: %(before)s → %(after)s (%(where)s)") % {
        "fields": comma.join(names),
        "before": LEVELS[one.before], "after": LEVELS[one.after],
        "where": comma.join(str(SCOPES[scope]) for scope in one.where),
    }  # fmt: skip


def rows_in_words(counted: Iterable[RowCount]) -> list[Line]:
    """How many rows come and go."""
    told = []
    for one in counted:
        action = ACTIONS.get(one.action, one.action)
        for number, gains in ((one.gained, True), (one.lost, False)):
            if number:
                text = ngettext("%(n)s record", "%(n)s records", number) % {"n": f"{number:,}"}
                told.append(Line(f"{action}: {'+' if gains else '−'}{text}", gains))
    return told


def effect_in_words(effect: Effect) -> list[Line]:
    """What one user gains and loses with one resource: rows first, then why."""
    return rows_in_words(effect.rows) + lines(effect.resource, effect.what)
