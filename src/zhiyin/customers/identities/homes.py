"""Rows that hang on a customer: they go where their customer goes, and come back.

Each room declares its tables in belongings.py; a test walks the database and fails at one that
nobody spoke for. A row keeps its `home`, the customer on whom it was hung. While that customer is
part of another, the row stands at the other (`place`), and `Displaced` remembers where it is from.
Where there can be one such row only (a consent, a place in a segment), one stands and the others
are laid aside whole. So whatever order people are merged and parted in, each row is where its home
is now, and when everybody is apart, nothing is left here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import NOT_PROVIDED, Model


@dataclass(frozen=True)
class Move:
    """A customer who goes from one place to another; a place is who they are part of, or alone."""

    home: UUID
    was: UUID
    now: UUID


@dataclass(frozen=True)
class Belonging:
    """A table whose rows hang on a customer by `column`.

    where: which rows of it do (SQL over `t`).
    once: columns of which a customer can have one row each; empty: as many as there are.
    free: which rows do not count for that (SQL over the columns of `r`); and those with a null in
        `once`, unless `nulls_differ` is said not to be so.
    prefer: which of several stands (SQL to order by, over `r`); else that of who stays.
    said: columns that go for all, where the row that stands was written since (`at` tells).
    """

    table: str
    column: str = "customer_id"
    where: str = "true"
    once: tuple[str, ...] = ()
    free: str = "false"
    nulls_differ: bool = True
    prefer: str = ""
    said: tuple[str, ...] = ()


_belongings: dict[str, Belonging] = {}
_derived: dict[str, str] = {}
_MOVES = "unnest(%(homes)s::uuid[], %(was)s::uuid[], %(now)s::uuid[]) as m(home, was, now)"


def belongs(table: str, column: str = "customer_id", **more: object) -> None:
    """Declare a table; see `Belonging`."""
    _belongings[table] = Belonging(table, column, **more)  # type: ignore[arg-type]


def follows(table: str, *, why: str) -> None:
    """A table that names customers and is brought up to date in another way."""
    assert why
    _derived[table] = why


def declared() -> set[str]:
    """Tables that a room spoke for."""
    return {*_belongings, *_derived}


def move(moves: Sequence[Move], *, at: datetime) -> None:
    """Bring every row to the place of its home."""
    if not moves:
        return
    asked: dict[str, Any] = {
        "homes": [one.home for one in moves], "was": [one.was for one in moves],
        "now": [one.now for one in moves], "at": at,
        "places": sorted({place for one in moves for place in (one.was, one.now)}),
    }  # fmt: skip
    for one in _belongings.values():
        (_move_single if one.once else _move_all)(one, asked)


def _move_all(one: Belonging, asked: dict[str, Any]) -> None:
    key, kind = _key(one.table)
    words = {"table": one.table, "column": one.column, "key": key, "kind": kind,
             "where": one.where, "moves": _MOVES}  # fmt: skip
    for statement in (_LEAVE, _GO, _PLACE, _HOME):
        _do(statement.format(**words), {**asked, "table": one.table})


# What is at home there and leaves: remembered.
_LEAVE = """
insert into customers_displaced ("table", key, home, place, at)
select %(table)s, t.{key}::text, m.home, m.now, %(at)s
from {moves} join {table} t on t.{column} = m.home
where m.was = m.home and {where} and not exists (
    select from customers_displaced d where d."table" = %(table)s and d.key = t.{key}::text)
"""
_GO = """
update {table} t set {column} = m.now
from {moves} join customers_displaced d on d.home = m.home and d."table" = %(table)s
where d.row is null and t.{key} = d.key::{kind} and t.{column} <> m.now
"""
_PLACE = """
update customers_displaced d set place = m.now from {moves}
where d.home = m.home and d."table" = %(table)s
"""
_HOME = """
delete from customers_displaced d using {moves}
where d.home = m.home and d.home = m.now and d."table" = %(table)s and d.row is null
"""
# What was said since one was laid aside holds for it too.
_SAID = """
update customers_displaced d set row = d.row || jsonb_build_object({pairs})
from {table} t
where d."table" = %(table)s and d.row is not null and d.place = any(%(places)s)
  and t.{column} = d.place and t.at > d.at and {same}
"""
# Everything at these places is lifted …
_LIFT = """
with lifted as (
    delete from {table} t where t.{column} = any(%(places)s) and {where} returning t.*
)
insert into customers_displaced as d ("table", key, home, place, row, at)
select %(table)s, l.{key}::text, l.{column}, l.{column}, to_jsonb(l), %(at)s from lifted l
on conflict ("table", key) do update set row = excluded.row, at = excluded.at
"""
# … and one of each is set down where its home is now.
_DOWN = """
with candidate as (
    select d.id, d.key, d.home, d.place, d.row as kept, r
    from customers_displaced d cross join lateral jsonb_populate_record(
        null::{table}, %(defaults)s::jsonb || d.row
        || jsonb_build_object('{column}', d.place)) as r
    where d."table" = %(table)s and d.row is not null and d.place = any(%(places)s)
), best as (
    select distinct on (c.place, {once}, case when {free} then c.key end) c.*
    from candidate c
    order by c.place, {once}, case when {free} then c.key end, {prefer}
        (c.home = c.place) desc, c.key
), down as (
    insert into {table} ({columns}) overriding system value
    select {values} from best b
), home as (
    delete from customers_displaced d using best b where d.id = b.id and d.home = d.place
)
update customers_displaced d set row = null from best b where d.id = b.id and d.home <> d.place
"""


def _move_single(one: Belonging, asked: dict[str, Any]) -> None:
    key, kind = _key(one.table)
    columns, defaults = columns_of(one.table)
    words = {
        "table": one.table, "column": one.column, "key": key, "kind": kind, "where": one.where,
        "moves": _MOVES, "columns": ", ".join(f'"{name}"' for name in columns),
        "values": ", ".join(f'(b.r)."{name}"' for name in columns),
        "once": ", ".join(f"(c.r).{name}" for name in one.once),
        "free": " or ".join(
            (one.free.replace("r.", "(c.r)."),
             *(f"(c.r).{name} is null" for name in one.once if one.nulls_differ))
        ),
        "prefer": one.prefer.replace("r.", "(c.r).") + ", " if one.prefer else "",
        "pairs": ", ".join(f"'{name}', t.{name}" for name in one.said),
        "same": " and ".join(f"t.{name}::text = d.row->>'{name}'" for name in one.once),
    }  # fmt: skip
    here = {**asked, "table": one.table, "defaults": defaults}
    for statement in ((_SAID,) if one.said else ()) + (_LIFT, _PLACE, _DOWN):
        _do(statement.format(**words), here)


@cache
def _model(table: str) -> type[Model]:
    return next(one for one in apps.get_models() if one._meta.db_table == table)


def _key(table: str) -> tuple[str, str]:
    """The name and the type of its primary key."""
    key = _model(table)._meta.pk
    assert key is not None
    kind = key.rel_db_type(connection)
    assert kind is not None
    assert key.column is not None
    return key.column, kind


@cache
def columns_of(table: str) -> tuple[tuple[str, ...], str]:
    """Its columns, and what a row laid aside before a column was added has there."""
    fields = [one for one in _model(table)._meta.concrete_fields if not one.generated]
    defaults = {
        one.column: one.get_default() for one in fields
        if not one.primary_key and one.default is not NOT_PROVIDED
    }  # fmt: skip
    return tuple(str(one.column) for one in fields), json.dumps(defaults, cls=DjangoJSONEncoder)


def _do(statement: str, asked: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
