"""What `zhiyin up` starts and keeps alive: a child that falls over is started again, and one that
falls over at once is started again later and later, without an end. Everybody else goes on.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

Start = Callable[[], subprocess.Popen[bytes]]

QUICK_S = 5.0  # who ends sooner than that may well do so again
FIRST_WAIT_S, MOST_WAIT_S = 1.0, 30.0


class Kept:
    """One child, as long as `look` is called."""

    def __init__(self, start: Start, clock: Callable[[], float] = time.monotonic) -> None:
        self._start, self._clock = start, clock
        self._wait_s = 0.0
        self._due: float | None = None  # it has ended, and is started again then
        self._begin()

    def _begin(self) -> None:
        self.process, self._began, self._due = self._start(), self._clock(), None

    def look(self) -> float | None:
        """Start it again when it is time; tells once of an end: in how many seconds it begins."""
        if self.process.poll() is None:
            return None
        ended = None
        if self._due is None:
            self._due = self._clock() + self._next_wait()
            ended = self._wait_s
        if self._clock() >= self._due:
            self._begin()
        return ended

    def _next_wait(self) -> float:
        if self._clock() - self._began >= QUICK_S:
            self._wait_s = 0.0
        else:
            self._wait_s = min(max(2 * self._wait_s, FIRST_WAIT_S), MOST_WAIT_S)
        return self._wait_s
