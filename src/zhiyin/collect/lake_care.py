"""Looking after the lake: what the night does, and what the command line does by hand.

Library calls with what an application adds: whose work it is, how far it has come, and what the
audit chain remembers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.utils import timezone

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.archive import lake
from zhiyin.ids import uuid7
from zhiyin.lake import HISTORY, Compacted, Finding, Receipt

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


def verify(progress: Progress) -> Iterator[Finding]:
    """What is wrong with the lake."""
    for table in lake().tables:
        yield from lake().verify(table, progress=progress)


def erase(ids: Sequence[str], *, by: User, progress: Progress) -> tuple[Receipt, Path]:
    """Erase persons from the lake; the receipt, and the file that keeps it.

    Who was erased stands neither in the receipt nor in the audit chain. What PostgreSQL knows of
    them is not touched.
    """
    receipt = lake().erase(ids, now=timezone.now(), progress=progress)
    path = _kept(receipt)
    record(
        by, "lake.erased", None,
        identifiers=receipt.identifiers, rows=receipt.rows_erased, receipt=path.name,
    )  # fmt: skip
    log.info("erased from the lake", rows=receipt.rows_erased, receipt=path.name)
    return receipt, path


def _kept(receipt: Receipt) -> Path:
    """The receipt on disk, for the owner's eyes alone."""
    folder = settings.DATA / "receipts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path: Path = folder / f"erasure-{receipt.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid7()}.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(receipt.as_json(), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return path
