"""Processes of the product that begin in milliseconds, so that a thousand of them can be killed.

One process imports everything and forks for each that is asked of it; what runs in the fork is the
product's own code: the tracking API under uvicorn, the pump with its archiver. They end with the
nursery, and the nursery with the test. Started as `python -m tests.proof.nursery`.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

API, HASTY_API, PUMP = "api", "hasty api", "pump"
ARCHIVER, COMPACTOR = "archiver", "compactor"
ARCHIVE_EVERY_S = 0.3  # instead of twenty seconds: so that kills fall into it
BEHIND_S = 0.05
_PR_SET_PDEATHSIG = 1


class Nursery:
    """The test's side: start by name, kill by process id."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> Nursery:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.proof.nursery"], env=self._environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def start(self, name: str, *numbers: int) -> int:
        """A new process; its id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, *numbers]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    @staticmethod
    def kill(pid: int) -> None:
        """Kill -9; returns when it is gone."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            while True:
                os.kill(pid, 0)
                time.sleep(0.002)

    @staticmethod
    def alive(pid: int) -> bool:
        """Whether it runs."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True


def _api(port: int) -> None:
    from zhiyin.collect.tracking.starting import Tracking

    _serve(Tracking(), port)


def _hasty_api(port: int) -> None:
    """The control: a door that says 200 when it has the request in memory, and writes soon."""
    from zhiyin.collect.tracking import starting
    from zhiyin.collect.tracking.inbox import Arrived, Inbox

    class Hasty(Inbox):
        async def put(self, one: Arrived) -> None:
            later = asyncio.get_running_loop()
            later.call_later(BEHIND_S, lambda: later.create_task(super(Hasty, self).put(one)))

    starting.Inbox = Hasty  # type: ignore[misc]
    _serve(starting.Tracking(), port)


def _serve(app: object, port: int) -> None:
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=port, lifespan="on", log_level="critical")  # type: ignore[arg-type]


def _pump(number: int, of: int) -> None:
    from zhiyin.collect.pump import running

    running.ARCHIVE_EVERY_S, running.IDLE_S, running.TROUBLE_S = ARCHIVE_EVERY_S, 0.02, 0.1
    running.Pump(number, of).run()


def _archiver() -> None:
    """A second archiver beside those of the pumps."""
    from zhiyin.collect.pump import running

    running.ARCHIVE_EVERY_S = ARCHIVE_EVERY_S
    running.Pump()._keep_archiving()


def _compactor() -> None:
    """Rewrites today, while archivers append to it, instead of at night the days that are over."""
    from zhiyin.collect import archive

    while True:
        with suppress(Exception):  # another was quicker: the next time
            archive.lake().compact("events")
        time.sleep(ARCHIVE_EVERY_S)


_ROLES: dict[str, Callable[..., None]] = {
    API: _api, HASTY_API: _hasty_api, PUMP: _pump, ARCHIVER: _archiver,
    COMPACTOR: _compactor,
}  # fmt: skip


def main() -> None:
    """Fork for each line; the forks are nobody's to wait for."""
    import django

    django.setup()
    import uvloop  # noqa: F401

    from zhiyin.accounts import seat
    from zhiyin.collect import pipeline
    from zhiyin.collect.pump import running, turning  # noqa: F401
    from zhiyin.collect.tracking import starting  # noqa: F401

    seat.process_is_system("what customers did belongs to no one person here")
    pipeline.steps()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        name, *numbers = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            try:
                _ROLES[name](*numbers)
            finally:
                os._exit(1)
        print(pid, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
