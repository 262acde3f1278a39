"""Profile facts from events: kept for each source, and the one that stands on the profile chosen.

What a row says goes into the record of its source (`source_records`) with its original where it was
cleaned; from all records of the person the field is decided (`survivorship`). A change of the
profile is kept with what stood there before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext
from psycopg.types.json import Jsonb

from zhiyin.accounts.models import Department
from zhiyin.collect.batch import Batch, Incoming, ProfileFacts
from zhiyin.collect.bulk import copy_rows
from zhiyin.collect.models import Import
from zhiyin.connect import outbox
from zhiyin.customers import own_values, search, source_records, survivorship
from zhiyin.customers.models import Customer, GivenTag, ProfileChange
from zhiyin.customers.services.values import CannotBe, stored, text_of
from zhiyin.customers.source_records import Entry, Record
from zhiyin.customers.survivorship import Missing, Policy
from zhiyin.instants import to_us
from zhiyin.objects.custom.rules import PREFIX

COLUMNS = (
    "number", "name", "email", "phone", "gender", "birth_date", "language", "country", "province",
    "city", "job_title", "tags", "department_id", "simulated_profile", "custom",
)  # fmt: skip
CHOSEN = frozenset(survivorship.FIELDS)  # those of which each source's value is kept
Person = dict[str, object]
Change = tuple[object, ...]


@dataclass
class _Work:
    """The profiles of a batch while they are decided."""

    batch: Batch
    people: dict[UUID, Person]
    records: dict[UUID, list[Record]]
    policy: Policy
    departments: Mapping[str, UUID]
    by_rule: Mapping[UUID, list[str]]  # tags that a rule gave, which no file takes away
    changes: list[Change] = field(default_factory=list)


def apply(batch: Batch) -> None:
    """Write the profile facts of a batch, keep what they replaced, and index for search."""
    facts = [e for e in batch.kept() if e.profile is not None and e.customer_id is not None]
    ids = {event.customer_id for event in facts if event.customer_id}
    changes = _applied(batch, facts, ids) if ids else []
    changed = {customer for customer, *_ in changes}
    batch.profiled.update(changed)  # type: ignore[arg-type]
    batch.touched.update(changed)  # type: ignore[arg-type]
    search.index(batch.profiled)
    _tell(batch, changes)


def _applied(batch: Batch, facts: list[Incoming], ids: set[UUID]) -> list[Change]:
    work = _Work(
        batch, _current(ids), source_records.of_customers(ids - batch.created),
        source_records.policy(),
        _departments(str(e.profile.fields.get("department_id", "")) for e in facts if e.profile),
        _tags_by_rule(ids if any(e.profile and "tags" in e.profile.fields for e in facts) else ()),
    )  # fmt: skip
    for event in facts:
        _say(event, work)
    changed = {customer for customer, *_ in work.changes}
    _write({id_: person for id_, person in work.people.items() if id_ in changed})
    _keep_changes(work.changes)
    source_records.write(one for found in work.records.values() for one in found)
    return work.changes


def _say(event: Incoming, work: _Work) -> None:
    """One event: into the record of its source, and from there onto the profile."""
    said, customer, batch = event.profile, event.customer_id, work.batch
    assert said is not None
    assert customer is not None
    person, records = work.people[customer], work.records.setdefault(customer, [])
    received = event.received_at or batch.received_at
    at, mark = to_us(min(said.said_at or event.at, received)), "" if batch.live else str(batch.id)
    record = source_records.record_for(records, batch.source.pk, event.identifier_id, customer)
    for name, value in _values(said).items():
        entry = Entry(value, at, w=said.fills_gaps_only, b=mark)
        if was := said.was.get(name):
            entry.o, entry.r = was.text, was.rule
        own = name.startswith(PREFIX)
        stands = value == (_held(person, name) if own else _text(person[name]))
        if not source_records.say(record, name, entry, stands=stands) and stands:
            continue
        _decide(customer, name, person, records, work)
    for name, was in said.was.items():
        if name in CHOSEN and name not in said.fields:
            source_records.could_not_read(record, name, was, at, mark)
    for name in ("tags", "department_id"):
        if name in said.fields:
            new = said.fields[name]
            kept = work.departments.get(str(new)) if name == "department_id" else new
            if isinstance(kept, list):
                kept = list(dict.fromkeys([*kept, *work.by_rule.get(customer, ())]))
            if kept is not None:
                _put(customer, name, kept, person, work)
    if batch.source.simulated and not said.fills_gaps_only:
        person["simulated_profile"] = True


def _values(said: ProfileFacts) -> dict[str, survivorship.Kept]:
    """The fields of which each source's value is kept, as records hold them."""
    found: dict[str, survivorship.Kept] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in said.fields.items()
        if name in CHOSEN
    }
    return {**found, **said.own}


