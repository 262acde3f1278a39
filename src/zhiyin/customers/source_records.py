"""What each source says of a person: read and written for a whole batch at once.

A record holds every field that its source ever said with the time, the original and the rule that
mended it. From the records of a person the golden record is decided (`survivorship`); taking a
batch back takes its entries out, and what was said before comes up again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.db import connection

from zhiyin.cleaning.originals import Original
from zhiyin.collect.bulk import Ids, asking, copy_rows
from zhiyin.customers.models import SourceTrust, Survivorship
from zhiyin.customers.survivorship import (
    Candidate,
    FieldPolicy,
    Kept,
    Missing,
    Policy,
    Strategy,
)
from zhiyin.ids import uuid_of
from zhiyin.instants import from_us, to_us

DEEPEST = 4  # earlier values of one field that a record keeps
REPEATED = to_us(datetime(1970, 1, 2, tzinfo=UTC))  # what stands, said again, is noted once a day
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Unread(msgspec.Struct, omit_defaults=True):
    """What a source said last that could not be read, and why."""

    o: str
    r: str
    at: int
    b: str = ""


class Entry(msgspec.Struct, omit_defaults=True):
    """A field as a source says it. The names are short because there are millions.

    v: value; at: when it was said (microseconds); o, r: the original and the rule, where the two
    differ; w: said in passing; b: the batch; p: what it said before; x: what could not be read;
    l: locked by a person, u: by which.
    """

    v: Kept | None = None
    at: int = 0
    o: str | None = None
    r: str = ""
    w: bool = False
    b: str = ""
    p: Entry | None = None
    x: Unread | None = None
    l: bool = False  # noqa: E741
    u: str = ""


Said = dict[str, Entry]
_decode = msgspec.json.Decoder(Said).decode
_encode = msgspec.json.Encoder().encode


class Record(msgspec.Struct):
    """A record as a batch works on it."""

    source: UUID
    identifier: UUID | None
    home: UUID
    customer: UUID | None
    said: Said
    changed: bool = False
    id: int | None = None


def policy() -> Policy:
    """The rules of the golden record that hold now."""
    fields = {
        one.field: FieldPolicy(Strategy(one.strategy), Missing(one.missing), one.default)
        for one in Survivorship.objects.all()
    }
    return Policy(fields, dict(SourceTrust.objects.values_list("source_id", "place")))


_READ = """
select uuid_send(source_id), uuid_send(identifier_id), uuid_send(home), uuid_send(customer_id),
    said::text, id
from customers_sourcerecord where customer_id = any(%s)
"""


def of_customers(ids: Collection[UUID]) -> dict[UUID, list[Record]]:
    """The records of these customers; the caller holds the customers' rows."""
    found: dict[UUID, list[Record]] = {}
    if not ids:
        return found
    with asking() as cursor:
        cursor.execute(_READ, [Ids(ids)])
        for source, identifier, home, customer, said, id_ in cursor:
            owner = uuid_of(customer)
            one = Record(
                uuid_of(source), None if identifier is None else uuid_of(identifier),
                uuid_of(home), owner, _decode(said), id=id_,
            )  # fmt: skip
            found.setdefault(owner, []).append(one)
    return found


def say(record: Record, field: str, entry: Entry, *, stands: bool = False) -> bool:
    """Let a source say a field; tells whether anything of the record changed. `stands`: it is what
    the profile has, so that saying it again is news once a day at most."""
    before = record.said.get(field)
    if before is None or before.v is None:
        entry.x = before.x if before and entry.x is None else entry.x
        record.said[field] = entry
    elif before.v == entry.v:
        return _said_again(record, field, entry, stands)
    elif entry.w and not before.w:
        return False
    elif entry.at < before.at:
        if before.p is not None:
            return False
        before.p = entry  # it came late: what was said meanwhile stays
    else:
        entry.p, entry.x, before.x = _cut(before, DEEPEST - 1), before.x, None
        record.said[field] = entry
    record.changed = True
    return True


def _said_again(record: Record, field: str, entry: Entry, stands: bool) -> bool:
    """The same value: news where it comes later, on purpose, or from another original.

    What an import says again is an entry of its own, so that taking it back leaves no trace.
    """
    before = record.said[field]
    stronger = before.w and not entry.w
    news = REPEATED if stands else 1
    if not stronger and entry.at - before.at < news and before.o == entry.o:
        return False
    if entry.w and not before.w:
        return False
    if entry.b:
        if entry.at < before.at:
            return False
        entry.p, entry.x, before.x = _cut(before, DEEPEST - 1), before.x, None
        entry.l = before.l
        record.said[field] = entry
    else:
        before.w, before.at = before.w and entry.w, max(before.at, entry.at)
        if entry.o is not None:
            before.o, before.r = entry.o, entry.r
    record.changed = True
    return True


