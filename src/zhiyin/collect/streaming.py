"""Streams of the live view: one task of the event loop for each viewer, and no thread.

The page's own view answers the request first, through the gate and all middleware, and hands over
who follows what; when that answer is made, its thread and its connection are free, and the stream
goes on here. Each second it borrows a thread for one short question, with the viewer's rights as
they are then. After a minute it ends, and the browser comes back through the gate.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from zhiyin.accounts import access, row_security, seat
from zhiyin.accounts.models import User
from zhiyin.collect import live
from zhiyin.collect.live import Asked
from zhiyin.files.door import App, Receive, Scope, Send

log = structlog.get_logger(__name__)

KEY = "zhiyin.live"
EVERY_S, LIFE = 1.0, 60  # seconds between questions, and questions of one stream
LOOK_BACK = (timedelta(seconds=15),)  # pumps may end their turns in another order
REMEMBERED = 400  # lines that a viewer has
MOST_VIEWERS = 200  # of one process; who comes later polls
HELLO = "retry: 3000\n\n"
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no",
    "Content-Encoding": "identity",  # not to be compressed: pieces follow
}  # fmt: skip
_viewers = 0


class Follow:
    """Who follows which events, and what they have seen of them."""

    def __init__(self, user: UUID, wanted: Asked, language: str, query: str) -> None:
        self._user, self._wanted, self._language, self._query = user, wanted, language, query
        self._seen: deque[str] = deque(maxlen=REMEMBERED)

    def fresh(self) -> str | None:
        """The rows that are new, oldest last; None where this user may not look any more."""
        with seat.system("who follows, and what they may see now"):
            user = User.objects.filter(pk=self._user, is_active=True).first()
            if user is None or not access.allowed(user, "event.see"):
                return None
            theirs = row_security.seat_of(user)
        with seat.seated(theirs), translation.override(self._language):
            found = live.latest(user, self._wanted, timezone.now(), windows=LOOK_BACK)
            lines = [line for line in found.lines if line.ref not in self._seen]
            self._seen.extend(line.ref for line in reversed(lines))
            if not lines:
                return ""
            context = {"found": live.Found(lines), "query": self._query}
            return render_to_string("collect/live_rows.html", context)


def hand_over(request: HttpRequest, follow: Follow) -> bool:
    """Let the stream go on after this answer; False where the server cannot."""
    scope: Any = getattr(request, "scope", None)
    if scope is None or not scope.get(f"{KEY}.served"):
        return False
    scope[KEY] = follow
    return True


def piece(rows: str) -> str:
    """Rows as one server-sent event; a line of its own for each of the text."""
    if not rows.strip():
        return ":\n\n"
    told = "\n".join(f"data: {line}" for line in rows.splitlines() if line.strip())
    return f"event: rows\n{told}\n\n"


class LiveStreams:
    """The ASGI application around that of the pages."""

    def __init__(self, pages: App, every_s: float = EVERY_S, life: int = LIFE) -> None:
        self._pages, self._every_s, self._life = pages, every_s, life

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; where its answer hands a stream over, go on with it."""
        if scope["type"] != "http" or _viewers >= MOST_VIEWERS:
            await self._pages(scope, receive, send)
            return
        scope[f"{KEY}.served"] = True

        async def passed(message: MutableMapping[str, Any]) -> None:
            if KEY in scope:
                message = _to_be_continued(message)
            await send(message)

        await self._pages(scope, receive, passed)
        if KEY in scope:
            await self._go_on(scope[KEY], receive, send)

    async def _go_on(self, follow: Follow, receive: Receive, send: Send) -> None:
        global _viewers
        _viewers += 1
        gone = asyncio.ensure_future(_left(receive))
        ask = sync_to_async(_released(follow.fresh), thread_sensitive=False)
        try:
            for _ in range(self._life):
                rows = await ask()
                if rows is None:
                    break
                body = piece(rows).encode()
                await send({"type": "http.response.body", "body": body, "more_body": True})
                if (await asyncio.wait({gone}, timeout=self._every_s))[0]:
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (DatabaseError, OSError) as error:
            log.warning("a live stream ended", error=type(error).__name__)
        finally:
            _viewers -= 1
            gone.cancel()


def _to_be_continued(message: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if message["type"] == "http.response.start":
        dropped = (b"content-length", b"content-encoding")
        kept = [(name, value) for name, value in message["headers"] if name.lower() not in dropped]
        return {**message, "headers": kept}
    return {**message, "more_body": True}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _released(ask: Callable[[], str | None]) -> Callable[[], str | None]:
    """The same, giving the connection back to the pool each time."""

    def asked() -> str | None:
        try:
            return ask()
        finally:
            connection.close()

    return asked
