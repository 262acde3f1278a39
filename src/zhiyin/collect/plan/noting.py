"""Writing down what was learnt and counted: in memory when a turn is committed, then in the tables
every few seconds, in a transaction of its own.

So an event costs no query, and two pumps never wait for each other's turn. A pump that is killed
loses the counts of these seconds, never an event: what was flagged or set aside is in the turn.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from zhiyin.collect.models import Learnt, PlanDay, PlanVersion, Source
from zhiyin.collect.plan.checking import Deviation
from zhiyin.collect.plan.schema import Kind, Plan, from_json
from zhiyin.collect.plan.watching import Shape, Watch, Watched

EVERY_S = 2.0
DAYS_KEPT = timedelta(days=62)
_LOCK = 0x7A70_706C  # the first half of a lock's number; the second is of the source
_COUNTED = tuple(kind.value for kind in Kind if kind is not Kind.ANY)
_COLUMNS = ", ".join(f"as_{kind}" for kind in _COUNTED)
_ADDED = ", ".join(
    f"as_{kind} = collect_learnt.as_{kind} + excluded.as_{kind}" for kind in _COUNTED
)

Day = tuple[UUID, date, str, str, str, str]  # source, day, event, property, fault, what came


class Counts:
    """What one batch adds, once its turn is committed."""

    def __init__(self, watch: Watch, at: datetime) -> None:
        self.watch, self.at = watch, at
        self.shapes: Counter[Shape] = Counter()
        self.deviations: Counter[tuple[str, Deviation]] = Counter()
        self.deviating: Counter[str] = Counter()


log = structlog.get_logger(__name__)
_watches: dict[UUID, Watch] = {}
_earlier: list[Watch] = []
_days: Counter[Day] = Counter()
_due = 0.0


def watch(source: Source) -> Watch:
    """What this process knows of the source; looked up again when its plan has a new version."""
    held = _watches.get(source.pk)
    if held is None or held.version != source.plan_version:
        if held is not None:
            _earlier.append(held)  # what it learnt is yet to be written down
        held = _watches[source.pk] = _looked_up(source)
    return held


def _looked_up(source: Source) -> Watch:
    plan = Plan()
    if source.plan_version:
        kept = PlanVersion.objects.get(source=source, version=source.plan_version)
        plan = from_json(kept.document)
    made = Watch(source.pk, source.plan_version, plan)
    _know(made)
    return made


def _know(made: Watch) -> None:
    rows = Learnt.objects.filter(source=made.source).exclude(event="").order_by("id")
    for event, property, texts in rows.values_list("event", "property", "as_text"):
        made.know(event, property, plain=texts > 0)


def forget() -> None:
    """Begin anew, as a process that has just started."""
    _watches.clear()
    _earlier.clear()
    _days.clear()


def keep(counts: Counts) -> None:
    """The turn of a batch is committed: what it says counts."""
    source, day = counts.watch.source, timezone.localdate(counts.at)
    for shape, n in counts.shapes.items():
        _keep_shape(shape, n, counts.at)
        name = shape.event.name
        _days[source, day, name, "", "", ""] += n
        for one in shape.deviations:
            _days[source, day, name, one.property, one.fault, one.came] += n
    for (name, one), n in counts.deviations.items():
        _days[source, day, name, one.property, one.fault, one.came] += n
    for name, n in counts.deviating.items():
        _days[source, day, name, "", PlanDay.ANY, ""] += n


def _keep_shape(shape: Shape, n: int, at: datetime) -> None:
    event = shape.event
    event.events += n
    event.beyond += n * shape.beyond
    event.last = at if event.last is None else max(at, event.last)
    for name, kind in shape.kinds:
        seen = event.properties.get(name)
        if seen is None:
            event.beyond += n  # there was no room for it after all
            continue
        seen.kinds[kind] += n


def flush_when_due() -> None:
    """Write down what was counted, where the last time is some seconds ago."""
    if time.monotonic() < _due:
        return
    try:
        flush()
    except (DataError, IntegrityError) as error:  # counts never stop the road of events
        log.error("what was learnt could not be written down", error=type(error).__name__)
        forget()


def flush() -> None:
    """Write down what was counted. What fails to be written is written the next time."""
    global _due
    _due = time.monotonic() + EVERY_S
    watches = [one for one in (*_earlier, *_watches.values()) if one.has_news()]
    if not (watches or _days):
        return
    with transaction.atomic():
        _write_days()
        for one in watches:
            _write(one)
    for one in watches:
        _written(one)
    _earlier.clear()
    _days.clear()


def _write_days() -> None:
    rows = [(*key, n) for key, n in sorted(_days.items())]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_DAYS, [list(column) for column in zip(*rows, strict=True)])


def _write(watch: Watch) -> None:
    events = [*(one for one in watch.events() if one.events), *_unnamed(watch)]
    if not events:
        return
    if any(_is_new(watch, one) for one in events):
        _make_room(watch)
        events = [*(one for one in watch.events() if one.events), *_unnamed(watch)]
    rows = [row for one in events for row in _rows(watch, one)]
    rows.sort(key=lambda row: row[:3])
    with connection.cursor() as cursor:
        cursor.execute(_LEARNT, [list(column) for column in zip(*rows, strict=True)])


def _unnamed(watch: Watch) -> list[Watched]:
    return [watch.unnamed] if watch.unnamed.events else []


def _is_new(watch: Watch, event: Watched) -> bool:
    return event is not watch.unnamed and (
        not event.stored or any(not seen.stored for seen in event.properties.values())
    )


def _make_room(watch: Watch) -> None:
    """Other processes take up names too: together they keep to the cap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s, %s)", [_LOCK, watch.source.int & 0x7FFF_FFFF]
        )
    _know(watch)
    spare = watch.names - settings.PLAN_NAMES
    for event in reversed(watch.events()):
        own = len(event.properties) - settings.PLAN_EVENT_PROPERTIES
        for name, seen in reversed(list(event.properties.items())):
            if (spare > 0 or own > 0) and not seen.stored and not event.plans(name):
                event.beyond += sum(seen.kinds.values())
                event.forget(name)
                spare, own = spare - 1, own - 1
        if spare > 0 and not event.stored and event.planned is None and not event.properties:
            watch.unnamed.events += event.events
            watch.unnamed.beyond += event.beyond
            watch.unnamed.last = event.last
            watch.forget(event.name)
            spare -= 1


