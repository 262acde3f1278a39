"""How views of this room answer: who asks, toasts with a way back, fragments for htmx."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from zhiyin.accounts.models import User

UNDO = "undo:"  # the mark by which the shell finds the way back in a message


def signed_in(request: HttpRequest) -> User:
    """Who asks; the gate has let nobody else through."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def wants_fragment(request: HttpRequest) -> bool:
    """Whether a piece of a page is asked for, not a page."""
    return bool(request.headers.get("HX-Request"))


def say(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Show on the next page what was done, and how to take it back."""
    messages.success(request, text, extra_tags=f"{UNDO}{undo}" if undo else "")


def say_here(response: HttpResponse, text: str) -> HttpResponse:
    """Show it on the page that asked with htmx."""
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "undo": ""}})
    return response


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page of ours that a form names, else another."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if target and safe else otherwise
