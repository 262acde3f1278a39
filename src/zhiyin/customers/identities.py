"""Whose identifiers these are: the deterministic part of identity.

The strongest identifier that already belongs to somebody decides. A strong one that nobody has
makes a new customer; a device alone does not. An identifier that belongs to somebody else stays
there: such conflicts are counted, never merged silently. People share a phone at home, so a phone
or an e-mail alone does not join a profile whose name is another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from zhiyin.cleaning.pinyin import search_keys
from zhiyin.collect.batch import Batch, Incoming, Seen
from zhiyin.collect.bulk import Texts, asking, copy_rows
from zhiyin.customers.models import Identifier
from zhiyin.ids import uuid7, uuid_of

Kind = Identifier.Kind
# The strongest first; by the words of `Seen`.
STRENGTH = {
    kind.value: place
    for place, kind in enumerate(
        (Kind.NUMBER, Kind.CARD, Kind.PHONE, Kind.EMAIL, Kind.WECHAT, Kind.DEVICE)
    )
}
SHARED_AT_HOME = {Kind.PHONE.value, Kind.EMAIL.value}
LONGEST_NUMBER = 60  # that a profile shows; the identifier keeps a longer one
LIVE_STEP = timedelta(minutes=15)  # a device that clicks is not written down with each click
MAKES_A_CUSTOMER = set(STRENGTH) - {Kind.DEVICE.value}
# Of those that stand there, also whether what this batch saw lies within what was seen before. Who
# somebody is called is asked only where it matters: a profile is a wide row, and one more to read.
_LOOK = """
select i.value, uuid_send(i.id), uuid_send(i.customer_id),
    i.first_seen_at <= %s and i.last_seen_at >= %s, ''
from customers_identifier i where i.kind = %s and i.namespace = %s and i.value = any(%s)
"""
_LOOK_AT_NAMES = """
select i.value, uuid_send(i.id), uuid_send(i.customer_id),
    i.first_seen_at <= %s and i.last_seen_at >= %s, coalesce(c.name, '')
from customers_identifier i left join customers_customer c on c.id = i.customer_id
where i.kind = %s and i.namespace = %s and i.value = any(%s)
"""


@dataclass(slots=True)
class _Known:
    id: UUID
    customer: UUID | None
    name: str = ""  # of that customer, where the identifier is one that people share
    steady: bool = False  # this batch cannot widen when it was seen first and last
    fresh: bool = False  # first seen in this batch
    claimed: bool = False  # linked in this batch
    first: datetime | None = None
    last: datetime | None = None


@dataclass
class _Found:
    known: dict[Seen, _Known]
    customers: dict[UUID, str] = field(default_factory=dict)  # new ones, with their number


def resolve(batch: Batch) -> None:
    """Give each event its identifier and customer; write what is new."""
    events = [event for event in batch.kept() if event.seen]
    found = _Found(_look_up(events, LIVE_STEP if batch.live else timedelta(0)))
    for event in events:
        _resolve_one(event, found, batch)
    _own_what_came_before(events, found)
    _write(batch, found)


def _resolve_one(event: Incoming, found: _Found, batch: Batch) -> None:
    claims = event.seen
    if len(claims) > 1:
        claims = sorted(claims, key=_strength)
    name = str(event.profile.fields.get("name", "")) if event.profile else ""
    owners = [
        known.customer
        for seen in claims
        if (known := found.known.get(seen)) and _may_join(seen, known, name)
    ]
    customer = next((owner for owner in owners if owner is not None), None)
    if customer is None and claims[0].kind in MAKES_A_CUSTOMER:
        customer = uuid7()
        number = claims[0].value if claims[0].kind == Kind.NUMBER else ""
        found.customers[customer] = number if len(number) <= LONGEST_NUMBER else ""
    for seen in claims:
        known = found.known.get(seen)
        if known is None:
            known = found.known[seen] = _Known(uuid7(), None, fresh=True)
        if known.customer is None and customer is not None:
            known.customer, known.name, known.claimed = customer, name, True
        elif known.customer != customer:
            batch.counts["conflicts"] += 1
        if not known.steady:
            known.first = min(known.first or event.at, event.at)
            known.last = max(known.last or event.at, event.at)
    event.identifier_id = found.known[claims[0]].id
    event.customer_id = customer


def _strength(seen: Seen) -> int:
    return STRENGTH[seen.kind]


def _own_what_came_before(events: list[Incoming], found: _Found) -> None:
    """A device that became somebody's in this batch: so do its events earlier in the batch."""
    owners = {known.id: known.customer for known in found.known.values() if known.claimed}
    if owners:
        for event in events:
            if event.customer_id is None and event.identifier_id is not None:
                event.customer_id = owners.get(event.identifier_id)


