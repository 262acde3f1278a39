"""What the night does to the lake: days that are over become few files, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.lake.rows import events
from zhiyin.accounts.models import Work
from zhiyin.collect import archive, lake_care, tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_files() -> None:
    for sequence in range(4):
        numbers = range(sequence * 10, sequence * 10 + 10)
        archive.lake().append("events", events(numbers), app_id="pump", sequence=sequence)


def test_the_night_compacts_days_that_are_over_and_says_so(small_files: None) -> None:
    tasks.compact_lake(timestamp=0)
    assert len(archive.lake().uris("events")) == 2
    assert archive.lake().read("events").num_rows == 40
    noted = Work.objects.get(kind="lake.compact")
    assert (noted.state, noted.result) == (Work.State.DONE, {"events": 2})
    tasks.compact_lake(timestamp=0)  # a second night has nothing to do, and makes no noise
    assert Work.objects.count() == 1


def test_versions_of_the_last_weeks_can_still_be_read(small_files: None) -> None:
    before = archive.lake().version("events")
    tasks.compact_lake(timestamp=0)
    assert archive.lake().read("events", at=before).num_rows == 40


def test_the_day_that_still_receives_is_left_alone(small_files: None) -> None:
    second_day = datetime(2026, 1, 2, 23, 59, tzinfo=UTC)  # of the rows above
    lake_care.compact(lambda *_: None, before=lake_care.due_before(second_day))
    assert len(archive.lake().uris("events")) == 1 + 4
    assert lake_care.is_due(second_day + timedelta(days=1))
