"""Profiles of customers who become one person, and become several again.

The row of who joins leaves the table of customers, so nothing that reads it has to know of merges;
it lies in `OwnProfile` until they are parted. The row of who stays says what `composing` makes of
all of them, and its own beside it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from zhiyin.connect import outbox
from zhiyin.customers import companies, figures, profiles, search
from zhiyin.customers.identities import composing, homes
from zhiyin.customers.identities.composing import Row
from zhiyin.customers.identities.homes import Move
from zhiyin.customers.models import Customer, OwnProfile

if TYPE_CHECKING:
    from zhiyin.collect.batch import Batch

TABLE = "customers_customer"
_COUNTED = ("orders", "revenue", "first_order_at", "last_order_at", "last_seen_at", "figures_at")
_ROWS = """
select id::text, to_jsonb(c)::text from customers_customer c where id = any(%s)
order by id for update
"""
_KNOWN = """
select id from customers_customer where id = any(%(ids)s)
union select customer from customers_ownprofile where customer = any(%(ids)s)
"""
# Rows of JSON as rows of the table; what one lacks has its default.
_POPULATED = """
select p.* from jsonb_array_elements(%s::jsonb) as one(row) cross join lateral
    jsonb_populate_record(null::customers_customer, %s::jsonb || one.row) as p
"""


@dataclass
class Profiles:
    """Whose profile is there now, whose has gone into another's, and companies to count anew."""

    live: set[UUID] = field(default_factory=set)
    gone: set[UUID] = field(default_factory=set)
    employers: set[str] = field(default_factory=set)
    changed: dict[UUID, set[str]] = field(default_factory=dict)  # fields, of those that stayed
    back: set[UUID] = field(default_factory=set)


def known(ids: Collection[UUID]) -> set[UUID]:
    """Those of these customers who have a profile, here or as part of another."""
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"ids": list(ids)})
        return {row[0] for row in cursor.fetchall()}


def place_of(customer: UUID) -> UUID | None:
    """Who this customer is part of; None where they are nobody's part."""
    found = OwnProfile.objects.filter(customer=customer).exclude(place=customer)
    return found.values_list("place", flat=True).first()


def everybody_with(customers: Iterable[UUID]) -> set[UUID]:
    """These customers with all who are one person with them."""
    ids = set(customers)
    places = set(OwnProfile.objects.filter(customer__in=ids).values_list("place", flat=True))
    mates = OwnProfile.objects.filter(place__in=places | ids)
    return ids | places | set(mates.values_list("customer", flat=True))


def reference(customer: UUID) -> Customer:
    """The customer as what an audit entry names."""
    return Customer(pk=customer)


def move(moves: Sequence[Move], *, at: datetime) -> Profiles:
    """Write the profiles of everybody whose place changes, or whose company does."""
    told = Profiles()
    if not moves:
        return told
    affected = {place for one in moves for place in (one.was, one.now)}
    held = {str(one.customer): one for one in OwnProfile.objects.select_for_update()
            .filter(place__in=affected)}  # fmt: skip
    visible = _rows(affected)
    own, place = _as_they_are(held, visible)
    place.update({str(one.home): str(one.now) for one in moves})
    members: dict[str, list[str]] = {}
    for home, where in place.items():
        members.setdefault(where, []).append(home)
    new: dict[str, Row] = {}
    keep: list[OwnProfile] = []
    for where, homes_there in members.items():
        others = [own[home] for home in homes_there if home != where]
        row = composing.composed(own[where], others) if others else own[where]
        new[where] = row
        if others:
            keep += [
                OwnProfile(customer=home, place=where, row=own[home], at=at,
                           told=composing.told(row) if home == where else None)
                for home in homes_there
            ]  # fmt: skip
    OwnProfile.objects.filter(customer__in=place).delete()
    OwnProfile.objects.bulk_create(keep, batch_size=2000)
    gone = visible.keys() - new.keys()
    _delete(gone)
    _update([new[id_] for id_ in new if id_ in visible])
    _insert([new[id_] for id_ in new if id_ not in visible])
    for row in (*visible.values(), *new.values()):
        if row.get("company_id"):
            told.employers.add(str(row["company_id"]))
    told.gone = {UUID(one) for one in gone}
    told.live = {UUID(one) for one in new}
    told.back = {UUID(one) for one in new if one not in visible}
    told.changed = {
        UUID(id_): {name.removesuffix("_id") for name in composing.TOLD
                    if visible[id_].get(name) != row.get(name)}
        for id_, row in new.items() if id_ in visible
    }  # fmt: skip
    return told


