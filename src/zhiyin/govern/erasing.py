"""Erasing customers everywhere: in PostgreSQL, in the lake, in files, and in the bytes they leave.

    prepare    who, and what will go; nothing is done yet, and it can be cancelled
    begin      their identifiers are remembered as hashes: from here nothing of theirs comes in
    forget     each room forgets (accounts.forgetting), in one transaction; then the lake
    rewrite    PostgreSQL's files are written anew, and its log's old files are removed
    receipt    counts and a digest; who they were stands nowhere any more

Each part may be killed and is done again from where it stopped: `run` takes an erasure up in any
state. Several customers are one erasure, since rewriting costs the same for one and for thousands.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from zhiyin.accounts import forgetting, seat
from zhiyin.accounts.audit import record
from zhiyin.accounts.database import rewriting
from zhiyin.accounts.forgetting import Leaving
from zhiyin.accounts.models import User
from zhiyin.collect.archive import lake
from zhiyin.connect import outbox
from zhiyin.customers.identities import own
from zhiyin.customers.models import Customer, Identifier, OwnProfile
from zhiyin.files import store
from zhiyin.govern import tombstones
from zhiyin.govern.models import Erasure

State = Erasure.State
Progress = Callable[[str, int, int | None], None]
log = structlog.get_logger(__name__)
MOST = 10_000  # customers of one erasure
AT_ONCE_BYTES = 1 << 30  # a larger database is written anew at night, and not while people work
_LOCK = 0x7A70_6572_6A6F  # pg_advisory_lock: one erasure at a time
_BATCHES = """
select created_by_batch from customers_customer where id = any(%(customers)s)
union select batch from customers_identifier where id = any(%(identifiers)s)
union select batch from customers_statement where a_id = any(%(identifiers)s)
union select batch from customers_statement where b_id = any(%(identifiers)s)
union select (row->>'created_by_batch')::uuid from customers_ownprofile
    where customer = any(%(customers)s)
union select batch from customers_profilechange where customer_id = any(%(customers)s)
union select batch from customers_order where customer_id = any(%(customers)s)
union select batch from govern_consentchange where customer_id = any(%(customers)s)
union select batch from collect_event where customer_id = any(%(customers)s)
"""


class NobodyError(ValueError):
    """None of these customers is there."""


class TooManyError(ValueError):
    """More than one erasure takes."""


class OverError(RuntimeError):
    """It has begun, or was cancelled: it cannot be begun or cancelled any more."""


@dataclass
class Preview:
    """What would go: rows by table, things beside the database, and what stays without them."""

    customers: int
    identifiers: int
    rows: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    mentions: int = 0

    @property
    def total(self) -> int:
        """All rows that go."""
        return sum(self.rows.values())


@seat.system("what an erasure takes belongs to no one person's sight; its permission was asked")
def preview(
    customers: Collection[UUID], *, keep_orders: bool = True, beside: bool = True
) -> Preview:
    """What an erasure of these customers would do; changes nothing. `beside` reads files, too."""
    leaving = _leaving(customers, (), keep_orders=keep_orders)
    found = Preview(len(leaving.customers), len(leaving.identifiers))
    with transaction.atomic():
        for rule in forgetting.rules():
            if rule.applies(leaving) and (rows := rule.count(leaving)):
                into = found.kept if rule.sets else found.rows
                into[rule.table] = into.get(rule.table, 0) + rows
        found.mentions = forgetting.mentioned(leaving)
    for one in forgetting.outsiders() if beside else ():
        if things := one.count(leaving):
            found.beside[one.name] = things
    return found


@transaction.atomic
def prepare(
    customers: Collection[UUID], *, by: User | None, reason: str, keep_orders: bool = True
) -> Erasure:
    """Note who is to be erased; nothing goes yet."""
    if len(customers) > MOST:
        raise TooManyError(f"{len(customers):,} > {MOST:,}")
    everybody = own.everybody_with(customers)
    there = sorted(Customer.objects.filter(pk__in=everybody).values_list("pk", flat=True))
    if not there:
        raise NobodyError
    made = Erasure.objects.create(
        at=timezone.now(), by=by, reason=reason, keep_orders=keep_orders, customers=len(there),
        waiting={"customers": [str(one) for one in there]},
    )  # fmt: skip
    record(by, "erasure.asked", made, customers=len(there), reason=reason, keep_orders=keep_orders)
    return made


@transaction.atomic
def cancel(one: Erasure, *, by: User | None) -> None:
    """Leave everybody where they are; only while nothing has begun."""
    changed = Erasure.objects.filter(pk=one.pk, state=State.PREPARED).update(
        state=State.CANCELLED, waiting={}
    )
    if not changed:
        raise OverError(str(one.pk))
    record(by, "erasure.cancelled", one)


def run(one: Erasure, progress: Progress, *, rewrite_now: bool | None = None) -> Erasure:
    """Bring an erasure to its end, or to the night where its bytes are too many for the day.

    `progress` may raise to stop only before the erasure has begun.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [_LOCK])
        try:
            one.refresh_from_db()
            if one.state == State.PREPARED:
                _begin(one, progress)
            if one.state == State.BEGUN:
                _forget(one, _unstoppable(progress))
            if one.state == State.FORGOTTEN and _is_time(rewrite_now):
                _finish([one], _unstoppable(progress))
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [_LOCK])
    return one


