"""The inbox's writer outlives whatever goes wrong with one of its commits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from zhiyin.collect.tracking.inbox import Arrived, Busy, Inbox


class Pool:
    """A pool whose connections fail as told, and then write down what is copied."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.written = list(errors), 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        if self.errors:
            raise self.errors.pop(0)
        yield self

    @asynccontextmanager
    async def cursor_(self) -> AsyncIterator[Any]:
        yield self

    def cursor(self) -> Any:
        return self.cursor_()

    def copy(self, statement: str) -> Any:
        return self.cursor_()

    async def write(self, rows: bytes) -> None:
        self.written += 1


@pytest.mark.parametrize("error", [psycopg.errors.DiskFull(), OSError(), RuntimeError()])
def test_whatever_fails_is_told_and_the_next_request_is_written(error: Exception) -> None:
    async def asked() -> int:
        pool = Pool(error, type(error)(), type(error)())
        inbox = Inbox(pool)  # type: ignore[arg-type]
        one = Arrived(0, uuid4(), "track", 1, datetime.now(UTC), b"{}")
        for _ in range(3):
            with pytest.raises(Busy):
                await asyncio.wait_for(inbox.put(one), 2)
        await asyncio.wait_for(inbox.put(one), 2)
        await inbox.close()
        return pool.written

    assert asyncio.run(asked()) == 1
