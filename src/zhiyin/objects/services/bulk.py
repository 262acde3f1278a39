"""One field set to one value in many rows: previewed, done with progress, taken back.

What the preview counted is what is done: it keeps the ids. Rows go in chunks, each its own
transaction, so a change that was stopped has done whole chunks and can be taken back as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.objects import levels, writing
from zhiyin.objects.custom import requirements
from zhiyin.objects.definitions import DefinitionError, Editor, Field, ObjectType, object_type
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.models import BulkChange, RowBefore
from zhiyin.objects.services.changing import tell

MOST_AT_ONCE = 10_000
CHUNK = 1000
UNDO_FOR = timedelta(hours=24)
MOST_NAMED = 20
Progress = Callable[[str, int, int], None]


def _silent(stage: str, done: int, total: int) -> None:
    pass


def editor_for_many(of: ObjectType, key: str) -> tuple[Field, Editor, str]:
    """The field, how it is written, and the permission that this needs; only for many at once."""
    try:
        field, editor = writing.editor_of(of, key)
    except DefinitionError as error:
        raise CannotBe(gettext("This field cannot be changed for many at once")) from error
    if not editor.in_bulk or editor.save is not None:
        raise CannotBe(gettext("This field cannot be changed for many at once"))
    return field, editor, editor.permission or of.permission("change")


@transaction.atomic
def preview(
    of: ObjectType, rows: QuerySet[Any], key: str, text: str, *, by: User, query: str = ""
) -> BulkChange:
    """Count what a change would do to `rows` (those in sight), and keep whom it would touch."""
    field, editor, permission = editor_for_many(of, key)
    access.require(by, permission)
    if levels.somewhere(by, of).get(key) is not Level.WRITE:
        raise CannotBe(gettext("This field cannot be changed for many at once"))
    value = editor.read(text, by)
    found = list(rows.order_by("pk")[: MOST_AT_ONCE + 1])
    if len(found) > MOST_AT_ONCE:
        raise CannotBe(
            gettext("At most %(limit)s at once; narrow the list first")
            % {"limit": f"{MOST_AT_ONCE:,}"}
        )
    wanted = writing.text_of(value)
    may = [row for row in found if _may(of, field, permission, row, by)]
    touched = [r for r in may if writing.text_of(writing.stored_in(of, field, r)) != wanted]
    lacks = [(row, _lacks(of, field, value, row)) for row in touched]
    ready = [row.pk for row, lacking in lacks if not lacking]
    return BulkChange.objects.create(
        object_type=of.name, field=key, text=text, owner=by, query=query[:8000],
        rows=ready, had_it=len(may) - len(touched), refused=len(found) - len(may),
        lacking=len(touched) - len(ready), lacks=sorted({k for _, keys in lacks for k in keys}),
    )  # fmt: skip


def _lacks(of: ObjectType, field: Field, value: Any, row: Model) -> list[str]:
    """The fields that a row would lack in its new state; a change of many writes no such row."""
    if not requirements.concerns(of, field.key):
        return []
    then = copy(row)
    try:
        writing.put(of, field, then, value, by=None)
    except CannotBe:
        return [field.key]
    lacking = [one.key for one in requirements.missing(of, then, because_of=field.key)]
    emptied = value in (None, "", []) and requirements.is_required(field.key, of, then)
    return [*lacking, field.key] if emptied else lacking


def carry_out(change: BulkChange, *, by: User, progress: Progress = _silent) -> BulkChange:
    """Do what was previewed. Run again after a crash it does the rest and nothing twice."""
    _own(change, by)
    of = object_type(change.object_type)
    field, editor, permission = editor_for_many(of, change.field)
    access.require(by, permission)
    value = editor.read(change.text, by)
    if change.state not in (BulkChange.State.PREVIEWED, BulkChange.State.RUNNING):
        return change
    change.state = BulkChange.State.RUNNING
    change.save(update_fields=["state"])
    done = set(change.befores.values_list("row", flat=True))
    ids = [pk for pk in change.rows if pk not in done]
    change.changed = len(done)
    try:
        for at, part in _chunks(ids):
            progress(gettext("Changing"), at, len(ids))
            change.changed += _change_part(change, of, field, permission, value, part, by)
        progress(gettext("Changing"), len(ids), len(ids))
        change.state = BulkChange.State.DONE
    except BaseException:
        change.state = BulkChange.State.CANCELLED
        raise
    finally:
        _close(change, of, by)
    return change


def _close(change: BulkChange, of: ObjectType, by: User) -> None:
    change.done_at = timezone.now()
    with transaction.atomic():
        change.save(update_fields=["state", "changed", "done_at"])
        record(
            by, f"{of.plural_name}.changed", None, batch=change.pk, field=change.field,
            changed=change.changed,
        )  # fmt: skip


@transaction.atomic
def _change_part(
    change: BulkChange, of: ObjectType, field: Field, permission: str, value: Any,
    ids: Sequence[UUID], by: User,
) -> int:  # fmt: skip
    wanted = writing.text_of(value)
    rows = [
        (row, writing.stored_in(of, field, row))
        for row in _locked(of, ids)
        if _may(of, field, permission, row, by)
    ]
    rows = [
        (row, old)
        for row, old in rows
        if writing.text_of(old) != wanted and not _lacks(of, field, value, row)
    ]
    RowBefore.objects.bulk_create(
        [RowBefore(change=change, row=row.pk, before=writing.to_json(old)) for row, old in rows]
    )
    befores = [(row.pk, writing.text_of(old)) for row, old in rows]
    _set(change, of, field, befores, value, by)
    return len(rows)


def undo(change: BulkChange, *, by: User, progress: Progress = _silent) -> BulkChange:
    """Put back what stood there, where the value of this change still stands; name the others."""
    _own(change, by)
    of = object_type(change.object_type)
    field, editor, permission = editor_for_many(of, change.field)
    access.require(by, permission)
    if not can_undo(change):
        raise CannotBe(gettext("This can no longer be taken back"))
    value = editor.read(change.text, by)
    befores = list(change.befores.order_by("row"))
    restored = 0
    change.left, change.left_count = [], 0
    for at, part in _chunks(befores):
        progress(gettext("Taking back"), at, len(befores))
        restored += _undo_part(change, of, field, permission, value, part, by)
    progress(gettext("Taking back"), len(befores), len(befores))
    change.state = BulkChange.State.UNDONE
    with transaction.atomic():
        change.save(update_fields=["state", "left", "left_count"])
        record(by, f"{of.plural_name}.change_undone", None, batch=change.pk, changed=restored)
    return change


def can_undo(change: BulkChange) -> bool:
    """Whether the change did something, not too long ago."""
    over = (BulkChange.State.DONE, BulkChange.State.CANCELLED)
    recent = change.done_at is not None and timezone.now() - change.done_at <= UNDO_FOR
    return change.state in over and recent and change.changed > 0


@transaction.atomic
def _undo_part(
    change: BulkChange, of: ObjectType, field: Field, permission: str, value: Any,
    befores: Sequence[RowBefore], by: User,
) -> int:  # fmt: skip
    wanted = writing.text_of(value)
    rows = {row.pk: row for row in _locked(of, [one.row for one in befores])}
    back: list[tuple[UUID, Any]] = []
    for one in befores:
        row = rows.get(one.row)
        if row is None:
            change.left_count += 1  # gone meanwhile; there is no name to tell
            continue
        stands = writing.text_of(writing.stored_in(of, field, row)) == wanted
        if stands and _may(of, field, permission, row, by):
            back.append((one.row, one.before))
        else:
            change.left_count += 1
            if len(change.left) < MOST_NAMED:
                change.left.append(str(getattr(row, of.title, row.pk)))
    back.sort(key=lambda pair: repr(pair[1]))
    for _key, same in groupby(back, key=lambda pair: repr(pair[1])):
        group = list(same)
        old = writing.from_json(field, group[0][1])
        _set(change, of, field, [(pk, wanted) for pk, _ in group], old, by)
    return len(back)


@seat.system("asked of each row; by this very deed rows may leave the writer's sight")
def _set(
    change: BulkChange, of: ObjectType, field: Field, befores: Sequence[tuple[UUID, str]],
    value: Any, by: User,
) -> None:  # fmt: skip
    rows = of.model._default_manager.filter(pk__among=[pk for pk, _ in befores])
    rows.update(**writing.assignment(of, field, value), version=F("version") + 1)
    tell(of, field, befores, writing.text_of(value), by=by, batch=change.pk)


def _locked(of: ObjectType, ids: Sequence[UUID]) -> list[Model]:
    rows = of.model._default_manager.select_for_update(of=("self",)).filter(pk__among=list(ids))
    return list(rows.order_by("pk"))


def _may(of: ObjectType, field: Field, permission: str, row: Model, by: User) -> bool:
    reached = access.can_reach(by, permission, row)
    return reached and levels.at_row(by, of, field, row) is Level.WRITE


def _own(change: BulkChange, by: User) -> None:
    if change.owner_id != by.pk:
        raise Denied(object_type(change.object_type).permission("change"))


def _chunks(all_of: Sequence[Any]) -> Iterator[tuple[int, Sequence[Any]]]:
    for start in range(0, len(all_of), CHUNK):
        yield start, all_of[start : start + CHUNK]
