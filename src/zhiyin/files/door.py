"""The door before file uploads: what is too large is refused before, or while, its body arrives.

The web server writes a body to disk before any view sees it, so a view's own check comes too late.
A body that states its length is refused unread; one that does not is counted while it comes in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from zhiyin.files.rules import Limits

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATHS = ("/files/", "/api/v1/files")
WORDS = "文件太大，没有上传。\nThe file is too large and was not uploaded.\n"


class _TooMuch(Exception):  # noqa: N818  (goes from the reading of a body to the door, no further)
    """More arrived than the limit allows."""


class FileDoor:
    """An ASGI application around another one."""

    def __init__(self, app: App, limits: Callable[[], Limits]) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http" or not scope["path"].startswith(PATHS):
            await self.app(scope, receive, send)
            return
        if not self.limits().takes_length(_length(scope)):
            await _refuse(send)
            return
        counted = _Counted(receive, self.limits())
        try:
            await self.app(scope, counted, send)
        except _TooMuch:
            await _refuse(send)


class _Counted:
    """`receive` with a count of the body's bytes."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self.receive = receive
        self.limits = limits
        self.came = 0

    async def __call__(self) -> Message:
        message = await self.receive()
        self.came += len(message.get("body", b""))
        if not self.limits.takes_length(self.came):
            raise _TooMuch
        return message


def _length(scope: Scope) -> int:
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    return int(stated) if stated.isdigit() else 0


async def _refuse(send: Send) -> None:
    body = WORDS.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"),
               (b"content-length", str(len(body)).encode())]  # fmt: skip
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
