"""Servers of other systems, real ones, on loopback: object storage and SFTP."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
import pytest

USER, PASSWORD = "exports", "p4ss-w0rd-of-tests"
READY_S = 30


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int, *, seconds: float = READY_S) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"nobody listens on {port}")


@dataclass(frozen=True)
class Bucket:
    """A bucket of moto's server, and a client that is not ours to put things in."""

    endpoint: str
    name: str
    client: Any

    def put(self, key: str, text: str) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=text.encode())

    def where(self, **more: object) -> dict[str, object]:
        """As a connection keeps it."""
        return {"endpoint": self.endpoint, "region": "us-east-1", "bucket": self.name,
                "folder": "", "access_key": "id", "pattern": "*.csv", **more}  # fmt: skip


@contextmanager
def bucket(name: str = "exports") -> Iterator[Bucket]:
    """Object storage with one bucket."""
    pytest.importorskip("moto.server")
    pytest.importorskip("obstore")
    import boto3

    port = free_port()
    moto = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port)
        endpoint = f"http://127.0.0.1:{port}"
        client = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id",
            aws_secret_access_key="key",
        )  # fmt: skip
        client.create_bucket(Bucket=name)
        yield Bucket(endpoint, name, client)
    finally:
        moto.terminate()
        moto.wait(10)


@dataclass
class Answered:
    """What a test's API says to one question."""

    body: bytes | object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None  # bytes after which the line breaks


@dataclass
class Api:
    """An HTTP API that answers as a test says; `asked` are the questions, with their headers."""

    port: int
    answer: Callable[[str, dict[str, str]], Answered]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def api(
    answer: Callable[[str, dict[str, str]], Answered], port: int | None = None
) -> Iterator[Api]:
    """The API, in a thread."""
    made = Api(port or free_port(), answer)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.asked.append((self.path, headers))
            told = made.answer(self.path, headers)
            body = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if told.cut is None else body[: told.cut])

        def log_message(self, format: str, *given: object) -> None:
            """Nothing on the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", made.port), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Door(asyncssh.SSHServer):
    """Lets in one account by its password or its key, and counts who tried."""

    tried: list[str]
    allowed: asyncssh.SSHKey | None

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.tried.append(password)
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return self.allowed is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key == self.allowed


@dataclass
class Sftp:
    """An SFTP server that shows a folder; `tried` are the passwords that reached it."""

    port: int
    root: Path
    fingerprint: str
    tried: list[str]

    def where(self, **more: object) -> dict[str, object]:
        """As a connection keeps it."""
        return {"host": "127.0.0.1", "port": self.port, "user": USER, "folder": ".",
                "pattern": "*.csv", "fingerprint": self.fingerprint, **more}  # fmt: skip


@contextmanager
def sftp(root: Path, *, allowed: asyncssh.SSHKey | None = None) -> Iterator[Sftp]:
    """The server, in a thread with a loop of its own."""
    port, tried = free_port(), list[str]()
    key = asyncssh.generate_private_key("ssh-ed25519")
    door = type("Door", (_Door,), {"tried": tried, "allowed": allowed})
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def files(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(root).encode())

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            door, "127.0.0.1", port, server_host_keys=[key], sftp_factory=files
        )

    async def close(server: asyncssh.SSHAcceptor) -> None:
        server.close()
        await server.wait_closed()

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(READY_S)
    try:
        yield Sftp(port, root, key.convert_to_public().get_fingerprint(), tried)
    finally:
        asyncio.run_coroutine_threadsafe(close(server), loop).result(READY_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
