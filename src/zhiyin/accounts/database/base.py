"""The connection: tells PostgreSQL whose eyes it lends, before each statement and only on change.

A setting made within a transaction goes back when that is rolled back; then nothing is assumed and
the seat is told again. What a connection was told goes with it through the pool, where it was
handed back between two transactions.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.pq import TransactionStatus

from zhiyin.accounts import seat
from zhiyin.accounts.seat import Seat

_TELL = "select set_config('role', %s, false), " + ", ".join(
    f"set_config('{name}', %s, false)" for name in seat.SETTINGS
)
_MEMORY = "_zhiyin_seat"  # on the connection of psycopg itself


class _Seated:
    """What both kinds of cursor do before a statement."""

    db: DatabaseWrapper

    def _execute(self, *arguments: Any) -> Any:
        self.db.take_seat()
        return super()._execute(*arguments)  # type: ignore[misc]

    def _executemany(self, *arguments: Any) -> Any:
        self.db.take_seat()
        return super()._executemany(*arguments)  # type: ignore[misc]


class _Cursor(_Seated, CursorWrapper):
    """A cursor."""


class _DebugCursor(_Seated, CursorDebugWrapper):
    """A cursor that keeps its statements."""


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, with a seat."""

    _told: Seat | None = None
    _undoing = False  # a failed transaction takes nothing but its rollback

    def take_seat(self) -> None:
        """Tell the server whose eyes these are, where it does not know."""
        wanted = seat.current()
        if self._told == wanted or self.needs_rollback or self._undoing:
            return
        if wanted is seat.ANY:
            if self._told is not None:
                return
            wanted = seat.NOBODY
        self._told = None
        known = dict(wanted.settings)
        values = [wanted.sight.value, *(known.get(name, "") for name in seat.SETTINGS)]
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(_TELL, values)
        self._told = wanted

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        made = super().get_new_connection(conn_params)
        self._told = getattr(made, _MEMORY, None)
        return made

    def _close(self) -> None:
        """Hand the connection back, with what it was told where no open transaction may undo it."""
        if self.connection is not None:
            idle = self.connection.info.transaction_status == TransactionStatus.IDLE
            setattr(self.connection, _MEMORY, self._told if idle else None)
        super()._close()  # type: ignore[misc]

    def create_cursor(self, name: str | None = None) -> Any:
        self.take_seat()  # also for COPY, which goes past `execute`
        return super().create_cursor(name)

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return _Cursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return _DebugCursor(cursor, self)

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]  # the stubs do not know it

    def _savepoint_rollback(self, sid: str) -> None:
        self._undoing = True
        try:
            super()._savepoint_rollback(sid)  # type: ignore[misc]
        finally:
            self._told, self._undoing = None, False
