"""Counting what the pump does with events: added up in memory, written with the turn itself.

A turn adds a handful of rows, however many events it took. Minutes that are over become hours, so
a month of many sources stays small enough to be read whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from django.db import connection, transaction

from zhiyin.collect.models import Refusal, Repeat, Tally

Outcome = Tally.Outcome
MINUTES_KEPT = timedelta(hours=2)
KEPT = timedelta(days=35)
REPEATS_KEPT = timedelta(days=1)
_SETTLED = timedelta(minutes=2)  # the pump rarely writes minutes that are older


@dataclass(slots=True)
class _Sum:
    events: int
    oldest: datetime
    newest: datetime


Key = tuple[datetime, UUID, str, str]


@dataclass(frozen=True, slots=True)
class Twice:
    """A message that came twice."""

    source: UUID
    event_id: UUID
    name: str
    received_at: datetime
    message: bytes


MOST_TWICE = 4  # of one turn and source that are kept to be looked at
_slots = count()


class Counted:
    """What one turn counted, and a few messages that came twice."""

    def __init__(self) -> None:
        self._sums: dict[Key, _Sum] = {}
        self._twice: dict[UUID, list[Twice]] = {}

    def came_twice(self, one: Twice) -> None:
        """Keep it to be looked at, where this turn has not kept enough."""
        kept = self._twice.setdefault(one.source, [])
        if len(kept) < MOST_TWICE:
            kept.append(one)

    def add(
        self, source: UUID, outcome: Outcome, received: datetime, reason: str = "", n: int = 1
    ) -> None:
        """Some events that arrived at one moment."""
        key = (received.replace(second=0, microsecond=0), source, outcome.value, reason)
        known = self._sums.get(key)
        if known is None:
            self._sums[key] = _Sum(n, received, received)
            return
        known.events += n
        if received < known.oldest:
            known.oldest = received
        elif received > known.newest:
            known.newest = received

    def add_all(self, other: Counted) -> None:
        """What another counted, too."""
        for key, sums in other._sums.items():
            known = self._sums.setdefault(key, _Sum(0, sums.oldest, sums.newest))
            known.events += sums.events
            known.oldest = min(known.oldest, sums.oldest)
            known.newest = max(known.newest, sums.newest)
        for kept in other._twice.values():
            for one in kept:
                self.came_twice(one)

    def write(self, lane: int, now: datetime) -> None:
        """Add it to the rows of this lane, in the caller's transaction."""
        if not self._sums:
            return
        ordered = sorted(self._sums)  # the same order everywhere, so that nobody waits in a ring
        sums = [self._sums[key] for key in ordered]
        rows = list(zip(*ordered, strict=True))
        lags = [max(0, (now - one.oldest) // timedelta(milliseconds=1)) for one in sums]
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT, [
                lane, *map(list, rows), [one.events for one in sums], lags,
                [one.newest for one in sums],
            ])  # fmt: skip
            if self._twice:
                cursor.executemany(_REPEAT, [
                    (one.source, lane, next(_slots) % Repeat.RING, now, one.received_at,
                     one.event_id, one.name[:120],
                     one.message.decode("utf-8", "replace").replace("\0", ""))
                    for kept in self._twice.values() for one in kept
                ])  # fmt: skip


_REPEAT = """
insert into collect_repeat (source_id, lane, slot, at, received_at, event_id, name, message)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (source_id, lane, slot) do update set at = excluded.at,
    received_at = excluded.received_at, event_id = excluded.event_id, name = excluded.name,
    message = excluded.message
"""
_CONFLICT = """
on conflict (at, source_id, outcome, reason, lane) do update set
    events = collect_tally.events + excluded.events,
    counted = collect_tally.counted + excluded.counted,
    lag_ms = greatest(collect_tally.lag_ms, excluded.lag_ms),
    last_at = greatest(collect_tally.last_at, excluded.last_at)
"""
_UPSERT = f"""
insert into collect_tally (at, source_id, outcome, reason, lane, events, counted, lag_ms, last_at)
select at, source_id, outcome, reason, %s, n, 0, lag, last from unnest(
    %s::timestamptz[], %s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    %s::timestamptz[]) as t(at, source_id, outcome, reason, n, lag, last)
{_CONFLICT}"""  # noqa: S608 (a text of ours)
_TOTALS = """
with due as (
    select id, source_id, events - counted as more from collect_tally
    where counted < events and outcome in ('kept', 'anonymous') and at < %s
    order by id for update),
noted as (
    update collect_tally t set counted = t.counted + due.more from due where t.id = due.id),
sums as (select source_id, sum(more) as more from due group by source_id)
update collect_source s set events = s.events + sums.more, live_events = s.live_events + sums.more
from sums where s.id = sums.source_id
"""
_LAST = """
with last as (
    select source_id, max(last_at) as received,
        max(last_at) filter (where outcome in ('kept', 'anonymous')) as event
    from collect_tally group by source_id)
update collect_source s set last_received_at = greatest(s.last_received_at, last.received),
    last_event_at = greatest(s.last_event_at, last.event)
from last where s.id = last.source_id and (
    s.last_received_at is distinct from greatest(s.last_received_at, last.received)
    or s.last_event_at is distinct from greatest(s.last_event_at, last.event))
"""
_HOURS = f"""
with old as (delete from collect_tally where lane >= 0 and at < %s returning *)
insert into collect_tally (at, source_id, outcome, reason, lane, events, counted, lag_ms, last_at)
select date_trunc('hour', at), source_id, outcome, reason, -1, sum(events), sum(counted),
    max(lag_ms), max(last_at)
from old group by 1, 2, 3, 4
{_CONFLICT}"""  # noqa: S608 (a text of ours)


@transaction.atomic
def fold(now: datetime) -> None:
    """Bring the sources' totals up to date, make hours of old minutes, forget what is older."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, [now - _SETTLED])
        cursor.execute(_LAST)
        cursor.execute(_HOURS, [(now - MINUTES_KEPT).replace(minute=0, second=0, microsecond=0)])
    Tally.objects.filter(at__lt=now - KEPT).delete()
    Refusal.objects.filter(hour__lt=now - KEPT).delete()
    Repeat.objects.filter(at__lt=now - REPEATS_KEPT).delete()
