"""How many messages a second a source may send through this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID


class Pace:
    """A count for each source that begins anew each second; `most` 0 lets everything through."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._second = 0
        self._counts: dict[UUID, int] = {}

    def wait(self, source: UUID, messages: int) -> int | None:
        """Seconds to wait, or None where these messages may come in."""
        if not self._most:
            return None
        second = int(self._clock())
        if second != self._second:
            self._second, self._counts = second, {}
        counted = self._counts.get(source, 0)
        if counted and counted + messages > self._most:  # a single large batch is let through
            return 1
        self._counts[source] = counted + messages
        return None
