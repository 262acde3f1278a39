"""Forgetting a person in messages: requests that wait for the pump, what was set aside or came
twice, and rows on their way to the lake.

A request holds messages of many people; it is written again without those of one. Whose a message
is, is read as the pump reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from zhiyin.accounts.forgetting import Leaving
from zhiyin.collect.models import Received, Repeat, SetAside, ToArchive
from zhiyin.collect.pump import archiving, messages
from zhiyin.collect.pump.requests import MOST_UNPACKED
from zhiyin.collect.tracking.bodies import GZIP, Refused, plain

CHUNK = 200
_ANYBODY = UUID(int=0)


def is_theirs(raw: bytes, kind: str, leaving: Leaving) -> bool:
    """Whether a message is one of theirs, as the pump would read it; else as its words say."""
    try:
        read = messages.read(
            raw, kind, None, place=lambda: _ANYBODY, received=timezone.now(), source=_ANYBODY,
            currency=settings.CURRENCY,
        )  # fmt: skip
    except messages.Unfit:
        return _names_them(raw, leaving)
    return any(tuple(one) in leaving.seen for one in read.seen)


def _names_them(raw: bytes, leaving: Leaving) -> bool:
    """Of a message that cannot be an event: by its ids where it has some, and by their words."""
    text = raw.decode("utf-8", "replace")
    if leaving.mentioned_in(text):
        return True
    try:
        one = msgspec.json.decode(raw, type=messages.Message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    told = {("number", "", str(one.userId)), ("device", "", str(one.anonymousId)),
            ("device", "", str(one.previousId))}  # fmt: skip
    return not told.isdisjoint(leaving.seen)


def without(body: bytes, kind: str, leaving: Leaving) -> bytes | None:
    """The body of a request without their messages; None where nothing is left of it."""
    try:
        text = plain(body, MOST_UNPACKED) if body.startswith(GZIP) else body
        if kind != "batch":
            return None if is_theirs(text, kind, leaving) else body
        whole = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        told = msgspec.json.decode(whole["batch"], type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Refused, KeyError):
        return None if _names_them(body, leaving) else body
    kept = [one for one in told if not is_theirs(bytes(one), "batch", leaving)]
    if len(kept) == len(told):
        return body
    around = {
        name: value for name, value in whole.items()
        if name != "batch" and not leaving.mentioned_in(bytes(value).decode("utf-8", "replace"))
    }  # fmt: skip
    return msgspec.json.encode({**around, "batch": kept}) if kept else None


def waiting(leaving: Leaving) -> int:
    """How many requests of the inbox hold something of theirs."""
    return sum(body != made for _, body, made in _rewritten(leaving))


def forget_waiting(leaving: Leaving) -> int:
    """Write those requests again; a pump that has taken one meanwhile drops their messages."""
    done = 0
    for id_, body, made in _rewritten(leaving):
        if made == body:
            continue
        one = Received.objects.filter(pk=id_)
        done += one.delete()[0] if made is None else one.update(body=made)
    return done


def _rewritten(leaving: Leaving) -> Iterator[tuple[int, bytes, bytes | None]]:
    last = 0
    while True:
        rows = list(
            Received.objects.filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", "kind", "body")[:CHUNK]
        )
        for id_, kind, body in rows:
            yield id_, bytes(body), without(bytes(body), kind, leaving)
        if len(rows) < CHUNK:
            return
        last = rows[-1][0]


def kept(leaving: Leaving) -> int:
    """How many messages that were set aside or came twice are theirs."""
    return len(_set_aside(leaving)) + len(_repeated(leaving))


def forget_kept(leaving: Leaving) -> int:
    """Those messages go."""
    gone = SetAside.objects.filter(pk__in=_set_aside(leaving)).delete()[0]
    return gone + Repeat.objects.filter(pk__in=_repeated(leaving)).delete()[0]


def _set_aside(leaving: Leaving) -> list[UUID]:
    rows = SetAside.objects.values_list("pk", "kind", "message", "name", "detail").iterator()
    return [
        pk for pk, kind, message, name, detail in rows
        if is_theirs(message.encode(), kind, leaving) or leaving.mentioned_in(f"{name} {detail}")
    ]  # fmt: skip


def _repeated(leaving: Leaving) -> list[int]:
    rows = Repeat.objects.values_list("pk", "message").iterator()
    return [pk for pk, message in rows if is_theirs(message.encode(), "batch", leaving)]


def bound(leaving: Leaving) -> int:
    """How many batches on their way to the lake hold rows of theirs."""
    return sum(_thinner(one, leaving) for one in ToArchive.objects.iterator(CHUNK))


def forget_bound(leaving: Leaving) -> int:
    """Those batches lose their rows, while no archiver appends: it makes a run as it was begun."""
    done = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [archiving.LOCK])
        for one in ToArchive.objects.select_for_update().iterator(CHUNK):
            if _thinner(one, leaving):
                one.save(update_fields=["rows", "lines", "events"])
                done += 1
    return done


def _thinner(one: ToArchive, leaving: Leaving) -> bool:
    """Take their rows out of a batch in hand; whether there were some."""
    ids = pa.array(leaving.ids, pa.string())
    changed = False
    for column in ("rows", "lines"):
        packed = getattr(one, column)
        if packed is None:
            continue
        table = archiving.table_of(bytes(packed))
        left = table.filter(
            pc.invert(pc.fill_null(pc.is_in(table["identifier_id"], value_set=ids), False))
        )
        if left.num_rows < table.num_rows:
            setattr(one, column, archiving.bytes_of(left))
            changed = True
            if column == "rows":
                one.events = left.num_rows
    return changed
