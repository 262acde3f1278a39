"""Knows a program by its token: `Authorization: Bearer zy_…`, on the addresses of the API only.

The user of the request is then the token's user, and carries the token, so that the policy asks
both (access.scope_of). Such a request needs no CSRF token, reads no cookie and gets none.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from zhiyin.accounts import challenge, tokens


class BearerMiddleware:
    """After Django's authentication, before the gate."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as the token's user; 401 to a token that is none."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and challenge.is_api(request):
            found = tokens.find(text.strip(), timezone.now())
            if found is None:
                return challenge.unknown()
            found.user.token = found
            request.user = found.user
        return self.get_response(request)