def _rows(watch: Watch, event: Watched) -> list[tuple[object, ...]]:
    assert event.last is not None
    nothing = dict.fromkeys(_COUNTED, 0)
    at = event.last
    head = (watch.source, event.name, "")
    rows = [(*head, event.events, event.beyond, *nothing.values(), "[]", False, at)]
    for name, seen in event.properties.items():
        given = sum(seen.kinds.values())
        if not given:
            continue
        kinds = nothing | {str(kind): n for kind, n in seen.kinds.items() if kind is not Kind.ANY}
        if not seen.plain:
            kinds["moment"], kinds["text"] = kinds["text"], 0
        rows.append((watch.source, event.name, name, given, 0, *kinds.values(),
                     json.dumps([json.dumps(one)[:80] for one in seen.examples]),
                     seen.personal, at))  # fmt: skip
    return rows


def _written(watch: Watch) -> None:
    for event in [*watch.events(), watch.unnamed]:
        if not event.events:
            continue
        event.stored, event.events, event.beyond = True, 0, 0
        for seen in event.properties.values():
            if seen.kinds:
                seen.stored = True
                seen.kinds.clear()


def age(now: datetime) -> None:
    """Forget days that no report shows any more."""
    PlanDay.objects.filter(day__lt=timezone.localdate(now) - DAYS_KEPT).delete()


_DAYS = """
insert into collect_planday (source_id, day, event, property, fault, came, events)
select * from unnest(%s::uuid[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bigint[])
on conflict (source_id, day, event, property, fault, came)
do update set events = collect_planday.events + excluded.events
"""
_LEARNT = f"""
insert into collect_learnt (source_id, event, property, events, beyond, {_COLUMNS}, examples,
    personal, first_at, last_at)
select source, event, property, events, beyond, {_COLUMNS},
    array(select jsonb_array_elements_text(examples::jsonb)), personal, at, at
from unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    {", ".join("%s::bigint[]" for _ in _COUNTED)}, %s::text[], %s::boolean[], %s::timestamptz[])
    as t(source, event, property, events, beyond, {_COLUMNS}, examples, personal, at)
on conflict (source_id, event, property) do update set
    events = collect_learnt.events + excluded.events,
    beyond = collect_learnt.beyond + excluded.beyond,
    {_ADDED},
    personal = collect_learnt.personal or excluded.personal,
    examples = case when collect_learnt.personal or excluded.personal then '{{}}'
        when cardinality(collect_learnt.examples) >= 5 then collect_learnt.examples
        else (array(select distinct unnest(collect_learnt.examples || excluded.examples)
              order by 1))[1:5] end,
    last_at = greatest(collect_learnt.last_at, excluded.last_at)
"""  # noqa: S608 (a text of ours)
