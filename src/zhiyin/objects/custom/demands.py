"""When built-in fields have to be filled: kept and let go. What follows is in requirements.py."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.objects.custom import known
from zhiyin.objects.custom.models import Demand
from zhiyin.objects.custom.rules import Rules, kept_rules
from zhiyin.objects.definitions import Field, ObjectType, fields_of
from zhiyin.objects.faults import CannotBe

# Whose a row is, and what is worked out, nobody fills in.
_NEVER = frozenset({"owner", "department"})


def can_be_demanded(field: Field) -> bool:
    """Whether people fill this built-in field."""
    return not field.custom and field.editor is not None and field.key not in _NEVER


@transaction.atomic
def keep(of: ObjectType, key: str, rules: Rules, *, by: User) -> None:
    """Say when a built-in field has to be filled; with empty rules it need not be."""
    access.require(by, "configuration.change")
    field = fields_of(of).get(key)
    if field is None or not can_be_demanded(field):
        raise CannotBe(gettext("There is no field %(key)s") % {"key": key[:40]})
    if rules != Rules(required=rules.required, required_when=rules.required_when):
        raise CannotBe(gettext("This does not apply to a field of this type"))
    _check(of, key, [when.field for when in rules.required_when], rules)
    found = Demand.objects.filter(object_type=of.name, key=key).first()
    if rules == Rules():
        if found is not None:
            record(by, "field_demand.dropped", found, object=of.name, key=key)
            found.delete()
            known.forget()
        return
    found = found or Demand(object_type=of.name, key=key)
    found.rules = kept_rules(rules)
    found.save()
    record(by, "field_demand.kept", found, object=of.name, key=key, always=rules.required)
    known.forget()


def _check(of: ObjectType, key: str, asked: Iterable[str], rules: Rules) -> None:
    fields = fields_of(of)
    if any(one not in fields or one == key for one in asked):
        raise CannotBe(gettext("Choose another field of this object and its values"))
    if any(not when.values for when in rules.required_when):
        raise CannotBe(gettext("Choose another field of this object and its values"))
