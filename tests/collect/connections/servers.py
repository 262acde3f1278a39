"""Servers of other systems, real ones, on loopback: object storage and SFTP."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
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


@dataclass(frozen=True)
class Broker:
    """An MQTT broker, and how a device speaks to it."""

    port: int
    keeps: bool = True  # what comes for a client that is away

    def publish(self, topic: str, *told: object, qos: int = 1) -> None:
        """Send messages as a device does; all are with the broker on return."""
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        for one in told:
            body = one if isinstance(one, bytes) else json.dumps(one).encode()
            client.publish(topic, body, qos).wait_for_publish(READY_S)
        client.disconnect()
        client.loop_stop()

    def where(self, **more: object) -> dict[str, object]:
        """As a connection keeps it."""
        return {
            "host": "127.0.0.1", "port": self.port, "user": "", "tls": False,
            "topics": "shop/#", "device": "device", "place": "zone", "at": "at",
            "signal": "rssi", "enter": -70.0, "leave": -80.0, "silence_s": 120.0, "dwell_s": 60.0,
            "stock": "stock", "sku": "sku", "low": 5.0, "enough": 10.0, "value": "value",
            "step": 1.0, **more,
        }  # fmt: skip


@contextmanager
def broker() -> Iterator[Broker]:
    """Mosquitto where it is installed, else one from a package."""
    path = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    with _mosquitto(path) if path else _amqtt() as made:
        yield made


@contextmanager
def _mosquitto(path: str) -> Iterator[Broker]:
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
        settings.write(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        settings.flush()
        os.chmod(settings.name, 0o644)
        started = subprocess.Popen(
            [path, "-c", settings.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(port)
            yield Broker(port)
        finally:
            started.terminate()
            started.wait(10)


@contextmanager
def _amqtt() -> Iterator[Broker]:
    """In a thread with a loop of its own; it keeps nothing for a client that is away."""
    from amqtt.broker import Broker as Amqtt

    port = free_port()
    config = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> Amqtt:
        made = Amqtt(config)
        await made.start()
        return made

    made = asyncio.run_coroutine_threadsafe(begin(), loop).result(READY_S)
    try:
        wait_for(port)
        yield Broker(port, keeps=False)
    finally:
        asyncio.run_coroutine_threadsafe(made.shutdown(), loop).result(READY_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@dataclass(frozen=True)
class Mails:
    """An IMAP server with one mailbox, and how a mail gets into it."""

    port: int
    inbox: Path

    def put(self, raw: bytes) -> None:
        """A mail arrives, as the mail server's own delivery writes it."""
        name = f"{time.time_ns()}.M{len(list(self.inbox.glob('new/*')))}.test"
        (self.inbox / "tmp" / name).write_bytes(raw)
        shutil.chown(self.inbox / "tmp" / name, _VMAIL)
        (self.inbox / "tmp" / name).rename(self.inbox / "new" / name)

    def where(self, **more: object) -> dict[str, object]:
        """As a connection keeps it."""
        return {"host": "127.0.0.1", "port": self.port, "user": "service@shop.example",
                "folder": "INBOX", "tls": False, **more}  # fmt: skip


_VMAIL = "nobody"
_DOVECOT = """
protocols = imap
base_dir = {root}/run
log_path = {root}/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{root}/mail
first_valid_uid = 1
first_valid_gid = 1
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail
}}
"""


@contextmanager
def mails(root: Path) -> Iterator[Mails]:
    """Dovecot, where it is installed: no package of Python's brings a whole IMAP server."""
    import grp
    import pwd

    path = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None or os.geteuid() != 0:
        pytest.skip("no Dovecot that can be started: `apt-get install dovecot-imapd`, as root")
    group = grp.getgrgid(pwd.getpwnam(_VMAIL).pw_gid).gr_name
    port = free_port()
    for part in ("cur", "new", "tmp"):
        (root / "mail" / part).mkdir(parents=True)
    for one in [root, *root.rglob("*")]:
        shutil.chown(one, _VMAIL, group)
    for one in [root, *root.parents][:3]:
        one.chmod(one.stat().st_mode | 0o755)
    config = root / "dovecot.conf"
    config.write_text(_DOVECOT.format(
        root=root, user=_VMAIL, group=group, port=port, password=PASSWORD
    ))  # fmt: skip
    started = subprocess.Popen(
        [path, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield Mails(port, root / "mail")
    finally:
        started.terminate()
        started.wait(10)
