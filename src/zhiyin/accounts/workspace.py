"""What this installation was told about itself, and where that takes effect.

Currency and time zone are settings of the whole process: figures, segments, models and messages
read them. The environment (ZHIYIN_CURRENCY, ZHIYIN_TIME_ZONE) comes first; what it leaves open,
the stored workspace fills. A change takes effect here at once and in other processes within
`WORKSPACE_SECONDS`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db import transaction
from django.db.utils import ProgrammingError
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import Locale, User, Workspace
from zhiyin.accounts.services import NotAllowed
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.money import parse_currency

_FROM_ENVIRONMENT = {"currency": "ZHIYIN_CURRENCY", "time_zone": "ZHIYIN_TIME_ZONE"}
_WITHOUT_WORKSPACE = (str(settings.CURRENCY), str(settings.TIME_ZONE))
MoneyCheck = Callable[[], bool]
_money_checks: list[MoneyCheck] = []


@dataclass(frozen=True)
class Known:
    """What pages need to know of the workspace without asking the database."""

    company: str = ""
    language: str = ""


_known = Known()
_looked_at = float("-inf")


def known() -> Known:
    """What this process knows of the workspace."""
    return _known


def register_money_check(check: MoneyCheck) -> None:
    """Let a room say that amounts are in, after which the currency stands."""
    if check not in _money_checks:
        _money_checks.append(check)


def money_is_in() -> bool:
    """Whether any room holds amounts."""
    return any(check() for check in _money_checks)


def is_fixed(name: str) -> bool:
    """Whether the environment decides this, so that the screens can only show it."""
    return bool(os.environ.get(_FROM_ENVIRONMENT[name]))


def current() -> Workspace:
    """The stored row; an unsaved empty one where nothing was told yet."""
    return Workspace.objects.filter(pk=1).first() or Workspace()


def is_new() -> bool:
    """Whether nobody has begun here: nothing told, and no money in."""
    return not Workspace.objects.exists() and not money_is_in()


@transaction.atomic
def change(
    *,
    by: User,
    company: str | None = None,
    language: str | None = None,
    currency: str | None = None,
    time_zone: str | None = None,
) -> Workspace:
    """Tell the workspace something about itself; what is None stays."""
    access.require(by, "workspace.change")
    row = _locked()
    wanted = {
        "company": None if company is None else " ".join(company.split())[:60],
        "language": None if language is None else Locale(language).value,
        "currency": None if currency is None else _currency(currency, row),
        "time_zone": None if time_zone is None else _zone(time_zone),
    }
    changed = [
        name for name, value in wanted.items() if value is not None and value != getattr(row, name)
    ]
    for name in changed:
        setattr(row, name, wanted[name])
    row.save()
    if changed:
        # The company's name stays out of the audit, as every name does.
        told = {name: getattr(row, name) for name in changed if name != "company"}
        record(by, "workspace.changed", row, fields=changed, **told)
    transaction.on_commit(lambda: _take_effect(row))
    return row


@transaction.atomic
def unset(name: str, *, by: User) -> None:
    """Take back what was told of language, currency or time zone; the environment's holds again."""
    access.require(by, "workspace.change")
    row = _locked()
    if name == "currency" and money_is_in():
        raise NotAllowed(
            _("Amounts are in already; another currency would change what every sum means.")
        )
    if name in ("language", "currency", "time_zone") and getattr(row, name):
        setattr(row, name, "")
        row.save()
        record(by, "workspace.changed", row, fields=[name], **{name: ""})
        transaction.on_commit(lambda: _take_effect(row))


@transaction.atomic
def put_off(step: str, *, by: User) -> None:
    """Leave a first step for later."""
    access.require(by, "workspace.change")
    row = _locked()
    if step not in row.put_off:
        row.put_off = [*row.put_off, step][:20]
        row.save()
        record(by, "workspace.step_put_off", row, step=step)


@transaction.atomic
def dismiss(*, by: User) -> None:
    """Show the list of first steps no more."""
    access.require(by, "workspace.change")
    row = _locked()
    if row.dismissed_at is None:
        row.dismissed_at = timezone.now()
        row.save()
        record(by, "workspace.steps_dismissed", row)


def _locked() -> Workspace:
    Workspace.objects.bulk_create([Workspace(pk=1)], ignore_conflicts=True)
    return Workspace.objects.select_for_update().get(pk=1)


def _currency(text: str, row: Workspace) -> str:
    try:
        code = parse_currency(text)
    except BadValue as error:
        raise NotAllowed(_("There is no currency with this code.")) from error
    if code == str(settings.CURRENCY):
        return code
    if is_fixed("currency"):
        raise NotAllowed(_("The currency is set in the environment of this installation."))
    if money_is_in():
        raise NotAllowed(
            _("Amounts are in already; another currency would change what every sum means.")
        )
    return code


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise NotAllowed(_("There is no time zone with this name."))
    if is_fixed("time_zone") and name != str(settings.TIME_ZONE):
        raise NotAllowed(_("The time zone is set in the environment of this installation."))
    return name


def refresh_if_old() -> None:
    """Look at the stored workspace where the last look is older than the settings allow."""
    seconds = settings.WORKSPACE_SECONDS
    if seconds is not None and time.monotonic() - _looked_at > seconds:
        refresh()


def refresh() -> None:
    """Look at the stored workspace now."""
    try:
        with transaction.atomic():
            row = current()
    except ProgrammingError:
        return  # the tables are not there yet: a new folder, before its first migration
    _take_effect(row)


def forget() -> None:
    """Go back to what the environment says; for tests."""
    _take_effect(Workspace())


def _take_effect(row: Workspace) -> None:
    global _known, _looked_at
    _looked_at = time.monotonic()
    _known = Known(row.company, row.language)
    currency, zone = _WITHOUT_WORKSPACE
    settings.CURRENCY = row.currency if row.currency and not is_fixed("currency") else currency
    wanted = row.time_zone if row.time_zone and not is_fixed("time_zone") else zone
    if wanted != settings.TIME_ZONE:
        ZoneInfo(wanted)
        settings.TIME_ZONE = wanted
        timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]
