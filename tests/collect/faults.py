"""Faults of the machine, made on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def full_disk(table: str) -> Iterator[None]:
    """PostgreSQL says of each row for a table that the disk is full, as it would (53100)."""
    _run(f"create function full_{table}() returns trigger language plpgsql as $$ begin"
         " raise exception 'no space left on device' using errcode = '53100'; end $$",
         f"create trigger full_{table} before insert on {table} for each row"
         f" execute function full_{table}()")  # fmt: skip
    try:
        yield
    finally:
        _run(f"drop function full_{table} cascade")


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for one in statements:
            cursor.execute(one)
