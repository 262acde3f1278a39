"""Many rows into PostgreSQL at once, through COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from zhiyin.accounts import seat


@seat.system("COPY knows no row security; what calls it is a service that asked the policy")
def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a table; names come from code, never from input. Returns how many.

    Its errors are Django's, as those of any statement: who waits for a full disk or a lost
    connection must recognise them.
    """
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


@seat.system("COPY knows no row security; what calls it is a service that asked the policy")
def copy_new(
    table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, key: Sequence[str]
) -> int:
    """COPY rows into a table, leaving out those whose `key` is there already."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target, staging = sql.Identifier(table), sql.Identifier(f"incoming_{table}")
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("create temp table {} on commit drop as select {} from {} with no data").format(
                staging, names, target
            )
        )
        copy_rows(f"incoming_{table}", columns, rows)
        cursor.execute(
            sql.SQL("insert into {} ({}) select {} from {} on conflict ({}) do nothing").format(
                target, names, names, staging, sql.SQL(", ").join(map(sql.Identifier, key))
            )
        )
        taken = cursor.rowcount
        cursor.execute(sql.SQL("drop table {}").format(staging))
    return int(taken)
