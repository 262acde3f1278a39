"""Events as short as a test can tell them, brought down the step that says whose they are; and
everything the database holds, to compare before and after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import connection, transaction

from tests.customers import people
from zhiyin.collect import hot_rows
from zhiyin.collect.batch import Batch, Incoming, ProfileFacts, Seen
from zhiyin.collect.pipeline import EARLIEST
from zhiyin.customers import profiles
from zhiyin.customers.identities import book, resolving
from zhiyin.customers.models import Identifier, Statement
from zhiyin.ids import uuid7

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
KINDS = {"n": "number", "c": "card", "p": "phone", "e": "email", "w": "wechat", "d": "device"}
_moments = count()

# Logs that only grow, figures' own dates, and versions, which only grow.
LOGS = {
    "customers_statement", "customers_link", "customers_joining", "customers_proposal",
    "accounts_auditpending",
    "accounts_auditentry", "accounts_audithead", "connect_occurrence", "connect_delivery",
    "django_migrations", "django_content_type", "auth_permission", "procrastinate_jobs",
    "procrastinate_events",
}  # fmt: skip
PASSING = {
    "customers_customer": ("figures_at", "version"),
    "customers_company": ("figures_at",),
    "customers_identifier": ("first_seen_at", "last_seen_at"),
}


def seen(*names: str, name: str = "", day: float | None = None) -> Incoming:
    """`n1` is a number, `p1` a phone …; `name` is what the person is called."""
    at = START + timedelta(days=day) if day is not None else START + timedelta(
        seconds=next(_moments)
    )  # fmt: skip
    facts = ProfileFacts({"name": name}, []) if name else None
    return Incoming(uuid7(), "Page Viewed", at, [_seen(one) for one in names], {}, profile=facts)


def _seen(one: str) -> Seen:
    kind = KINDS[one[0]]
    number = int(one[1:] or 0)
    value = {"phone": f"+8613805{700000 + number}", "email": f"u{number}@mail.cn"}
    return Seen(kind, "", value.get(kind, one))


def pump(*events: Incoming, at: datetime | None = None, live: bool = True) -> Batch:
    """One batch down the road of this room."""
    received = at or START + timedelta(days=30, seconds=next(_moments))
    batch = Batch(uuid7(), 0, people.source(), received, list(events), live=live)
    with transaction.atomic():
        resolving.resolve(batch)
        hot_rows.keep(batch, since=EARLIEST)
        profiles.apply(batch)
    return batch


def whose(*names: str) -> list[str]:
    """For each the customer, called by the oldest identifier of theirs that is asked for."""
    held = {(one.kind, one.value): one for one in Identifier.objects.all()}
    owners = [held[_seen(one)[0], _seen(one)[2]].customer_id for one in names]
    called: dict[object, str] = {None: "nobody"}
    return [called.setdefault(owner, one) for owner, one in zip(owners, names, strict=True)]


def ledger_agrees() -> None:
    """Whose everything is, is what all links from scratch say."""
    from zhiyin.customers.identities.kinds import GUARDS
    from zhiyin.identity.people import resolve

    ids = list(Identifier.objects.values_list("pk", flat=True))
    standing, links = book.opened_at(ids)
    people_ = resolve(standing.drop_columns(["public"]), links, GUARDS).standing
    told = dict(
        zip(people_["identifier"].to_pylist(), people_["customer"].to_pylist(), strict=True)
    )
    kept = {
        str(pk): str(customer) if customer else None
        for pk, customer in Identifier.objects.values_list("pk", "customer_id")
    }
    assert kept == told


def dump(but: Iterable[str] = ()) -> dict[str, list[str]]:
    """Every row of every table, but for logs."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in LOGS or table in but:
                continue
            less = "".join(f" - '{name}'" for name in PASSING.get(table, ()))
            cursor.execute(f"select (to_jsonb(t){less})::text from {table} t")
            found[table] = sorted(row[0] for row in cursor.fetchall())
    return found


def differences(one: dict[str, list[str]], two: dict[str, list[str]]) -> dict[str, list[str]]:
    """Rows that are in one of both only, by table."""
    return {
        table: sorted(set(one[table]) ^ set(two[table]))
        for table in one
        if one[table] != two[table]
    }


def links(*names: str) -> list[Statement]:
    """The links between identifiers of these names, in the order in which they were said."""
    ids = {one.pk for one in Identifier.objects.all() for name in names
           if (one.kind, one.value) == (_seen(name)[0], _seen(name)[2])}  # fmt: skip
    return list(Statement.objects.filter(a__in=ids, b__in=ids, retracts=None).order_by("pk"))
