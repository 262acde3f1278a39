"""The clock of a sender is corrected, and what is odd about it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.collect.pump.times import moment, when

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
_moments = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


@given(_moments, _moments)
def test_the_time_between_event_and_sending_is_kept_whatever_the_clock_said(
    original: datetime, sent: datetime
) -> None:
    found = when(original.isoformat(), sent.isoformat(), NOW)
    assert (found.original, found.sent) == (original, sent)
    assert found.at <= NOW
    if sent >= original:
        assert found.at == NOW - (sent - original)
        assert found.odd == ("ancient" if NOW - found.at > timedelta(days=365) else "")
    else:
        assert (found.at, found.odd) == (NOW, "future")


@pytest.mark.parametrize(
    ("given_", "found"),
    [
        ("2026-11-29T10:00:00.123Z", NOW.replace(microsecond=123_000)),
        ("2026-11-29T18:00:00+08:00", NOW),
        ("2026-11-29T10:00:00", NOW),
        ("2026-11-29 10:00:00", NOW),
        (NOW.timestamp(), NOW),
        (NOW.timestamp() * 1000, NOW),
        ("yesterday", None),
        ("", None),
        (True, None),
        (1e300, None),
        ("1969-12-31T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ({}, None),
    ],
)
def test_moments_are_read_as_sdks_write_them(given_: object, found: datetime | None) -> None:
    assert moment(given_) == found


def test_a_time_without_a_time_of_sending_is_believed_up_to_now() -> None:
    assert when((NOW - timedelta(days=2)).isoformat(), None, NOW).at == NOW - timedelta(days=2)
    assert when((NOW + timedelta(days=2)).isoformat(), None, NOW)[0::3] == (NOW, "future")


def test_an_event_without_a_time_happened_when_it_came() -> None:
    assert when(None, NOW.isoformat(), NOW).at == NOW
    assert when("soon", None, NOW)[0::3] == (NOW, "unreadable_time")
