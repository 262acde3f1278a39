"""The road of a batch, and its first step: can this event be, and was it here before?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from zhiyin.collect.batch import Batch, Outcome
from zhiyin.collect.bulk import Ids, asking
from zhiyin.ids import uuid_of

Step = Callable[[Batch], None]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_SLACK = timedelta(days=1)


@cache
def steps() -> tuple[Step, ...]:
    """The steps of settings.PIPELINE, in order."""
    return tuple(import_string(name) for name in settings.PIPELINE)


def run(batch: Batch) -> Batch:
    """Take a batch down the whole pipeline; the caller holds the transaction."""
    for step in steps():
        step(batch)
    return batch


def check(batch: Batch) -> None:
    """Refuse times that cannot be; mark what the hot events hold already."""
    latest = batch.received_at + CLOCK_SLACK
    others = []
    for event in batch.kept():
        if not EARLIEST <= event.at <= latest:
            event.outcome, event.reason = Outcome.REFUSED, "time"
        elif event.order is None:
            # Not orders: one that is here already may yet get lines, which the customers room
            # settles.
            others.append(event)
    known = _hot([event.event_id for event in others], batch.id)
    for event in others:
        if event.event_id in known:
            event.outcome = Outcome.KNOWN
        elif batch.live:
            known.add(event.event_id)  # a message that came twice within one batch


def _hot(ids: list[UUID], batch: UUID) -> set[UUID]:
    """Which of these events came with an earlier batch; this batch may be running again."""
    with asking() as cursor:
        cursor.execute(
            "select uuid_send(event_id) from collect_event"
            " where event_id = any(%s) and batch is distinct from %s",
            [Ids(ids), batch],
        )
        return {uuid_of(id_) for (id_,) in cursor}
