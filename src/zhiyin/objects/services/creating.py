"""A new row from a form: what was typed is put into it, and everything that is wrong is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Model
from django.utils.translation import gettext

from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.cleaning.errors import BadValue
from zhiyin.objects import levels, writing
from zhiyin.objects.custom import known, layouts, reading, requirements, values
from zhiyin.objects.definitions import Field, ObjectType
from zhiyin.objects.faults import CannotBe

# Whose a new row is, follows from who makes it.
NOT_ASKED = frozenset({"owner", "department"})


class Unfit(CannotBe):
    """What was typed cannot stand: why, by the key of the field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(gettext("Not added yet: the marked fields need you."))
        self.errors = errors


def offered(of: ObjectType, row: Model, by: User) -> list[Field]:
    """The fields that this person may fill in a row of their own, as their layout orders them."""
    known_levels = levels.of_row(by, of, row)
    return [
        one
        for one in layouts.form_fields(of, by)
        if one.editor is not None and one.key not in NOT_ASKED
        and known_levels.get(one.key, Level.HIDDEN) is Level.WRITE
    ]  # fmt: skip


def defaults(of: ObjectType) -> dict[str, str]:
    """What stands in the fields of an empty form, as somebody would type it."""
    return {one.key: one.default for one in known.in_use(of.name) if one.default}


def fill(
    of: ObjectType, row: Model, texts: Mapping[str, str], *, by: User, skip: Collection[str] = ()
) -> tuple[list[str], dict[str, str]]:
    """Put the texts into a row that is not kept yet; what was written, and what is wrong.

    A field that the form did not have gets its default. `skip` are those that the caller writes.
    """
    written: list[str] = []
    errors: dict[str, str] = {}
    for field in offered(of, row, by):
        text, editor = texts.get(field.key, ""), field.editor
        if editor is None or field.key in skip or not text.strip():
            continue
        try:
            writing.put(of, field, row, editor.read(text, by), by=by)
        except CannotBe as reason:
            errors[field.key] = str(reason)
        else:
            written.append(field.key)
    _put_defaults(of, row, texts)
    return written, errors


def check_complete(of: ObjectType, row: Model, errors: Mapping[str, str], *, by: User) -> None:
    """Raises `Unfit` where something was wrong, or a field is empty that a new row needs and this
    person may fill."""
    found = dict(errors)
    may = {one.key for one in offered(of, row, by)}
    for field in requirements.missing(of, row):
        if field.key in may:
            found.setdefault(field.key, requirements.needed(field))
    if found:
        raise Unfit(found)


def _put_defaults(of: ObjectType, row: Model, texts: Mapping[str, str]) -> None:
    for one in known.in_use(of.name):
        if not one.default or one.key in texts:
            continue
        try:
            values.put(one, row, values.typed(one, reading.read(one, one.default)))
        except BadValue:
            continue  # the rules were narrowed since
