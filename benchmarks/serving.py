"""A workspace with a million customers, and the real server on it, for benchmarks of screens."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from benchmarks.processes import cpu_seconds
from zhiyin import embedded

WORKERS = 2
PATIENCE_S = 60


def on_workspace(measure: Callable[[Path, int], None], *, quick: int) -> None:
    """A benchmark's command line: how many customers, and the folder in which they are kept."""
    options = argparse.ArgumentParser()
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--quick", action="store_true", help=f"{quick:,} customers")
    options.add_argument("--data", type=Path, help="a folder to fill, keep and use again")
    chosen = options.parse_args()
    customers = quick if chosen.quick else chosen.customers
    if chosen.data:
        chosen.data.mkdir(parents=True, exist_ok=True)
        measure(chosen.data, customers)
        return
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o711)  # the database runs as a user of its own and walks through here
        measure(Path(name), customers)


class Process:
    """A Python process of the product, or of a peer, on this workspace while a block runs."""

    def __init__(
        self, arguments: list[str], environment: dict[str, str] | None = None, port: int = 0
    ) -> None:
        self.port = port
        known = {"DJANGO_SETTINGS_MODULE": "zhiyin.settings", **os.environ, **(environment or {})}
        self._process = subprocess.Popen([sys.executable, *arguments], stdout=sys.stderr, env=known)
        self.pid = self._process.pid

    def cpu_seconds(self) -> float:
        """CPU time that it has used so far."""
        return cpu_seconds(self.pid)

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 2):
            return True

    def __enter__(self) -> Self:
        deadline = time.monotonic() + PATIENCE_S
        while self.port and time.monotonic() < deadline:
            try:
                if self._answers():
                    return self
            except OSError:
                time.sleep(0.2)
        if self.port:
            self._process.terminate()
            raise SystemExit("the server does not answer")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Server(Process):
    """The product's web server, or another one's with its settings."""

    def __init__(self, port: int, settings: str = "zhiyin.settings") -> None:
        super().__init__(
            ["-m", "uvicorn", "benchmarks.served:application", "--port", str(port),
             "--workers", str(WORKERS), "--lifespan", "off", "--no-access-log",
             "--log-level", "warning"],
            {"DJANGO_SETTINGS_MODULE": settings}, port,
        )  # fmt: skip

    def _answers(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
            return True


def worker() -> Process:
    """The product's background worker, for what is queued."""
    return Process(["-m", "zhiyin.worker"])


@contextmanager
def filled(data: Path, customers: int) -> Iterator[None]:
    """Django ready on a workspace that is filled where it was not; no database outlives it."""
    from zhiyin.cli.workspace import opened

    with _stopped_after(data), opened(data):
        from django.conf import settings

        from benchmarks.around import Surroundings, colleagues
        from benchmarks.million import Load
        from zhiyin.collect.models import Source
        from zhiyin.lake import Lake

        source, fresh = Source.objects.get_or_create(
            key="scale", defaults={"name_zh": "生成", "name_en": "Generated", "simulated": True}
        )
        if fresh:
            dsn = embedded.ensure(data).dsn(role="postgres")
            around = Surroundings(customers, *colleagues())
            counts = Load(data, Lake(settings.LAKE), dsn, str(source.pk), around).run()
            print(f"    rows: {counts}", file=sys.stderr, flush=True)
        yield


@contextmanager
def _stopped_after(data: Path) -> Iterator[None]:
    try:
        yield
    finally:
        embedded.stop(embedded.ensure(data), even_if_used=True)


def signed_in(email: str = "bench@example.com") -> str:
    """The cookie of a new session of this user; an administrator who is made where needed."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from zhiyin.accounts.models import User
    from zhiyin.accounts.roles import Role
    from zhiyin.accounts.services import create_user
    from zhiyin.accounts.session_store import SessionStore

    user = User.objects.filter(email=email).first()
    if user is None:
        user = create_user(by=None, email=email, name="Bench", roles=[Role.ADMINISTRATOR]).user
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
