"""The second check of the policy: row-level security of PostgreSQL on customers and what hangs on
them.

Rooms name the tables they guard. `apply` makes two roles that cannot sign in, and policies for
them: `zhiyin_everyone` sees every row (a constant, so no plan loses an index), `zhiyin_people` the
rows that its seat names, compiled by rows.py from the very sets that the filters come from. The
role that owns the tables is bound by no policy: pg_dump, COPY and migrations work as ever, and it
is what `seat.system` means. Connections of requests never hold it unless that was said.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from psycopg import sql

from zhiyin.accounts import access, seat
from zhiyin.accounts.models import User
from zhiyin.accounts.rows import Rows
from zhiyin.accounts.seat import Seat, Sight

PEOPLE, EVERYONE = Sight.SOME.value, Sight.EVERYTHING.value
ROLES = (PEOPLE, EVERYONE)
_LOCK = 0x7A68_6979_7273  # pg_advisory_xact_lock: one process applies at a time


@dataclass(frozen=True)
class Guarded:
    """A table, and the condition under which a narrow seat sees a row of it; the same has to hold
    of what it writes, unless it may write what it does not see."""

    table: str
    using: str
    writes_all: bool = False


_guarded: dict[str, Guarded] = {}
_kinds: dict[str, set[str]] = {}
_subject: list[str] = []
_subject_table: list[str] = []


def guard_subject(resource: str, table: str) -> None:
    """The table that everything hangs on, and the resource that says who sees its rows."""
    _subject[:], _subject_table[:] = [resource], [table]
    _guarded[table] = Guarded(table, _SUBJECT)


def guard(table: str, column: str = "customer_id", *, also_owner: str = "") -> None:
    """A table whose rows are seen with their customer; `also_owner` by its own owner too."""
    using = f"exists (select 1 from {_subject_table[0]} c where c.id = {column})"  # noqa: S608
    if also_owner:
        using += f" or {also_owner} = any ((select zhiyin_sight('owners'))::uuid[])"
    _guarded[table] = Guarded(table, using)


def guard_attached(table: str) -> None:
    """A table whose rows hang on a record of any type: on a customer, seen with the customer."""
    subject = f"select 1 from {_subject_table[0]} c where c.id = record_id"  # noqa: S608
    using = f"record_type <> '{_subject[0]}' or exists ({subject})"
    _guarded[table] = Guarded(table, using)


def guard_said(table: str, *kinds: str) -> None:
    """A table of what happened ("customer.updated", and to which object): what begins with these
    kinds happened to a customer, and is read with the customer. Each room adds its kinds.

    Written is it by whoever did it, also where the customer left their sight by that very deed.
    """
    known = _kinds.setdefault(table, set())
    known.update(kinds)
    named = ", ".join(f"'{kind}'" for kind in sorted(known))
    subject = f"select 1 from {_subject_table[0]} c where c.id = zhiyin_id(object_id)"  # noqa: S608
    using = f"split_part(type, '.', 1) not in ({named}) or exists ({subject})"
    _guarded[table] = Guarded(table, using, writes_all=True)


def guard_through(table: str, column: str, other: str) -> None:
    """A table whose rows are read with the row of another guarded table, and written as that is."""
    using = f"exists (select 1 from {other} o where o.id = {column})"  # noqa: S608
    _guarded[table] = Guarded(table, using, writes_all=True)


# The sets are asked once a statement (each select is an InitPlan of its own), not once a row.
_SUBJECT = """
owner_id = any ((select zhiyin_sight('owners'))::uuid[])
or department_id = any ((select zhiyin_sight('departments'))::uuid[])
or id = any ((select zhiyin_sight('rows'))::uuid[])
or ((select coalesce(current_setting('zhiyin.places', true), '')) <> ''
    and zhiyin_lies_in(country, province, city, department_id))
"""
_FUNCTIONS = """
create or replace function zhiyin_sight(what text) returns uuid[] language sql stable as
$$ select coalesce(nullif(current_setting('zhiyin.' || what, true), ''), '{}')::uuid[] $$;

create or replace function zhiyin_id(written text) returns uuid language sql immutable as
$$ select case when $1 ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then $1::uuid end $$;

