"""What becomes of a delivery: ten tries in about a day, patience where a host asks, an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.connect import rules
from zhiyin.connect.reasons import Reason
from zhiyin.connect.rules import Next, Result

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def _after(result: Result, **changed: object) -> Next:
    usual: dict[str, object] = {
        "attempts": 1, "created_at": NOW, "failures": 0, "failing_since": None, "now": NOW,
        "luck": 0.5,
    }  # fmt: skip
    return rules.after(result, **{**usual, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (200, None), (204, None), (299, None), (0, Reason.PROTOCOL), (199, Reason.PROTOCOL),
        (301, Reason.REDIRECT), (400, Reason.REFUSED), (404, Reason.REFUSED), (410, Reason.GONE),
        (429, Reason.BUSY), (500, Reason.FAULT), (503, Reason.BUSY), (599, Reason.FAULT),
    ],
)  # fmt: skip
def test_only_2xx_is_a_success(status: int, reason: Reason | None) -> None:
    assert rules.reason_of(status) is reason
    assert Result(status).reason is reason


def test_a_success_ends_it() -> None:
    assert _after(Result(200)) == Next(delivered=True)


def test_the_waits_grow_over_about_a_day() -> None:
    waits = [_after(Result(500), attempts=n).wait for n in range(1, 10)]
    assert waits == list(rules.WAITS)
    whole = sum(rules.WAITS, timedelta())
    assert timedelta(hours=23) < whole < timedelta(hours=25)
    assert _after(Result(500), attempts=rules.MOST_ATTEMPTS).wait is None


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 9))
def test_chance_moves_a_wait_by_a_fifth_at_most(luck: float, attempts: int) -> None:
    wait = _after(Result(500), attempts=attempts, luck=luck).wait
    assert wait is not None
    usual = rules.WAITS[attempts - 1]
    assert usual * 0.8 <= wait <= usual * 1.2


def test_a_fault_of_the_host_makes_all_its_messages_wait() -> None:
    for failed in (Result(500), Result(failed=Reason.TIMEOUT), Result(302)):
        assert _after(failed).hold == MINUTE
        assert _after(failed, failures=3).hold == timedelta(minutes=30)
        assert _after(failed, failures=500).hold == rules.WAITS[-1]


def test_a_refused_message_makes_no_other_wait() -> None:
    assert _after(Result(422)) == Next(wait=MINUTE)
    assert _after(Result(failed=Reason.TOO_LARGE)) == Next(wait=MINUTE)


def test_a_host_that_is_gone_is_left_alone() -> None:
    assert _after(Result(410)) == Next(gone=True)


def test_a_busy_host_is_given_the_time_that_it_asks_for() -> None:
    asked = _after(Result(429, retry_after="7200"))
    assert (asked.wait, asked.hold) == (2 * HOUR, 2 * HOUR)
    assert _after(Result(429, retry_after="1")).wait == MINUTE
    assert _after(Result(429)).hold == MINUTE
    # Only who is busy may ask: else any answer could switch us off for a day.
    assert _after(Result(500, retry_after="7200")).wait == MINUTE


def test_an_endpoint_that_fails_for_days_is_lost() -> None:
    since = NOW - rules.LOST_AFTER
    assert _after(Result(500), failing_since=since).lost
    assert not _after(Result(500), failing_since=since + MINUTE).lost
    assert not _after(Result(200), failing_since=since).lost


def test_what_waited_for_days_behind_others_is_given_up() -> None:
    old = _after(Result(500), created_at=NOW - rules.TOO_OLD)
    assert old.wait is None
    assert old.hold == MINUTE


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("", timedelta()), ("120", 2 * MINUTE), (" 0 ", timedelta()), ("soon", timedelta()),
        ("-5", timedelta()), ("9999999", timedelta(days=1)), ("9" * 30, timedelta()),
        ("Wed, 25 Nov 2026 08:10:00 GMT", 10 * MINUTE),
        ("Wed, 25 Nov 2026 08:10:00 -0000", 10 * MINUTE),
        ("Wed, 25 Nov 2026 07:00:00 GMT", timedelta()),
        ("Wed, 32 Nov 2026 07:00:00 GMT", timedelta()),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(header: str, wait: timedelta) -> None:
    assert rules.asked_to_wait(header, NOW) == wait
