"""What else happens to servers: PostgreSQL crashes, the disk is full, the lake is away. Events that
were answered by 200 wait, and then arrive once; nobody is set aside for the machine's sake.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from tests.collect import sdk
from tests.collect.faults import full_disk
from tests.collect.processes import until
from tests.proof.test_killed import Road, road
from zhiyin import embedded
from zhiyin.collect import archive
from zhiyin.collect.models import Event, Received, Source, ToArchive, WriteKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def key(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[WriteKey]:
    """A source that may send; the way to its lake can be changed in one step."""
    (tmp_path / "there").mkdir()
    (tmp_path / "nowhere").write_text("")
    (tmp_path / "lake").symlink_to("there")
    settings.LAKE = str(tmp_path / "lake")
    archive.lake.cache_clear()
    yield sdk.source(kind=Source.Kind.SHOP)
    archive.lake.cache_clear()


def _lead(lake: Path, to: str) -> None:
    (lake.parent / "next").symlink_to(to)
    os.replace(lake.parent / "next", lake)


def _acknowledged(one: Road, more: int) -> None:
    """Wait until so many more were answered by 200."""
    wanted = len(one.ledger.acknowledged) + more
    until(lambda: len(one.ledger.acknowledged) >= wanted, "nobody is answered")


def test_while_the_lake_is_away_events_wait_and_then_reach_it_once(
    key: WriteKey, tmp_path: Path
) -> None:
    with road(key, size=20) as one:
        until(lambda: archive.lake().read("events", ["event_id"]).num_rows > 0, "nothing is there")
        _lead(tmp_path / "lake", "nowhere")
        time.sleep(0.5)  # for what was being appended
        waiting, hot = ToArchive.objects.count(), Event.objects.count()
        until(lambda: ToArchive.objects.count() > waiting + 5, "nothing waits for the lake")
        assert Event.objects.count() > hot  # people and timelines go on meanwhile
        _lead(tmp_path / "lake", "there")
        found = one.close()
    assert found.clean, found


def test_a_full_disk_at_the_door_is_503_and_what_was_answered_before_is_here(key: WriteKey) -> None:
    with road(key, size=20) as one:
        _acknowledged(one, 200)
        with full_disk("collect_received"):
            time.sleep(0.3)  # for what was being written
            before, tries = len(one.ledger.acknowledged), one.ledger.tries
            until(lambda: one.ledger.tries > tries + 10, "nobody tries")
            assert len(one.ledger.acknowledged) == before
        _acknowledged(one, 200)
        found = one.close()
    assert found.clean, found


def test_a_full_disk_behind_the_door_sets_nobody_aside(key: WriteKey) -> None:
    with road(key, size=20) as one:
        _acknowledged(one, 200)
        with full_disk("collect_event"):
            until(lambda: Received.objects.count() > 20, "nothing waits")
            time.sleep(1)
        found = one.close()
    assert found.clean, found


@pytest.mark.skipif("ZHIYIN_DATA" not in os.environ, reason="needs the server of this run")
@pytest.mark.parametrize(
    "times", [pytest.param(1, id="once"),
              pytest.param(20, id="20 times", marks=pytest.mark.soak)])  # fmt: skip
def test_what_was_answered_survives_a_crash_of_postgresql(key: WriteKey, times: int) -> None:
    pgdata = settings.DATA / "postgres"
    if not pgdata.exists():
        pytest.skip("the database is somebody else's to stop")
    with road(key, size=50) as one:
        for _ in range(times):
            _acknowledged(one, 1_000)
            connection.close()
            connection.close_pool()
            embedded._run(pgdata, "pg_ctl", "-D", str(pgdata), "-m", "immediate", "-w", "stop")
            embedded.ensure(settings.DATA)
        _acknowledged(one, 1_000)
        found = one.close()
    connection.close()
    connection.close_pool()  # the next test begins without a line to the server that crashed
    assert found.clean, found
    assert one.ledger.tries > one.ledger.batches