@transaction.atomic
def welcome(kind: str, value: str, *, by: User | None) -> bool:
    """Somebody came back by themselves: what comes with this identifier is taken in again."""
    lifted = tombstones.lift([(kind, "", value)]) > 0
    if lifted:
        record(by, "erasure.lifted", None, kind=kind)
    return lifted


def rewrite_waiting(progress: Progress) -> int:
    """Write the files anew for every erasure that waits for it; how many were finished."""
    waiting = list(Erasure.objects.filter(state=State.FORGOTTEN).order_by("at"))
    if waiting:
        _finish(waiting, progress)
    return len(waiting)


def unfinished() -> list[Erasure]:
    """Erasures that were begun and killed."""
    return list(Erasure.objects.filter(state=State.BEGUN).order_by("at"))


def _is_time(rewrite_now: bool | None) -> bool:
    return rewriting.size() <= AT_ONCE_BYTES if rewrite_now is None else rewrite_now


def _unstoppable(progress: Progress) -> Progress:
    """Progress of what cannot be stopped any more: that somebody asked is not heard."""
    from zhiyin.accounts.work import Cancelled

    def told(stage: str, done: int, total: int | None) -> None:
        try:
            progress(stage, done, total)
        except Cancelled:
            log.info("an erasure that has begun goes on")

    return told


def _begin(one: Erasure, progress: Progress) -> None:
    """The point of no return: their identifiers are remembered, and nothing of theirs comes in."""
    progress("prepare", 0, None)
    leaving = _leaving(_ids(one, "customers"), (), keep_orders=one.keep_orders)
    tombstones.add(leaving.seen, timezone.now())
    # Whoever was being linked meanwhile is found now: nobody is linked any more.
    leaving = _leaving(_ids(one, "customers"), (), keep_orders=one.keep_orders)
    tombstones.add(leaving.seen, timezone.now())
    with transaction.atomic():
        one.waiting = {"customers": [str(each) for each in leaving.customers],
                       "identifiers": [str(each) for each in leaving.identifiers]}  # fmt: skip
        one.state = State.BEGUN
        one.save(update_fields=["waiting", "state"])
        record(one.by, "erasure.begun", one, customers=one.customers)


def _forget(one: Erasure, progress: Progress) -> None:
    leaving = _leaving(
        _ids(one, "customers"), _ids(one, "identifiers"), keep_orders=one.keep_orders
    )
    if "rows" not in one.receipt:
        beside = one.receipt.setdefault("beside", {})
        for number, other in enumerate(forgetting.outsiders()):
            progress(other.name, number, len(forgetting.outsiders()))
            beside[other.name] = beside.get(other.name, 0) + other.act(leaving)
            one.save(update_fields=["receipt"])
        _forget_rows(one, leaving, beside, progress)
    for place in one.waiting.get("places", ()):
        store.configured().remove(place)
    told = lake().erase(leaving.ids, now=timezone.now(), progress=progress)
    one.receipt["lake"] = told.as_json()
    one.receipt["left"] = _left(leaving)
    one.state = State.FORGOTTEN
    one.save(update_fields=["receipt", "state"])


