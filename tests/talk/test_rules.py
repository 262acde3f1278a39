"""Quiet hours, digests, links and names, decided without a database or a clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.talk import rules
from zhiyin.talk.rules import Piece, Wishes

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = (time(22), time(8))


def wishes(quiet: tuple[time, time] | None = NIGHT, digest_at: time = time(9)) -> Wishes:
    return Wishes(SHANGHAI, quiet, digest_at)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-25 12:00", "2026-11-25 12:02"),
        ("2026-11-25 21:57", "2026-11-25 21:59"),
        ("2026-11-25 21:59", "2026-11-26 08:00"),
        ("2026-11-25 23:30", "2026-11-26 08:00"),
        ("2026-11-26 03:00", "2026-11-26 08:00"),
        ("2026-11-26 07:59", "2026-11-26 08:01"),
    ],
)
def test_what_is_urgent_waits_for_the_end_of_the_night(moment: str, due: str) -> None:
    assert rules.due_now(at(moment), wishes()) == at(due)


def test_quiet_hours_of_a_day_do_not_pass_midnight() -> None:
    noon = wishes((time(12), time(14)))
    assert rules.is_quiet(at("2026-11-25 12:00"), noon)
    assert not rules.is_quiet(at("2026-11-25 14:00"), noon)
    assert not rules.is_quiet(at("2026-11-25 23:00"), noon)
    assert not rules.is_quiet(at("2026-11-25 23:00"), wishes(None))


def test_a_digest_leaves_at_its_hour_unless_that_is_quiet() -> None:
    assert rules.due_in_digest(at("2026-11-25 08:59"), wishes()) == at("2026-11-25 09:00")
    assert rules.due_in_digest(at("2026-11-25 09:00"), wishes()) == at("2026-11-26 09:00")
    early = wishes(digest_at=time(7))
    assert rules.due_in_digest(at("2026-11-25 12:00"), early) == at("2026-11-26 08:00")
    assert rules.due_in_digest(at("2026-11-25 12:00"), wishes(None)) == at("2026-11-26 09:00")


moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from(
    ["Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe"]
)


@given(moments, st.times(), zones)
def test_the_next_time_of_a_clock_lies_ahead_and_within_two_days(
    moment: datetime, clock: time, zone: str
) -> None:
    found = rules.next_at(moment, clock, ZoneInfo(zone))
    assert timedelta(0) < found - moment <= timedelta(hours=49)


@given(moments, st.times(), st.times(), zones)
def test_nothing_is_ever_due_within_the_quiet_hours(
    moment: datetime, start: time, end: time, zone: str
) -> None:
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    if start == end:
        return
    one = Wishes(ZoneInfo(zone), (start, end), time(9))
    shift = timedelta(hours=1)  # a clock that is put back shows its hour twice
    for due in (rules.due_now(moment, one), rules.due_in_digest(moment, one)):
        assert not rules.is_quiet(due, one) or rules.is_quiet(due - shift, one)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/x?y=1.", [Piece("see "), Piece("https://a.example/x?y=1",
         url="https://a.example/x?y=1"), Piece(".")]),
        ("请看https://a.example/x，谢谢", [Piece("请看"), Piece("https://a.example/x",
         url="https://a.example/x"), Piece("，谢谢")]),
        ("javascript:alert(1) data:text/html,x", [Piece("javascript:alert(1) data:text/html,x")]),
        ('https://a.example/"><script>', [Piece("https://a.example/", url="https://a.example/"),
         Piece('"><script>')]),
        ("@林静姝 和 @林静", [Piece("@林静姝", called=True), Piece(" 和 "),
         Piece("@林静", called=True)]),
        ("a@林静.com", [Piece("a"), Piece("@林静", called=True), Piece(".com")]),
        ("https://a.example/@林静", [Piece("https://a.example/@林静", url="https://a.example/@林静")]),
        ("", []),
    ],
)  # fmt: skip
def test_a_text_is_cut_into_links_and_names(text: str, found: list[Piece]) -> None:
    assert rules.pieces(text, ["林静", "林静姝"]) == found


@given(st.text(), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_cutting_a_text_loses_nothing_and_links_only_to_the_web(
    text: str, names: list[str]
) -> None:
    found = rules.pieces(text, names)
    assert "".join(piece.text for piece in found) == text
    assert all(p.url.lower().startswith(("http://", "https://")) for p in found if p.url)


def test_the_longest_name_is_meant() -> None:
    assert rules.names_called("@林静姝 hi @Bob", ["林静", "林静姝", "Bob", "Rob"]) == {
        "林静姝", "Bob",
    }  # fmt: skip
