"""Profile facts from events: what a row says of a person, kept with what stood there before."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from zhiyin.accounts.models import Department
from zhiyin.collect.batch import Batch
from zhiyin.customers import search
from zhiyin.customers.models import Customer, ProfileChange

FIELDS = (
    "number", "name", "email", "phone", "gender", "birth_date", "language", "country", "province",
    "city", "tags", "department",
)  # fmt: skip


def apply(batch: Batch) -> None:
    """Write the profile facts of a batch, keep what they replaced, and index for search."""
    facts = [e for e in batch.kept() if e.profile is not None and e.customer_id is not None]
    customers = Customer.objects.in_bulk([e.customer_id for e in facts])
    departments = _departments(
        str(e.profile.fields.get("department", "")) for e in facts if e.profile
    )
    changes: list[ProfileChange] = []
    for event in facts:
        assert event.profile is not None
        assert event.customer_id is not None
        customer = customers[event.customer_id]
        for name, value in event.profile.fields.items():
            new = departments.get(str(value)) if name == "department" else value
            if new is None or name not in FIELDS:
                continue
            attribute = "department_id" if name == "department" else name
            old = getattr(customer, attribute)
            if old == new or (event.profile.fills_gaps_only and old):
                continue
            setattr(customer, attribute, new)
            changes.append(
                ProfileChange(
                    customer=customer, field=attribute, before=_text(old), after=_text(new),
                    batch=batch.id, at=batch.received_at,
                )
            )  # fmt: skip
        customer.simulated_profile = customer.simulated_profile or batch.source.simulated
        batch.profiled.add(customer.id)
        batch.touched.add(customer.id)
    Customer.objects.bulk_update(
        customers.values(), [*FIELDS, "simulated_profile"], batch_size=2000
    )
    ProfileChange.objects.bulk_create(changes, batch_size=5000)
    search.index(batch.profiled)


def undo(batch: UUID) -> set[UUID]:
    """Put back what a batch replaced, newest first; returns whose profile changed."""
    changes = list(ProfileChange.objects.filter(batch=batch).order_by("-id"))
    customers = Customer.objects.in_bulk({change.customer_id for change in changes})
    for change in changes:
        customer = customers[change.customer_id]
        if _text(getattr(customer, change.field)) == change.after:  # else somebody changed it since
            setattr(customer, change.field, _value(change.field, change.before))
    Customer.objects.bulk_update(customers.values(), FIELDS, batch_size=2000)
    ProfileChange.objects.filter(batch=batch).delete()
    return set(customers)


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
