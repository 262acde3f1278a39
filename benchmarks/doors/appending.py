"""The floor: Starlette, the body as it came appended to a file, one fdatasync for who waits.

It knows no key, reads no JSON and keeps nothing that anybody could query.
"""

from __future__ import annotations

import asyncio
import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_file = os.open(os.environ["ZHIYIN_BENCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
_waiting: list[tuple[bytes, asyncio.Future[None]]] = []
_wake = asyncio.Event()
_writers: list[asyncio.Task[None]] = []


async def _keep_writing() -> None:
    while True:
        await _wake.wait()
        _wake.clear()
        taken = list(_waiting)
        _waiting.clear()
        os.write(_file, b"".join(body for body, _ in taken))
        await asyncio.to_thread(os.fdatasync, _file)
        for _, done in taken:
            done.set_result(None)


async def append(request: Request) -> JSONResponse:
    if not _writers:
        _writers.append(asyncio.create_task(_keep_writing()))
    done = asyncio.get_running_loop().create_future()
    _waiting.append((await request.body(), done))
    _wake.set()
    await done
    return JSONResponse({"success": True})


application = Starlette(routes=[Route("/v1/{what}", append, methods=["POST"])])
