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
from zhiyin.collect.bulk import copy_rows
from zhiyin.customers.models import Identifier
from zhiyin.ids import uuid7

Kind = Identifier.Kind
STRENGTH = {
    Kind.NUMBER: 0, Kind.CARD: 1, Kind.PHONE: 2, Kind.EMAIL: 3, Kind.WECHAT: 4, Kind.DEVICE: 5,
}  # fmt: skip
SHARED_AT_HOME = {Kind.PHONE, Kind.EMAIL}
LONGEST_NUMBER = 60  # that a profile shows; the identifier keeps a longer one
LIVE_STEP = timedelta(minutes=15)  # a device that clicks is not written down with each click
MAKES_A_CUSTOMER = {Kind.NUMBER, Kind.CARD, Kind.PHONE, Kind.EMAIL, Kind.WECHAT}


@dataclass
class _Known:
    id: UUID
    customer: UUID | None
    name: str = ""  # of that customer
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
    found = _Found(_look_up({seen for event in batch.kept() for seen in event.seen}))
    for event in batch.kept():
        if event.seen:
            _resolve_one(event, found, batch)
    _own_what_came_before(batch, found)
    _write(batch, found)


def _resolve_one(event: Incoming, found: _Found, batch: Batch) -> None:
    claims = sorted(event.seen, key=lambda seen: STRENGTH[Kind(seen.kind)])
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
        known.first = min(known.first or event.at, event.at)
        known.last = max(known.last or event.at, event.at)
    event.identifier_id = found.known[claims[0]].id
    event.customer_id = customer


def _own_what_came_before(batch: Batch, found: _Found) -> None:
    """A device that became somebody's in this batch: so do its events earlier in the batch."""
    owners = {known.id: known.customer for known in found.known.values() if known.claimed}
    for event in batch.kept():
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


def _look_up(wanted: set[Seen]) -> dict[Seen, _Known]:
    ordered = sorted(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "select i.kind, i.namespace, i.value, i.id, i.customer_id, coalesce(c.name, '')"
            " from unnest(%s::text[], %s::text[], %s::text[]) as w(kind, namespace, value)"
            " join customers_identifier i using (kind, namespace, value)"
            " left join customers_customer c on c.id = i.customer_id",
            [[s.kind for s in ordered], [s.namespace for s in ordered],
             [s.value for s in ordered]],
        )  # fmt: skip
        return {
            Seen(kind, namespace, value): _Known(id_, customer, name)
            for kind, namespace, value, id_, customer, name in cursor.fetchall()
        }


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
