"""The tracking API and the pump as processes of their own, on the database of the test, for being
killed: `zhiyin collect` as it is started, and the pump as `zhiyin up` starts it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

READY_SECONDS = 60
API = (
    "uvicorn", "zhiyin.collect.tracking.starting:standalone", "--factory", "--host", "127.0.0.1",
    "--lifespan", "on", "--no-access-log", "--log-level", "warning",
)  # fmt: skip


def environment() -> dict[str, str]:
    """What another process needs to work on the database and in the lake of this test.

    Unlike the test's own connection it waits for the disk (`synchronous_commit` is on).
    """
    known = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    address = make_conninfo(**{name: known[name] for name in names if known.get(name)})
    return {**os.environ, "DATABASE_URL": address, "ZHIYIN_DATA": str(settings.DATA),
            "ZHIYIN_LAKE": str(settings.LAKE), "ZHIYIN_LOG": "error",
            "DJANGO_SETTINGS_MODULE": "zhiyin.settings"}  # fmt: skip


def free_port() -> int:
    """A port that nobody has; it stays ours in practice, since systems hand them out in turn."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Killable:
    """A process that can be killed and started again."""

    def __init__(self, *words: str, log: Path) -> None:
        self._words, self._log = words, log
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Killable:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self.kill()

    def start(self) -> None:
        """Start it, or start it again."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *self._words], env=environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill -9, with all that it started."""
        if self._running is not None and self._running.poll() is None:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._running is not None and self._running.poll() is None

    def said(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(errors="replace")[-3000:] if self._log.exists() else ""


class Api(Killable):
    """The tracking API, always at the same port."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        super().__init__(*API, "--port", str(self.port), log=log)

    def start(self) -> None:
        """Start it; returns when it listens."""
        super().start()
        until(lambda: reachable(self.port), f"the tracking API did not start: {self.said()}")


def pump(log: Path, number: int = 0, of: int = 1) -> Killable:
    """The pump, as `zhiyin up` starts it."""
    return Killable("zhiyin.collect.pump.running", str(number), str(of), log=log)


def reachable(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], bool], otherwise: str, seconds: float = READY_SECONDS) -> None:
    """Wait for something; fails where it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)
