"""Requests of the inbox: taken in order, read into events, each message for itself.

Nobody else takes the partitions that this pump holds: each is a lock of the database, which ends
with the transaction. So the requests of one person are taken in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import msgspec
from django.db import connection

from zhiyin.collect.batch import Incoming
from zhiyin.collect.bulk import asking
from zhiyin.collect.models import Received
from zhiyin.collect.pump import messages
from zhiyin.collect.pump.messages import Unfit
from zhiyin.collect.tallies import Twice
from zhiyin.collect.tracking.bodies import GZIP, Refused, plain
from zhiyin.ids import named

MOST_EVENTS = 20_000  # of a turn: a second's work
MOST_UNPACKED = 64 << 20  # the door let nothing larger in; this is against a changed setting
Raw = bytes | msgspec.Raw
_LOCKS = 0x7A70_756D  # the first half of the locks' numbers: the pump; the second is the partition
_TAKE = """
select id, source_id, kind, received_at, tries, body from (
    select *, sum(messages) over (order by id) - messages as before from (
        select * from collect_received where partition = any(%s::int[]) order by id limit %s
    ) oldest
) counted where before < %s order by id
"""


class Request(msgspec.Struct, frozen=True):
    """A row of the inbox."""

    id: int
    source: UUID
    kind: str
    received_at: datetime
    tries: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """A message that cannot be an event."""

    id: UUID
    request: Request
    reason: str
    detail: str
    message: bytes
    name: str = ""


@dataclass(slots=True)
class Read:
    """What requests of one source say; `told` is each event with the message that told of it."""

    told: list[Told] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


class Told(msgspec.Struct, frozen=True):
    """An event, and where it comes from, for when it goes wrong."""

    event: Incoming
    request: Request
    message: Raw

    def came_twice(self) -> Twice:
        """The same as a message that is here already."""
        one = self.event
        return Twice(self.request.source, one.event_id, one.name, self.request.received_at,
                     bytes(self.message))  # fmt: skip

    def gone_wrong(self, reason: str, detail: str = "") -> Bad:
        """The same as what is set aside."""
        return Bad(
            self.event.event_id, self.request, reason, detail, bytes(self.message), self.event.name
        )


def take(partitions: Sequence[int], most: int) -> list[Request]:
    """The oldest requests of these partitions, which stay ours until the transaction ends: up to
    `most`, and no more than hold MOST_EVENTS together."""
    with asking() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s::int, p) from unnest(%s::int[]) as p",
            [_LOCKS, sorted(partitions)],
        )
        cursor.execute(_TAKE, [list(partitions), most, MOST_EVENTS])
        return [
            Request(id_, source, kind, received_at.astimezone(UTC), tries, body)
            for id_, source, kind, received_at, tries, body in cursor
        ]


def waiting(partitions: Sequence[int], most: int) -> int:
    """How many requests wait, as far as `most`."""
    oldest = Received.objects.filter(partition__in=list(partitions)).order_by("id")
    return oldest[:most].count()


def delete(requests: Sequence[Request]) -> None:
    """These are done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from collect_received where id = any(%s)", [[one.id for one in requests]]
        )


def read(requests: Sequence[Request], currency: str) -> dict[UUID, Read]:
    """The events of requests, by source, in their order."""
    found: dict[UUID, Read] = {}
    for request in requests:
        into = found.setdefault(request.source, Read())
        try:
            told = list(_messages(request))
        except (msgspec.MsgspecError, Refused) as error:  # the door would not have let it in
            into.bad.append(Bad(_place(request, 0), request, "unreadable", str(error)[:200], b""))
            continue
        for number, (raw, around) in enumerate(told):
            place = partial(_place, request, number)
            try:
                event = messages.read(
                    raw, request.kind, around, place=place, received=request.received_at,
                    source=request.source, currency=currency,
                )  # fmt: skip
            except Unfit as unfit:
                into.bad.append(
                    Bad(place(), request, unfit.reason, unfit.detail, bytes(raw),
                        messages.called(raw))
                )  # fmt: skip
            else:
                into.told.append(Told(event, request, raw))
    return found


def _place(request: Request, number: int) -> UUID:
    """What a message is called that has no id of its own."""
    return named(request.source, f"request\x1f{request.id}\x1f{number}")


def _messages(request: Request) -> Iterator[tuple[Raw, messages.Around | None]]:
    text = plain(request.body, MOST_UNPACKED) if request.body.startswith(GZIP) else request.body
    if request.kind != "batch":
        yield text, None
        return
    around = messages.around(text)
    for raw in around.batch:
        yield raw, around
