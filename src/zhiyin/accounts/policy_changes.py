"""Another policy: drafted, applied at once for everybody, and taken back to any earlier version.

There is one draft, so that two administrators see each other's work. What is applied becomes a
version with a number; the highest holds. This process takes it up at once, the others at their
next request after `POLICY_SECONDS`; row-level security follows, because a seat is made of the
same grants. Nobody saws off the branch that they sit on: who applies keeps the right to apply.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.utils import ProgrammingError
from django.utils.translation import gettext as _

from zhiyin.accounts import access, policy, policy_document
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import PolicyDraft, PolicyVersion, User
from zhiyin.accounts.policy import Grant, Grants, PolicyError
from zhiyin.accounts.policy_document import Document, Said
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.roles import Role

_LOCK = 0x7A68_6979_706C  # pg_advisory_xact_lock: one change of the policy at a time
CHANGE = "policy.change"


@dataclass(frozen=True)
class Proposal:
    """The draft as somebody looks at it: what it changes, and on what."""

    number: int  # of the version that holds
    edit: int
    changes: Document
    before: Document
    after: Document


# ----- which version holds, in this process


@dataclass(frozen=True)
class _Held:
    number: int = 0
    grants: Mapping[str, Grants] = field(default_factory=dict)


_held = _Held()
_looked_at = float("-inf")


def grants_of(resource: str) -> Grants | None:
    """What the version that holds puts in the place of a resource's built-in grants."""
    return _held.grants.get(resource)


def refresh_if_old() -> None:
    """Look which version holds, where the last look is older than the settings allow."""
    seconds = settings.POLICY_SECONDS
    if seconds is not None and time.monotonic() - _looked_at >= seconds:
        refresh()


def refresh() -> None:
    """Look which version holds now."""
    global _held, _looked_at
    _looked_at = time.monotonic()
    try:
        with transaction.atomic():
            number = PolicyVersion.objects.order_by("-number").values_list("number").first()
    except ProgrammingError:
        return  # the tables are not there yet: a new folder, before its first migration
    if number is None:
        _held = _Held()
    elif number[0] != _held.number:
        _held = _Held(number[0], policy_document.in_place(version(number[0]) or {}))


def forget() -> None:
    """Go back to the built-in policy; for tests."""
    global _held
    _held = _Held()


# ----- reading


def current() -> PolicyVersion | None:
    """The version that holds; None is the built-in policy."""
    return PolicyVersion.objects.select_related("by").order_by("-number").first()


def document_of(held: PolicyVersion | None) -> Document:
    """What a version says; of the built-in policy nothing."""
    return held.grants if held else {}


def versions() -> QuerySet[PolicyVersion]:
    """All of them, the newest first."""
    return PolicyVersion.objects.select_related("by").order_by("-number")


def version(number: int) -> Document | None:
    """What a version says; None where there is none with this number."""
    if number == 0:
        return {}
    found = PolicyVersion.objects.filter(pk=number).first()
    return None if found is None else found.grants


def proposal() -> Proposal | None:
    """The draft; None where there is none, or it changes nothing."""
    draft = PolicyDraft.objects.first()
    if draft is None:
        return None
    held = current()
    before = document_of(held)
    after = policy_document.merged(before, draft.changes)
    changes = policy_document.differing(before, after)
    number = held.number if held else 0
    return Proposal(number, draft.edit, changes, before, after) if changes else None


# ----- changing


@transaction.atomic
def draft(resource: str, role: Role, grants: Sequence[Grant], *, by: User) -> None:
    """Put what a role may do with a resource into the draft."""
    access.require(by, CHANGE)
    _locked()
    known = policy.resource_named(resource)
    said = policy_document.write(sorted(grants, key=lambda one: one.scope))
    policy_document.read(known, role, said)
    _draft_more({resource: {role.value: said}}, by)
    record(by, "policy.drafted", None, resource=resource, role=role.value)


