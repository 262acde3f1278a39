"""Custom fields and layouts as sections of the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from zhiyin.accounts.models import User
from zhiyin.objects import configuration
from zhiyin.objects.configuration import Section
from zhiyin.objects.custom import conversion, demands, drafts, known, layouts, services
from zhiyin.objects.custom.drafts import Draft
from zhiyin.objects.custom.models import CustomField, Demand, Layout
from zhiyin.objects.custom.rules import Rules, read_rules
from zhiyin.objects.definitions import DefinitionError, ObjectType, object_type
from zhiyin.objects.faults import CannotBe

EVERYBODY = "everybody"


class Item(Draft, frozen=True, kw_only=True):
    """A definition in the file: its draft, its place among the others, whether it is retired."""

    position: int = 0
    retired: bool = False


def _fields() -> Mapping[str, Any]:
    return {str(one): _told(one) for one in CustomField.objects.all()}


def _told(one: CustomField) -> dict[str, Any]:
    held: dict[str, Any] = msgspec.to_builtins(drafts.draft_of(one))
    held.pop("key")
    return held | {"position": one.position, "retired": one.retired_at is not None}


def _put_field(key: str, item: Any, by: User) -> None:
    of, name = _of(key)
    wanted = msgspec.convert({**item, "key": name}, Item, strict=False)
    draft = Draft(**{each: getattr(wanted, each) for each in Draft.__struct_fields__})
    field = CustomField.objects.filter(object_type=of.name, key=name).first()
    if field is None:
        field = services.add_field(of, draft, by=by)
    else:
        if field.type != draft.type:
            _convert(field, draft.type, of, by)
            field.refresh_from_db()
        field = services.change_definition(field, draft, of, by=by)
    if wanted.retired:
        services.retire(field, by=by)
    else:
        services.bring_back(field, by=by)
    if field.position != wanted.position:
        field.position = wanted.position
        field.save(update_fields=["position", "changed_at"])
    known.forget()


def _convert(field: CustomField, to: str, of: ObjectType, by: User) -> None:
    try:
        found = conversion.convert(field, to, of, by=by)
    except KeyError as error:
        raise CannotBe(f"{field.type} → {to}") from error
    if not found.is_safe:
        raise CannotBe(f"{field.type} → {to}: {found.lost} values would be lost")


def _remove(key: str, by: User) -> None:
    """A field that the file does not know goes where no row holds a value, else it is retired."""
    of, name = _of(key)
    services.remove(CustomField.objects.get(object_type=of.name, key=name), of, by=by)


def _in_order(items: Mapping[str, Any]) -> list[str]:
    """Fields that others read before those that read them."""

    def reads(key: str) -> int:
        item = items[key] if isinstance(items[key], dict) else {}
        rules = item.get("rules")
        asks = isinstance(rules, dict) and bool(rules.get("required_when"))
        return 2 if item.get("type") == CustomField.Type.FORMULA else int(asks)

    return sorted(items, key=lambda key: (reads(key), key))


def _harms(before: Any, after: Any) -> bool:
    """Another type converts every row; retiring takes a field off every screen."""
    if not isinstance(after, dict):
        return False
    retires = bool(after.get("retired")) and not before["retired"]
    return bool(before["type"] != after.get("type")) or retires


def _layouts() -> Mapping[str, Any]:
    return {
        f"{one.object_type}.{one.role or EVERYBODY}": one.sections for one in Layout.objects.all()
    }


def _put_layout(key: str, item: Any, by: User) -> None:
    of, role = _of(key)
    layouts.keep(of, "" if role == EVERYBODY else role, layouts.read(item), by=by)


def _drop_layout(key: str, by: User) -> None:
    of, role = _of(key)
    layouts.drop(of, "" if role == EVERYBODY else role, by=by)


def _demands() -> Mapping[str, Any]:
    return {str(one): one.rules for one in Demand.objects.all()}


def _put_demand(key: str, item: Any, by: User) -> None:
    of, name = _of(key)
    demands.keep(of, name, read_rules(item), by=by)


def _drop_demand(key: str, by: User) -> None:
    of, name = _of(key)
    demands.keep(of, name, Rules(), by=by)


def _of(key: str) -> tuple[ObjectType, str]:
    name, _, rest = key.partition(".")
    try:
        return object_type(name), rest
    except DefinitionError as error:
        raise CannotBe(f"{name}?") from error


def register() -> None:
    """Fields first: layouts are made of them."""
    configuration.register(
        Section("custom_fields", _fields, _put_field, _remove, _harms, _in_order)
    )
    configuration.register(Section("required", _demands, _put_demand, _drop_demand))
    configuration.register(Section("layouts", _layouts, _put_layout, _drop_layout))
