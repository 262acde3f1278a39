"""What the pump counts: each event once, under what became of it, also where a turn is repeated."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.collect.pump.conftest import Put
from zhiyin.collect import tallies
from zhiyin.collect.models import Source, Tally
from zhiyin.collect.pump import turning
from zhiyin.collect.pump.turning import turn
from zhiyin.collect.tracking.bodies import PARTITIONS
from zhiyin.govern import services as consents
from zhiyin.govern.models import Channel, Consent, Purpose

pytestmark = pytest.mark.django_db
ALL = range(PARTITIONS)


def message(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Product Viewed", "anonymousId": "d1",
            "messageId": f"m{number}", **more}  # fmt: skip


def counted() -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in Tally.objects.all():
        found[one.outcome, one.reason] += one.events
    return found


def test_each_event_is_counted_under_what_became_of_it(put: Put) -> None:
    put(message(1), message(2), message(2), {"type": "dance", "userId": "u"}, message(3, event=""))
    put(message(1), message(9, timestamp="1980-01-01T00:00:00Z"))
    while turn(ALL):
        pass
    assert counted() == {
        ("kept", ""): 2, ("duplicate", ""): 2, ("set_aside", "unknown_type"): 1,
        ("set_aside", "no_event_name"): 1, ("set_aside", "time"): 1,
    }  # fmt: skip


def test_an_event_without_its_person_counts_as_anonymous(put: Put, site: Source) -> None:
    Source.objects.filter(pk=site.pk).update(kind=Source.Kind.WEB)
    put({"type": "identify", "userId": "u1", "messageId": "i1", "traits": {"name": "Ann"}})
    turn(ALL)
    from zhiyin.customers.models import Customer

    Consent.objects.create(
        customer=Customer.objects.get(), purpose=Purpose.PROFILING, channel=Channel.NONE,
        granted=False, at=timezone.now(), evidence="x",
    )  # fmt: skip
    put(message(1, userId="u1"))
    turn(ALL)
    assert counted() == {("kept", ""): 1, ("anonymous", ""): 1}
    assert consents  # the step that took the person off


def test_a_turn_that_is_halved_counts_nothing_twice(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(message(1), message(2, event="Bad"))
    real = turning.pipeline.run

    def fails(batch: Any) -> Any:
        done = real(batch)
        if any(event.name == "Bad" for event in batch.incoming):
            raise ValueError("poison")
        return done

    monkeypatch.setattr(turning.pipeline, "run", fails)
    for _ in range(turning.MOST_TRIES):
        turn(ALL)
    assert counted() == {("kept", ""): 1, ("set_aside", "failed"): 1}


def test_counting_costs_one_statement_a_turn(put: Put) -> None:
    for n in range(5):
        put(*(message(10 * n + k) for k in range(10)))
    with CaptureQueriesContext(connection) as asked:
        turn(ALL)
    assert sum("collect_tally" in one["sql"] for one in asked) == 1


def test_totals_follow_and_minutes_become_hours(site: Source) -> None:
    now = timezone.now().replace(minute=30, second=0, microsecond=0)
    for minutes, lane in ((5, 0), (300, 0), (301, 1), (299, 0)):
        at = now - timedelta(minutes=minutes)
        Tally.objects.create(
            source=site, at=at, last_at=at, outcome="kept", lane=lane, events=10, lag_ms=minutes
        )
    old = now - timedelta(days=36)
    Tally.objects.create(source=site, at=old, last_at=old, outcome="kept", lane=-1, events=1,
                         counted=1, lag_ms=1)  # fmt: skip
    for _ in range(2):  # the second time finds nothing to do
        tallies.fold(now)
        site.refresh_from_db()
        assert (site.events, site.live_events) == (40, 40)
        assert site.last_received_at == now - timedelta(minutes=5)
        rows = {(one.lane, one.at): (one.events, one.lag_ms) for one in Tally.objects.all()}
        hour = (now - timedelta(minutes=300)).replace(minute=0)
        assert sum(n for (lane, _), (n, _) in rows.items() if lane == -1) == 30
        assert rows[0, now - timedelta(minutes=5)] == (10, 5)
        assert rows[-1, hour][1] == 301 or rows[-1, hour][1] == 300
        assert len(rows) <= 3


def test_events_that_are_counted_late_are_added_once(site: Source, put: Put) -> None:
    now = timezone.now()
    put(message(1), at=now - timedelta(minutes=10))
    turn(ALL)
    tallies.fold(now)
    put(message(2), at=now - timedelta(minutes=10))
    turn(ALL)
    tallies.fold(now)
    tallies.fold(now)
    site.refresh_from_db()
    assert site.events == 2
