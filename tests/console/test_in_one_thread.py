"""A page is made in one thread, at one go: every hop waits for the interpreter's lock."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.templatetags.static import static
from django.test import Client, override_settings
from django.urls import path

from zhiyin.accounts.gate import public
from zhiyin.asgi import InOneThread

seen: list[int] = []
made: list[str] = []


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


@public
def stream(request: HttpRequest) -> StreamingHttpResponse:
    def pieces() -> Iterator[str]:
        for number in range(3):
            seen.append(threading.get_ident())
            made.append(f"made {number}")
            yield str(number)

    return StreamingHttpResponse(pieces())


@public
def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"x" * 1_200_000), as_attachment=True, filename="x.xlsx")


urlpatterns = [path("page", page), path("stream", stream), path("file", file)]


def asked(address: str, application: InOneThread | None = None) -> tuple[int, list[bytes]]:
    """The status and the pieces that come, as uvicorn would send them."""
    scope = {"type": "http", "method": "GET", "path": address, "query_string": b"",
             "headers": [(b"host", b"localhost")]}  # fmt: skip

    async def talk() -> tuple[int, list[bytes]]:
        visitor = ApplicationCommunicator(application or InOneThread(), scope)
        await visitor.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await visitor.receive_output(5)
        pieces = []
        while True:
            piece = await visitor.receive_output(5)
            if body := piece.get("body", b""):
                made.append(f"sent {body[:9].decode()}")
                pieces.append(body)
            if not piece.get("more_body"):
                return start["status"], pieces

    seen.clear()
    made.clear()
    return async_to_sync(talk)()


@pytest.mark.django_db
def test_middleware_and_view_run_in_one_thread() -> None:
    session = "django.contrib.sessions.middleware.SessionMiddleware"  # would run on the event loop
    notes = f"{__name__}.Notes"
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[notes, session, notes]):
        assert asked("/page") == (200, [b"here"])
    assert len(seen) == 3
    assert len(set(seen)) == 1


@pytest.mark.django_db
@pytest.mark.filterwarnings("error:StreamingHttpResponse:Warning")
def test_a_stream_is_sent_piece_by_piece_as_it_is_made() -> None:
    """Django alone would make all pieces before it sends the first, and warn that it does."""
    gate = "zhiyin.accounts.gate.GateMiddleware"
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.Notes", gate]):
        status, pieces = asked("/stream")
        assert (status, b"".join(pieces)) == (200, b"012")
        assert made.index("sent 0") < made.index("made 2")
        assert len(set(seen)) == 1
        sizes = [len(piece) for piece in asked("/file")[1]]
    assert (max(sizes), sum(sizes)) == (65_536, 1_200_000)


@pytest.mark.filterwarnings("error:StreamingHttpResponse:Warning")
def test_what_the_browser_loads_comes_whole() -> None:
    """The server as it is: a script of ours, in one piece."""
    from zhiyin.asgi import django_application

    status, pieces = asked(static("console/shell.js"), django_application)
    assert (status, len(pieces)) == (200, 1)
    assert pieces[0] == Client().get("/static/console/shell.js").content