@transaction.atomic
def draft_going_back(number: int, *, by: User) -> None:
    """Make the draft what leads back to an earlier version, to look at what that would do."""
    access.require(by, CHANGE)
    _locked()
    earlier, held = version(number), current()
    if earlier is None:
        raise access.OutOfSight
    PolicyDraft.objects.all().delete()
    _draft_more(policy_document.differing(document_of(held), earlier), by)
    record(by, "policy.drafted", None, back_to=number)


def _draft_more(changes: Document, by: User) -> None:
    there = PolicyDraft.objects.first() or PolicyDraft(edit=0)
    held = {name: dict(by_role) for name, by_role in there.changes.items()}
    for name, by_role in changes.items():
        held.setdefault(name, {}).update(by_role)
    there.changes, there.edit, there.by = held, there.edit + 1, by
    there.save()


@transaction.atomic
def discard(*, by: User) -> None:
    """Throw the draft away."""
    access.require(by, CHANGE)
    _locked()
    deleted, _kinds = PolicyDraft.objects.all().delete()
    if deleted:
        record(by, "policy.discarded")


@transaction.atomic
def apply(*, by: User, number: int, edit: int, note: str = "") -> PolicyVersion:
    """Let the draft hold; refused where it, or the version below it, is not the one looked at."""
    access.require(by, CHANGE)
    _locked()
    seen = proposal()
    if seen is None:
        raise NotAllowed(_("There is no draft."))
    if (seen.number, seen.edit) != (number, edit):
        raise NotAllowed(_("Somebody changed the draft or the policy meanwhile. Look again."))
    PolicyDraft.objects.all().delete()
    return _apply(seen.after, by=by, note=note)


@transaction.atomic
def go_back(number: int, *, by: User) -> PolicyVersion:
    """Let an earlier version hold again, as a new one; the draft stays."""
    access.require(by, CHANGE)
    _locked()
    earlier = version(number)
    held = current()
    if earlier is None or held is None or number >= held.number:
        raise access.OutOfSight
    return _apply(earlier, by=by, went_back_to=number)


@transaction.atomic
def put(changes: Mapping[str, Mapping[str, Any]], *, by: User) -> PolicyVersion:
    """Let changes from a configuration file hold; raises `PolicyError` where they are wrong."""
    access.require(by, CHANGE)
    _locked()
    checked: dict[str, dict[str, Said]] = {}
    for name, by_role in changes.items():
        for role, said in by_role.items():
            if role not in Role.values:
                raise PolicyError(f"no such role: {role!r}")
            found = policy_document.read(policy.resource_named(name), Role(role), said)
            checked.setdefault(name, {})[role] = policy_document.write(found)
    after = policy_document.merged(document_of(current()), checked)
    return _apply(after, by=by, note=_("From a configuration file"))


def _apply(
    after: Document, *, by: User, note: str = "", went_back_to: int | None = None
) -> PolicyVersion:
    held = current()
    changed = policy_document.differing(document_of(held), after)
    _check_branch(after, by)
    made = PolicyVersion.objects.create(
        number=held.number + 1 if held else 1, grants=after, by=by,
        note=" ".join(note.split())[:200], went_back_to=went_back_to,
    )  # fmt: skip
    pairs = sorted(f"{name}.{role}" for name, roles in changed.items() for role in roles)
    record(by, "policy.applied", made, changed=pairs, went_back_to=went_back_to)
    transaction.on_commit(refresh)
    return made


def _check_branch(after: Document, by: User) -> None:
    """Who applies, and an active person at least, can change the policy afterwards too."""
    with policy.supposing(policy_document.in_place(after)):
        if not access.allowed(by, CHANGE):
            raise NotAllowed(_("You would lose the right to change the policy yourself."))
        if not somebody_may_change():
            raise NotAllowed(_("Nobody who works here could change the policy any more."))


def somebody_may_change(besides: User | None = None) -> bool:
    """Whether an active person has the right to change the policy."""
    people = User.objects.filter(is_active=True, kind=User.Kind.PERSON)
    return any(
        access.allowed(one, CHANGE) for one in people if besides is None or one.pk != besides.pk
    )


def _locked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
