"""Whose identifiers: the step of the pump that makes people out of what is seen together.

    python -m benchmarks.resolving --customers 1000000

A workspace of so many customers, each known by a number, an e-mail and a phone, is filled with the
step itself (which is the figure of persons who are new as a whole); then batches come that bring
nothing new, and batches that bring what is known one thing more. Only the step is measured,
durable in PostgreSQL with its commit; profiles, events and the lake are other steps.

The peer for what is new is the plain way with Django's ORM: for each event `get_or_create` of each
identifier, and a row for each link (on far fewer, since it is slow).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.serving import on_workspace

EVENTS = 10_000  # of a batch
ROUNDS = 5
NAIVE = 2_000  # events of the peer
START = datetime(2026, 11, 1, tzinfo=UTC)


def measure(data: Path, customers: int) -> None:
    """New people, nothing new, one more identifier each; the peer."""
    from zhiyin.cli.workspace import opened

    with opened(data):
        from zhiyin.collect.models import Source

        source, _ = Source.objects.get_or_create(
            key="bench-identity", defaults={"name_zh": "bench", "name_en": "bench"}
        )
        _measure(source, customers)


def _measure(source: object, customers: int) -> None:
    dice = random.Random(7)
    rates = []
    for start in range(0, customers, EVENTS):
        people = range(start, min(start + EVENTS, customers))
        rates.append(3 * len(people) / _resolved(source, (_seen(n, "nep") for n in people)))
        if start % (20 * EVENTS) == 0:
            print(f"    {start:,}: {rates[-1]:,.0f} identifiers/s", file=sys.stderr, flush=True)
    _analyze()
    last = rates[-ROUNDS:]
    naive = _naive(source)
    figure(
        "identity_new_people", sum(last) / len(last), "identifiers/s", "ORM, row by row",
        naive, sum(last) / len(last) / naive, customers,
        note="persons who are new as a whole, the last batches of the fill",
    )  # fmt: skip
    known = [
        _resolved(source, [_seen(dice.randrange(customers), "nep") for _ in range(EVENTS)])
        for _ in range(ROUNDS)
    ]
    figure("identity_nothing_new", 3 * EVENTS * ROUNDS / sum(known), "identifiers/s", n=customers,
           note="three identifiers an event, all known and linked")  # fmt: skip
    chosen = dice.sample(range(customers), min(customers, EVENTS * ROUNDS))
    more = [
        _resolved(source, [_seen(n, "nd") for n in chosen[at : at + EVENTS]])
        for at in range(0, len(chosen), EVENTS)
    ]
    figure("identity_one_more", 2 * len(chosen) / sum(more), "identifiers/s", n=customers,
           note="a known number with a new device each")  # fmt: skip


def _seen(person: int, which: str) -> list[tuple[str, str, str]]:
    all_ = {
        "n": ("number", "", f"N{person}"), "e": ("email", "", f"u{person}@mail.cn"),
        "p": ("phone", "", f"+861{30_0000_0000 + person}"), "d": ("device", "", f"dev-{person}"),
    }  # fmt: skip
    return [all_[one] for one in which]


def _resolved(source: object, people: Iterable[list[tuple[str, str, str]]]) -> float:
    """Seconds that one batch takes, with its commit."""
    from django.db import transaction

    from zhiyin.collect.batch import Batch, Incoming, Seen
    from zhiyin.customers.identities import resolving
    from zhiyin.ids import uuid7

    moments: Iterator[datetime] = (START + timedelta(seconds=n) for n in range(10**9))
    events = [
        Incoming(uuid7(), "Page Viewed", next(moments), [Seen(*one) for one in seen], {})
        for seen in people
    ]
    now = datetime.now(UTC)
    batch = Batch(uuid7(), 0, source, now, events, live=True)  # type: ignore[arg-type]
    begun = time.perf_counter()
    with transaction.atomic():
        resolving.resolve(batch)
    return time.perf_counter() - begun


def _naive(source: object) -> float:
    from django.db import transaction

    from zhiyin.customers.models import Customer, Identifier, Link, Statement

    now = datetime.now(UTC)
    begun = time.perf_counter()
    with transaction.atomic():
        for person in range(NAIVE):
            customer, first = None, None
            for kind, space, value in _seen(-1 - person, "nep"):
                defaults = {"source": source, "first_seen_at": now, "last_seen_at": now}
                one, fresh = Identifier.objects.get_or_create(
                    kind=kind, namespace=space, value=value, defaults=defaults
                )
                if fresh and customer is None:
                    customer = Customer.objects.create()
                one.customer = customer
                one.save(update_fields=["customer"])
                Link.objects.create(identifier=one, customer_id=customer.pk, since=now)
                if first is not None:
                    Statement.objects.create(a=first, b=one, rule="seen together", source=source,
                                             seen_at=now, at=now)  # fmt: skip
                first = first or one
        transaction.set_rollback(True)
    return 3 * NAIVE / (time.perf_counter() - begun)


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("customers_customer", "customers_identifier", "customers_statement"):
            cursor.execute(f"vacuum analyze {table}")


if __name__ == "__main__":
    on_workspace(measure, quick=100_000)
