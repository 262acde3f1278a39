"""The command palette: what ⌘K finds. A room registers a provider in its `findable.py`; the console
gathers these when Django starts, and the palette asks them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import structlog
from django.urls import reverse
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.cleaning.pinyin import search_keys

LIMIT = 8  # entries of one group; more would push the next group off the sheet
LOOKED_AT = 500  # rows of a small table (segments, colleagues) that are compared by name
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


def gather() -> None:
    """Import each room's findable.py, which registers what it answers."""
    autodiscover_modules("findable")


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


def way_to_new(
    user: Person, query: str, permission: str, title: str, url_name: str, icon: str
) -> Iterator[Entry]:
    """The way to something new, where this user may make it and the query may mean it."""
    if access.allowed(user, permission) and (not query or fits(query, title)):
        yield Entry(title, "", reverse(url_name), icon, gettext("Do"))


def fits(query: str, name: str) -> bool:
    """Whether somebody who types this may mean a thing of this name: any part of it, the beginning
    of its pinyin, or of its pinyin's first letters."""
    wanted = "".join(query.casefold().split())
    return bool(wanted) and any(
        wanted in key if anywhere else key.startswith(wanted) for key, anywhere in _keys(name)
    )


@lru_cache(maxsize=20_000)
def _keys(name: str) -> tuple[tuple[str, bool], ...]:
    keys = search_keys(name)
    return (("".join(name.casefold().split()), True), (keys.joined, False), (keys.initials, False))
