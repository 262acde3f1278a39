"""What the door refused: counted in memory, added to the database once in a while.

A flood of wrong requests so costs a few rows an hour. What was counted when a process is killed is
lost: these are numbers that help somebody to find a wrong key, and no events.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import structlog
from psycopg import Error as DatabaseError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

log = structlog.get_logger(__name__)

WRITE_EVERY_S = 2.0
_ADD = """
insert into collect_refusal (hour, source_id, status, requests, last_at)
select hour, source, status, requests, last
from unnest(%s::timestamptz[], %s::uuid[], %s::smallint[], %s::bigint[], %s::timestamptz[])
    as t(hour, source, status, requests, last)
where source is null or exists (select from collect_source s where s.id = t.source)
on conflict (source_id, hour, status) do update set
    requests = collect_refusal.requests + excluded.requests,
    last_at = greatest(collect_refusal.last_at, excluded.last_at)
"""

Key = tuple[datetime, UUID | None, int]


class Refusals:
    """The counts that are not written yet, and the task that writes them."""

    def __init__(self, pool: AsyncConnectionPool, every_s: float = WRITE_EVERY_S) -> None:
        self._pool, self._every_s = pool, every_s
        self._counted: dict[Key, tuple[int, datetime]] = {}
        self._writing: asyncio.Task[None] | None = None

    def add(self, source: UUID | None, status: int, at: datetime | None = None) -> None:
        """Count one request; it is written within seconds."""
        at = at or datetime.now(UTC)
        key = at.replace(minute=0, second=0, microsecond=0), source, status
        times, last = self._counted.get(key, (0, at))
        self._counted[key] = times + 1, max(last, at)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._soon())

    async def close(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._write()

    async def _soon(self) -> None:
        while self._counted:
            await asyncio.sleep(self._every_s)
            await self._write()

    async def _write(self) -> None:
        counted, self._counted = self._counted, {}
        if not counted:
            return
        hours, sources, statuses = zip(*counted, strict=True)
        times, lasts = zip(*counted.values(), strict=True)
        columns = [list(column) for column in (hours, sources, statuses, times, lasts)]
        try:
            async with self._pool.connection() as connection:
                await connection.execute(_ADD, columns)
        except (DatabaseError, PoolTimeout) as error:
            log.warning("refusals could not be counted", error=type(error).__name__)
