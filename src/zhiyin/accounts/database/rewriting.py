"""Taking dead bytes out of PostgreSQL's files.

A deleted row leaves its bytes in the page, in TOAST and in the index until something is written
over them; statistics keep the most common values of a column, and the write-ahead log keeps what
was written. So tables are written anew, statistics too, and on a server of our own the log's old
files are removed. A server of somebody else's keeps its log, archives and backups by its own rules:
the answer says that they were not touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import structlog
from django.conf import settings
from django.db import OperationalError, connection

from zhiyin import embedded

Progress = Callable[[str, int, int | None], None]
log = structlog.get_logger(__name__)
LOCK_WAIT_S = 10  # who writes meanwhile waits no longer for us than this
TRIES = 6
_STATISTICS = ("pg_catalog.pg_statistic", "pg_catalog.pg_statistic_ext_data")
_TABLES = """
select format('%I.%I', n.nspname, c.relname), pg_total_relation_size(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and c.relkind in ('r', 'm') order by c.relname
"""


@dataclass(frozen=True)
class Rewritten:
    """What was written anew, and what was not."""

    tables: int
    bytes_before: int
    bytes_after: int
    log_files_removed: int | None  # None: the log is not ours to clear
    busy: tuple[str, ...] = ()  # tables that somebody would not let go of


class StillBusy(RuntimeError):  # noqa: N818 (it says what is so)
    """Somebody holds a table the whole time; run it again."""


def size() -> int:
    """How many bytes a rewriting reads."""
    return sum(bytes_ for _, bytes_ in _tables())


def rewrite(progress: Progress) -> Rewritten:
    """Write every table anew; not within a transaction. May be killed, and run again."""
    before = _tables()
    busy = []
    connection.ensure_connection()
    for number, (table, _) in enumerate(before):
        progress("rewrite", number, len(before) + 1)
        if not _vacuum(table):
            busy.append(table)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    busy += [table for table in _STATISTICS if not _vacuum(table)]
    if busy:
        raise StillBusy(", ".join(busy))
    progress("rewrite", len(before), len(before) + 1)
    removed = _clear_log()
    after = _tables()
    log.info("tables written anew", tables=len(after), log_files=removed)
    return Rewritten(
        len(after), sum(one for _, one in before), sum(one for _, one in after), removed
    )


def _tables() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [(str(name), int(size)) for name, size in cursor.fetchall()]


def _vacuum(table: str) -> bool:
    for attempt in range(TRIES):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"set lock_timeout = '{LOCK_WAIT_S}s'")
                try:
                    cursor.execute(f"vacuum (full) {table}")
                finally:
                    cursor.execute("reset lock_timeout")
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise
            time.sleep(attempt)
        else:
            return True
    return False


def _clear_log() -> int | None:
    """Remove what the write-ahead log keeps of before; None where the server is not ours."""
    host = str(connection.settings_dict.get("HOST") or "")
    server = embedded.serving(settings.DATA, host)
    if server is None:
        return None
    with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as line:
        known = _files(line)
        line.execute("alter system set wal_recycle = off")
        try:
            line.execute("select pg_reload_conf()")
            # Files made ready for later hold old bytes, too: the log runs past them.
            while _current(line) <= max(known):
                line.execute("select pg_logical_emit_message(false, 'zhiyin', '')")
                line.execute("select pg_switch_wal()")
            for _ in range(2):  # the first may still need the file it began in
                line.execute("checkpoint")
                line.execute("select pg_logical_emit_message(false, 'zhiyin', '')")
                line.execute("select pg_switch_wal()")
            line.execute("checkpoint")
        finally:
            line.execute("alter system reset wal_recycle")
            line.execute("select pg_reload_conf()")
        left = known & _files(line)
    if left:
        raise StillBusy(f"{len(left)} files of the write-ahead log")
    return len(known)


def _files(line: psycopg.Connection) -> set[str]:
    rows = line.execute("select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'").fetchall()
    return {str(row[0]) for row in rows}


def _current(line: psycopg.Connection) -> str:
    row = line.execute("select pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
    assert row is not None
    return str(row[0])
