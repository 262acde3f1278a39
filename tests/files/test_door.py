"""Too large a body is refused before it is read, and one without a length while it comes in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from zhiyin.files.door import FileDoor
from zhiyin.files.rules import ENVELOPE, Limits

LIMITS = Limits(file=1000, record=5000)


def ask(path: str, *parts: bytes, length: bytes | None = None, kind: str = "http") -> list[Any]:
    """What the door answers; the application behind it reads the whole body, then says 200."""
    sent: list[Any] = []
    bodies = iter(parts)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(bodies, b"")}

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in parts:
            await receive()
        await send({"type": "http.response.start", "status": 200})

    headers = [(b"content-length", length)] if length is not None else []
    scope = {"type": kind, "path": path, "headers": headers}
    asyncio.run(FileDoor(app, lambda: LIMITS)(scope, receive, send))
    return sent


@pytest.mark.parametrize("path", ["/files/of/customer/x/", "/api/v1/files"])
def test_a_body_that_says_it_is_too_large_is_refused_unread(path: str) -> None:
    answer = ask(path, length=b"100000000")
    assert answer[0]["status"] == 413
    assert (b"connection", b"close") in answer[0]["headers"]


def test_a_body_that_does_not_say_is_counted() -> None:
    assert ask("/files/x", *[bytes(ENVELOPE)] * 3)[0]["status"] == 413
    assert ask("/files/x", b"small", length=b"nonsense")[0]["status"] == 200


def test_what_fits_and_what_is_no_file_goes_through() -> None:
    assert ask("/files/x", b"x", length=b"1")[0]["status"] == 200
    assert ask("/data/new", length=b"100000000")[0]["status"] == 200
    assert ask("/files/x", kind="websocket", length=b"100000000")[0]["status"] == 200
