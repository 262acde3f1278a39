"""What the console asks of the accounts room: may this person open this screen?"""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.urls import resolve

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.gate import Gate, gate_of


def may_open(user: Person, url: str) -> bool:
    """Whether the gate of the address lets this person read it."""
    gate = _gate_at(url, settings.ROOT_URLCONF)
    if gate is None:
        return False
    permission = gate.permission("GET")
    return permission is None or access.allowed(user, permission)


@lru_cache(maxsize=200)
def _gate_at(url: str, urlconf: str) -> Gate | None:
    """The gate of a screen: addresses and gates stand still while the server runs."""
    return gate_of(resolve(url, urlconf), "GET")
