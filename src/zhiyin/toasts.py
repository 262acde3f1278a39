"""What was just done, said at the foot of the page, with a way back where there is one."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

UNDO = "undo:"


def say(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Show `text` on the next page; `undo` is an address that takes a POST and takes it back."""
    messages.success(request, text, extra_tags=f"{UNDO}{undo}" if undo else "")


def warn(request: HttpRequest, text: str) -> None:
    """Show that something was not done, and why."""
    messages.warning(request, text)


def attach(response: HttpResponse, text: str, *, undo: str = "") -> HttpResponse:
    """Show `text` on the page that asked with htmx; the page itself stays."""
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "undo": undo}})
    return response
