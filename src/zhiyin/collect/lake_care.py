"""Looking after the lake: what the night does, and what the command line does by hand.

Library calls with what an application adds: whose work it is, how far it has come, and what the
audit chain remembers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime

import structlog

from zhiyin.collect.archive import lake
from zhiyin.lake import HISTORY, Compacted

Progress = Callable[[str, int, int | None], None]
log = structlog.get_logger(__name__)


def due_before(now: datetime) -> date:
    """Days before this one are over: nothing more is received into them."""
    return now.astimezone(UTC).date()


def is_due(now: datetime) -> bool:
    """Whether a day that is over waits for compaction."""
    return any(lake().due(table, before=due_before(now)) for table in lake().tables)


def compact(
    progress: Progress, *, before: date | None = None, day: date | None = None
) -> dict[str, Compacted]:
    """Compact what needs it in every table; `progress` may raise to stop."""
    done = {}
    for table in lake().tables:
        done[table] = lake().compact(table, before=before, day=day, progress=progress)
        if done[table].days:
            log.info("lake compacted", table=table, **asdict(done[table]))
    return done


def drop_history() -> int:
    """Remove files that no version of the last weeks uses; how many."""
    gone = sum(lake().vacuum(table, keep=HISTORY) for table in lake().tables)
    if gone:
        log.info("old versions of the lake dropped", files=gone)
    return gone
