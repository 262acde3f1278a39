"""What one role may do with one resource, as a form: a card for each set of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from zhiyin.accounts import policy_words
from zhiyin.accounts.policy import Grant, Level, PolicyError, Resource, Scope, Sensitivity

Options = list[tuple[str, str]]
AS_KIND = ""  # a field that goes with the others of its kind


@dataclass(frozen=True)
class Choice:
    """A select of levels: what it is about, its name in the form, its value."""

    label: str
    name: str
    value: str
    options: Options


@dataclass(frozen=True)
class Box:
    """An action that may be ticked."""

    label: str
    value: str
    on: bool


@dataclass(frozen=True)
class Card:
    """What is granted on some rows."""

    scope: str
    label: str
    boxes: list[Box]
    kinds: list[Choice]
    fields: list[Choice]
    set_apart: int


def cards(resource: Resource, grants: Sequence[Grant]) -> list[Card]:
    """The form filled with grants; rows without a grant are there to be ticked."""
    by_scope = {one.scope: one for one in grants}
    return [
        _card(resource, scope, by_scope.get(scope) or Grant(scope, ())) for scope in resource.scopes
    ]


def _card(resource: Resource, scope: Scope, grant: Grant) -> Card:
    name = scope.name.lower()
    boxes = [
        Box(str(policy_words.ACTIONS.get(one, one)), one, one in grant.actions)
        for one in resource.listed_actions
    ]
    kinds = [
        Choice(str(label), f"{name}.{kind.value}", grant.level(kind).name.lower(), _levels(kind))
        for kind, label in policy_words.KINDS.items()
        if kind in resource.fields.values()
    ]
    labels = policy_words.field_names(resource)
    fields = [
        Choice(
            labels[one], f"{name}.field.{one}",
            grant.fields[one].name.lower() if one in grant.fields else AS_KIND,
            [(AS_KIND, str(policy_words.KINDS[kind])), *_levels(kind, one in resource.spoken)],
        )
        for one, kind in resource.fields.items()
    ]  # fmt: skip
    label = str(policy_words.SCOPES[scope])
    return Card(name, label, boxes, kinds, fields, len(grant.fields))


def _levels(kind: Sensitivity, is_spoken: bool = False) -> Options:
    """The levels that say something: only what is about a person can be masked, and a name that
    people are spoken of by cannot be hidden."""
    return [
        (level.name.lower(), str(label))
        for level, label in policy_words.LEVELS.items()
        if (level is not Level.MASKED or kind is not Sensitivity.PLAIN)
        and (level >= Level.READ or not is_spoken)
    ]


def read(resource: Resource, sent: QueryDict) -> list[Grant]:
    """The grants that a form says; raises `PolicyError` where it was not one of ours."""
    found = []
    for scope in resource.scopes:
        name = scope.name.lower()
        actions = sent.getlist(f"{name}.action")
        if actions:
            kinds = {
                kind.value: _level(sent.get(f"{name}.{kind.value}"), Grant(scope, ()).level(kind))
                for kind in Sensitivity
            }
            fields = {
                one: _level(said, Level.HIDDEN)
                for one in resource.fields
                if (said := sent.get(f"{name}.field.{one}", AS_KIND)) != AS_KIND
            }
            found.append(Grant(scope, actions, fields=fields, **kinds))
    return found


def _level(said: str | None, otherwise: Level) -> Level:
    if said is None:
        return otherwise
    try:
        return Level[said.upper()]
    except KeyError as error:
        raise PolicyError(f"no such level: {said!r}") from error
