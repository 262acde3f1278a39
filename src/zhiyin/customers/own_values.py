"""Values of the company's own fields that a file brings: written, and taken back with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from zhiyin.cleaning.errors import BadValue
from zhiyin.collect.batch import Batch
from zhiyin.customers.models import Customer, ProfileChange
from zhiyin.objects import writing
from zhiyin.objects.custom import known, reading, requirements, values
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import PREFIX

Row = tuple[object, ...]


def apply(
    customer: UUID, person: dict[str, Any], given: Mapping[str, reading.Kept], batch: Batch
) -> list[Row]:
    """Put the values into a profile that is being written; the changes as history keeps them.

    The check has read them; a field that went since is left out, and so is a unique value that
    somebody else took meanwhile, which counts as a conflict.
    """
    if not given:
        return []
    fields = known.by_key("customer")
    changes: list[Row] = []
    for key, kept in given.items():
        one, held = fields.get(key), person["custom"]
        if one is None or one.is_formula or held.get(key) == kept:
            continue
        if one.checks.unique and _is_taken(one, customer, kept):
            batch.counts["conflicts"] += 1
            continue
        before, after = _text(one, held.get(key)), _text(one, kept)
        person["custom"] = {**held, key: kept}
        changes.append((customer, key, before, after, batch.id, batch.received_at))
    return changes


def undo(person: dict[str, Any], change: ProfileChange) -> bool:
    """Put back what an import replaced, where it still stands; says whether the change was of a
    field of the company's own."""
    if not change.field.startswith(PREFIX):
        return False
    one = {one.key: one for one in known.definitions("customer")}.get(change.field)
    held = person["custom"]
    if one is None or _text(one, held.get(one.key)) != change.after:
        return True
    rest = {key: value for key, value in held.items() if key != one.key}
    try:
        kept = reading.read(one, change.before)
    except BadValue:
        kept = None  # what stood there no longer fits the field
    person["custom"] = rest if kept is None else {**rest, one.key: kept}
    return True


def _is_taken(one: CustomField, customer: UUID, kept: reading.Kept) -> bool:
    requirements.lock(one)
    others = Customer.objects.exclude(pk=customer).filter(**{f"custom__{one.key}": kept})
    return others.exists()


def _text(one: CustomField, kept: object) -> str:
    return writing.text_of(values.typed(one, kept))
