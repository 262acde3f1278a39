"""Telling the keepers of the rules when one fails more often than it may: once, when it begins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.quality import notices
from zhiyin.quality.models import Measurement, QualityRule
from zhiyin.talk.emitting import notify


def tell(rules: Iterable[QualityRule], now: datetime) -> int:
    """Compare the last counts with the thresholds; how many rules are told of."""
    told = 0
    keepers: list[User] | None = None
    watched = [one for one in rules if one.most_percent is not None or one.alarmed]
    latest = _latest(watched)
    for one in watched:
        share = latest.get(one.pk)
        beyond = share is not None and one.most_percent is not None and share > one.most_percent
        if beyond and not one.alarmed:
            keepers = _keepers() if keepers is None else keepers
            notify(keepers, notices.BEYOND, at=now, rule=str(one.pk), percent=f"{share:.1f}",
                   most=f"{one.most_percent:g}")  # fmt: skip
            told += 1
        if beyond != one.alarmed:
            one.alarmed = beyond
            one.save(update_fields=["alarmed"])
    return told


def _latest(rules: Iterable[QualityRule]) -> dict[object, float]:
    """By rule the share that failed on the last day, in percent."""
    rows = Measurement.objects.filter(rule__in=[one.pk for one in rules], source=None)
    found = rows.order_by("rule", "-day").distinct("rule")
    return {one.rule_id: 100 * one.failed / one.rows for one in found if one.rows}


def _keepers() -> list[User]:
    """Everybody who may do something about it."""
    people = User.objects.filter(is_active=True, kind=User.Kind.PERSON).order_by("pk")
    return [user for user in people if access.allowed(user, "quality.change")]
