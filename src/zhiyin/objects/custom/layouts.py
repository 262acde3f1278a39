"""Which fields a person sees on a record's page and form, in which sections and order.

A layout narrows and orders; it never widens: what a person may see and write stays what the policy
says. Required fields are on every form, whatever its layout leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from django.db import transaction
from django.db.models import Model
from django.utils.translation import get_language, gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.objects.custom import known, requirements
from zhiyin.objects.custom.models import Layout
from zhiyin.objects.definitions import Field, ObjectType, fields_of
from zhiyin.objects.faults import CannotBe

MOST_SECTIONS = 20
EVERYBODY = ""


class Placed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field in its place; read-only for those who might write it elsewhere."""

    key: str
    read_only: bool = False


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """A heading with its fields; collapsed until somebody opens it."""

    zh: str
    en: str
    fields: tuple[Placed, ...] = ()
    collapsed: bool = False

    @property
    def label(self) -> str:
        """The heading in the reader's language."""
        return self.zh if (get_language() or "zh").startswith("zh") else self.en


@dataclass(frozen=True)
class ShownField:
    """A field of a layout for one person: what it is, and whether they may write it there."""

    field: Field
    level: Level
    may_write: bool
    required: bool = False


@dataclass(frozen=True)
class ShownSection:
    """A section for one person; empty ones are left out."""

    label: str
    collapsed: bool
    fields: tuple[ShownField, ...]


def can_be_placed(field: Field) -> bool:
    """Whether a layout may hold the field: custom ones, and built-in ones that are edited."""
    return field.custom or field.editor is not None


def by_default(of: ObjectType) -> tuple[Section, ...]:
    """The layout that follows from the definitions."""
    placed = [one for one in fields_of(of).values() if can_be_placed(one)]
    own = tuple(Placed(one.key) for one in placed if one.custom)
    basics = tuple(Placed(one.key) for one in placed if not one.custom)
    sections = (Section("基本信息", "Basics", basics), Section("更多字段", "More fields", own))
    return tuple(one for one in sections if one.fields)


def kept(of: ObjectType, role: str) -> tuple[Section, ...] | None:
    """The layout that was made for a role; None where there is none."""
    found = known.layouts(of.name).get(role)
    return None if found is None else read(found.sections)


def read(data: object) -> tuple[Section, ...]:
    """Sections from JSON; raises `msgspec.ValidationError`."""
    return msgspec.convert(data, tuple[Section, ...])


def of_user(of: ObjectType, user: User) -> tuple[Section, ...]:
    """A person's layout: of their first role that has one, else everybody's, else the default."""
    return made_for(of, user) or by_default(of)


def made_for(of: ObjectType, user: User) -> tuple[Section, ...] | None:
    """The layout that somebody made and that this person follows; None where nobody did."""
    for role in (*user.roles, EVERYBODY):
        found = kept(of, role)
        if found is not None:
            return found
    return None


def shown(
    of: ObjectType, user: User, levels: Mapping[str, Level], row: Model | None = None,
    *, whole_form: bool = False,
) -> list[ShownSection]:  # fmt: skip
    """The sections of a person's page or form, with the fields that they may know.

    With `whole_form`, required fields that the layout leaves out stand in a section of their own.
    """
    fields = fields_of(of)
    probe = row if row is not None else of.model()

    def one(placed: Placed) -> ShownField:
        field, level = fields[placed.key], levels.get(placed.key, Level.HIDDEN)
        writes = level is Level.WRITE and field.editor is not None and not placed.read_only
        return ShownField(field, level, writes, requirements.is_required(placed.key, of, probe))

    def seen(placed: Placed) -> bool:
        field = fields.get(placed.key)
        return field is not None and levels.get(placed.key, Level.HIDDEN) > Level.HIDDEN

    sections = list(of_user(of, user))
    if whole_form:
        sections += _forgotten(sections, of, probe)
    made = [
        ShownSection(part.label, part.collapsed, tuple(one(p) for p in part.fields if seen(p)))
        for part in sections
    ]
    return [part for part in made if part.fields]


def required_beside(of: ObjectType, sections: Iterable[Section]) -> list[Field]:
    """Fields that every row needs and the layout leaves out."""
    fields = fields_of(of)
    forgotten = _forgotten(sections, of, of.model())
    return [fields[one.key] for part in forgotten for one in part.fields if one.key in fields]


def form_fields(of: ObjectType, user: User) -> list[Field]:
    """The fields of a form in the order of this person's layout, without those it only shows."""
    fields = fields_of(of)
    made = made_for(of, user)
    if made is None:
        return list(fields.values())
    keys = [one.key for part in made for one in part.fields if not one.read_only]
    placed = [fields[key] for key in keys if key in fields]
    return [*placed, *required_beside(of, made)]


def _forgotten(sections: Iterable[Section], of: ObjectType, probe: Model) -> list[Section]:
    placed = {one.key for part in sections for one in part.fields}
    needs = requirements.needs(of)
    needed = [k for k in needs if k not in placed and requirements.is_required(k, of, probe)]
    return [Section("必填", "Required", tuple(Placed(key) for key in needed))] if needed else []


@transaction.atomic
def keep(of: ObjectType, role: str, sections: Sequence[Section], *, by: User) -> Layout:
    """Keep the layout of a role ("" is everybody's); raises `CannotBe`."""
    access.require(by, "configuration.change")
    check(of, role, sections)
    layout, _ = Layout.objects.select_for_update().get_or_create(object_type=of.name, role=role)
    layout.sections = msgspec.to_builtins(tuple(sections))
    layout.changed_by = by
    layout.save()
    record(by, "layout.kept", layout, object=of.name, role=role, sections=len(sections))
    known.forget()
    return layout


@transaction.atomic
def drop(of: ObjectType, role: str, *, by: User) -> None:
    """Let a role follow the layout of everybody, or everybody the default, again."""
    access.require(by, "configuration.change")
    found = Layout.objects.filter(object_type=of.name, role=role).first()
    if found is not None:
        record(by, "layout.dropped", found, object=of.name, role=role)
        found.delete()
        known.forget()


def check(of: ObjectType, role: str, sections: Sequence[Section]) -> None:
    """Raises `CannotBe` for what cannot be a layout of this object."""
    if role not in (EVERYBODY, *Role):
        raise CannotBe(gettext("Choose one of the list"))
    if not 1 <= len(sections) <= MOST_SECTIONS:
        raise CannotBe(gettext("From 1 to %(limit)s sections") % {"limit": MOST_SECTIONS})
    if any(not 1 <= len(w.strip()) <= 80 for part in sections for w in (part.zh, part.en)):
        raise CannotBe(gettext("Each section has a name in both languages"))
    keys = [one.key for part in sections for one in part.fields]
    allowed = {key for key, one in fields_of(of).items() if can_be_placed(one)}
    allowed |= {one.key for one in known.definitions(of.name)}  # a retired one may come back
    if unknown := sorted(set(keys) - allowed):
        raise CannotBe(gettext("There is no field %(key)s") % {"key": unknown[0][:40]})
    if len(set(keys)) < len(keys):
        raise CannotBe(gettext("Each field stands here once"))
