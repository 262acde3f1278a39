"""The ASGI entry: what uvicorn serves."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import cast

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
django.setup(set_prefix=False)


class InOneThread(ASGIHandler):
    """Runs all middleware and the view of a request in one thread, at one go.

    Every view here is synchronous. Django would put each of its middlewares on the event loop and
    send what they do to the thread and back, some twenty times a page; on a busy server each way
    waits for the interpreter's lock.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response = await sync_to_async(self.get_response, thread_sensitive=True)(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            # Django would make all pieces before it sends the first: a large file held in memory.
            response.streaming_content = _one_by_one(iter(response))
        return response


async def _one_by_one(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of a stream, each made in the request's thread when the last one was sent."""
    following = sync_to_async(lambda: next(pieces, None), thread_sensitive=True)
    while (piece := await following()) is not None:
        yield piece


django_application = InOneThread()
import_module(settings.ROOT_URLCONF)  # a broken route stops the start, not the first visitor

from zhiyin.collect.door import UploadDoor  # noqa: E402  (after Django is set up)
from zhiyin.collect.streaming import LiveStreams  # noqa: E402
from zhiyin.collect.tracking.starting import BesidePages  # noqa: E402
from zhiyin.files.door import App, FileDoor  # noqa: E402
from zhiyin.files.services import limits  # noqa: E402

# Django's stubs ask for a dict where ASGI says a mapping.
pages = UploadDoor(FileDoor(cast("App", django_application), limits))
application = BesidePages(LiveStreams(pages))

# What was built at the start lives as long as the process: the collector need not look through
# half a million objects again, which stops all answers of the process for 0.1 s each time.
gc.collect()
gc.freeze()
