"""The shell's own addresses: the palette, the two switches, the pulse."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_GET, require_POST

from zhiyin import palette as command_palette
from zhiyin.accounts.gate import gate, public
from zhiyin.console.context import THEME_COOKIE, THEMES

YEAR = 365 * 24 * 3600  # seconds


@gate("console.use")
@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """What ⌘K shows for a query; without one, everything that can be done."""
    query = request.GET.get("q", "")[:100]
    groups = command_palette.find(request.user, query)
    return render(
        request,
        "console/palette_results.html",
        {"groups": groups, "query": query, "found": sum(len(one.entries) for one in groups)},
    )


def _back(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if safe else "/")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of this browser and, when signed in, of this person."""
    chosen = request.POST.get("language", "")
    response = _back(request)
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        _remember(request, "locale", chosen)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=YEAR,
            samesite="Lax",
            secure=settings.SECURE,
        )
    return response


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Switch between light, dark and the system's choice."""
    chosen = request.POST.get("theme", "")
    response = _back(request)
    if chosen in THEMES:
        _remember(request, "theme", chosen)
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=settings.SECURE
        )
    return response


def _remember(request: HttpRequest, preference: str, value: str) -> None:
    if request.user.is_authenticated:
        setattr(request.user, preference, value)
        request.user.save(update_fields=[preference])


@public
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """200 when the web server reaches its database; for a load balancer or a person."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})
