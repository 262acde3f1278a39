"""Asks PostgreSQL one question of constant SQL; values only ever travel as parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from django.db import connection

Value = str | int | float | datetime | list[Any] | None


def rows(sql: LiteralString, params: Mapping[str, Value]) -> list[tuple[Any, ...]]:
    """All rows of the answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def row(sql: LiteralString, params: Mapping[str, Value]) -> tuple[Any, ...]:
    """The only row of the answer."""
    return rows(sql, params)[0]
