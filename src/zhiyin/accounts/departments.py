"""Writes to the tree of departments: make, rename, move with everything below, remove."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, TextField, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Department, User
from zhiyin.accounts.services import NotAllowed
from zhiyin.ids import uuid7

_TREE_LOCK = 0x7A68_6979_7472  # pg_advisory_xact_lock: one change to the tree at a time


@transaction.atomic
def create_department(
    *, by: User | None, name_zh: str, name_en: str, parent: Department | None = None
) -> Department:
    """A new department below `parent`, or at the root."""
    _open_tree(by)
    department = Department(id=uuid7(), parent=parent, name_zh=name_zh, name_en=name_en)
    department.path = _path(parent, department.id)
    department.full_clean()
    department.save(force_insert=True)
    record(by, "department.created", department, parent=department.parent_id)
    return department


@transaction.atomic
def rename_department(
    department: Department, *, by: User, name_zh: str, name_en: str
) -> Department:
    _open_tree(by)
    department.name_zh, department.name_en = name_zh, name_en
    department.full_clean()
    department.save(update_fields=["name_zh", "name_en"])
    record(by, "department.changed", department, fields=["name_zh", "name_en"])
    return department


@transaction.atomic
def move_department(department: Department, *, by: User, parent: Department | None) -> Department:
    """Hang a department, with all below it, under another one."""
    _open_tree(by)
    department = Department.objects.get(pk=department.pk)
    if parent is not None:
        parent.refresh_from_db()
        if parent.path.startswith(department.path):
            raise NotAllowed(_("A department cannot be moved below itself."))
    old, new = department.path, _path(parent, department.id)
    department.parent = parent
    department.full_clean(exclude=["path"])
    Department.objects.filter(pk=department.pk).update(parent=parent)
    Department.objects.filter(path__startswith=old).update(
        path=Concat(Value(new), Substr(F("path"), len(old) + 1), output_field=TextField())
    )
    record(by, "department.moved", department, parent=department.parent_id)
    department.refresh_from_db()
    return department


@transaction.atomic
def change_department(
    department: Department, *, by: User, name_zh: str, name_en: str, parent: Department | None
) -> Department:
    """Rename and move in one go, as the screen does."""
    department = rename_department(department, by=by, name_zh=name_zh, name_en=name_en)
    if (parent.pk if parent else None) != department.parent_id:
        department = move_department(department, by=by, parent=parent)
    return department


@transaction.atomic
def remove_department(department: Department, *, by: User) -> None:
    """Remove an empty department."""
    _open_tree(by)
    if department.children.exists() or department.users.exists():
        raise NotAllowed(_("This department still has people or departments; move them first."))
    record(by, "department.removed", department)
    department.delete()


def _open_tree(by: User | None) -> None:
    if by is not None:
        access.require(by, "department.change")
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_TREE_LOCK])


def _path(parent: Department | None, own: UUID) -> str:
    return f"{parent.path if parent else ''}{own.hex}/"
