"""Screens: letting a browser be called, and the worker script that shows what it is told."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhiyin.accounts.gate import gate, public
from zhiyin.accounts.models import User
from zhiyin.talk import devices, services

_WORKER = Path(__file__).parent / "static" / "talk" / "worker.js"


@public
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root, so that it may speak for the whole site."""
    return HttpResponse(
        _script(), content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache"},
    )  # fmt: skip


@gate("account.own")
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep this browser, as its script asks."""
    sent = request.POST
    try:
        devices.add_device(
            _me(request), endpoint=sent.get("endpoint", ""), public_key=sent.get("key", ""),
            secret=sent.get("secret", ""), name=sent.get("name", ""),
        )  # fmt: skip
    except services.Refused as reason:
        return HttpResponse(str(reason), status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@gate("account.own")
@require_POST
def remove(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Call this browser no more."""
    devices.remove_device(_me(request), device_id)
    messages.success(request, _("This browser is not called any more."))
    return redirect("notice_wishes")


@cache
def _script() -> bytes:
    return _WORKER.read_bytes()


def _me(request: HttpRequest) -> User:
    assert not isinstance(request.user, AnonymousUser)  # the gate has seen to it
    return request.user
