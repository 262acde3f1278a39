"""Profile facts from events: what a row says of a person, kept with what stood there before."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q
from psycopg.types.json import Jsonb

from zhiyin.accounts.models import Department
from zhiyin.collect.batch import Batch
from zhiyin.collect.bulk import copy_rows
from zhiyin.connect import outbox
from zhiyin.customers import own_values, search
from zhiyin.customers.models import Customer, ProfileChange

COLUMNS = (
    "number", "name", "email", "phone", "gender", "birth_date", "language", "country", "province",
    "city", "tags", "department_id", "simulated_profile", "custom",
)  # fmt: skip


def apply(batch: Batch) -> None:
    """Write the profile facts of a batch, keep what they replaced, and index for search."""
    facts = [e for e in batch.kept() if e.profile is not None and e.customer_id is not None]
    people = _current({event.customer_id for event in facts if event.customer_id})
    departments = _departments(
        str(event.profile.fields.get("department_id", "")) for event in facts if event.profile
    )
    changes: list[tuple[object, ...]] = []
    for event in facts:
        assert event.profile is not None
        assert event.customer_id is not None
        person = people[event.customer_id]
        for name, value in event.profile.fields.items():
            new = departments.get(str(value)) if name == "department_id" else value
            if new is None or name not in COLUMNS or name == "custom":
                continue
            old = person[name]
            if old == new or (event.profile.fills_gaps_only and old):
                continue
            person[name] = new
            changes.append(
                (event.customer_id, name, _text(old), _text(new), batch.id, batch.received_at)
            )
        changes += own_values.apply(event.customer_id, person, event.profile.own, batch)
        if batch.source.simulated and not event.profile.fills_gaps_only:
            person["simulated_profile"] = True
    changed = {customer for customer, *_ in changes}
    _write({id_: person for id_, person in people.items() if id_ in changed})
    copy_rows(
        "customers_profilechange",
        ("customer_id", "field", "before", "after", "batch", "at"),
        changes,
    )
    batch.profiled.update(changed)  # type: ignore[arg-type]
    batch.touched.update(changed)  # type: ignore[arg-type]
    search.index(batch.profiled)
    _tell(batch, changes)


def _tell(batch: Batch, changes: list[tuple[object, ...]]) -> None:
    """Whoever listens hears who is new and whose profile changed, and in which fields."""
    fields: dict[UUID, set[str]] = {customer: set() for customer in batch.created}
    for customer, name, *_ in changes:
        fields.setdefault(customer, set()).add(str(name).removesuffix("_id"))  # type: ignore[arg-type]
    created = {one: fields.pop(one) for one in batch.created}
    outbox.tell_many("customer.created", created, importing=True)
    outbox.tell_many("customer.updated", fields, importing=True)


def _current(ids: set[UUID]) -> dict[UUID, dict[str, object]]:
    """The profiles as they stand, locked until the transaction ends."""
    rows = Customer.objects.filter(id__in=ids).select_for_update().values("id", *COLUMNS)
    return {row.pop("id"): row for row in rows}


def _write(people: dict[UUID, dict[str, object]]) -> None:
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
    """Put back what a batch replaced, newest first; returns whose profile changed."""
    changes = list(ProfileChange.objects.filter(batch=batch).order_by("-id"))
    people = _current({change.customer_id for change in changes})
    for change in changes:
        person = people[change.customer_id]
        if own_values.undo(person, change):
            continue
        if _text(person[change.field]) == change.after:  # else somebody changed it since
            person[change.field] = _value(change.field, change.before)
    _write(people)
    ProfileChange.objects.filter(batch=batch).delete()
    return set(people)


def _departments(names: Iterable[str]) -> dict[str, UUID]:
    """Departments by either of their names."""
    wanted = {name for name in names if name}
    found = Department.objects.filter(Q(name_zh__in=wanted) | Q(name_en__in=wanted))
    return {name: one.id for one in found for name in (one.name_zh, one.name_en)}


def _text(value: object) -> str:
    if value is None:
        return ""
    return "\x1f".join(value) if isinstance(value, list) else str(value)


def _value(field: str, text: str) -> object:
    if field == "tags":
        return text.split("\x1f") if text else []
    if field in ("birth_date", "department_id"):
        return text or None
    return text
