"""Reading the values of a rule: from what JSON can hold to what a column holds.

One reader for check, compiler and sentence, so that the three can never disagree about what a
value means. A value that cannot be read raises `BadValueError` with words for people.
"""

import math
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from zhiyin.segments.catalogue import Field, Kind, Text
from zhiyin.segments.tree import Between, Op, Value, Window

MAX_TEXT = 200
MAX_CHOICES = 1000
MAX_DAYS = 3660
MAX_SIZE = Decimal(10) ** 12
MIN_STEP = Decimal("0.0001")

Size = int | float | Decimal
Plain = None | bool | Size | str | date | tuple[str, ...] | tuple[Size, Size] | tuple[date, date]

_DAY_COUNTS = (Op.WITHIN_LAST, Op.OLDER_THAN, Op.WITHIN_NEXT, Op.ANNIVERSARY_WITHIN)
_LISTS = (Op.ONE_OF, Op.NONE_OF, Op.HAS_ANY, Op.HAS_ALL)


class BadValueError(ValueError):
    """A value that its field cannot take; `message` says why in both languages."""

    def __init__(self, message: Text) -> None:
        super().__init__(message["en"])
        self.message = message


def _bad(zh: str, en: str) -> BadValueError:
    return BadValueError({"zh": zh, "en": en})


def read(field: Field, op: Op, value: Value) -> Plain:
    """The value as the field's column holds it."""
    if op in (Op.IS_EMPTY, Op.NOT_EMPTY):
        if value is not None:
            raise _bad("这个条件不需要填值", "this condition takes no value")
        return None
    if op in _DAY_COUNTS:
        return read_days(value, limit=365 if op is Op.ANNIVERSARY_WITHIN else MAX_DAYS)
    if op in _LISTS:
        return _read_texts(field, value)
    if op is Op.BETWEEN:
        return _read_range(field, value)
    match field.kind:
        case Kind.TEXT | Kind.TAGS | Kind.CHOICE:
            return _read_choice(field, value)
        case Kind.NUMBER:
            return read_number(value)
        case Kind.MONEY:
            return read_money(value)
        case Kind.DATE:
            return read_date(value)
    assert field.kind is Kind.BOOL
    if not isinstance(value, bool):
        raise _bad("要选是或否", "choose yes or no")
    return value


def read_text(value: object) -> str:
    """A text that every engine can hold: NFC, not empty, without NUL or broken characters."""
    if not isinstance(value, str) or not value.strip():
        raise _bad("要填文字", "a text is needed")
    text = unicodedata.normalize("NFC", value)
    if len(text) > MAX_TEXT:
        raise _bad(f"文字超过 {MAX_TEXT} 个字", f"the text is longer than {MAX_TEXT} characters")
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise _bad("文字里有无法保存的字符", "the text holds a character that cannot be stored")
    return text


def read_money(value: object) -> Decimal:
    """An amount of at most four decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _bad("要填金额", "an amount is needed")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise _bad("要填金额", "an amount is needed") from None
    if not amount.is_finite() or abs(amount) > MAX_SIZE:
        raise _bad("金额太大", "the amount is too large")
    if amount != amount.quantize(MIN_STEP):
        raise _bad("金额最多四位小数", "an amount has at most four decimals")
    return amount.quantize(MIN_STEP)


def read_number(value: object) -> int | float:
    """A finite number of a size that columns hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad("要填数字", "a number is needed")
    if not math.isfinite(value) or abs(value) > MAX_SIZE:
        raise _bad("数字太大", "the number is too large")
    return value


def read_count(value: object) -> int:
    """A number of times: whole, not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise _bad("次数要是 0 到 1,000,000 的整数", "the number of times is a whole number from 0")
    return value


def read_days(value: object, limit: int = MAX_DAYS) -> int:
    """A number of days from one to the limit."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= limit:
        raise _bad(f"天数要在 1 到 {limit} 之间", f"the number of days is between 1 and {limit}")
    return value


def read_date(value: object) -> date:
    """A calendar day written as 2026-05-01."""
    if isinstance(value, str) and len(value) == 10:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return check_year(day)
    raise _bad("要填日期，例如 2026-05-01", "a date is needed, such as 2026-05-01")


