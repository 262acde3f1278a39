"""A proxy between an SDK and the tracking API: it writes down what comes, and answers the first
requests with something else, before or after it has passed them on.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zhiyin.collect.tracking.starting import Tracking
from zhiyin.files.door import Receive, Scope, Send


@dataclass(frozen=True)
class Instead:
    """The answer of the proxy; `after` it has passed the request on and thrown away our answer."""

    status: int
    body: bytes = b"try again\n"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    after: bool = False


@dataclass(frozen=True)
class Came:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """Its JSON."""
        plain = gzip.decompress(self.body) if self.body.startswith(b"\x1f\x8b") else self.body
        found: dict[str, Any] = json.loads(plain)
        return found

    @property
    def ids(self) -> list[str]:
        """The message ids in it."""
        return [one["messageId"] for one in self.said["batch"]]


class Gate:
    """An ASGI application around the tracking API."""

    def __init__(self, *instead: Instead, always: Instead | None = None) -> None:
        self._api, self._instead, self._always = Tracking(), list(instead), always
        self.came: list[Came] = []
        self.answered: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, or not."""
        if scope["type"] != "http":
            await self._api(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        named = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.came.append(Came(scope["path"], named, body))
        instead = self._instead.pop(0) if self._instead else self._always

        async def whole() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def heard(message: Any) -> None:
            if instead is None:
                if message["type"] == "http.response.start":
                    self.answered.append(message["status"])
                await send(message)

        if instead is None or instead.after:
            await self._api(scope, whole, heard)
        if instead is not None:
            self.answered.append(instead.status)
            await _answer(send, instead)

    def tries(self) -> Sequence[list[str]]:
        """The message ids of each request, in order."""
        return [one.ids for one in self.came]


async def _answer(send: Send, instead: Instead) -> None:
    length = (b"content-length", str(len(instead.body)).encode())
    await send({"type": "http.response.start", "status": instead.status,
                "headers": [*instead.headers, length]})  # fmt: skip
    await send({"type": "http.response.body", "body": instead.body})
