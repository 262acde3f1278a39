"""The drift report: day by day, by each way, what stopped, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.collect import sdk
from zhiyin.accounts.roles import Role
from zhiyin.collect import watching
from zhiyin.collect.models import Learnt, PlanDay, Source
from zhiyin.collect.plan import drift, noting, services
from zhiyin.collect.plan.schema import Mode, Plan, Planned
from zhiyin.talk.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(db: None) -> Source:
    made = sdk.source().source
    boss = factories.user(Role.ADMINISTRATOR)
    plan = Plan(mode=Mode.FLAG, events={"Viewed": Planned(), "Bought": Planned()})
    services.save(made, plan, by=boss, base=0)
    return made


def day(source: Source, ago: int, n: int, event: str = "Viewed", name: str = "", fault: str = "",
        came: str = "") -> None:  # fmt: skip
    at = timezone.localdate() - timedelta(days=ago)
    PlanDay.objects.create(
        source=source, day=at, event=event, property=name, fault=fault, came=came, events=n
    )


def seen(source: Source, event: str, ago: timedelta) -> None:
    at = timezone.now() - ago
    Learnt.objects.create(source=source, event=event, events=1, first_at=at, last_at=at)


def test_each_way_has_its_days_its_share_and_what_the_plan_does(source: Source) -> None:
    day(source, 0, 100)
    day(source, 3, 300)
    day(source, 3, 40, fault="any")
    day(source, 3, 30, name="price", fault="type", came="text")
    day(source, 0, 10, name="price", fault="type", came="text")
    day(source, 3, 15, event="Mystery", fault="unknown_event")
    day(source, 20, 999)
    found = drift.report(source, timezone.now(), days=5)
    assert found.came == [0, 300, 0, 0, 100] and found.deviated == [0, 40, 0, 0, 0]
    assert found.percent == 10
    way = found.ways[0]
    assert (way.event, way.about, way.fault, way.came) == ("Viewed", "price", "type", "text")
    assert (way.days, way.events, way.percent, way.mode) == ([0, 30, 0, 0, 10], 40, 10, "flag")
    assert (found.ways[1].fault, found.ways[1].mode) == ("unknown_event", "observe")


def test_an_event_that_came_daily_and_comes_no_more_has_stopped(source: Source) -> None:
    for ago in range(2, 9):
        day(source, ago, 14)
        day(source, ago, 7, event="Bought")
        day(source, ago, 9, event="Not planned")
    for event, ago in (("Viewed", 50), ("Bought", 20), ("Not planned", 50)):
        seen(source, event, timedelta(hours=ago))
    now = timezone.now()
    last = timezone.localdate(now - timedelta(hours=50))
    PlanDay.objects.filter(event="Viewed", day__gt=last).delete()
    for back in range(7):
        PlanDay.objects.update_or_create(
            source=source, day=last - timedelta(days=back), event="Viewed", fault="", property="",
            came="", defaults={"events": 14},
        )  # fmt: skip
    assert [(one.event, one.a_day) for one in drift.report(source, now).stopped] == [
        ("Viewed", 14.0)
    ]


def test_an_event_that_rests_at_weekends_has_not_stopped(source: Source) -> None:
    today = timezone.localdate()
    days = {today - timedelta(days=back): 0 if back in (3, 4) else 50 for back in range(7)}
    assert drift.rhythm(days, today) == 0
    assert drift.rhythm({today - timedelta(days=back): 7 for back in range(7)}, today) == 7


def test_a_report_costs_as_many_queries_for_many_ways_as_for_one(source: Source) -> None:
    day(source, 0, 5)
    with CaptureQueriesContext(connection) as few:
        drift.report(source, timezone.now())
    for n in range(40):
        day(source, 1, n + 1, name=f"p{n}", fault="unknown_property", came="text")
    with CaptureQueriesContext(connection) as many:
        drift.report(source, timezone.now())
    assert len(many) == len(few)


def test_keepers_are_told_once_where_too_much_deviates_or_an_event_stopped(
    source: Source,
) -> None:
    now = timezone.now()
    day(source, 0, 100)
    day(source, 0, 30, fault="any")
    assert watching.watch(now) == 0
    Source.objects.filter(pk=source.pk).update(most_drift_percent=20)
    assert watching.watch(now) == 1
    assert watching.watch(now) == 0
    assert Notice.objects.get().detail == {"trouble": "drift"}
    source.refresh_from_db()
    assert source.troubles == ["drift"]
    last = timezone.localdate(now - timedelta(hours=30))
    for back in range(7):
        PlanDay.objects.create(source=source, day=last - timedelta(days=back), event="Bought",
                               events=3)  # fmt: skip
    seen(source, "Bought", timedelta(hours=30))
    assert watching.watch(now) == 1
    source.refresh_from_db()
    assert source.troubles == ["drift", "stopped"]


def test_a_few_events_are_no_share(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(most_drift_percent=20)
    day(source, 0, 19)
    day(source, 0, 19, fault="any")
    assert watching.watch(timezone.now()) == 0


def test_days_that_no_report_shows_are_forgotten(source: Source) -> None:
    day(source, 63, 5)
    day(source, 61, 5)
    noting.age(timezone.now())
    assert PlanDay.objects.count() == 1
