"""The step of the pump that says whose identifiers these are: the deterministic part of identity.

What is seen together in one event is linked; links make people, and the library floor's `identity`
says how. A batch that brings nothing new costs two questions. Persons who are new as a whole, which
is most of an import, are decided on the spot; all others on the pages of the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from zhiyin.collect.batch import Batch, Incoming
from zhiyin.collect.bulk import Ids, asking, copy_rows
from zhiyin.customers.identities import book, moving
from zhiyin.customers.identities.book import Fresh, Said
from zhiyin.customers.identities.kinds import Kind
from zhiyin.customers.identities.sights import (
    TOGETHER,
    Found,
    Known,
    Pair,
    Sight,
    claim,
    look_up,
    look_up_records,
)
from zhiyin.ids import uuid7, uuid_of

LONGEST_NUMBER = 60  # that a profile shows; the identifier keeps a longer one
LIVE_STEP = timedelta(minutes=15)  # a device that clicks is not written down with each click
_PAIRS = """
select uuid_send(s.a_id), uuid_send(s.b_id), s.rule
from unnest(%s::uuid[], %s::uuid[]) as p(a, b)
join customers_statement s on s.a_id = p.a and s.b_id = p.b
where s.retracts is null
    and not exists (select from customers_statement r where r.retracts = s.id)
