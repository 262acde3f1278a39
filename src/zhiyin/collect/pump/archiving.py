"""From the pump to the lake: a batch's rows are put by in its transaction, and appended in runs.

A run is a set of batches that is written down before anything is appended; its number is the
sequence of the lake's application transaction. So a run that died at any point is made again with
the same rows, and the lake takes it once. Only when the lake has flushed it is it forgotten here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import structlog
from django.db import connection
from django.db.models import Count, Max, Sum

from zhiyin.collect.archive import lake, rows_of
from zhiyin.collect.batch import Batch
from zhiyin.collect.bulk import asking
from zhiyin.collect.models import ToArchive

log = structlog.get_logger(__name__)

APP_ID = "pump"
MOST_EVENTS = 500_000  # of a run; a file of the lake holds no more
LOCK = 0x7A70_6C61_6B65  # one archiver at a time
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


def put_by(batch: Batch) -> None:
    """Keep what the lake must get of this batch, in the transaction of the batch."""
    rows = rows_of(batch)
    if "events" in rows:
        lines = rows.get("order_lines")
        with asking() as cursor:
            cursor.execute(
                "insert into collect_toarchive (at, events, rows, lines) values (%s, %s, %s, %s)",
                [batch.received_at, rows["events"].num_rows, bytes_of(rows["events"]),
                 None if lines is None else bytes_of(lines)],
            )  # fmt: skip


def archive_some(most: int = MOST_EVENTS) -> int:
    """One run; returns how many events it brought to the lake, 0 where none waits."""
    with _alone() as alone:
        run = _current(most) if alone else None
        if run is None:
            return 0
        waiting = list(ToArchive.objects.filter(run=run).order_by("id"))
        _append("events", [bytes(one.rows) for one in waiting], run)
        _append("order_lines", [bytes(one.lines) for one in waiting if one.lines is not None], run)
        ToArchive.objects.filter(run=run).delete()
    events = sum(one.events for one in waiting)
    log.info("archived", run=run, batches=len(waiting), events=events)
    return events


@dataclass(frozen=True)
class Waiting:
    """What the lake has yet to get."""

    batches: int
    events: int


def waiting() -> Waiting:
    """How far the lake is behind."""
    found = ToArchive.objects.aggregate(batches=Count("id"), events=Sum("events"))
    return Waiting(found["batches"], found["events"] or 0)


def _current(most: int) -> int | None:
    """The run that was begun, or a new one of the oldest batches; None where none waits."""
    begun: int | None = ToArchive.objects.aggregate(run=Max("run"))["run"]
    if begun is not None:
        return begun
    chosen: list[int] = []
    events = 0
    for id_, count in ToArchive.objects.order_by("id").values_list("id", "events")[:10_000]:
        if chosen and events + count > most:
            break
        chosen.append(id_)
        events += count
    if not chosen:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select nextval('collect_archive_run')")
        row = cursor.fetchone()
    assert row is not None
    run: int = row[0]
    ToArchive.objects.filter(id__in=chosen).update(run=run)
    return run


def _append(table: str, parts: list[bytes], run: int) -> None:
    if parts:
        rows = pa.concat_tables(table_of(part) for part in parts)
        lake().append(table, rows, app_id=APP_ID, sequence=run)


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        row = cursor.fetchone()
        alone = bool(row and row[0])
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


def bytes_of(table: pa.Table) -> bytes:
    """Rows as they are kept until the lake has them."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema, options=_COMPRESSED) as writer:
        writer.write_table(table)
    made: bytes = out.getvalue().to_pybytes()
    return made


def table_of(part: bytes) -> pa.Table:
    """The rows again."""
    return pa.ipc.open_stream(part).read_all()
