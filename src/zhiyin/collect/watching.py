"""Telling the keepers of sources when one is beyond its thresholds: once, when it begins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.collect import notices, source_health, source_rules
from zhiyin.collect.models import Source
from zhiyin.collect.source_rules import Hour
from zhiyin.talk.emitting import notify

QUIET = Hour(0, 0, timedelta(0))


@transaction.atomic
def watch(now: datetime) -> int:
    """Look at every source; returns how many new troubles were told."""
    told = 0
    hours = source_health.hours(now)
    keepers: list[User] | None = None
    for source in Source.objects.select_for_update(no_key=True).order_by("pk"):
        found = [
            one.value for one in source_rules.troubles(source, hours.get(source.pk, QUIET), now)
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


def _keepers() -> list[User]:
    """Everybody who may do something about it."""
    people = User.objects.filter(is_active=True, kind=User.Kind.PERSON).order_by("pk")
    return [user for user in people if access.allowed(user, "source.manage")]
