"""Telling the keepers of sources when one is beyond its thresholds: once, when it begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.collect import notices, source_health, source_rules
from zhiyin.collect.models import Source
from zhiyin.collect.plan import drift, services
from zhiyin.collect.source_rules import Hour
from zhiyin.talk.emitting import notify

QUIET = Hour(0, 0, timedelta(0))


@transaction.atomic
def watch(now: datetime) -> int:
    """Look at every source; returns how many new troubles were told."""
    told = 0
    hours, plans = source_health.hours(now), _plans(now)
    keepers: list[User] | None = None
    for source in Source.objects.select_for_update(no_key=True).order_by("pk"):
        found = [
            one.value
            for one in source_rules.troubles(
                source, hours.get(source.pk, QUIET), plans.get(source.pk, source_rules.Plan()), now
            )
        ]
        if found == source.troubles:
            continue
        for trouble in found:
            if trouble in source.troubles:
                continue
            keepers = _keepers() if keepers is None else keepers
            notify(keepers, notices.TROUBLE, ref=("source", source.pk), at=now, trouble=trouble)
            told += 1
        source.troubles = found
        source.save(update_fields=["troubles"])
    return told


def _plans(now: datetime) -> dict[UUID, source_rules.Plan]:
    """How today's events follow the plans of sources that somebody wants to be told of."""
    watched = list(Source.objects.filter(most_drift_percent__isnull=False, plan_version__gt=0))
    shares = drift.shares([one.pk for one in watched], now)
    return {
        one.pk: source_rules.Plan(
            shares.get(one.pk), bool(drift.stopped(one, services.plan_of(one), now))
        )
        for one in watched
    }


def _keepers() -> list[User]:
    """Everybody who may do something about it."""
    people = User.objects.filter(is_active=True, kind=User.Kind.PERSON).order_by("pk")
    return [user for user in people if access.allowed(user, "source.manage")]
