"""Who goes where by a decision: the one place where the map and all that follows it change.

Events are not rewritten to say whose they are; rows of hot events and of orders hold the answer
for the sake of speed, and it is brought after the map here. A carrier's events are whoever's it was
when they happened, so a tablet that changes hands takes nobody's past along.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zhiyin.accounts import seat
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.batch import Batch
from zhiyin.collect.bulk import copy_rows
from zhiyin.customers.identities import homes, own
from zhiyin.customers.identities.book import Decided, Said, Stands
from zhiyin.customers.identities.homes import Move
from zhiyin.customers.models import Joining
from zhiyin.ids import uuid7

_PUT = """
update customers_identifier i set customer_id = n.customer, cell = n.cell, public = n.public
from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bool[]) as n(id, customer, cell, public)
where i.id = n.id
"""
_END = """
update customers_link set until = %s where identifier_id = any(%s) and until is null
"""
_NEVER_WAS = "delete from customers_link where identifier_id = any(%s) and until <= since"
# Rows of personal identifiers are whoever's those are.
_FOLLOW = """
update {table} t set customer_id = n.customer
from unnest(%(ids)s::uuid[], %(customers)s::uuid[]) as n(id, customer)
where t.identifier_id = n.id and t.customer_id is distinct from n.customer
"""
_CARRIERS = """
select i.id from customers_identifier i where i.kind = any(%(carriers)s) and i.id = any(%(ids)s)
union
select i.id from customers_statement s join customers_identifier i on i.id = s.b_id
where s.a_id = any(%(ids)s) and i.kind = any(%(carriers)s)
union
select i.id from customers_statement s join customers_identifier i on i.id = s.a_id
where s.b_id = any(%(ids)s) and i.kind = any(%(carriers)s)
"""
# Rows of carriers are of whoever used it last before, and else of who used it first after.
_USERS = """
with said as (
    select a_id as carrier, b_id as who, seen_at, rule, id from customers_statement
    where a_id = any(%(ids)s) and retracts is null
    union all
    select b_id, a_id, seen_at, rule, id from customers_statement
    where b_id = any(%(ids)s) and retracts is null
), holds as (
    select * from said where not exists (
        select from customers_statement r where r.retracts = said.id)
), users as materialized (
    select h.carrier, h.seen_at, i.customer_id as customer, h.id
    from holds h join customers_identifier i on i.id = h.who
    where h.rule <> 'kept apart' and not i.public and i.customer_id is not null
      and i.kind <> all(%(carriers)s) and not exists (
        select from holds f where f.rule = 'kept apart' and f.carrier = h.carrier
          and f.who = h.who)
)
update {table} t set customer_id = w.customer
from (
    select e.{key} as id, case when not c.public then coalesce((
        select u.customer from users u where u.carrier = e.identifier_id
        order by u.seen_at <= e.{at} desc, abs(extract(epoch from u.seen_at - e.{at})), u.id desc
        limit 1), c.customer_id) end as customer
    from {table} e join customers_identifier c on c.id = e.identifier_id
    where e.identifier_id = any(%(ids)s)
) w where t.{key} = w.id and t.customer_id is distinct from w.customer
"""
_LINES = """
update customers_orderline l set customer_id = o.customer_id from customers_order o
where o.id = l.order_id and o.identifier_id = any(%s)
  and l.customer_id is distinct from o.customer_id
"""
_FOLLOWING = (
    ("collect_event", "event_id", "at"),
    ("customers_order", "id", "ordered_at"),
    ("customers_sourcerecord", "id", ""),
)
_HELD = """
select distinct on (s.carrier) s.carrier, s.who, i.customer_id, c.last_seen_at, s.seen_at
from (
    select a_id as carrier, b_id as who, seen_at, rule, id, retracts from customers_statement
    where a_id = any(%(ids)s)
    union all
    select b_id, a_id, seen_at, rule, id, retracts from customers_statement
    where b_id = any(%(ids)s)
) s join customers_identifier i on i.id = s.who join customers_identifier c on c.id = s.carrier
where s.retracts is null and s.rule <> 'kept apart' and i.customer_id = c.customer_id
    and i.kind <> all(%(carriers)s)
    and not exists (select from customers_statement r where r.retracts = s.id)