def _may_join(seen: Seen, known: _Known, name: str) -> bool:
    """Whether this identifier may decide; a shared one only where the names agree."""
    if seen.kind not in SHARED_AT_HOME or not name or not known.name:
        return True
    return _letters(name) == _letters(known.name)


def _letters(name: str) -> list[str]:
    """The letters of a name in Latin script, sorted, so that 王小明 and Xiaoming WANG agree."""
    return sorted(search_keys(name).joined)


def _look_up(events: list[Incoming], step: timedelta) -> dict[Seen, _Known]:
    """The identifiers of these events that are known; a last sight that is not older than `step`
    is as good as now."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for event in events:
        for kind, namespace, value in event.seen:
            wanted.setdefault((kind, namespace), set()).add(value)
    if not wanted:
        return {}
    moments = [event.at for event in events]
    within = (min(moments), max(moments) - step)
    found = {}
    with asking() as cursor:
        for (kind, namespace), values in wanted.items():
            question = _LOOK_AT_NAMES if kind in SHARED_AT_HOME else _LOOK
            cursor.execute(question, [*within, kind, namespace, Texts(values)])
            for value, id_, customer, steady, name in cursor:
                found[Seen(kind, namespace, value)] = _Known(
                    uuid_of(id_), None if customer is None else uuid_of(customer), name, steady
                )
    return found


def _write(batch: Batch, found: _Found) -> None:
    copy_rows(
        "customers_customer",
        ("id", "number", "name", "email", "phone", "gender", "language", "country", "province",
         "city", "tags", "simulated_profile", "created_by_batch", "version", "orders", "revenue",
         "tier", "rfm", "rfm_segment", "persona"),
        (
            (id_, number, "", "", "", "", "", "", "", "", [], False, batch.id, 1, 0, 0,
             "", "", "", "")
            for id_, number in found.customers.items()
        ),
    )  # fmt: skip
    batch.created.update(found.customers)
    batch.profiled.update(found.customers)
    batch.touched.update(found.customers)
    fresh = [(seen, known) for seen, known in found.known.items() if known.fresh]
    copy_rows(
        "customers_identifier",
        ("id", "kind", "namespace", "value", "customer_id", "source_id", "batch",
         "first_seen_at", "last_seen_at"),
        ((k.id, s.kind, s.namespace, s.value, k.customer, batch.source.id, batch.id,
          k.first, k.last) for s, k in fresh),
    )  # fmt: skip
    claimed = [known for known in found.known.values() if known.claimed]
    copy_rows(
        "customers_link",
        ("id", "identifier_id", "customer_id", "rule", "probability", "batch", "since"),
        ((uuid7(), k.id, k.customer, "seen together", 1.0, batch.id, batch.received_at)
         for k in claimed),
    )  # fmt: skip
    _hand_over([known for known in claimed if not known.fresh], batch)
    seen = [known for known in found.known.values() if not known.fresh and known.last]
    _stretch(seen, by_at_least=LIVE_STEP if batch.live else timedelta(0))


def _hand_over(claimed: list[_Known], batch: Batch) -> None:
    """An identifier that nobody had gets an owner: so do its earlier events and orders."""
    identifiers, owners = [k.id for k in claimed], [k.customer for k in claimed]
    if not claimed:
        return
    with connection.cursor() as cursor:
        for table, column, at in (
            ("customers_identifier", "id", None),
            ("collect_event", "identifier_id", None),
            ("customers_order", "identifier_id", "ordered_at"),
        ):
            cursor.execute(
                f"update {table} t set customer_id = c.customer"  # noqa: S608  (names from above)
                " from unnest(%s::uuid[], %s::uuid[]) as c(identifier, customer)"
                f" where t.{column} = c.identifier and t.customer_id is null",
                [identifiers, owners],
            )
            if at:
                batch.touched.update(k.customer for k in claimed if k.customer)
        cursor.execute(
            "update customers_orderline l set customer_id = o.customer_id from customers_order o"
            " where o.id = l.order_id and o.identifier_id = any(%s)"
            " and l.customer_id is distinct from o.customer_id",
            [identifiers],
        )


def _stretch(known: list[_Known], *, by_at_least: timedelta) -> None:
    """An identifier seen again: its first and last sight widen."""
    if not known:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_identifier i"
            " set first_seen_at = least(i.first_seen_at, s.first),"
            " last_seen_at = greatest(i.last_seen_at, s.last)"
            " from unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) as s(id, first, last)"
            " where i.id = s.id and (s.first < i.first_seen_at"
            " or s.last > i.last_seen_at + make_interval(secs => %s))",
            [[k.id for k in known], [k.first for k in known], [k.last for k in known],
             by_at_least.total_seconds()],
        )  # fmt: skip
