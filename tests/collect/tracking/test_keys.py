"""Write keys are known to whoever asks first, also where many ask at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import uuid4

from zhiyin.collect.tracking.keys import FRESH_S, Key, Keys

KEY = Key(uuid4(), "site", enabled=True, origins=frozenset(), ends_at=None)


class Table:
    """The keys as the database has them, which takes a moment to say so."""

    def __init__(self, *known: str) -> None:
        self.known, self.read, self.away = set(known), 0, False

    async def __call__(self) -> Mapping[str, Key]:
        self.read += 1
        found = set(self.known)
        await asyncio.sleep(0.05)
        if self.away:
            raise ConnectionError
        return dict.fromkeys(found, KEY)


def test_nobody_is_told_that_a_key_is_wrong_while_the_keys_are_being_read() -> None:
    async def many() -> list[Key | None]:
        keys = Keys(Table("k"))
        return await asyncio.gather(*(keys.find("k") for _ in range(20)))

    assert asyncio.run(many()) == [KEY] * 20


def test_many_who_ask_at_once_read_once() -> None:
    async def many() -> int:
        table = Table("k")
        keys = Keys(table)
        await asyncio.gather(*(keys.find("k") for _ in range(20)))
        return table.read

    assert asyncio.run(many()) == 1


def test_a_key_that_was_made_a_moment_ago_is_good() -> None:
    async def soon() -> Key | None:
        table = Table("k")
        keys = Keys(table)
        await keys.find("k")
        table.known.add("new")
        return await keys.find("new")

    assert asyncio.run(soon()) == KEY


def test_wrong_keys_do_not_make_the_database_read_all_the_time() -> None:
    async def guessing() -> int:
        table = Table("k")
        keys = Keys(table)
        for _ in range(5):
            await asyncio.gather(*(keys.find(f"wrong{n}") for n in range(100)))
        return table.read

    assert asyncio.run(guessing()) <= 11


def test_known_keys_are_read_again_in_time_and_a_failure_is_told_to_all() -> None:
    async def later() -> tuple[Key | None, list[object]]:
        now = [0.0]
        table = Table("k")
        keys = Keys(table, clock=lambda: now[0])
        await keys.find("k")
        table.known.clear()
        now[0] += FRESH_S + 0.1
        gone = await keys.find("k")
        now[0] += FRESH_S + 0.1
        table.away = True
        told = await asyncio.gather(*(keys.find("k") for _ in range(3)), return_exceptions=True)
        table.away, table.known = False, {"k"}
        assert await keys.find("k") == KEY
        return gone, list(told)

    gone, told = asyncio.run(later())
    assert gone is None
    assert [type(one) for one in told] == [ConnectionError] * 3