order by s.carrier, s.seen_at desc, s.id desc
"""
_CARRYING = ["device"]


def waiting(decided: Decided) -> dict[UUID, UUID | None]:
    """What is left as it is for the lane of big merges: identifiers, each with the customer that it
    keeps until then. What is new there has none, unless the one it will have is here."""
    big = {one for move in decided.changes.moves if move.big for one in (move.before, move.after)}
    if not big:
        return {}
    names = {UUID(one) for one in big if one is not None}
    cells = {
        stands.cell or id_ for id_, stands in decided.now.items()
        if stands.customer in names or (id_ in decided.before
                                        and decided.before[id_].customer in names)
    }  # fmt: skip
    there = {stands.customer for stands in decided.before.values()}
    return {
        id_: decided.before[id_].customer if id_ in decided.before
        else stands.customer if stands.customer in there else None
        for id_, stands in decided.now.items() if (stands.cell or id_) in cells
    }  # fmt: skip


def seen_since(
    carriers: Sequence[tuple[UUID, UUID, datetime]], *, source: UUID
) -> list[Said]:  # fmt: skip
    """Before something old is said of who used a carrier: that whoever has it now was seen with it
    since, which nobody writes down with each click."""
    if not carriers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"ids": [one for one, _, _ in carriers], "carriers": _CARRYING})
        rows = cursor.fetchall()
    oldest = {carrier: at for carrier, _, at in carriers}
    held = []
    for carrier, who, _, last, said in rows:
        if last > oldest[carrier] >= said:
            low, high = sorted((carrier, who))
            held.append(Said(low, high, "seen together", source, last))
    return held


def make_customers(numbers: Mapping[UUID, str], *, batch: UUID | None = None) -> None:
    """Customers of whom nothing is known but that they are there, and their number."""
    copy_rows(
        "customers_customer",
        ("id", "number", "name", "email", "phone", "gender", "language", "country", "province",
         "city", "tags", "simulated_profile", "created_by_batch", "version", "orders", "revenue",
         "tier", "rfm", "rfm_segment", "persona"),
        (
            (id_, number, "", "", "", "", "", "", "", "", [], False, batch, 1, 0, 0,
             "", "", "", "")
            for id_, number in numbers.items()
        ),
    )  # fmt: skip


@seat.system("whose everything is, is one for everybody; who asked for it was asked before")
def apply(
    decided: Decided, *, at: datetime, by: User | None = None, batch: Batch | None = None,
    big: bool = False,
) -> set[UUID]:  # fmt: skip
    """Bring the map and all that follows it up to a decision; who is touched and still there.

    Merges that are `big` are left to their lane, unless this is it.
    """
    kept = {} if big else waiting(decided)
    now = {
        id_: Stands(kept[id_], stands.cell, stands.public) if id_ in kept else stands
        for id_, stands in decided.now.items() if id_ in decided.before
    }  # fmt: skip
    changed = {id_: one for id_, one in now.items() if one != decided.before[id_]}
    moved = {
        id_: (decided.before[id_].customer, one.customer) for id_, one in changed.items()
        if one.customer != decided.before[id_].customer
    }  # fmt: skip
    _put(changed)
    if kept:
        _queue({decided.now[id_].cell or id_ for id_ in kept})
    if not moved:
        return set()
    moves = [
        Move(home, was, there) for home, was, there in (
            (decided.own[id_], before or decided.own[id_], after or decided.own[id_])
            for id_, (before, after) in moved.items() if id_ not in decided.carriers
        ) if was != there
    ]  # fmt: skip
    here = own.known({move.home for move in moves})
    born = {after for _, after in moved.values() if after is not None}
    born -= own.known(born)
    moves = [move for move in moves if move.home in here or move.home in born]
    make_customers(dict.fromkeys(born, ""), batch=batch.id if batch else None)
    _version(moved, at)
    _follow(moved)
    homes.move([move for move in moves if move.home in here], at=at)
    profiles = own.move([move for move in moves if move.home in here], at=at)
    _note(moves, by=by, batch=batch, at=at)
    touched = {one for pair in moved.values() for one in pair if one is not None}
    live = (touched | born | profiles.live) - profiles.gone
    own.bring_up_to_date(live, profiles, at=at, batch=batch)
    return live


def _put(changed: Mapping[UUID, Stands]) -> None:
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT,
            [list(changed), [one.customer for one in changed.values()],
             [one.cell for one in changed.values()], [one.public for one in changed.values()]],
        )  # fmt: skip


def _queue(cells: Collection[UUID]) -> None:
    """Send big merges to their lane, when this transaction is over."""
    from zhiyin.customers import tasks

    tasks.merge_later(cells)


def _version(moved: Mapping[UUID, tuple[UUID | None, UUID | None]], at: datetime) -> None:
    """The map as it is from now on; what was of no length never was."""
    ids = list(moved)
    with connection.cursor() as cursor:
        cursor.execute(_END, [at, ids])
        cursor.execute(_NEVER_WAS, [ids])
    copy_rows(
        "customers_link",
        ("id", "identifier_id", "customer_id", "since"),
        ((uuid7(), id_, after, at) for id_, (_, after) in moved.items() if after is not None),
    )


def _follow(moved: Mapping[UUID, tuple[UUID | None, UUID | None]]) -> None:
    """Hot events and orders go with their identifiers."""
    ids = list(moved)
    with connection.cursor() as cursor:
        cursor.execute(_CARRIERS, {"ids": ids, "carriers": _CARRYING})
        carriers = [row[0] for row in cursor.fetchall()]
        personal = [one for one in ids if one not in set(carriers)]
        theirs: dict[str, Any] = {"ids": personal, "customers": [moved[one][1] for one in personal]}
        whole: dict[str, Any] = {"ids": ids, "customers": [moved[one][1] for one in ids]}
        for table, key, at in _FOLLOWING:
            if personal or not at:
                cursor.execute(_FOLLOW.format(table=table), theirs if at else whole)
            if carriers and at:
                cursor.execute(
                    _USERS.format(table=table, key=key, at=at),
                    {"ids": carriers, "carriers": _CARRYING},
                )
        cursor.execute(_LINES, [[*ids, *carriers]])


def _note(
    moves: Iterable[Move], *, by: User | None, batch: Batch | None, at: datetime
) -> None:  # fmt: skip
    """One line on the timeline and one in the audit trail for each who joined or left."""
    joinings = []
    moves = list(moves)
    place = {move.home: move.now for move in moves}
    for move in moves:
        if move.was == move.home:
            joinings.append(_joining(Joining.What.MERGED, move.now, move.home, by, batch, at))
        elif move.now == move.home:
            joinings.append(
                _joining(
                    Joining.What.SPLIT, place.get(move.was, move.was), move.home, by, batch, at
                )
            )
    Joining.objects.bulk_create(joinings, batch_size=5000)
    if by is not None or batch is None:
        for one in joinings:
            record(by, f"customer.{one.what}", own.reference(one.customer_id), other=one.other)
    elif joinings:
        record(
            None, "customers.joined", None, batch=batch.id,
            merged=sum(one.what == Joining.What.MERGED for one in joinings),
            split=sum(one.what == Joining.What.SPLIT for one in joinings),
        )  # fmt: skip


def _joining(
    what: Joining.What, customer: UUID, other: UUID, by: User | None, batch: Batch | None,
    at: datetime,
) -> Joining:  # fmt: skip
    return Joining(
        what=what, customer_id=customer, other=other, by=by, batch=batch.id if batch else None,
        at=at,
    )  # fmt: skip
