"""The policy as plain JSON, by resource and role, and back: what is stored, exported and compared.

    {"customer": {"sales": [{"scope": "own", "actions": ["see"], "personal": "read"}]}}

Only what differs from the built-in policy is kept, so that a new release's additions reach every
role that nobody changed. A file from outside must name what exists; a stored version may be older
than the release, and what it names that is no more, it no longer gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from zhiyin.accounts import policy
from zhiyin.accounts.policy import Grant, Grants, Level, PolicyError, Resource, Scope
from zhiyin.accounts.roles import Role

Said = list[dict[str, Any]]  # the grants of one role on one resource
Document = Mapping[str, Mapping[str, Said]]
Names = Literal["hidden", "masked", "read", "write"]


class _Grant(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One grant as it is written down."""

    scope: Literal["own", "team", "department", "all"]
    actions: list[str]
    plain: Names = "read"
    personal: Names = "masked"
    sensitive: Names = "hidden"
    fields: dict[str, Names] = {}


def granted(resource: Resource, grants: Grants, role: Role) -> tuple[Grant, ...]:
    """The grants of one role, from the narrowest; one that gives nothing is none."""
    found = grants.get(role, ())
    several = (found,) if isinstance(found, Grant) else found
    useful = (one for one in several if one.actions and one.scope > Scope.NONE)
    return tuple(sorted(useful, key=lambda one: one.scope))


def write(grants: Iterable[Grant]) -> Said:
    """Grants as JSON."""
    return [msgspec.to_builtins(_said(one)) for one in grants]


def _said(grant: Grant) -> _Grant:
    kinds = {
        "plain": grant.plain.name.lower(),
        "personal": grant.personal.name.lower(),
        "sensitive": grant.sensitive.name.lower(),
    }
    return msgspec.convert(
        {
            "scope": grant.scope.name.lower(),
            "actions": sorted(grant.actions),
            "fields": {n: level.name.lower() for n, level in sorted(grant.fields.items())},
            **kinds,
        },
        _Grant,
    )


def read(resource: Resource, role: Role, said: Any) -> tuple[Grant, ...]:
    """Grants from outside; raises `PolicyError` where they are none, or name what is not there."""
    try:
        several = [_grant(one) for one in msgspec.convert(said, list[_Grant])]
    except msgspec.ValidationError as error:
        raise PolicyError(f"{resource.name}.{role}: {error}") from error
    if len({one.scope for one in several}) < len(several):
        raise PolicyError(f"{resource.name}.{role} grants the same rows twice")
    if resource.fixed:
        raise PolicyError(f"{resource.name} is the same for everybody")
    found = {role: tuple(several)}
    policy.check(resource, found)
    return granted(resource, found, role)


def _grant(said: _Grant) -> Grant:
    return Grant(
        Scope[said.scope.upper()], said.actions, plain=Level[said.plain.upper()],
        personal=Level[said.personal.upper()], sensitive=Level[said.sensitive.upper()],
        fields={name: Level[level.upper()] for name, level in said.fields.items()},
    )  # fmt: skip


def in_place(document: Document) -> dict[str, Grants]:
    """The grants of each resource that a stored document changes, with the built-in rest."""
    found: dict[str, Grants] = {}
    for name, by_role in document.items():
        resource = policy.resources().get(name)
        if resource is not None and not resource.fixed:
            kept = {Role(r): _still_there(resource, said) for r, said in by_role.items()}
            found[name] = {**resource.grants, **kept}
    return found


def _still_there(resource: Resource, said: Said) -> tuple[Grant, ...]:
    """The grants of a stored version, without what this release no longer knows."""
    found = []
    for one in msgspec.convert(said, list[_Grant]):
        grant = _grant(one)
        if grant.scope in resource.scopes:
            fields = {n: level for n, level in grant.fields.items() if n in resource.fields}
            found.append(
                Grant(
                    grant.scope, grant.actions & resource.actions, plain=grant.plain,
                    personal=grant.personal, sensitive=grant.sensitive, fields=fields,
                )
            )  # fmt: skip
    return granted(resource, {Role.READ_ONLY: tuple(found)}, Role.READ_ONLY)


def whole(document: Document) -> dict[str, dict[str, Said]]:
    """Everything that every role is granted under a document, for a file that people review."""
    changed = in_place(document)
    return {
        name: {role.value: write(held) for role in Role if (held := granted(one, grants, role))}
        for name, one in policy.resources().items()
        if not one.fixed and (grants := changed.get(name, one.grants))
    }


def merged(document: Document, changes: Document) -> dict[str, dict[str, Said]]:
    """A document with changes on it; what came to be as it is built in, is left out."""
    found = {name: dict(by_role) for name, by_role in document.items()}
    for name, by_role in changes.items():
        found.setdefault(name, {}).update(by_role)
    return without_built_in(found)


def without_built_in(document: Document) -> dict[str, dict[str, Said]]:
    """Only what differs from the built-in policy."""
    kept: dict[str, dict[str, Said]] = {}
    for name, by_role in document.items():
        resource = policy.resources().get(name)
        for role, said in by_role.items():
            if resource is None or said != built_in(resource, Role(role)):
                kept.setdefault(name, {})[role] = said
    return kept


def built_in(resource: Resource, role: Role) -> Said:
    """What the release itself grants."""
    return write(granted(resource, resource.grants, role))


def differing(one: Document, other: Document) -> dict[str, dict[str, Said]]:
    """What `other` says where the two differ, by resource and role: `one` with it is `other`."""
    found: dict[str, dict[str, Said]] = {}
    for name in dict.fromkeys([*one, *other]):
        resource = policy.resources().get(name)
        if resource is None:
            continue
        for role in dict.fromkeys([*one.get(name, {}), *other.get(name, {})]):
            usual = built_in(resource, Role(role))
            said = other.get(name, {}).get(role, usual)
            if said != one.get(name, {}).get(role, usual):
                found.setdefault(name, {})[role] = said
    return found