def _held(person: Person, name: str) -> object:
    custom = person["custom"]
    return custom.get(name) if isinstance(custom, dict) else None


def _decide(customer: UUID, name: str, person: Person, records: list[Record], work: _Work) -> None:
    """Put the value of a field that survives onto the profile."""
    value = chosen(name, person, records, work.policy)
    if value is None:
        return
    if name.startswith(PREFIX):
        work.changes += own_values.apply(customer, person, {name: value}, work.batch)
    else:
        _put(customer, name, _kept(name, value), person, work)


def chosen(
    name: str, person: Person, records: Iterable[Record], policy: Policy
) -> survivorship.Kept | None:
    """What the records say that a field of the profile is; None where they leave it as it is."""
    found = source_records.candidates(records, name)
    winner = survivorship.survivor(name, found, policy)
    if winner is None:
        of = policy.of(name)
        empty = not person.get(name)
        return of.default if of.missing is Missing.DEFAULT and of.default and empty else None
    if winner.weak and not name.startswith(PREFIX):
        stands = _text(person[name])
        if stands and all(stands != _text(one.value) for one in found):
            return None  # nobody remembers who said it, but it was said on purpose
    return winner.value


def _put(customer: UUID, name: str, new: object, person: Person, work: _Work) -> None:
    old = person[name]
    if old != new:
        person[name] = new
        work.changes.append(
            (customer, name, _text(old), _text(new), work.batch.id, work.batch.received_at)
        )


def decide_anew(
    ids: Collection[UUID], *, at: datetime, fields: Iterable[str] = survivorship.FIELDS,
    batch: UUID | None = None, by: UUID | None = None, noted: bool = True,
) -> set[UUID]:  # fmt: skip
    """The golden record of these customers from their records: after a merge, an un-merge, a value
    that was taken back, or other rules. Returns whose profile changed.

    A field of which no record says anything stays as it is. `noted` is not so where the timeline
    tells the reason in another way.
    """
    people, policy = _current(set(ids)), source_records.policy()
    records = source_records.of_customers(list(people))
    changes: list[Change] = []
    for id_, person in people.items():
        for name in fields:
            value = chosen(name, person, records.get(id_, []), policy)
            if value is None or name.startswith(PREFIX):
                continue
            new, old = _kept(name, value), person[name]
            if old != new:
                person[name] = new
                changes.append((id_, name, _text(old), _text(new), batch, at, by))
    changed = {change[0] for change in changes}
    _write({id_: person for id_, person in people.items() if id_ in changed})
    if noted:
        _keep_changes(changes)
    search.index(changed)  # type: ignore[arg-type]
    return changed  # type: ignore[return-value]


def checked_default(field: str, text: str) -> None:
    """Raises `CannotBe` where a default value could not stand in its column."""
    if text_of(stored(field, text)) != text:
        raise CannotBe(gettext("Write it as it would be kept: %(value)s")
                       % {"value": text_of(stored(field, text))})  # fmt: skip


