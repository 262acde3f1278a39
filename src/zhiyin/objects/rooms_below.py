"""What the rooms below set up, as sections of the configuration file: departments, territories,
what the workspace says of itself, where webhooks may go, how people are told.

Those rooms know nothing of the file. A department is named by the Chinese names from the root down
to it; who works in a territory are people, and stays out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import ValidationError

from zhiyin.accounts import departments, territories, workspace
from zhiyin.accounts.models import Department, Territory, User
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.territories import Member, Rule
from zhiyin.connect import services as webhooks
from zhiyin.connect.models import HostRule
from zhiyin.objects import configuration
from zhiyin.objects.configuration import Section
from zhiyin.objects.faults import CannotBe
from zhiyin.talk import defaults
from zhiyin.talk.models import KindDefault, Mail

BELOW = " › "
SETTINGS = ("language", "currency", "time_zone")
Result = TypeVar("Result")


class Place(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One condition of a territory."""

    country: str = ""
    province: str = ""
    city: str = ""
    department: str = ""


class TerritoryItem(msgspec.Struct, forbid_unknown_fields=True):
    """A territory without its people."""

    en: str
    rules: list[Place]


class DepartmentItem(msgspec.Struct, forbid_unknown_fields=True):
    """A department; where it hangs, its key says."""

    en: str


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """How a kind of notice is told to whoever has not said otherwise."""

    in_product: bool
    mail: str
    push: bool


def _allowed(do: Callable[[], Result]) -> Result:
    """Do it; what a rule of the house refuses is refused here in the same words."""
    try:
        return do()
    except (NotAllowed, webhooks.CannotBe, defaults.Unknown) as reason:
        raise CannotBe(str(reason)) from reason
    except ValidationError as errors:
        raise CannotBe(" ".join(errors.messages)) from errors


def _paths() -> dict[str, Department]:
    """Every department by its path of names, the deepest first, so that it can go before those
    above it."""
    everything = {one.pk: one for one in Department.objects.all()}

    def path(one: Department) -> str:
        above = everything.get(one.parent_id) if one.parent_id else None
        return f"{path(above)}{BELOW}{one.name_zh}" if above else one.name_zh

    rows = sorted(everything.values(), key=lambda one: -one.depth)
    return {path(one): one for one in rows}


def _departments() -> Mapping[str, Any]:
    return {path: {"en": one.name_en} for path, one in _paths().items()}


def _put_department(key: str, item: Any, by: User) -> None:
    wanted = msgspec.convert(item, DepartmentItem)
    found, (above, _, name) = _paths(), key.rpartition(BELOW)
    parent = _department(above) if above else None
    if key in found:
        _allowed(
            lambda: departments.rename_department(
                found[key], by=by, name_zh=name, name_en=wanted.en
            )
        )
        return
    _allowed(
        lambda: departments.create_department(by=by, name_zh=name, name_en=wanted.en, parent=parent)
    )


def _drop_department(key: str, by: User) -> None:
    _allowed(lambda: departments.remove_department(_department(key), by=by))


def _department(path: str) -> Department:
    found = _paths().get(path)
    if found is None:
        raise CannotBe(f"{path}?")
    return found


def _territories() -> Mapping[str, Any]:
    paths = {one.pk: path for path, one in _paths().items()}
    return {
        one.name_zh: {
            "en": one.name_en,
            "rules": [
                msgspec.to_builtins(
                    Place(rule.country, rule.province, rule.city,
                          paths[rule.department_id] if rule.department_id else "")
                )
                for rule in one.rules.order_by("pk")
            ],
        }
        for one in Territory.objects.all()
    }  # fmt: skip


def _put_territory(key: str, item: Any, by: User) -> None:
    wanted = msgspec.convert(item, TerritoryItem)
    rules = [
        Rule(one.country, one.province, one.city,
             _department(one.department) if one.department else None)
        for one in wanted.rules
    ]  # fmt: skip
    there = Territory.objects.filter(name_zh=key).first()
    members = [
        Member(one.user, one.may_change)
        for one in (there.members.select_related("user") if there else ())
    ]
    _allowed(
        lambda: territories.keep_territory(
            there, by=by, name_zh=key, name_en=wanted.en, rules=rules, members=members
        )
    )


def _drop_territory(key: str, by: User) -> None:
    territories.remove_territory(Territory.objects.get(name_zh=key), by=by)


def _settings() -> Mapping[str, Any]:
    row = workspace.current()
    return {name: getattr(row, name) for name in SETTINGS if getattr(row, name)}


def _put_setting(key: str, item: Any, by: User) -> None:
    if key not in SETTINGS:
        raise CannotBe(f"{key}: {', '.join(SETTINGS)}")
    text = msgspec.convert(item, str)
    _allowed(lambda: workspace.change(by=by, **{key: text}))


def _drop_setting(key: str, by: User) -> None:
    _allowed(lambda: workspace.unset(key, by=by))


def _hosts() -> Mapping[str, Any]:
    return {str(one): True for one in HostRule.objects.all()}


def _put_host(key: str, item: Any, by: User) -> None:
    kind, _, pattern = key.partition(" ")
    if item is not True or kind not in HostRule.Kind.values:
        raise CannotBe('"deny hooks.example.com": true')
    _allowed(lambda: webhooks.add_host_rule(kind, pattern, by=by))


def _drop_host(key: str, by: User) -> None:
    kind, _, pattern = key.partition(" ")
    webhooks.drop_host_rule(HostRule.objects.get(kind=kind, pattern=pattern), by=by)


def _notices() -> Mapping[str, Any]:
    return {
        one.kind: {"in_product": one.in_product, "mail": one.mail, "push": one.push}
        for one in KindDefault.objects.all()
    }


def _put_notice(key: str, item: Any, by: User) -> None:
    told = msgspec.convert(item, Told)
    if told.mail not in Mail.values:
        raise CannotBe(f"mail: {', '.join(Mail.values)}")
    _allowed(lambda: defaults.keep(key, told.in_product, Mail(told.mail), told.push, by=by))


def _drop_notice(key: str, by: User) -> None:
    defaults.drop(key, by=by)


def _from_the_root(items: Mapping[str, Any]) -> list[str]:
    return sorted(items, key=lambda key: (key.count(BELOW), key))


def register() -> None:
    """Departments first: territories name them."""
    configuration.register(Section("workspace", _settings, _put_setting, _drop_setting))
    configuration.register(
        Section(
            "departments", _departments, _put_department, _drop_department, ordered=_from_the_root
        )
    )
    configuration.register(Section("territories", _territories, _put_territory, _drop_territory))
    configuration.register(Section("webhook_hosts", _hosts, _put_host, _drop_host))
    configuration.register(Section("notices", _notices, _put_notice, _drop_notice))