create or replace function zhiyin_lies_in(country text, province text, city text, department uuid)
returns boolean language sql stable as $$
select exists (
  select 1 from jsonb_to_recordset(current_setting('zhiyin.places')::jsonb)
    as p(country text, province text, city text, departments uuid[])
  where p.country in ('', $1) and p.province in ('', $2) and p.city in ('', $3)
    and (p.departments is null or $4 = any (p.departments)))
$$;
"""


def seat_of(user: User) -> Seat:
    """The seat of a user whom the gate let in."""
    rows = access.seen_rows(user, _subject[0]) if _subject else Rows()
    if rows.everything:
        return seat.EVERYTHING
    return Seat(Sight.SOME, tuple(_settings(rows)))


def _settings(rows: Rows) -> list[tuple[str, str]]:
    told = [
        ("zhiyin.owners", _array(rows.owners)),
        ("zhiyin.departments", _array(rows.departments)),
        ("zhiyin.rows", _array(rows.ids)),
    ]
    if rows.places:
        places = [
            {
                "country": one.country, "province": one.province, "city": one.city,
                "departments": None if one.departments is None
                else sorted(map(str, one.departments)),
            }
            for one in rows.places
        ]  # fmt: skip
        told.append(("zhiyin.places", json.dumps(places, ensure_ascii=False)))
    return told


def _array(ids: frozenset[object]) -> str:
    return "{" + ",".join(sorted(map(str, ids))) + "}"


def apply() -> bool:
    """Bring roles and policies up to date; says whether there was anything to do.

    Raises `ImproperlyConfigured` where the roles are missing and may not be made here.
    """
    with seat.system("policies are made by the owner of the tables"), transaction.atomic():
        if _is_current():
            return False
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            _make_roles()
            cursor.execute(_FUNCTIONS)
            for statement in _statements():
                cursor.execute(statement)
        return True


def _is_current() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select obj_description('accounts_user'::regclass, 'pg_class')")
        noted = cursor.fetchone()
        cursor.execute(
            "select count(*) from pg_class where relrowsecurity and relnamespace ="
            " current_schema()::regnamespace and relname = any(%s)",
            [sorted(_guarded)],
        )
        guarded = cursor.fetchone()
    return bool(noted == (_digest(),) and guarded == (len(_guarded),))


def _digest() -> str:
    text = _FUNCTIONS + "".join(map(str, _guarded.values()))
    return f"row security {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _make_roles() -> None:
    with connection.cursor() as cursor:
        for role in ROLES:
            cursor.execute(
                "select pg_has_role(oid, 'member') from pg_roles where rolname = %s", [role]
            )
            found = cursor.fetchone()
            if found == (True,):
                continue
            try:
                with transaction.atomic():
                    if found is None:
                        cursor.execute(
                            sql.SQL("create role {} nologin").format(sql.Identifier(role))
                        )
                    cursor.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))
            except ProgrammingError as error:
                if not isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
                    raise
                raise ImproperlyConfigured(_HOW_TO) from error


_HOW_TO = (
    "Row-level security needs two roles that this database user may not make. Let an administrator"
    " of the server run once, with the name of this user: create role zhiyin_people nologin; create"
    " role zhiyin_everyone nologin; grant zhiyin_people, zhiyin_everyone to <user>;"
)


def _statements() -> list[sql.Composable]:
    roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    made: list[sql.Composable] = [
        sql.SQL(text).format(roles=roles)
        for text in (
            "grant usage on schema public to {roles}",
            "grant select, insert, update, delete on all tables in schema public to {roles}",
            "grant usage, select on all sequences in schema public to {roles}",
            "alter default privileges in schema public"
            " grant select, insert, update, delete on tables to {roles}",
            "alter default privileges in schema public grant usage, select on sequences to {roles}",
        )
    ]
    for one in _guarded.values():
        table = sql.Identifier(one.table)
        made.append(sql.SQL("alter table {} enable row level security").format(table))
        for role, using in ((PEOPLE, one.using), (EVERYONE, "true")):
            name, check = sql.Identifier(role), "true" if one.writes_all else using
            made.append(sql.SQL("drop policy if exists {} on {}").format(name, table))
            made.append(
                sql.SQL(
                    "create policy {name} on {table} to {name} using ({using}) with check ({check})"
                ).format(name=name, table=table, using=sql.SQL(using), check=sql.SQL(check))
            )
    made.append(sql.SQL("comment on table accounts_user is {}").format(sql.Literal(_digest())))
    return made
