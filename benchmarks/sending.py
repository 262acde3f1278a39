"""A sender that costs little: prepared requests over kept connections, one thread, epoll.

It shares the machine with what it measures, so it does as little as can be: bytes out, bytes in
until the answer is whole, the time of each. An answer that is not 200 ends the run.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_ANSWER = b"HTTP/1.1 200"


@dataclass
class Sent:
    """What was answered: how long each took, in milliseconds, and the seconds of the whole run."""

    took_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class _Line:
    socket: socket.socket
    begun: float = 0.0
    held: bytes = b""


def request(path: str, body: bytes, key: str, *, port: int) -> bytes:
    """A POST as it goes over the wire."""
    import base64

    basic = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Basic {basic}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Sent:
    """Keep so many connections busy for so long."""
    found = Sent()
    chosen = selectors.DefaultSelector()
    for _ in range(connections):
        line = _Line(socket.create_connection(("127.0.0.1", port)))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen.register(line.socket, selectors.EVENT_READ, line)
        _ask(line, next(requests))
    begun = time.perf_counter()
    open_lines = connections
    while open_lines:
        for key, _ in chosen.select():
            line = key.data
            line.held += line.socket.recv(65_536)
            if not _is_whole(line.held):
                continue
            if not line.held.startswith(_ANSWER):
                raise SystemExit(line.held.decode(errors="replace"))
            now = time.perf_counter()
            found.took_ms.append(1000 * (now - line.begun))
            line.held = b""
            if now - begun < seconds:
                _ask(line, next(requests))
            else:
                chosen.unregister(line.socket)
                line.socket.close()
                open_lines -= 1
    found.seconds = time.perf_counter() - begun
    return found


def _ask(line: _Line, wanted: bytes) -> None:
    line.begun = time.perf_counter()
    line.socket.sendall(wanted)


def _is_whole(held: bytes) -> bool:
    head, end, body = held.partition(b"\r\n\r\n")
    if not end:
        return False
    at = head.lower().find(b"content-length:")
    if at < 0:  # in pieces, the last of which is empty
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(head[at + 15 :].split(b"\r\n", 1)[0])
