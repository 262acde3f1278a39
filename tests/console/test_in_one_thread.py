"""A page is made in one thread, at one go: every hop waits for the interpreter's lock."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from zhiyin.accounts.gate import public
from zhiyin.asgi import InOneThread

seen: list[int] = []


class Notes:
    """A middleware that says in which thread it ran."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen.append(threading.get_ident())
        return self.get_response(request)


@public
def page(request: HttpRequest) -> HttpResponse:
    seen.append(threading.get_ident())
    return HttpResponse("here")


urlpatterns = [path("page", page)]


@pytest.mark.django_db
def test_middleware_and_view_run_in_one_thread() -> None:
    session = "django.contrib.sessions.middleware.SessionMiddleware"  # would run on the event loop
    notes = f"{__name__}.Notes"
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[notes, session, notes]):
        application = InOneThread()
        scope = {"type": "http", "method": "GET", "path": "/page", "query_string": b"",
                 "headers": [(b"host", b"localhost")]}  # fmt: skip

        async def asked() -> list[dict[str, Any]]:
            visitor = ApplicationCommunicator(application, scope)
            await visitor.send_input({"type": "http.request", "body": b"", "more_body": False})
            return [await visitor.receive_output(5) for _ in range(2)]

        seen.clear()
        start, body = async_to_sync(asked)()
    assert (start["status"], body["body"]) == (200, b"here")
    assert len(seen) == 3
    assert len(set(seen)) == 1
