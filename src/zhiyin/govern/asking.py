"""What the screens of this room read from a request."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from zhiyin.accounts.models import User


def uuid_in(text: str) -> str:
    """The id that an address names; empty where it names none."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def me_of(request: HttpRequest) -> User:
    """Who asks."""
    assert isinstance(request.user, User)  # the gate let nobody else through
    return request.user
