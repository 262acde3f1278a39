"""The access policy as a section of the configuration file: what each role may do with each kind.

Its items hold together, so they become one version, or none: a role may only lose the right to
change the policy in the same moment in which another gets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhiyin.accounts import policy_changes, policy_document
from zhiyin.accounts.models import User
from zhiyin.objects import configuration
from zhiyin.objects.configuration import Section


def _held() -> Mapping[str, Any]:
    document = policy_document.whole(policy_changes.document_of(policy_changes.current()))
    return {f"{name}.{role}": said for name, by in document.items() for role, said in by.items()}


def _together(items: Mapping[str, Any], by: User) -> None:
    changes: dict[str, dict[str, Any]] = {}
    for key, said in items.items():
        name, _, role = key.partition(".")
        changes.setdefault(name, {})[role] = [] if said is None else said
    policy_changes.put(changes, by=by)


def _put(key: str, item: Any, by: User) -> None:
    _together({key: item}, by)


def _remove(key: str, by: User) -> None:
    _together({key: None}, by)


def register() -> None:
    """Before fields, layouts and views, so that these are written under it."""
    configuration.register(
        Section(
            "policy", _held, _put, _remove, together=_together, is_nothing=lambda said: said == []
        )
    )
