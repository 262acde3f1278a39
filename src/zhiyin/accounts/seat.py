"""Whose eyes the database lends to this thread: nobody's, one user's, or the system's own.

The policy is checked twice. access.py compiles it to filters, and a query can forget to ask; so
PostgreSQL checks each row of a customer again (row_security.py). It must know who asks, and that
is the seat: nobody's until the gate has let somebody in, so what was forgotten is denied. Work
that belongs to no one person (the worker, the command line, figures over everybody) says
`seat.system("why")`. The connection takes the seat before each statement (database/base.py), so
neither the pool nor another thread hands one person's eyes to the next.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


class Sight(enum.Enum):
    """How much a seat sees; the value is the role of PostgreSQL (see row_security.py)."""

    SOME = "zhiyin_people"
    EVERYTHING = "zhiyin_everyone"
    SYSTEM = "none"  # the role that signed in, which owns the tables


@dataclass(frozen=True)
class Seat:
    """What the connection is told: the role, and for one with some sight, the rows."""

    sight: Sight = Sight.SOME
    settings: tuple[tuple[str, str], ...] = field(default=())


SETTINGS = ("zhiyin.owners", "zhiyin.departments", "zhiyin.rows", "zhiyin.places")
NOBODY = Seat()
EVERYTHING = Seat(Sight.EVERYTHING)
SYSTEM = Seat(Sight.SYSTEM)
ANY = Seat(settings=(("any", ""),))  # for tables that nobody guards: whichever the connection has

Taken = Seat | Callable[[], Seat]
_seat: ContextVar[Taken | None] = ContextVar("zhiyin_seat", default=None)
_of_process = NOBODY


def current() -> Seat:
    """The seat of this thread or task; what was never said is the process's own."""
    taken = _seat.get()
    if taken is None:
        return _of_process
    return taken if isinstance(taken, Seat) else _find(taken)


def _find(finding: Callable[[], Seat]) -> Seat:
    """Found out at the first statement, by statements that nobody's eyes suffice for."""
    _seat.set(NOBODY)
    try:
        found = finding()
    except BaseException:
        _seat.set(finding)
        raise
    _seat.set(found)
    return found


def process_is_system(why: str) -> None:
    """Said once by a process that serves no requests: the worker, the command line."""
    global _of_process
    assert why
    _of_process = SYSTEM


def sit(seat: Taken) -> None:
    """Take a seat until the surrounding `seated` ends; the gate does, once it knows who asks."""
    _seat.set(seat)


@contextmanager
def seated(seat: Seat) -> Iterator[None]:
    """The block runs with this seat, and the one before comes back however it ends."""
    before = _seat.set(seat)
    try:
        yield
    finally:
        _seat.reset(before)


@contextmanager
def system(why: str) -> Iterator[None]:
    """The block, or the decorated function, sees and writes all rows; `why` is for the reader."""
    assert why
    with seated(SYSTEM):
        yield