"""


def resolve(batch: Batch) -> None:
    """Give each event its identifier and customer; write what is new."""
    events = [event for event in batch.kept() if event.seen]
    if not events:
        return
    step = LIVE_STEP if batch.live else timedelta(0)
    found = Found(look_up(events, step))
    look_up_records(events, found, step)
    for event in events:
        claim(event, found, batch)
    _decide(found, batch)
    for event, claims in found.claims:
        _attribute(event, claims, batch)
    seen = [known for known in found.known.values() if not known.fresh and known.last]
    _stretch(seen, by_at_least=step)


def _decide(found: Found, batch: Batch) -> None:
    """Whose everything is, from what is new; and write that down."""
    new = _unheard(found.sights)
    entangled = _entangled(found, new)
    plain: list[Said] = []
    rest: list[Said] = []
    for (a, b, rule), sight in new.items():
        said = Said(a, b, rule, batch.source.pk, sight.at, batch=batch.id)
        (rest if sight.hub.id in entangled else plain).append(said)
    _settle_plain(found, new, entangled)
    fresh = [known for known in found.known.values() if known.fresh]
    at = batch.received_at
    decided = None
    if rest:
        late = moving.seen_since(
            [(s.other.id, s.hub.id, s.at) for s in new.values()
             if s.other.until and s.other.until > s.at and not s.other.personal],
            source=batch.source.pk,
        )  # fmt: skip
        newcomers = [
            Fresh(k.id, k.seen.kind, k.seen.namespace, k.own)
            for k in fresh if k.own and k.id in entangled
        ]  # fmt: skip
        decided = book.append(newcomers, [*late, *rest], at=at)
        deferred = moving.waiting(decided)
        for known in found.known.values():
            if (stands := decided.now.get(known.id)) is not None:
                known.customer = deferred.get(known.id, stands.customer)
    _make_customers(found, fresh, batch)
    if decided is not None:
        batch.touched.update(moving.apply(decided, at=at, batch=batch))
    _write(fresh, decided, plain, batch)


def _unheard(sights: dict[Pair, Sight]) -> dict[Pair, Sight]:
    """Those that are not written down yet; of a carrier also where it changes hands."""
    asked = [pair for pair, s in sights.items() if not s.hub.fresh and not s.other.fresh]
    if not asked:
        return sights
    with asking() as cursor:
        cursor.execute(_PAIRS, [Ids([a for a, _, _ in asked]), Ids([b for _, b, _ in asked])])
        heard = {(uuid_of(a), uuid_of(b), rule) for a, b, rule in cursor}
    return {
        pair: sight for pair, sight in sights.items()
        if pair not in heard or _changes_hands(sight)
    }  # fmt: skip


def _changes_hands(sight: Sight) -> bool:
    other = sight.other
    return (
        not other.personal
        and not other.public
        and sight.hub.customer != other.customer
        and (other.until is None or sight.at > other.until)
    )


def _entangled(found: Found, new: dict[Pair, Sight]) -> set[UUID]:
    """Identifiers of which the book must decide: all but those of persons who are new as a whole,
    a few of different kinds around one."""
    groups: dict[UUID, list[Sight]] = {}
    hubs: dict[UUID, set[UUID]] = {}
    for sight in new.values():
        groups.setdefault(sight.hub.id, []).append(sight)
        hubs.setdefault(sight.other.id, set()).add(sight.hub.id)
    used = {sight.hub.id for (_, _, rule), sight in new.items() if rule != TOGETHER}
    entangled: set[UUID] = set()
    for hub, sights in groups.items():
        first = sights[0].hub
        kinds = {first.seen.kind, *(sight.other.seen.kind for sight in sights)}
        if not (
            first.fresh
            and first.personal
            and hub not in hubs
            and hub not in used
            and len(kinds) == len(sights) + 1
            and all(s.other.fresh and len(hubs[s.other.id]) == 1 for s in sights)
        ):
            entangled.add(hub)
            entangled.update(sight.other.id for sight in sights)
    # What hangs together with one of these is entangled, too.
    near: dict[UUID, set[UUID]] = {}
    for hub, sights in groups.items():
        for sight in sights:
            near.setdefault(hub, set()).add(sight.other.id)
            near.setdefault(sight.other.id, set()).add(hub)
    waiting = list(entangled)
    while waiting:
        further = near.get(waiting.pop(), set()) - entangled
        entangled |= further
        waiting += further
    return entangled


def _settle_plain(found: Found, new: dict[Pair, Sight], entangled: set[UUID]) -> None:
    """Whoever is new and entangled with nobody: the strongest identifier makes the customer."""
    for known in found.known.values():
        if known.fresh and known.id not in entangled and known.personal:
            known.customer = known.own
    for sight in new.values():
        if sight.hub.id not in entangled:
            sight.other.customer = sight.hub.customer


def _make_customers(found: Found, fresh: Iterable[Known], batch: Batch) -> None:
    """Customers whom nobody knew before; their number is on the profile at once."""
    numbers: dict[UUID, str] = {}
    for known in fresh:
        if known.customer is not None and known.customer == known.own:
            value = known.seen.value if known.seen.kind == Kind.NUMBER else ""
            numbers[known.customer] = value if len(value) <= LONGEST_NUMBER else ""
    moving.make_customers(numbers, batch=batch.id)
    batch.created.update(numbers)
    batch.profiled.update(numbers)
    batch.touched.update(numbers)


def _write(
    fresh: Sequence[Known], decided: book.Decided | None, plain: Sequence[Said], batch: Batch
) -> None:
    cells = _plain_cells(plain, fresh)
    now = decided.now if decided is not None else {}

    def row(known: Known) -> tuple[object, ...]:
        stands = now.get(known.id)
        cell, public = (stands.cell, stands.public) if stands else (cells.get(known.id), False)
        seen = known.seen
        return (known.id, seen.kind, seen.namespace, seen.value, known.customer, known.own, cell,
                public, batch.source.id, batch.id, known.first, known.last)  # fmt: skip

    copy_rows(
        "customers_identifier",
        ("id", "kind", "namespace", "value", "customer_id", "own_customer", "cell", "public",
         "source_id", "batch", "first_seen_at", "last_seen_at"),
        map(row, fresh),
    )  # fmt: skip
    copy_rows(
        "customers_link",
        ("id", "identifier_id", "customer_id", "since"),
        ((uuid7(), known.id, known.customer, batch.received_at)
         for known in fresh if known.customer is not None),
    )  # fmt: skip
    book.write(plain, at=batch.received_at)


def _plain_cells(plain: Sequence[Said], fresh: Iterable[Known]) -> dict[UUID, UUID]:
    """Of persons who are new as a whole: the cell is named by who became known first."""
    personal = {known.id: known for known in fresh if known.personal}
    cells: dict[UUID, UUID] = {}
    for said in plain:
        if said.a in personal and said.b in personal:
            hub = said.a if personal[said.a].customer == personal[said.a].own else said.b
            cells[said.a] = cells[said.b] = hub
    return cells


def _attribute(event: Incoming, claims: Sequence[Known], batch: Batch) -> None:
    """The event is of the strongest identifier that is somebody's."""
    if not claims:
        return
    whose = next((known for known in claims if _owner(known, event.at) is not None), claims[0])
    event.identifier_id, event.customer_id = whose.id, _owner(whose, event.at)
    batch.counts["conflicts"] += sum(
        known.customer != event.customer_id for known in claims if known.personal
    )


def _owner(known: Known, at: datetime) -> UUID | None:
    """Whose it is; a carrier that went through several hands in this batch, whose it was then."""
    if len(known.sights) < 2 or known.public:
        return known.customer
    past = [(moment, hub.customer) for moment, hub in known.sights if hub.customer]
    if not past or known.customer is None:
        return known.customer
    before = [one for one in past if one[0] <= at]
    if before:
        return max(before, key=lambda one: one[0])[1]
    return min(past, key=lambda one: one[0])[1]


def _stretch(known: list[Known], *, by_at_least: timedelta) -> None:
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
