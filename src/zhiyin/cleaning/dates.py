"""Dates and times in the ways that people and systems write them.

`parse_moment` gives an aware UTC datetime, `parse_day` a calendar date (birthdays). A date that
cannot be (30 February) and a date that can be read in two ways (03/04/2011 with nothing that says
which) are refused with a reason; nothing is guessed in silence.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from .errors import BadValue

_EXCEL_EPOCH = datetime(1899, 12, 30)  # serial 1 is 1900-01-01 after Excel's invented 29 February
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_TIME = (
    r"(?:(?:[T\s]|\s*[,，])\s*(?P<half1>上午|下午|晚上|早上|中午|凌晨)?\s*"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<half2>[AaPp]\.?[Mm]\.?)?\s*(?P<offset>Z|z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})" + _TIME
)
_YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})(?P<sep>[-/.])(?P<other>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})" + _TIME
)
_CHINESE = re.compile(
    r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]?\s*"
    r"(?P<half1>上午|下午|晚上|早上|中午|凌晨)?\s*"
    r"(?:(?P<hour>\d{1,2})\s*[时点:]\s*(?:(?P<minute>\d{1,2})\s*(?:分|:|$)?)?\s*"
    r"(?:(?P<second>\d{1,2})\s*秒?)?)?"
)
_DAY_NAME = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-](?P<name>[A-Za-z]{3,9})\.?[\s,-]+(?P<year>\d{4})" + _TIME
)
_NAME_DAY = re.compile(
    r"(?P<name>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})" + _TIME
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_DIGITS = re.compile(r"\d{8,19}")


class _Written(NamedTuple):
    moment: datetime  # naive as written
    zone: tzinfo | None  # None: the zone of the file


def parse_moment(text: str, *, zone: tzinfo = UTC, day_first: bool | None = None) -> datetime:
    """The instant that `text` names, in UTC. Times without an offset are local to `zone`."""
    written = _read(text, day_first)
    try:
        return written.moment.replace(tzinfo=written.zone or zone).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise _impossible(text) from error


def parse_day(text: str, *, day_first: bool | None = None) -> date:
    """The calendar day that `text` names; a time of day after it is ignored."""
    return _read(text, day_first).moment.date()


def day_first_in(texts: list[str]) -> bool | None:
    """Whether dates like 13/1/2011 are in `texts` (True), or 1/13/2011 (False), or neither."""
    for text in texts:
        match = _YEAR_LAST.fullmatch(unicodedata.normalize("NFKC", text).strip())
        if match and match["sep"] != ".":
            if int(match["first"]) > 12:
                return True
            if int(match["other"]) > 12:
                return False
    return None


def _read(text: str, day_first: bool | None) -> _Written:
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain.isascii():
        plain = plain.replace("：", ":")
    if match := _YEAR_FIRST.fullmatch(plain):
        return _build(text, match, int(match["year"]), int(match["month"]), int(match["day"]))
    if match := _YEAR_LAST.fullmatch(plain):
        return _year_last(text, match, day_first)
    if match := _CHINESE.fullmatch(plain):
        return _build(text, match, int(match["year"]), int(match["month"]), int(match["day"]))
    if _SERIAL.fullmatch(plain) or _DIGITS.fullmatch(plain):
        return _from_number(text, plain)
    match = _DAY_NAME.fullmatch(plain) or _NAME_DAY.fullmatch(plain)
    if match and (month := _MONTHS.get(match["name"].lower())):
        return _build(text, match, int(match["year"]), month, int(match["day"]))
    raise BadValue(
        "date_unreadable",
        f"“{text[:40]}”不是可识别的日期，请写成 2011-01-05 08:26",
        f"“{text[:40]}” is not a date we can read; write it like 2011-01-05 08:26",
    )


def _year_last(text: str, match: re.Match[str], day_first: bool | None) -> _Written:
    first, other = int(match["first"]), int(match["other"])
    year = int(match["year"])
    if year < 100:
        year += 2000 if year < 70 else 1900
    # 05.01.2011 is written with full stops only where the day comes first (DIN 5008 and kin).
    if match["sep"] == ".":
        day_first = True
    if day_first is None:
        if first <= 12 and other <= 12 and first != other:
            raise BadValue(
                "date_ambiguous",
                f"“{text[:40]}”可能是日/月或月/日，请在导入选项里选择日期顺序",
                f"“{text[:40]}” may be day/month or month/day; choose the order in the options",
            )
        day_first = first > 12
    day, month = (first, other) if day_first else (other, first)
    return _build(text, match, year, month, day)


def _build(text: str, match: re.Match[str], year: int, month: int, day: int) -> _Written:
    parts = match.groupdict()
    hour = int(parts["hour"] or 0)
    half = (parts.get("half1") or parts.get("half2") or "").lower().replace(".", "")
    if (half in ("pm", "下午", "晚上") and hour < 12) or (half == "中午" and hour < 11):
        hour += 12
    elif half in ("am", "凌晨", "上午") and hour == 12:
        hour = 0
    fraction = int(((parts.get("fraction") or "") + "000000")[:6])
    try:
        moment = datetime(
            year, month, day, hour, int(parts["minute"] or 0), int(parts["second"] or 0), fraction
        )
    except ValueError as error:
        raise _impossible(text) from error
    return _Written(moment, _offset(text, parts.get("offset")))


def _offset(text: str, written: str | None) -> tzinfo | None:
    if not written:
        return None
    if written.upper() in ("Z", "UTC", "GMT"):
        return UTC
    hours, minutes = int(written[1:3]), int(written[-2:])
    if hours > 14 or minutes > 59:
        raise _impossible(text)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if written[0] == "-" else span)


def _from_number(text: str, plain: str) -> _Written:
    try:
        if len(plain) == 8 and plain.isdigit():
            return _Written(datetime.strptime(plain, "%Y%m%d"), None)
        if len(plain) in (12, 14) and plain[:2] in ("19", "20"):
            form = "%Y%m%d%H%M%S" if len(plain) == 14 else "%Y%m%d%H%M"
            return _Written(datetime.strptime(plain, form), None)
        scale = {10: 1_000_000, 13: 1_000, 16: 1}.get(len(plain)) if plain.isdigit() else None
        if scale:
            moment = datetime(1970, 1, 1) + timedelta(microseconds=int(plain) * scale)
            return _Written(moment, UTC)
        if _SERIAL.fullmatch(plain) and 10_000 <= float(plain) < 80_000:
            seconds = round(float(plain) * 86_400)
            return _Written(_EXCEL_EPOCH + timedelta(seconds=seconds), None)
    except (ValueError, OverflowError) as error:
        raise _impossible(text) from error
    raise _impossible(text)


def _impossible(text: str) -> BadValue:
    return BadValue(
        "date_impossible",
        f"“{text[:40]}”是不存在的日期或时间",
        f"“{text[:40]}” is a date or time that does not exist",
    )
