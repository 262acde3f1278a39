"""A day is understood as people say it; what cannot be a day is refused with what to write."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.said import day_said

WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", "2026-11-25"),
        ("昨天", "2026-11-24"),
        ("前天", "2026-11-23"),
        ("Yesterday", "2026-11-24"),
        ("明天", "2026-11-26"),
        ("3天前", "2026-11-22"),
        ("３ 天后", "2026-11-28"),
        ("两周前", "2026-11-11"),
        ("in 3 days", "2026-11-28"),
        ("2 weeks ago", "2026-11-11"),
        ("周五", "2026-11-27"),
        ("下周一", "2026-11-30"),
        ("上周日", "2026-11-22"),
        ("last monday", "2026-11-16"),
        ("3月5日", "2027-03-05"),  # nearer than the one that was
        ("3-5", "2027-03-05"),
        ("11/20", "2026-11-20"),
        ("5 Mar", "2027-03-05"),
        ("December 24", "2026-12-24"),
        ("2026-3-5", "2026-03-05"),
        ("2026年3月5日", "2026-03-05"),
        ("2026/3/5", "2026-03-05"),
        ("20260305", "2026-03-05"),
        ("月底", "2026-11-30"),
        ("上月初", "2026-10-01"),
        ("下月底", "2026-12-31"),
    ],
)
def test_it_is_taken_as_it_was_meant(text: str, day: str) -> None:
    assert day_said(text, today=WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["", "随便哪天", "2月30日", "13-45", "9999 weeks ago ago", "x" * 90]
)
def test_what_is_no_day_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        day_said(text, today=WEDNESDAY)
    assert refused.value.reason.zh
    assert refused.value.reason.en


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)), st.integers(-170, 170))
def test_a_day_without_its_year_is_the_nearest_one(today: date, away: int) -> None:
    day = today + timedelta(days=away)
    if (day.month, day.day) == (2, 29):
        return
    assert day_said(f"{day.month}月{day.day}日", today=today) == day


@given(st.text(max_size=30))
def test_whatever_is_typed_gives_a_day_or_a_reason(text: str) -> None:
    try:
        found = day_said(text, today=WEDNESDAY)
    except BadValue:
        return
    assert isinstance(found, date)
