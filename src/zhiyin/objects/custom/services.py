"""Changing definitions: add, change, order, retire, bring back. Values are never thrown away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.objects.custom import computing, drafts, known, requirements, tasks
from zhiyin.objects.custom.drafts import Draft
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.provider import has_custom
from zhiyin.objects.definitions import ObjectType

MOST_FIELDS = 200
PERMISSION = "configuration.change"


class Faulty(ValueError):  # noqa: N818  (what was written down, not a fault of the program)
    """The definition cannot stand as it is; `problems` says why for each field of the form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


@transaction.atomic
def add_field(of: ObjectType, draft: Draft, *, by: User) -> CustomField:
    """Add a field to an object; raises `Faulty`."""
    access.require(by, PERMISSION)
    others = _locked(of)
    problems = drafts.faults(draft, of, others, is_new=True)
    if not has_custom(of) or len(others) >= MOST_FIELDS:
        problems["key"] = gettext("This object takes no more fields")
    if problems:
        raise Faulty(problems)
    field = CustomField(object_type=of.name, created_by=by)
    field.position = max((one.position for one in others), default=-1) + 1
    _store(field, draft, of, others)
    record(by, "custom_field.added", field, object=of.name, key=field.key, type=field.type)
    return field


@transaction.atomic
def change_definition(field: CustomField, draft: Draft, of: ObjectType, *, by: User) -> CustomField:
    """Change what a definition says. The key stays; another type goes through conversion.py."""
    access.require(by, PERMISSION)
    others = _locked(of)
    fresh = next(one for one in others if one.pk == field.pk)
    draft = Draft(**{name: getattr(draft, name) for name in Draft.__struct_fields__}
                  | {"key": fresh.key, "type": fresh.type})  # fmt: skip
    rest = [one for one in others if one.pk != fresh.pk]
    problems = drafts.faults(draft, of, rest, is_new=False) | _losses(fresh, draft, of)
    if problems:
        raise Faulty(problems)
    before = drafts.draft_of(fresh)
    if before == draft:
        return fresh
    _store(fresh, draft, of, rest)
    changed = [n for n in Draft.__struct_fields__ if getattr(before, n) != getattr(draft, n)]
    record(by, "custom_field.changed", fresh, object=of.name, key=fresh.key, changed=changed)
    return fresh


@transaction.atomic
def retire(field: CustomField, *, by: User) -> CustomField:
    """Take a field out of use; what rows hold in it stays and comes back with it."""
    access.require(by, PERMISSION)
    if field.retired_at is None:
        field.retired_at = timezone.now()
        field.save(update_fields=["retired_at", "changed_at"])
        record(by, "custom_field.retired", field, object=field.object_type, key=field.key)
        _told()
    return field


@transaction.atomic
def bring_back(field: CustomField, *, by: User) -> CustomField:
    """Take a retired field into use again, with all its values."""
    access.require(by, PERMISSION)
    if field.retired_at is not None:
        field.retired_at = None
        field.save(update_fields=["retired_at", "changed_at"])
        record(by, "custom_field.brought_back", field, object=field.object_type, key=field.key)
        _told()
    return field


@transaction.atomic
def remove(field: CustomField, of: ObjectType, *, by: User) -> bool:
    """Take a definition away for good where no row holds a value; otherwise it is retired."""
    access.require(by, PERMISSION)
    if of.model._default_manager.filter(custom__has_key=field.key).exists():
        retire(field, by=by)
        return False
    record(by, "custom_field.removed", field, object=of.name, key=field.key)
    field.delete()
    _told()
    return True


@transaction.atomic
def put_in_order(of: ObjectType, keys: Sequence[str], *, by: User) -> None:
    """Order the fields as in `keys`; those that it does not name come after, as they stood."""
    access.require(by, PERMISSION)
    fields = _locked(of)
    place = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    ordered = sorted(fields, key=lambda one: (place.get(one.key, len(place)), one.position))
    moved = []
    for position, one in enumerate(ordered):
        if one.position != position:
            one.position, one.changed_at = position, timezone.now()
            moved.append(one)
    if moved:
        CustomField.objects.bulk_update(moved, ["position", "changed_at"])
        record(by, "custom_field.ordered", None, object=of.name, keys=[o.key for o in ordered])
        _told()


def _store(field: CustomField, draft: Draft, of: ObjectType, others: list[CustomField]) -> None:
    drafts.write(field, draft)
    field.formula_kind = ""
    if field.is_formula:
        reads = computing.inputs(of, (one for one in others if not one.is_formula))
        field.formula_kind = computing.checked(field.formula, reads).kind.value
    field.save()
    _told()


def _losses(field: CustomField, draft: Draft, of: ObjectType) -> dict[str, str]:
    """What the change would do to values that rows hold."""
    found: dict[str, str] = {}
    kept = {one.key for one in draft.rules.choices}
    gone = [one for one in field.checks.choices if one.key not in kept]
    for one in gone:
        rows = of.model._default_manager
        single = rows.filter(**{f"custom__{field.key}": one.key})
        many = rows.filter(**{f"custom__{field.key}__contains": [one.key]})
        count = single.count() if field.type == CustomField.Type.CHOICE else many.count()
        if count:
            found["choices"] = gettext(
                "%(count)s rows hold “%(choice)s”; close the value instead of removing it"
            ) % {"count": f"{count:,}", "choice": one.label("zh")}
    if draft.rules.unique and not field.checks.unique:
        count = requirements.repeated(field, of)
        if count:
            found["unique"] = gettext("%(count)s values stand in more than one row") % {
                "count": f"{count:,}"
            }
    return found


def _locked(of: ObjectType) -> list[CustomField]:
    return list(CustomField.objects.select_for_update().filter(object_type=of.name))


def _told() -> None:
    known.forget()
    tasks.soon()
