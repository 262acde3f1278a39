"""What the console asks of the accounts room: may this person open this screen?"""

from __future__ import annotations

from django.urls import resolve

from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.gate import gate_of


def may_open(user: Person, url: str) -> bool:
    """Whether the gate of the address lets this person read it."""
    gate = gate_of(resolve(url), "GET")
    if gate is None:
        return False
    permission = gate.permission("GET")
    return permission is None or access.allowed(user, permission)
