"""One turn of the pump: requests become events, events go down the pipeline, all or nothing.

What fails for the database's sake (a lost connection, a full disk, a deadlock) is left as it was
and tried again later. What fails for its own sake is halved until the request is found, then the
message; that one is set aside with its error after some tries, and everybody else goes on. Two
pumps that met the same new person at the same time look like the second and are tried again first.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from zhiyin.collect import pipeline
from zhiyin.collect.batch import Batch, Incoming, Outcome
from zhiyin.collect.models import Received, Source, Tally
from zhiyin.collect.pump import archiving, requests
from zhiyin.collect.pump.messages import MOST_BYTES
from zhiyin.collect.pump.requests import Bad, Read, Request
from zhiyin.collect.tallies import Counted
from zhiyin.ids import uuid7

log = structlog.get_logger(__name__)

MOST_REQUESTS = 2_000  # of a turn, if each holds a few messages; see requests.MOST_EVENTS
MOST_TRIES = 3
TRANSIENT = (OperationalError, InterfaceError)
SHOWN = 8_000  # letters of a message that is larger than one may be


def turn(partitions: Sequence[int], most: int = MOST_REQUESTS) -> int:
    """Take up to `most` requests and bring them through; returns how many were taken."""
    for last in (False, True):
        try:
            return _turned(partitions, most)
        except TRANSIENT:
            raise
        except IntegrityError as error:
            if last:
                return _apart(partitions, most, error)
        except Exception as error:
            return _apart(partitions, most, error)
    raise AssertionError("the second time is the last")


def _turned(partitions: Sequence[int], most: int) -> int:
    with transaction.atomic():
        taken = requests.take(partitions, most)
        if taken:
            counted = _bring_through(taken)
            counted.write(min(partitions), timezone.now())
    return len(taken)


def _apart(partitions: Sequence[int], most: int, error: Exception) -> int:
    """The same requests in two turns, or the one that fails in its messages."""
    log.warning("a turn failed; its requests are tried apart", most=most,
                error=type(error).__name__)  # fmt: skip
    most = min(most, requests.waiting(partitions, most))
    if most > 1:
        half = most // 2
        return turn(partitions, half) + turn(partitions, half)
    try:
        with transaction.atomic():
            taken = requests.take(partitions, 1)
            for one in taken:
                _message_by_message(one).write(min(partitions), timezone.now())
            return len(taken)
    except TryAgain as again:
        Received.objects.filter(pk=again.request).update(tries=F("tries") + 1)
        return 0


def _bring_through(taken: Sequence[Request]) -> Counted:
    begun = time.perf_counter()
    events = 0
    counted = Counted()
    for source, found in requests.read(taken, settings.CURRENCY).items():
        _take_in(source, found, counted)
        events += len(found.told)
    requests.delete(taken)
    log.debug("turned", requests=len(taken), events=events,
              seconds=round(time.perf_counter() - begun, 3))  # fmt: skip
    return counted


def _message_by_message(request: Request) -> Counted:
    """Each message of a request for itself; one that fails is set aside after some tries."""
    found = requests.read([request], settings.CURRENCY).get(request.source, Read())
    failed: list[Bad] = []
    counted = Counted()
    for told in found.told:
        own = Counted()
        try:
            with transaction.atomic():
                _take_in(request.source, Read([told]), own)
            counted.add_all(own)
        except TRANSIENT:
            raise
        except Exception as error:
            failed.append(told.gone_wrong("failed", f"{type(error).__name__} in the pipeline"))
    if failed and request.tries + 1 < MOST_TRIES:
        raise TryAgain(request.id)
    _set_aside([*found.bad, *failed], counted)
    requests.delete([request])
    return counted


class TryAgain(Exception):  # noqa: N818 (it says what to do)
    """A request whose messages fail; its tries are counted outside of what was rolled back."""

    def __init__(self, request: int) -> None:
        super().__init__(request)
        self.request = request


def _take_in(source: UUID, found: Read, counted: Counted) -> None:
    """Down the pipeline, and to where the lake gets it; what is refused is set aside."""
    for batch in _batches(source, [told.event for told in found.told]):
        pipeline.run(batch)
        archiving.put_by(batch)
    refused = [
        told.gone_wrong(told.event.reason, told.event.detail)
        for told in found.told
        if told.event.outcome is Outcome.REFUSED
    ]
    _set_aside([*found.bad, *refused], counted)
    sums: Counter[tuple[datetime, Tally.Outcome]] = Counter()
    for told in found.told:
        outcome = _outcome(told.event)
        sums[told.request.received_at, outcome] += 1
        if outcome is Tally.Outcome.DUPLICATE:
            counted.came_twice(told.came_twice())
    for (received, outcome), n in sums.items():
        if outcome is not Tally.Outcome.SET_ASIDE:  # which is counted with its reason
            counted.add(source, outcome, received, n=n)


def _outcome(event: Incoming) -> Tally.Outcome:
    """What became of an event that has been down the pipeline."""
    if event.outcome is Outcome.REFUSED:
        return Tally.Outcome.SET_ASIDE
    if event.outcome is Outcome.ERASED:
        return Tally.Outcome.ERASED
    if event.outcome is Outcome.WITHHELD:
        return Tally.Outcome.WITHHELD
    if event.outcome is Outcome.KNOWN:
        return Tally.Outcome.DUPLICATE
    return Tally.Outcome.KEPT if event.identifier_id else Tally.Outcome.ANONYMOUS


def _batches(source: UUID, events: list[Incoming]) -> list[Batch]:
    """One batch, or more where an order is told of twice: its second telling may add lines."""
    one = Source.objects.get(pk=source)
    layers: list[list[Incoming]] = []
    told: dict[UUID, int] = {}
    for event in events:
        layer = 0
        if event.order is not None:
            layer = told[event.event_id] = told.get(event.event_id, -1) + 1
        while len(layers) <= layer:
            layers.append([])
        layers[layer].append(event)
    return [Batch(uuid7(), 0, one, timezone.now(), layer, live=True) for layer in layers if layer]


def _set_aside(bad: Sequence[Bad], counted: Counted) -> None:
    for one in bad:
        counted.add(one.request.source, Tally.Outcome.SET_ASIDE, one.request.received_at,
                    one.reason)  # fmt: skip
    if bad:
        rows = [
            (
                one.id, one.request.source, one.request.received_at, one.name[:120],
                one.request.kind, one.reason, one.detail.replace("\0", ""), _shown(one.message),
            )
            for one in bad
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(_KEEP, rows)


# What was sent again and failed again waits again; what was discarded stays so.
_KEEP = """
insert into collect_setaside
    (id, source_id, received_at, name, kind, reason, detail, message, state)
values (%s, %s, %s, %s, %s, %s, %s, %s, 'waiting')
on conflict (id) do update set state = 'waiting', reason = excluded.reason,
    detail = excluded.detail, message = excluded.message
where collect_setaside.state = 'replayed'
"""


def _shown(message: bytes) -> str:
    """The message as it is kept: whole, so that it can be mended, unless it is too large anyway."""
    text = message.decode("utf-8", "replace").replace("\0", "")
    return text if len(message) <= MOST_BYTES else text[:SHOWN]
