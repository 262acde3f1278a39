"""The write keys that this process knows: read again every second, so that a key which was taken
away stops writing, and a new one is good at once.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

FRESH_S = 1.0
_ALL = """
select k.key, k.source_id, s.key, s.enabled, k.origins, k.ends_at
from collect_writekey k join collect_source s on s.id = k.source_id
"""


@dataclass(frozen=True, slots=True)
class Key:
    """What a write key opens."""

    source: UUID
    source_key: str
    enabled: bool
    origins: frozenset[str]  # of pages that may use it; empty: any
    ends_at: datetime | None


Read = Callable[[], Awaitable[Mapping[str, Key]]]


class Keys:
    """All write keys; there are as many as sources, not as customers."""

    def __init__(self, read: Read, clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._known: Mapping[str, Key] = {}
        self._read_at = float("-inf")

    async def find(self, key: str) -> Key | None:
        """The key, if it is one and has not ended."""
        if self._clock() - self._read_at > FRESH_S:
            self._read_at = self._clock()  # before the wait: others need not ask as well
            try:
                self._known = await self._read()
            except BaseException:
                self._read_at = float("-inf")
                raise
        found = self._known.get(key)
        if found is None or (found.ends_at is not None and found.ends_at <= datetime.now(UTC)):
            return None
        return found


def reading(pool: AsyncConnectionPool) -> Read:
    """How to read them from the database."""

    async def read() -> dict[str, Key]:
        async with pool.connection() as connection:
            rows = await (await connection.execute(_ALL)).fetchall()
        return {
            key: Key(source, name, enabled, frozenset(origins), ends_at)
            for key, source, name, enabled, origins, ends_at in rows
        }

    return read
