"""Days and amounts as people say them in a form: 今天, 3月5日, 下周三, in 3 days; 3.5 万.

Where a file is read, nothing is guessed; here somebody types and sees at once how it was taken, so
a day without a year is the one nearest to today. What is written in full goes to `dates`.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta

from .dates import parse_day
from .errors import BadValue

_NAMED = {
    "今天": 0, "今日": 0, "today": 0, "昨天": -1, "昨日": -1, "yesterday": -1, "前天": -2,
    "大前天": -3, "明天": 1, "明日": 1, "tomorrow": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
_WEEKDAYS = {
    **{name: i for i, name in enumerate("一二三四五六日")},
    "天": 6,
    **{name: i for i, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMERALS = {name: i for i, name in enumerate("零一二三四五六七八九十")} | {"两": 2}
_COUNT = r"(?P<count>\d{1,4}|[一两二三四五六七八九十])"
_UNITS = {"天": 1, "日": 1, "day": 1, "周": 7, "星期": 7, "个星期": 7, "week": 7}
_AGO = re.compile(_COUNT + r"\s*(?P<unit>天|日|周|个?星期|days?|weeks?)\s*(?P<way>前|后|ago)")
_IN = re.compile(r"in\s+" + _COUNT + r"\s*(?P<unit>days?|weeks?)")
_WEEKDAY = re.compile(
    r"(?P<week>上上|上|本|这|下下|下|last|this|next)?\s*"
    r"(?:(?:周|星期|礼拜)(?P<zh>[一二三四五六日天])|(?P<en>mon|tue|wed|thu|fri|sat|sun)[a-z]*)"
)
_WEEKS = {"上上": -2, "上": -1, "last": -1, "下": 1, "next": 1, "下下": 2}
_SHORT = re.compile(r"(?P<month>\d{1,2})\s*(?:月|[-/.])\s*(?P<day>\d{1,2})\s*[日号]?")
_SHORT_NAMED = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<name>[a-z]{3,9})"
    r"|(?P<name2>[a-z]{3,9})\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?)"
)
_EDGES = {
    "月初": (0, True), "本月初": (0, True), "月底": (0, False), "本月底": (0, False),
    "上月初": (-1, True), "上月底": (-1, False), "下月初": (1, True), "下月底": (1, False),
}  # fmt: skip


def day_said(text: str, *, today: date) -> date:
    """The day that somebody means who says `text` on `today`."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if plain in _NAMED:
        return today + timedelta(days=_NAMED[plain])
    if plain in _EDGES:
        return _edge_of_month(today, *_EDGES[plain])
    try:
        return _relative(plain, today) or _without_year(plain, today) or parse_day(text)
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadValue):
            raise _unreadable(text) from error
        raise BadValue(
            "date_impossible",
            f"没有“{text[:40]}”这一天",
            f"There is no such day as “{text[:40]}”",
        ) from error


def _relative(plain: str, today: date) -> date | None:
    if match := _AGO.fullmatch(plain):
        back = match["way"] != "后"
        return today + timedelta(days=_days(match) * (-1 if back else 1))
    if match := _IN.fullmatch(plain):
        return today + timedelta(days=_days(match))
    if match := _WEEKDAY.fullmatch(plain):
        wanted = _WEEKDAYS[match["zh"] or match["en"]]
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(weeks=_WEEKS.get(match["week"] or "", 0), days=wanted)
    return None


def _days(match: re.Match[str]) -> int:
    count = match["count"]
    return (int(count) if count.isdigit() else _NUMERALS[count]) * _UNITS[match["unit"].rstrip("s")]


def _without_year(plain: str, today: date) -> date | None:
    match = _SHORT.fullmatch(plain)
    if match:
        return _nearest(int(match["month"]), int(match["day"]), today)
    named = _SHORT_NAMED.fullmatch(plain)
    name = (named["name"] or named["name2"])[:3] if named else ""
    if named and name in _MONTHS:
        return _nearest(_MONTHS.index(name) + 1, int(named["day"] or named["day2"]), today)
    return None


def _nearest(month: int, day: int, today: date) -> date:
    """This day and month in the year in which they lie nearest to today."""
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
        if 1 <= day <= last:
            found.append(date(year, month, day))
    if not found:
        raise ValueError
    return min(found, key=lambda one: (abs((one - today).days), one))


def _edge_of_month(today: date, months: int, first: bool) -> date:
    count = today.year * 12 + today.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, 1 if first else calendar.monthrange(year, month + 1)[1])


def _unreadable(text: str) -> BadValue:
    return BadValue(
        "date_unreadable",
        f"看不懂“{text[:40]}”是哪一天，可以写 2026-03-05、3月5日或昨天",
        f"“{text[:40]}” is no day we can read; write 2026-03-05, 5 Mar or yesterday",
    )
