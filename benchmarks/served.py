"""What uvicorn serves in a benchmark, with the time that the server took for an answer in a header.

The clock runs around the whole application, from the moment in which the event loop takes a
request up to its first byte: waiting for a thread, middleware, permission, queries, page, audit.
What it leaves out is the network stack and the client, who share the cores in a benchmark.

Django's admin (settings `benchmarks.admin.settings`) is served in the same way.
"""

from __future__ import annotations

import time
from typing import Any

from zhiyin.asgi import application as product


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Pass everything through; note the milliseconds under `Server-Timing`."""
    begun = time.perf_counter()

    async def timed(message: Any) -> None:
        if message["type"] == "http.response.start":
            took = f"app;dur={1000 * (time.perf_counter() - begun):.2f}".encode()
            message = {**message, "headers": [*message["headers"], (b"server-timing", took)]}
        await send(message)

    await product(scope, receive, timed)
