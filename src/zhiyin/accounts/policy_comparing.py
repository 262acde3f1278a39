"""Two policies held beside each other: what of one role, or of one user's roles, differs.

How grants are cut does not matter here, only what they add up to: for each action, on whose rows;
for each field, how far it opens on one's own rows, the team's, the department's and all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhiyin.accounts.policy import Grant, Level, Resource, Scope


@dataclass(frozen=True)
class ActionChange:
    """An action whose rows become more or fewer; NONE is no right at all."""

    action: str
    before: Scope
    after: Scope

    @property
    def gains(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True)
class FieldChange:
    """Fields whose level changes alike, and on which rows."""

    fields: tuple[str, ...]
    where: tuple[Scope, ...]
    before: Level
    after: Level

    @property
    def gains(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True)
class Comparison:
    """Everything that differs."""

    actions: tuple[ActionChange, ...]
    fields: tuple[FieldChange, ...]

    @property
    def gains(self) -> bool:
        return any(a.gains for a in self.actions) or any(f.gains for f in self.fields)

    @property
    def loses(self) -> bool:
        return not all(a.gains for a in self.actions) or not all(f.gains for f in self.fields)

    def __bool__(self) -> bool:
        return bool(self.actions or self.fields)


def compare(resource: Resource, before: Sequence[Grant], after: Sequence[Grant]) -> Comparison:
    """What differs between two sets of grants on a resource."""
    return Comparison(
        tuple(_actions(resource, before, after)), tuple(_fields(resource, before, after))
    )


def _actions(
    resource: Resource, before: Sequence[Grant], after: Sequence[Grant]
) -> Iterable[ActionChange]:
    for action in resource.listed_actions:
        old, new = _widest(before, action), _widest(after, action)
        if old is not new:
            yield ActionChange(action, old, new)


def _widest(grants: Sequence[Grant], action: str) -> Scope:
    return max((one.scope for one in grants if action in one.actions), default=Scope.NONE)


def _fields(
    resource: Resource, before: Sequence[Grant], after: Sequence[Grant]
) -> Iterable[FieldChange]:
    alike: dict[tuple[tuple[Scope, Level, Level], ...], list[str]] = {}
    for name in resource.fields:
        steps = []
        for scope in _seen(resource, after):
            old, new = _level(resource, before, name, scope), _level(resource, after, name, scope)
            if old is not new:
                steps.append((scope, old, new))
        if steps:
            alike.setdefault(tuple(steps), []).append(name)
    for found, names in alike.items():
        for old, new in dict.fromkeys((old, new) for _, old, new in found):
            where = tuple(scope for scope, b, a in found if (b, a) == (old, new))
            yield FieldChange(tuple(names), where, old, new)


def _seen(resource: Resource, grants: Sequence[Grant]) -> list[Scope]:
    """Where rows are seen at all: elsewhere no field says anything."""
    return [scope for scope in resource.scopes if scope <= _widest(grants, "see")]


def _level(resource: Resource, grants: Sequence[Grant], name: str, scope: Scope) -> Level:
    """How far a field opens on a row that lies this far from the one who asks."""
    levels = (resource.levels_in(one)[name] for one in grants if one.scope >= scope)
    return max(levels, default=Level.HIDDEN)