def _forget_rows(
    one: Erasure, leaving: Leaving, beside: dict[str, int], progress: Progress
) -> None:
    """Every room forgets, in one transaction with the note that it has."""
    rows: dict[str, int] = {}
    with transaction.atomic():
        steps = [(step.name, step.run(leaving)) for step in forgetting.steps()]
        for _, running in steps:
            next(running)
        mended = forgetting.unsay(leaving)
        for number, rule in enumerate(forgetting.rules()):
            progress("forget", number, len(forgetting.rules()))
            if rule.applies(leaving) and (done := rule.act(leaving)):
                into = mended if rule.sets else rows
                into[rule.table] = into.get(rule.table, 0) + done
        for name, running in steps:
            try:
                next(running)
            except StopIteration as ended:
                beside[name] = int(ended.value)
        one.receipt = {**one.receipt, "rows": rows, "kept_without_them": mended, "beside": beside,
                       "forgotten_at": timezone.now().isoformat()}  # fmt: skip
        one.waiting = {**one.waiting, "places": leaving.places}
        one.save(update_fields=["receipt", "waiting"])
        outbox.tell_many("customer.erased", dict.fromkeys(leaving.customers, ()))


def _left(leaving: Leaving) -> int:
    """Looking again: rows of theirs by every rule, and texts that mention them."""
    with transaction.atomic():
        return sum(
            rule.count(leaving) for rule in forgetting.rules() if rule.applies(leaving)
        ) + forgetting.mentioned(leaving)


def _finish(erasures: Sequence[Erasure], progress: Progress) -> None:
    for other in forgetting.outsiders():
        if other.again:
            other.act(Leaving(()))
    written = rewriting.rewrite(progress)
    for one in erasures:
        told = one.receipt["lake"]
        one.receipt |= {
            "erasure": str(one.pk), "asked_at": one.at.isoformat(), "customers": one.customers,
            "identifiers": told["identifiers"], "salt": told["salt"], "digest": told["digest"],
            "files": asdict(written),
        }  # fmt: skip
        one.waiting, one.state, one.done_at = {}, State.DONE, timezone.now()
        one.receipt["done_at"] = one.done_at.isoformat()
        path = _kept(one.receipt, one.done_at, one.pk)
        with transaction.atomic():
            one.save(update_fields=["waiting", "state", "receipt", "done_at"])
            record(
                one.by, "erasure.done", one, customers=one.customers, receipt=path.name,
                rows=sum(one.receipt["rows"].values()), lake_rows=told["rows_erased"],
            )  # fmt: skip
        log.info("erased", erasure=str(one.pk), customers=one.customers)


def _kept(receipt: dict[str, object], at: datetime, pk: UUID) -> Path:
    """The receipt on disk, for the owner's eyes alone."""
    folder = Path(settings.DATA) / "receipts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"erasure-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{pk}.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(receipt, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return path


def _ids(one: Erasure, name: str) -> list[UUID]:
    return [UUID(each) for each in one.waiting.get(name, ())]


def _leaving(
    customers: Collection[UUID], identifiers: Collection[UUID], *, keep_orders: bool
) -> Leaving:
    """Who they are, with all who are one person with them; once they are gone from the database,
    their ids alone."""
    customers = own.everybody_with(customers)
    theirs = Identifier.objects.filter(customer__in=customers) | Identifier.objects.filter(
        pk__in=identifiers
    )
    found = list(theirs.values_list("pk", "kind", "namespace", "value"))
    ids = {*identifiers, *(row[0] for row in found)}
    seen = {(kind, namespace, value) for _, kind, namespace, value in found}
    seen |= _on_profiles(customers)
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES, {"customers": list(customers), "identifiers": sorted(ids)})
        batches = frozenset(row[0] for row in cursor.fetchall() if row[0])
    return Leaving(
        tuple(sorted(customers)), tuple(sorted(ids)), frozenset(seen),
        tuple(sorted({value for _, _, value in seen})), batches, keep_orders,
    )  # fmt: skip


def _on_profiles(customers: Collection[UUID]) -> set[tuple[str, str, str]]:
    """Addresses and numbers on the profiles that no other profile and no identifier has."""
    found = set()
    for kind, column in (("email", "email"), ("phone", "phone"), ("number", "number")):
        mine = Customer.objects.filter(pk__in=customers).exclude(**{column: ""})
        values = set(mine.values_list(column, flat=True))
        parts = OwnProfile.objects.filter(customer__in=customers)
        values |= {str(one[column]) for one in parts.values_list("row", flat=True) if one[column]}
        shared = Customer.objects.filter(**{f"{column}__in": values}).exclude(pk__in=customers)
        others = Identifier.objects.filter(kind=kind, value__in=values).exclude(
            customer__in=customers
        )
        taken = {*shared.values_list(column, flat=True), *others.values_list("value", flat=True)}
        found |= {(kind, "", value) for value in values - taken}
    return found
