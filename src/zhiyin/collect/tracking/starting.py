"""The tracking API with its connections, for whoever serves it."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import Any

import django
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from zhiyin.collect.tracking.app import Limits, TrackingAPI
from zhiyin.collect.tracking.inbox import WRITERS, Inbox
from zhiyin.collect.tracking.keys import Keys, reading
from zhiyin.collect.tracking.refusals import Refusals
from zhiyin.files.door import App, Receive, Scope, Send

PATIENCE_S = 5.0  # for a database that restarts; then the door says 503


def limits() -> Limits:
    """As the settings have them."""
    return Limits(settings.TRACKING_BODY_BYTES, settings.TRACKING_MESSAGES_A_SECOND)


class Tracking:
    """The ASGI application. Its connections open with its first request; a server that tells of
    its end (the lifespan protocol) has them closed.
    """

    def __init__(self) -> None:
        self._made: TrackingAPI | None = None
        self._making = asyncio.Lock()
        self._ending = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            if self._made is None:
                async with self._making:
                    self._made = self._made or await self._opened()
            await self._made(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._ending.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _opened(self) -> TrackingAPI:
        pool = AsyncConnectionPool(
            _address(), min_size=1, max_size=WRITERS + 1, open=False, timeout=PATIENCE_S,
            kwargs={"autocommit": True},
        )  # fmt: skip
        await self._ending.enter_async_context(pool)
        inbox = Inbox(pool)
        self._ending.push_async_callback(inbox.close)
        refusals = Refusals(pool)
        self._ending.push_async_callback(refusals.close)
        keys = Keys(reading(pool))
        return TrackingAPI(keys, inbox, refusals, limits(), secure=settings.SECURE)


def _address() -> str:
    """Where Django finds the database; COPY into the inbox is done by the owner of the tables."""
    known: dict[str, Any] = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "sslcert",
             "sslkey", *settings.LIVELY)  # fmt: skip
    return make_conninfo(**{name: known[name] for name in names if known.get(name)})


class BesidePages:
    """The ASGI application around that of the pages: addresses of SDKs never reach Django."""

    def __init__(self, pages: App) -> None:
        self._pages, self._tracking = pages, Tracking()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request here, or pass it on."""
        here = scope["type"] == "http" and TrackingAPI.serves(scope["path"])
        await (self._tracking if here else self._pages)(scope, receive, send)


def standalone() -> Tracking:
    """What uvicorn serves for `zhiyin collect`: the tracking API alone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
    django.setup(set_prefix=False)
    return Tracking()
