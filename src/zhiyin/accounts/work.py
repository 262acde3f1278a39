"""Long work that people can watch and stop: imports, training, campaigns, bulk changes.

Progress is written over a connection of its own, so that it can be seen while the work's own
transaction is still open. Work is cooperative: it stops where it next tells its progress.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import structlog
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError
from django.utils import timezone

from zhiyin.accounts import policy_changes, workspace
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User, Work

Value = str | int | UUID | None
log = structlog.get_logger(__name__)
_SECONDS_BETWEEN_WRITES = 0.3


class Cancelled(Exception):  # noqa: N818  (an outcome that somebody asked for, not an error)
    """Somebody asked this work to stop."""


class NotStartableError(RuntimeError):
    """The work already ran or was cancelled; start a new one."""


def start(
    kind: str, *, by: User | None, title_zh: str, title_en: str, total: int | None = None
) -> Work:
    """Note work that is about to be queued; run it under `running`."""
    return Work.objects.create(
        kind=kind, owner=by, title_zh=title_zh, title_en=title_en, total=total
    )


def under_way(kind: str) -> Work | None:
    """The work of a kind that waits or runs, the newest, whoever began it."""
    waiting = (Work.State.QUEUED, Work.State.RUNNING)
    return Work.objects.filter(kind=kind, state__in=waiting).order_by("-created_at").first()


@contextmanager
def running(work: Work) -> Iterator[Work]:
    """The time in which the work is done; notes how it ended.

    `Cancelled` ends here; any other error is noted and goes on to the caller. A worker that was
    killed may run the same work again.
    """
    workspace.refresh_if_old()
    policy_changes.refresh_if_old()
    work.refresh_from_db()
    if work.is_over:
        raise NotStartableError(f"work {work.pk} is {work.state}")
    work.state = Work.State.RUNNING
    line = _Line(work.pk)
    _lines[work.pk] = line
    line.begin()
    try:
        yield work
    except Cancelled:
        _end(work, Work.State.CANCELLED)
    except BaseException as error:
        log.exception("work failed", work=str(work.pk), kind=work.kind)
        _end(work, Work.State.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        raise
    else:
        _end(work, Work.State.DONE)
    finally:
        del _lines[work.pk]
        line.close()


def progress(work: Work, stage: str, done: int, total: int | None = None) -> None:
    """Tell how far the work is; raises `Cancelled` where somebody asked it to stop.

    Call it as often as convenient: it writes a few times a second, and at each new stage.
    """
    line = _lines.get(work.pk)
    if line is None:
        raise RuntimeError("progress is told inside `with running(work)`")
    finished = total is not None and done >= total
    if stage == work.stage and not finished and not line.is_due():
        return
    work.stage, work.done, work.total = stage, done, total
    if line.write(stage, done, total):
        work.cancel_asked = True
        raise Cancelled


def finish_with(work: Work, result: Mapping[str, object]) -> None:
    """Keep what the work produced (counts, ids), for the screen that shows its end."""
    work.result = dict(result)
    Work.objects.filter(pk=work.pk).update(result=work.result)


def ask_to_cancel(work: Work, *, by: User) -> None:
    """Ask the work to stop; what is only queued ends at once."""
    queued = Work.objects.filter(pk=work.pk, state=Work.State.QUEUED)
    if not queued.update(state=Work.State.CANCELLED, cancel_asked=True, finished_at=timezone.now()):
        Work.objects.filter(pk=work.pk, state=Work.State.RUNNING).update(cancel_asked=True)
    record(by, "work.cancel_asked", work, kind=work.kind)
    work.refresh_from_db()


def _end(work: Work, state: Work.State, *, error: str = "") -> None:
    # After a failed statement the caller's transaction takes no more; the rollback is the
    # caller's, and the end is then told over the line.
    line = _lines[work.pk]
    work.state, work.error, work.finished_at = state, error, timezone.now()
    line.end(state, error)


class _Line:
    """A connection of its own for one work's progress."""

    def __init__(self, work_id: UUID) -> None:
        self.work_id = work_id
        self._own: BaseDatabaseWrapper | None = None
        self._written_at = 0.0

    def is_due(self) -> bool:
        return time.monotonic() - self._written_at >= _SECONDS_BETWEEN_WRITES

    def write(self, stage: str, done: int, total: int | None) -> bool:
        """Write the progress; says whether a stop was asked for."""
        self._written_at = time.monotonic()
        row = self._execute(
            "update accounts_work set stage = %s, done = %s, total = %s, heartbeat_at = now()"
            " where id = %s returning cancel_asked",
            [stage[:120], done, total, self.work_id],
        )
        return bool(row and row[0])

    def begin(self) -> None:
        self._execute(
            "update accounts_work set state = %s, error = '', started_at = now(),"
            " heartbeat_at = now() where id = %s returning id",
            [Work.State.RUNNING.value, self.work_id],
        )

    def end(self, state: str, error: str) -> None:
        self._execute(
            "update accounts_work set state = %s, error = %s, finished_at = now(),"
            " heartbeat_at = now() where id = %s returning id",
            [state, error, self.work_id],
        )

    def close(self) -> None:
        if self._own is not None:
            self._own.close()

    def _execute(self, sql: str, params: list[Value]) -> tuple[object, ...] | None:
        if not connection.in_atomic_block:
            return _fetch(connection, sql, params)
        try:
            row = _fetch(self._autonomous(), sql, params)
        except OperationalError:
            row = None  # the open transaction itself holds the row's lock
        # ... or the work was noted in the open transaction, where only it can see the row.
        if row is None and not connection.needs_rollback:
            row = _fetch(connection, sql, params)
        return row

    def _autonomous(self) -> BaseDatabaseWrapper:
        if self._own is None:
            self._own = connection.copy()
            # Not from the pool, to which a changed lock_timeout would go back.
            self._own.settings_dict["OPTIONS"].pop("pool", None)
            with self._own.cursor() as cursor:
                cursor.execute("set lock_timeout = '200ms'")
        return self._own


_lines: dict[UUID, _Line] = {}


def _fetch(line: BaseDatabaseWrapper, sql: str, params: list[Value]) -> tuple[object, ...] | None:
    with line.cursor() as cursor:
        cursor.execute(sql, params)
        row: tuple[object, ...] | None = cursor.fetchone()
    return row
