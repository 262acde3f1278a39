"""The inbox's writer: many requests, one commit.

Requests wait in memory until one of two writers is free; it takes all that wait, sends them by
COPY as one statement, and answers them when PostgreSQL has flushed it to disk (synchronous_commit
as the server has it: on, unless somebody changed that). So a busy server writes few large commits
and a quiet one answers at once. Whoever dies before the answer has promised nothing: SDKs send
again, under the same message ids.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from psycopg_pool import AsyncConnectionPool

from zhiyin.collect.binary import END, HEAD, moment

log = structlog.get_logger(__name__)

WRITERS = 2  # one fills its statement while the other's is being flushed
MOST_ROWS = 2_000  # of one commit
MOST_HELD = 64 << 20  # bytes in memory; beyond that the door says 503
COLUMNS = ("partition", "source_id", "kind", "messages", "received_at", "tries", "body")
_COPY = f"copy collect_received ({', '.join(COLUMNS)}) from stdin (format binary)"
_BEFORE = struct.Struct("!hihi16si")  # fields, partition, source, length of the kind
_AFTER = struct.Struct("!iiiqihi")  # messages, received_at, tries, length of the body


class Busy(Exception):  # noqa: N818 (it names what happened)
    """The inbox cannot take it now; the request is to be sent again."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as the inbox keeps it."""

    partition: int
    source: UUID
    kind: str
    messages: int
    received_at: datetime
    body: bytes

    def row(self) -> bytes:
        """The row as binary COPY has it."""
        kind = self.kind.encode()
        return b"".join((
            _BEFORE.pack(7, 2, self.partition, 16, self.source.bytes, len(kind)), kind,
            _AFTER.pack(4, self.messages, 8, moment(self.received_at), 2, 0, len(self.body)),
            self.body,
        ))  # fmt: skip


class Inbox:
    """Writes what arrives; starts its writers with the first request."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._held = 0
        self._wake = asyncio.Event()
        self._writers: list[asyncio.Task[None]] = []

    async def put(self, one: Arrived) -> None:
        """Return when it is durable; raises `Busy` where it is not, or perhaps not."""
        if self._held + len(one.body) > MOST_HELD:
            raise Busy("too much waits to be written")
        if not self._writers:
            self._writers = [asyncio.create_task(self._keep_writing()) for _ in range(WRITERS)]
        row = one.row()
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        self._held += len(row)
        self._wake.set()
        try:
            await done
        finally:
            self._held -= len(row)

    async def close(self) -> None:
        """Let the writers go; who still waits is told to send again."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        _tell([done for _, done in self._waiting], Busy("the server stops"))

    async def _keep_writing(self) -> None:
        while True:
            await self._wake.wait()
            taken, self._waiting = self._waiting[:MOST_ROWS], self._waiting[MOST_ROWS:]
            if not self._waiting:
                self._wake.clear()
            if taken:
                rows, futures = zip(*taken, strict=True)
                _tell(futures, await self._written(b"".join((HEAD, *rows, END))))

    async def _written(self, rows: bytes) -> Busy | None:
        try:
            async with (
                self._pool.connection() as connection,
                connection.cursor() as cursor,
                cursor.copy(_COPY) as copy,
            ):
                await copy.write(rows)
        except Exception as error:  # whatever it is: a writer that ends leaves everybody waiting
            log.warning("the inbox could not be written", error=type(error).__name__)
            return Busy("the database does not take it")
        return None


def _tell(futures: list[asyncio.Future[None]] | tuple[asyncio.Future[None], ...],
          failed: Busy | None) -> None:  # fmt: skip
    for done in futures:
        if done.done():
            continue  # who asked has gone
        if failed is None:
            done.set_result(None)
        else:
            done.set_exception(failed)
