"""Changing one field of one row, from a list, a record or a form. Nobody's change is overwritten
unseen: who read an older version and meant another value is shown both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.connect import outbox
from zhiyin.objects import levels, writing
from zhiyin.objects.custom import requirements
from zhiyin.objects.definitions import Field, ObjectType
from zhiyin.objects.faults import CannotBe, Conflict
from zhiyin.objects.models import FieldChange


@transaction.atomic
def change_field(
    of: ObjectType, row: Model, key: str, text: str, *, by: User, version: int,
    before: str | None = None,
) -> Model:  # fmt: skip
    """Write one field. Raises `Conflict` where it changed since `version` was read, `CannotBe`
    where the value cannot be kept.

    `before` is the value that the person saw: other fields may have changed in the meantime.
    """
    one, editor = writing.editor_of(of, key)
    permission = editor.permission or of.permission("change")
    access.require(by, permission, row)
    if editor.save is not None:
        return editor.save(row, text, by=by, version=version, before=before)
    fresh = of.model._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if levels.at_row(by, of, one, fresh) < Level.WRITE:
        raise Denied(permission)
    value, old = editor.read(text, by), writing.stored_in(of, one, fresh)
    mine, theirs = writing.text_of(value), writing.text_of(old)
    if mine == theirs:
        return fresh
    if version_of(fresh) != version and theirs != (before or ""):
        who, at = last_change(of, fresh.pk, key)
        raise Conflict(theirs, mine, version_of(fresh), who, at)
    columns = writing.put(of, one, fresh, value, by=by)
    requirements.check_written(of, fresh, key)
    fresh.version += 1  # type: ignore[attr-defined]
    with seat.system("asked above; by this very deed the row may leave the writer's sight"):
        fresh.save(update_fields=[*columns, "version"])
        tell(of, one, [(fresh.pk, theirs)], mine, by=by)
    record(by, f"{of.resource}.changed", fresh, fields=[key])
    return fresh


def tell(
    of: ObjectType, one: Field, befores: Sequence[tuple[UUID, str]], after: str, *, by: User,
    batch: UUID | None = None,
) -> None:  # fmt: skip
    """Keep the history of a field, and let the object's room follow the change."""
    if of.noted is not None:
        of.noted(one, befores, after, by=by, batch=batch)
    else:
        now = timezone.now()
        FieldChange.objects.bulk_create(
            [
                FieldChange(object_type=of.name, row=pk, field=one.key, before=before,
                            after=after, by=by, at=now, batch=batch)
                for pk, before in befores
            ],
            batch_size=5000,
        )  # fmt: skip
    if of.changed is not None:
        of.changed([pk for pk, _ in befores])
    outbox.tell_many(f"{of.name}.updated", {pk: [one.key] for pk, _ in befores})


def last_change(of: ObjectType, row_id: UUID, key: str) -> tuple[User | None, datetime | None]:
    """Who wrote this field last, and when; nobody where no history tells."""
    if of.last_change is not None:
        return of.last_change(row_id, key)
    found = FieldChange.objects.filter(object_type=of.name, row=row_id, field=key)
    last = found.select_related("by").order_by("-at").first()
    return (last.by, last.at) if last else (None, None)


def version_of(row: Model) -> int:
    """The number that each change makes one greater."""
    found: int = row.version  # type: ignore[attr-defined]
    return found


@dataclass(frozen=True)
class Outcome:
    """What became of a whole form: the row as it is now, and what has to be decided or mended."""

    row: Model
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_saved(self) -> bool:
        return not self.conflicts and not self.errors


def change_fields(
    of: ObjectType, row: Model, texts: Mapping[str, str], *, by: User, version: int,
    befores: Mapping[str, str],
) -> Outcome:  # fmt: skip
    """Write the fields that a form touched, all or none: what conflicts or cannot be is told for
    each. `befores` is what was stored when the form was shown."""
    conflicts: dict[str, Conflict] = {}
    errors: dict[str, str] = {}
    try:
        with transaction.atomic():
            fresh = of.model._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
            moved = version_of(fresh) != version
            for key, text in texts.items():
                known = -1 if moved else version_of(fresh)
                try:
                    fresh = change_field(
                        of, fresh, key, text, by=by, version=known, before=befores.get(key)
                    )
                except Conflict as conflict:
                    conflicts[key] = conflict
                except CannotBe as reason:
                    errors[key] = str(reason)
            if conflicts or errors:
                raise _NotNow
    except _NotNow:
        fresh = of.model._default_manager.get(pk=row.pk)
    return Outcome(fresh, conflicts, errors)


class _NotNow(Exception):  # noqa: N818  (rolls a form back; nobody sees it)
    pass
