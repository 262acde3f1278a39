"""Who looks after sources hears of a trouble once, when it begins."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.collect import sdk
from zhiyin.accounts.roles import Role
from zhiyin.collect import source_rules, watching
from zhiyin.collect.models import Received, Source, Tally
from zhiyin.collect.source_rules import Hour, Trouble
from zhiyin.talk.models import Notice

NOW = timezone.now()
CALM = Hour(100, 0, timedelta(0))


def source(**more: object) -> Source:
    return Source(key="s", name_zh="s", name_en="s", **more)


@pytest.mark.parametrize(
    ("one", "hour", "troubles"),
    [
        (source(), Hour(0, 900, timedelta(hours=9)), []),  # no thresholds
        (source(promise_minutes=5), CALM, []),  # has not begun
        (source(promise_minutes=5, last_received_at=NOW - timedelta(minutes=4)), CALM, []),
        (source(promise_minutes=5, last_received_at=NOW - timedelta(minutes=6)), CALM, ["silent"]),
        (source(most_refused_percent=10), Hour(90, 10, timedelta(0)), []),
        (source(most_refused_percent=10), Hour(89, 11, timedelta(0)), ["refused"]),
        (source(most_refused_percent=0), Hour(18, 1, timedelta(0)), []),  # too few to say
        (source(most_lag_seconds=60), Hour(1, 0, timedelta(seconds=60)), []),
        (source(most_lag_seconds=60), Hour(1, 0, timedelta(seconds=61)), ["lag"]),
        (source(most_lag_seconds=60, enabled=False), Hour(1, 0, timedelta(hours=1)), []),
    ],
)
def test_a_source_is_in_trouble_beyond_its_thresholds(
    one: Source, hour: Hour, troubles: list[str]
) -> None:
    assert source_rules.troubles(one, hour, source_rules.Plan(), NOW) == [
        Trouble(t) for t in troubles
    ]


@pytest.mark.django_db
def test_keepers_are_told_once_and_again_when_it_comes_back() -> None:
    keeper = factories.user(Role.ADMINISTRATOR)
    factories.user(Role.ANALYST)
    factories.user(Role.ADMINISTRATOR, closed=True)
    one = sdk.source("site").source
    Source.objects.filter(pk=one.pk).update(
        promise_minutes=5, last_received_at=NOW - timedelta(minutes=9)
    )
    assert [watching.watch(NOW) for _ in range(3)] == [1, 0, 0]
    assert [note.user for note in Notice.objects.all()] == [keeper]
    client = Client()
    client.force_login(keeper)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    told = client.get("/notifications/").content.decode()
    assert "site is silent for longer than it promised" in told
    _heard(one, NOW)
    assert watching.watch(NOW) == 0
    one.refresh_from_db()
    assert one.troubles == []
    _heard(one, NOW - timedelta(minutes=9))
    assert watching.watch(NOW) == 1


@pytest.mark.django_db
def test_refusals_and_lag_are_measured() -> None:
    factories.user(Role.ADMINISTRATOR)
    one = sdk.source("site").source
    Source.objects.filter(pk=one.pk).update(most_refused_percent=20, most_lag_seconds=30)
    at = NOW.replace(second=0, microsecond=0)
    for outcome, events in (("kept", 50), ("set_aside", 20)):
        Tally.objects.create(source=one, at=at, last_at=NOW, outcome=outcome, lane=0,
                             events=events, lag_ms=10)  # fmt: skip
    Received.objects.create(partition=0, source_id=one.pk, kind="track", messages=1, body=b"{}",
                            received_at=NOW - timedelta(seconds=31))  # fmt: skip
    assert watching.watch(NOW) == 2
    one.refresh_from_db()
    assert one.troubles == ["refused", "lag"]
    assert set(Notice.objects.values_list("detail__trouble", flat=True)) == {"refused", "lag"}


def _heard(one: Source, at: datetime) -> None:
    Source.objects.filter(pk=one.pk).update(last_received_at=at)
