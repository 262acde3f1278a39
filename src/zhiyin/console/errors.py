"""The pages for 400, 403, 404 and 500: what happened, and what can be done now.

To htmx a fragment is answered instead of a page, so the rest of the screen works on; to a program
that asks the API, a problem (RFC 9457).
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from zhiyin.accounts.api import problems
from zhiyin.accounts.api.problems import Problem


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    if _is_api(request):
        return problems.answer(Problem(status))
    fragment = request.headers.get("HX-Request") == "true"
    name = "problem" if fragment else str(status)
    template = f"console/errors/{name}.html"
    return render(request, template, {"status": status}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the browser sent something that no form of ours sends."""
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but without the right."""
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address, or not for this person; which of both is not told."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our mistake. Rendered without context processors, which may be what failed."""
    if _is_api(request):
        return problems.answer(Problem(500))
    name = "problem" if request.headers.get("HX-Request") == "true" else "500"
    return HttpResponse(
        render_to_string(f"console/errors/{name}.html", {"status": 500, "bare": True}), status=500
    )


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