def could_not_read(record: Record, field: str, found: Original, at: int, batch: str) -> None:
    """Keep what a source said that no value could be made of."""
    entry = record.said.setdefault(field, Entry(at=at))
    if entry.x is None or (entry.x.o, entry.x.r) != found:
        entry.x = Unread(found.text, found.rule, at, batch)
        record.changed = True


def _cut(entry: Entry, deepest: int) -> Entry | None:
    if deepest <= 0:
        return None
    if entry.p is not None:
        entry.p = _cut(entry.p, deepest - 1)
    return entry


def candidates(records: Iterable[Record], field: str) -> list[Candidate]:
    """The values of a field among which one is chosen; an empty one counts where a person here
    wrote it."""
    return [
        Candidate(entry.v, entry.at, record.source, entry.w, entry.l)
        for record in records
        if (entry := record.said.get(field)) is not None
        and entry.v is not None
        and (entry.v != "" or record.identifier is None)
    ]


def take_back(records: Iterable[Record], batch: str) -> set[str]:
    """Take out what a batch said; what was said before comes up. The fields that it was about."""
    fields: set[str] = set()
    for record in records:
        for field, entry in list(record.said.items()):
            found = _without(entry, batch)
            if found is entry and not _touched(entry, batch):
                continue
            fields.add(field)
            record.changed = True
            if found is None:
                del record.said[field]
            else:
                record.said[field] = found
    return fields


def _touched(entry: Entry, batch: str) -> bool:
    if entry.x is not None and entry.x.b == batch:
        entry.x = None
        return True
    earlier = entry.p
    if earlier is not None:
        entry.p = _without(earlier, batch)
        return entry.p is not earlier
    return False


def _without(entry: Entry, batch: str) -> Entry | None:
    if entry.b != batch:
        return entry
    left = _without(entry.p, batch) if entry.p is not None else None
    unread = entry.x if entry.x is not None and entry.x.b != batch else None
    if left is None:
        return Entry(at=entry.at, x=unread) if unread is not None else None
    left.x = left.x or unread
    return left


_COLUMNS = ("source_id", "identifier_id", "home", "customer_id", "said", "mended", "first_at",
            "last_at")  # fmt: skip


def write(records: Iterable[Record]) -> int:
    """Write the changed records in two statements; how many."""
    changed = [one for one in records if one.changed]
    if not changed:
        return 0
    names = ", ".join(_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table new_source_record on commit drop as"  # noqa: S608  (names from above)
            f" select {names} from customers_sourcerecord with no data"
        )
        copy_rows("new_source_record", _COLUMNS, map(_row, changed))
        cursor.execute(
            f"insert into customers_sourcerecord ({names}) select {names} from new_source_record"  # noqa: S608
            " on conflict (source_id, identifier_id, home) do update set said = excluded.said,"
            " mended = excluded.mended, customer_id = excluded.customer_id,"
            " first_at = excluded.first_at, last_at = excluded.last_at"
        )
        cursor.execute("drop table new_source_record")
        if any(not one.said for one in changed):
            cursor.execute(
                "delete from customers_sourcerecord where said = '{}' and home = any(%s)",
                [[one.home for one in changed if not one.said]],
            )
    return len(changed)


def _row(one: Record) -> tuple[object, ...]:
    mended = [f"{field}:{entry.r}" for field, entry in one.said.items() if entry.r]
    moments = [at for entry in one.said.values() for at in _moments(entry)]
    first, last = (from_us(min(moments)), from_us(max(moments))) if moments else (_NEVER, _NEVER)
    return (one.source, one.identifier, one.home, one.customer, _encode(one.said).decode(), mended,
            first, last)  # fmt: skip


def _moments(entry: Entry) -> Iterator[int]:
    yield entry.at
    if entry.p is not None:
        yield from _moments(entry.p)


def said_by(batch: UUID, source: UUID | None) -> set[UUID]:
    """The customers of whom a batch said something: every record of its source is looked at."""
    where = "said::text like %s" + (" and source_id = %s" if source else "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"select distinct customer_id from customers_sourcerecord where {where}",  # noqa: S608
            [f'%"{batch}"%', *([source] if source else [])],
        )
        return {row[0] for row in cursor.fetchall() if row[0] is not None}


def record_for(
    records: list[Record], source: UUID, identifier: UUID | None, customer: UUID
) -> Record:
    """The record of a source about this identifier among a customer's; a new one where none is."""
    found = None
    for one in records:
        if one.source == source and one.identifier == identifier:
            if one.home == customer:
                return one
            found = found or one
    if found is None or identifier is None:
        found = Record(source, identifier, customer, customer, {})
        records.append(found)
    return found
