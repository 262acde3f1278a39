"""Keeps the files' own origin for files: it answers tickets, and knows no page and no session."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

PREFIX = "/f/"


class FilesOrigin:
    """Middleware, before all others that look at a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = str(settings.FILES_ORIGIN).partition("://")[2]
        if host and request.get_host() == host and not request.path.startswith(PREFIX):
            return HttpResponse(status=404)
        return self.get_response(request)
