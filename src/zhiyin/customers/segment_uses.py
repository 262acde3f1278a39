"""Who speaks of a segment: rooms above this one say so here.

A room with such uses has a module `segment_uses` that registers a provider; it is found when the
question is first asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.utils.module_loading import autodiscover_modules

from zhiyin.accounts.models import User


@dataclass(frozen=True)
class Use:
    """One thing that uses a segment: a campaign, a journey, a panel."""

    name: str
    kind: str
    icon: str
    url: str = ""
    state: str = ""


Uses = Mapping[UUID, list[Use]]
Provider = Callable[[User, Sequence[UUID]], Uses]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Let a room say what uses segments."""
    if provider not in _providers:
        _providers.append(provider)


def of(user: User, segments: Sequence[UUID]) -> dict[UUID, list[Use]]:
    """Everything that uses these segments and that the user may see."""
    _discover()
    found: dict[UUID, list[Use]] = {segment: [] for segment in segments}
    for provider in _providers:
        for segment, uses in provider(user, segments).items():
            found[segment].extend(uses)
    return found


@cache
def _discover() -> None:
    autodiscover_modules("segment_uses")
