"""The write keys that this process knows: read again every second, so that a key which was taken
away stops writing, and once more for a key that nobody knows, so that a new one is good at once.

SDKs throw away what is answered by 401. So a key is called wrong only by a read that began after
it was asked for; whoever comes while the keys are being read waits for that read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

FRESH_S = 1.0
APART_S = 0.05  # between two reads, however many wrong keys come
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
        self._began = float("-inf")  # the read that they come from
        self._reading: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Key | None:
        """The key, if it is one and has not ended."""
        asked = self._clock()
        while asked - self._began > FRESH_S or (key not in self._known and self._began < asked):
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_again())
            await asyncio.shield(self._reading)  # who goes away does not take it from the others
        found = self._known.get(key)
        if found is None or (found.ends_at is not None and found.ends_at <= datetime.now(UTC)):
            return None
        return found

    async def _read_again(self) -> None:
        try:
            await asyncio.sleep(self._began + APART_S - self._clock())
            began = self._clock()
            self._known, self._began = await self._read(), began
        finally:
            self._reading = None


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