def _keep_changes(changes: list[Change]) -> None:
    """The history of the profile; a change by hand also says whose."""
    names = ("customer_id", "field", "before", "after", "batch", "at", "by_id")
    copy_rows("customers_profilechange", names[: len(changes[0]) if changes else 6], changes)


def _tell(batch: Batch, changes: list[Change]) -> None:
    """Whoever listens hears who is new and whose profile changed, and in which fields."""
    fields: dict[UUID, set[str]] = {customer: set() for customer in batch.created}
    for customer, name, *_ in changes:
        fields.setdefault(customer, set()).add(str(name).removesuffix("_id"))  # type: ignore[arg-type]
    created = {one: fields.pop(one) for one in batch.created}
    outbox.tell_many("customer.created", created, importing=True)
    outbox.tell_many("customer.updated", fields, importing=True)


def _current(ids: set[UUID]) -> dict[UUID, Person]:
    """The profiles as they stand, locked until the transaction ends."""
    rows = Customer.objects.filter(id__in=ids).select_for_update().values("id", *COLUMNS)
    return {row.pop("id"): row for row in rows}


def _write(people: Mapping[UUID, Person]) -> None:
    """All changed profiles in one statement."""
    if not people:
        return
    assign = ", ".join(f"{name} = n.{name}" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table new_profile on commit drop as"  # noqa: S608  (names from above)
            f" select id, {', '.join(COLUMNS)} from customers_customer with no data"
        )
        copy_rows(
            "new_profile",
            ("id", *COLUMNS),
            (
                (id_, *(_column(name, person[name]) for name in COLUMNS))
                for id_, person in people.items()
            ),
        )
        cursor.execute(
            f"update customers_customer c set {assign}, version = c.version + 1"  # noqa: S608
            " from new_profile n where c.id = n.id"
        )
        cursor.execute("drop table new_profile")


def _column(name: str, value: object) -> object:
    return Jsonb(value) if name == "custom" else value


def undo(batch: UUID) -> set[UUID]:
    """Put back what a batch replaced, newest first, and take out what it said; returns whose
    profile changed."""
    changes = list(ProfileChange.objects.filter(batch=batch).order_by("-id"))
    source = Import.objects.filter(pk=batch).values_list("source_id", flat=True).first()
    said = source_records.said_by(batch, source)
    people = _current({change.customer_id for change in changes} | said)
    records, policy = source_records.of_customers(said), source_records.policy()
    for change in changes:
        person = people[change.customer_id]
        if own_values.undo(person, change):
            continue
        if _text(person[change.field]) == change.after:  # else somebody changed it since
            person[change.field] = _kept(change.field, change.before)
    for id_, found in records.items():
        for name in source_records.take_back(found, str(batch)) & CHOSEN:
            value = chosen(name, people[id_], found, policy)
            if value is not None:
                people[id_][name] = _kept(name, value)
    _write(people)
    source_records.write(one for found in records.values() for one in found)
    ProfileChange.objects.filter(batch=batch).delete()
    return set(people)


def _tags_by_rule(ids: Collection[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    if ids:
        rows = GivenTag.objects.filter(customer__in=ids).order_by("pk")
        for customer, tag in rows.values_list("customer_id", "tag"):
            found.setdefault(customer, []).append(tag)
    return found


def _departments(names: Iterable[str]) -> dict[str, UUID]:
    """Departments by either of their names."""
    wanted = {name for name in names if name}
    if not wanted:
        return {}
    found = Department.objects.filter(Q(name_zh__in=wanted) | Q(name_en__in=wanted))
    return {name: one.id for one in found for name in (one.name_zh, one.name_en)}


def _text(value: object) -> str:
    if value is None:
        return ""
    return "\x1f".join(value) if isinstance(value, list) else str(value)


def _kept(field: str, value: object) -> object:
    """A value as its column holds it."""
    if field == "tags" and isinstance(value, str):
        return value.split("\x1f") if value else []
    if field == "birth_date" and isinstance(value, str):
        return date.fromisoformat(value) if value else None
    return value or None if field == "department_id" else value
