"""The command palette: what ⌘K finds. Rooms register providers; the palette asks them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from zhiyin.accounts.access import Person

LIMIT = 8  # entries of one group; more would push the next group off the sheet
log = structlog.get_logger()


@dataclass(frozen=True)
class Entry:
    """One line of the palette: choosing it goes to `url`."""

    title: str
    subtitle: str
    url: str
    icon: str
    group: str


@dataclass(frozen=True)
class Group:
    """Entries under one heading, as they are shown."""

    title: str
    entries: list[Entry]


Provider = Callable[[Person, str], Iterable[Entry]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Let a room answer queries. An empty query asks for its actions."""
    if provider not in _providers:
        _providers.append(provider)


def find(user: Person, query: str) -> list[Group]:
    """Everything that fits, grouped, in the order in which rooms registered.

    A provider that fails is left out and logged: the others still answer.
    """
    groups: dict[str, list[Entry]] = {}
    for provider in _providers:
        try:
            found = list(provider(user, query.strip()))
        except Exception:
            log.exception("palette.provider_failed", provider=provider.__module__)
            continue
        for entry in found:
            entries = groups.setdefault(entry.group, [])
            if len(entries) < LIMIT or not query.strip():
                entries.append(entry)
    return [Group(title, entries) for title, entries in groups.items()]
