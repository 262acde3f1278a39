"""The kinds of notices, registered by the rooms that emit them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from zhiyin.accounts.access import PolicyError
from zhiyin.talk.models import Mail


@dataclass(frozen=True)
class Said:
    """What is told: how many times, by whom, on which record, with the facts of the newest.

    `title` is empty where the reader may not see the record, and in all that leaves the product.
    """

    count: int
    by: str
    title: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NoticeKind:
    """One kind: its name in the preferences, how it reads, and how it is told at first.

    `says` makes the sentence inside the product; `plainly` the one that leaves it, which names
    nobody. `leads` is the address of a notice without a record; `anchor` is added to the record's.
    `by_record` groups the notices of each record apart.
    """

    key: str
    label: str | Promise
    icon: str
    says: Callable[[Said], str]
    plainly: Callable[[int], str]
    leads: Callable[[Mapping[str, Any]], str] | None = None
    anchor: str = ""
    by_record: bool = True
    mail: Mail = Mail.OFF
    push: bool = False


_kinds: dict[str, NoticeKind] = {}


def register(kind: NoticeKind) -> NoticeKind:
    """Let a room tell people of something."""
    if _kinds.setdefault(kind.key, kind) is not kind:
        raise PolicyError(f"the kind of notice {kind.key!r} is registered twice")
    return kind


def kinds() -> Mapping[str, NoticeKind]:
    """All of them, by key."""
    return dict(_kinds)


def kind(key: str) -> NoticeKind | None:
    """The kind; None for one whose room is gone."""
    return _kinds.get(key)