def bring_up_to_date(live: set[UUID], told: Profiles, *, at: datetime, batch: Batch | None) -> None:
    """Golden record, figures, search and companies of whoever changed; figures and search a batch
    does itself at its end."""
    profiles.decide_anew(told.live - told.gone, at=at, noted=False)
    _retell(told.live)
    companies.refresh(told.employers, at=at)
    if batch is not None:
        batch.touched.update(live)
        batch.touched.difference_update(told.gone)
        batch.profiled.update(told.live)
        batch.profiled.difference_update(told.gone)
    else:
        figures.refresh(live, at=at, undoing=True)
        search.index(live)
    outbox.tell_many("customer.updated", {id_: fields for id_, fields in told.changed.items()
                                          if fields}, importing=batch is not None)  # fmt: skip
    outbox.tell_many("customer.created", dict.fromkeys(told.back, ()), importing=batch is not None)


def _retell(customers: Collection[UUID]) -> None:
    """What was made of several is what stands there now that the golden record was decided."""
    kept = list(OwnProfile.objects.filter(customer__in=customers).exclude(told=None))
    rows = _rows([one.customer for one in kept])
    for one in kept:
        one.told = composing.told(rows[str(one.customer)])
    OwnProfile.objects.bulk_update(kept, ["told"], batch_size=2000)


def _as_they_are(
    held: dict[str, OwnProfile], visible: dict[str, Row]
) -> tuple[dict[str, Row], dict[str, str]]:
    """What each says by itself now, and where each is."""
    own = {id_: dict(one.row) for id_, one in held.items()}
    place = {id_: str(one.place) for id_, one in held.items()}
    for id_, row in visible.items():
        mine = held.get(id_)
        if mine is None:
            own[id_], place[id_] = row, id_
        elif mine.told is not None:
            mates = {one: own[one] for one, where in place.items() if where == id_}
            own.update(composing.edited(mates, id_, mine.told, row))
    return own, place


def _rows(ids: Collection[UUID]) -> dict[str, Row]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(ids)])
        # Decimals stay as they are written.
        return {id_: json.loads(row, parse_float=str) for id_, row in cursor.fetchall()}


def _delete(ids: Collection[str]) -> None:
    with connection.cursor() as cursor:
        asked: list[Any] = [[UUID(one) for one in ids]]
        cursor.execute("delete from customers_customersearch where customer_id = any(%s)", asked)
        cursor.execute("delete from customers_customer where id = any(%s)", asked)


def _update(rows: Sequence[Row]) -> None:
    """Write what is told; of who is alone again also the figures, which are counted after."""
    if not rows:
        return
    names = (*composing.TOLD, *_COUNTED)
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_customer c set version = c.version + 1, "  # noqa: S608
            + ", ".join(f"{name} = r.{name}" for name in names)
            + f" from ({_POPULATED}) r where c.id = r.id",
            [json.dumps(rows), homes.columns_of(TABLE)[1]],
        )


def _insert(rows: Sequence[Row]) -> None:
    if not rows:
        return
    columns, defaults = homes.columns_of(TABLE)
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into customers_customer ({names}) select {names} from ({_POPULATED}) r",  # noqa: S608
            [json.dumps(rows), defaults],
        )
