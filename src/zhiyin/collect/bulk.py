"""Many rows into PostgreSQL at once, through COPY; questions about many at once, by arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.adapt import Dumper
from psycopg.pq import Format

from zhiyin.accounts import seat
from zhiyin.collect import binary


@seat.system("COPY knows no row security; what calls it is a service that asked the policy")
def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a table; names come from code, never from input. Returns how many.

    Its errors are Django's, as those of any statement: who waits for a full disk or a lost
    connection must recognise them.
    """
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return 0  # most turns of the pump meet nobody new and take no order
    count = 0
    with _copying(table, columns, sql.SQL("text")) as copy:
        for row in chain((first,), remaining):
            copy.write_row(row)
            count += 1
    return count


@seat.system("COPY knows no row security; what calls it is a service that asked the policy")
def copy_binary(table: str, columns: Sequence[str], rows: Sequence[bytes]) -> int:
    """The same for rows that are made as `binary` has them."""
    if not rows:
        return 0
    with _copying(table, columns, sql.SQL("binary")) as copy:
        copy.write(b"".join((binary.HEAD, *rows, binary.END)))
    return len(rows)


@seat.system("COPY knows no row security; what calls it is a service that asked the policy")
def copy_new(
    table: str, columns: Sequence[str], rows: Sequence[bytes], *, key: Sequence[str]
) -> int:
    """COPY binary rows into a table, leaving out those whose `key` is there already."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target, staging = sql.Identifier(table), sql.Identifier(f"incoming_{table}")
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("create temp table {} on commit drop as select {} from {} with no data").format(
                staging, names, target
            )
        )
        copy_binary(f"incoming_{table}", columns, rows)
        cursor.execute(
            sql.SQL("insert into {} ({}) select {} from {} on conflict ({}) do nothing").format(
                target, names, names, staging, sql.SQL(", ").join(map(sql.Identifier, key))
            )
        )
        taken = cursor.rowcount
        cursor.execute(sql.SQL("drop table {}").format(staging))
    return int(taken)


@contextmanager
def _copying(table: str, columns: Sequence[str], form: sql.SQL) -> Iterator[psycopg.Copy]:
    statement = sql.SQL("copy {} ({}) from stdin (format {})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)), form
    )
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        yield copy


@dataclass(frozen=True, slots=True)
class Ids:
    """A parameter: an array of ids."""

    values: Iterable[UUID]


@dataclass(frozen=True, slots=True)
class Texts:
    """A parameter: an array of texts."""

    values: Iterable[str]


class _IdsDumper(Dumper):
    format, oid = Format.BINARY, binary.UUID_ARRAY

    def dump(self, obj: Ids) -> bytes:
        return binary.uuids(obj.values)


class _TextsDumper(Dumper):
    format, oid = Format.BINARY, binary.TEXT_ARRAY

    def dump(self, obj: Texts) -> bytes:
        return binary.texts(obj.values)


@contextmanager
def asking() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """A cursor for `Ids` and `Texts`, whose parameters travel beside the statement and whose
    answers are binary too; ask for ids as bytes (`uuid_send`) where there are thousands."""
    with connection.wrap_database_errors, connection.cursor():  # which takes the seat
        assert isinstance(connection.connection, psycopg.Connection)
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.format = Format.BINARY
            cursor.adapters.register_dumper(Ids, _IdsDumper)
            cursor.adapters.register_dumper(Texts, _TextsDumper)
            yield cursor