def check_year(day: date) -> date:
    """The day, if its year can be meant."""
    if not 1900 <= day.year <= 2200:
        raise _bad("年份要在 1900 到 2200 之间", "the year is between 1900 and 2200")
    return day


def _read_choice(field: Field, value: object) -> str:
    text = read_text(value)
    if field.kind is Kind.CHOICE and field.choices and text not in field.choices:
        raise _bad(f"没有「{text}」这个选项", f"there is no choice “{text}”")
    return text


def _read_texts(field: Field, value: Value) -> tuple[str, ...]:
    if not isinstance(value, tuple) or not value:
        raise _bad("至少选一项", "choose at least one")
    if len(value) > MAX_CHOICES:
        raise _bad(f"最多 {MAX_CHOICES} 项", f"at most {MAX_CHOICES} values")
    return tuple(dict.fromkeys(_read_choice(field, each) for each in value))


def _read_range(field: Field, value: Value) -> tuple[Size, Size] | tuple[date, date]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise _bad("要填起止两个值", "two values are needed, from and to")
    if field.kind is Kind.DATE:
        first, last = read_date(value[0]), read_date(value[1])
        if first > last:
            raise _bad("开始日期在结束日期之后", "the first day is after the last")
        return first, last
    reader = read_money if field.kind is Kind.MONEY else read_number
    low, high = reader(value[0]), reader(value[1])
    if low > high:
        raise _bad("下限大于上限", "the lower bound is above the upper")
    return low, high


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a calendar day in a zone, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def window_bounds(
    window: Window, as_of: datetime, zone: ZoneInfo
) -> tuple[datetime | None, datetime]:
    """The half-open stretch of time [from, until); `None` where it has no beginning.

    Nothing at or after `as_of` counts: a rule asked about a past date sees only that past.
    """
    if isinstance(window, Between):
        end = day_start(window.last + timedelta(days=1), zone)
        return day_start(window.first, zone), min(end, as_of)
    days = getattr(window, "days", None)
    return (None if days is None else as_of - timedelta(days=days)), as_of


def day_bounds(op: Op, value: Plain, today: date) -> tuple[date | None, date | None]:
    """The days [from, until) that a date condition means, for a column that holds days.

    The last N days are today and the N - 1 days before it; the next N begin with today.
    """
    one = timedelta(days=1)
    match op, value:
        case Op.WITHIN_LAST, int(days):
            return today - timedelta(days=days - 1), today + one
        case Op.OLDER_THAN, int(days):
            return None, today - timedelta(days=days - 1)
        case Op.WITHIN_NEXT, int(days):
            return today, today + timedelta(days=days)
        case Op.BETWEEN, (date() as first, date() as last):
            return first, last + one
        case Op.IS, date() as day:
            return day, day + one
        case Op.BEFORE, date() as day:
            return None, day
    assert op is Op.AFTER
    assert isinstance(value, date)
    return value + one, None


def moment_bounds(
    op: Op, value: Plain, as_of: datetime, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """The stretch [from, until) that a date condition means, for a column that holds moments.

    The last N days are N times 24 hours; a named day begins at midnight in the zone.
    """
    match op, value:
        case Op.WITHIN_LAST, int(days):
            return as_of - timedelta(days=days), as_of
        case Op.OLDER_THAN, int(days):
            return None, as_of - timedelta(days=days)
        case Op.WITHIN_NEXT, int(days):
            return as_of, as_of + timedelta(days=days)
    first, until = day_bounds(op, value, as_of.astimezone(zone).date())
    return (
        None if first is None else day_start(first, zone),
        None if until is None else day_start(until, zone),
    )


def anniversary_bounds(today: date, days: int) -> tuple[int, int]:
    """First and last month-day (as month*100+day) of the coming `days`, today included.

    The first may be greater than the last when the turn of the year lies between. Someone born
    on 29 February keeps the birthday on the 28th in other years.
    """
    last = today + timedelta(days=days - 1)
    end = last.month * 100 + last.day
    if end == 228 and not _is_leap(last.year):
        end = 229
    return today.month * 100 + today.day, end


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
