"""Whether each source delivers as it promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.collect.models import Source
from zhiyin.collect.source_health import name_of
from zhiyin.collect.source_rules import health

ON_TIME, LATE, DOWN, NO_PROMISE = "good", "warn", "bad", ""


@dataclass(frozen=True)
class Fresh:
    """A source and how it stands; `state` is empty for one that promised nothing."""

    source: Source
    state: str
    late: timedelta

    @property
    def name(self) -> str:
        """In the reader's language."""
        return name_of(self.source)

    @property
    def late_minutes(self) -> int:
        return int(self.late.total_seconds() // 60)

    @property
    def late_hours(self) -> int:
        return self.late_minutes // 60

    @property
    def promise_hours(self) -> int:
        """The promise in hours where it is a whole number of them, else 0."""
        minutes = self.source.promise_minutes or 0
        return minutes // 60 if minutes % 60 == 0 else 0


def sources_for(user: User, now: datetime) -> list[Fresh]:
    """Every source that this user may see, those in trouble first."""
    found = access.scoped(user, Source.objects.order_by("key"), "source.see")
    order = {DOWN: 0, LATE: 1, ON_TIME: 2, NO_PROMISE: 3}
    return sorted((state_of(one, now) for one in found), key=lambda one: order[one.state])


def state_of(source: Source, now: datetime) -> Fresh:
    """On time, late, or silent for so long that something is broken (see `source_rules`)."""
    state = health(source, now)
    if state is None:
        return Fresh(source, NO_PROMISE, timedelta(0))
    if state == ON_TIME or source.last_received_at is None:
        return Fresh(source, state, timedelta(0))
    promise = timedelta(minutes=source.promise_minutes or 0)
    return Fresh(source, state, now - source.last_received_at - promise)
