"""A sender of events over real sockets, and the tracking API that it sends to."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from zhiyin.collect.models import Source, WriteKey
from zhiyin.collect.tracking.starting import Tracking


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: http.client.HTTPMessage


@dataclass
class Sender:
    """An SDK's way of sending, without an SDK."""

    port: int
    key: str

    def send(self, path: str, body: object, *, method: str = "POST", packed: bool = False,
             key: str | None = None, **headers: str) -> Answer:  # fmt: skip
        """Send JSON, or bytes as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        if packed:
            sent = gzip.compress(sent)
        used = self.key if key is None else key
        if used:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{used}:".encode()).decode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, sent if method == "POST" else None, named)
            answer = line.getresponse()
            return Answer(answer.status, answer.read(), answer.headers)
        finally:
            line.close()

    def batch(self, *messages: dict[str, Any], **around: object) -> Answer:
        """A batch, as servers send it."""
        return self.send("/v1/batch", {"batch": list(messages), **around})


@contextmanager
def listening(app: Any = None) -> Iterator[int]:
    """The tracking API on a free port, in a thread of this process."""
    server = uvicorn.Server(
        uvicorn.Config(app or Tracking(), port=0, lifespan="on", log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive(), "the tracking API did not start"
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def source(key: str = "site", kind: Source.Kind = Source.Kind.SHOP, **more: Any) -> WriteKey:
    """A source with a key."""
    made = Source.objects.create(key=key, name_zh=key, name_en=key, kind=kind)
    return WriteKey.objects.create(source=made, **more)
