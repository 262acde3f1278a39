"""How numbers, money and dates are written, in Chinese and in English.

Pure functions of a value and a language, so that a test needs no request. The rules are the house's
style: ¥6,842,310; 48.6 万 in sentences; 11-21 06:00 in tables; "3 分钟前" under an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

Numeric = int | float | Decimal | str | None
NOTHING = "–"
SYMBOLS = {"CNY": "¥", "GBP": "£", "EUR": "€", "USD": "$", "HKD": "HK$", "JPY": "JP¥"}
MINUS = "−"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_chinese(language: str | None) -> bool:
    """Whether text is to be written in Chinese."""
    return (language or "zh").lower().startswith("zh")


def decimal(value: Numeric) -> Decimal | None:
    """The value as an exact number, or None where there is none."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def grouped(value: Decimal, places: int) -> str:
    """1234.5 → 1,234.5, with a true minus sign."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def number(value: Numeric, places: int = 0) -> str:
    """A count or a measure: 48,216."""
    known = decimal(value)
    return NOTHING if known is None else grouped(known, places)


def symbol(currency: str) -> str:
    """¥, £, or the code itself with a space."""
    return SYMBOLS.get(currency, f"{currency} ")


def money(value: Numeric, currency: str, places: int = 0) -> str:
    """¥6,842,310: whole units where many are compared."""
    known = decimal(value)
    if known is None:
        return NOTHING
    text = grouped(known, places)
    mark = symbol(currency)
    return f"{MINUS}{mark}{text[1:]}" if text.startswith(MINUS) else f"{mark}{text}"


def compact(value: Numeric, language: str | None) -> str:
    """48.6 万 in Chinese, 486k in English; small numbers in full."""
    known = decimal(value)
    if known is None:
        return NOTHING
    steps = (
        ((Decimal(10**8), " 亿"), (Decimal(10**4), " 万"))
        if is_chinese(language)
        else ((Decimal(10**9), "bn"), (Decimal(10**6), "m"), (Decimal(10**3), "k"))
    )
    for size, name in steps:
        if abs(known) >= size:
            places = 1 if abs(known) < size * 1000 else 0
            text = grouped(known / size, places)
            return f"{text.removesuffix('.0')}{name}"
    return grouped(known, 0 if known == known.to_integral_value() else 1)


def money_in_prose(value: Numeric, currency: str, language: str | None) -> str:
    """Money inside a sentence: 48.6 万元, £486k, 12.3 万英镑."""
    known = decimal(value)
    if known is None:
        return NOTHING
    if not is_chinese(language):
        text = compact(known, language)
        mark = symbol(currency)
        return f"{MINUS}{mark}{text[1:]}" if text.startswith(MINUS) else f"{mark}{text}"
    units = {"CNY": "元", "GBP": "英镑", "EUR": "欧元", "USD": "美元", "HKD": "港元", "JPY": "日元"}
    text = compact(known, language)
    unit = units.get(currency, f" {currency}")
    return f"{text}{unit}" if text.endswith(("万", "亿")) else f"{text} {unit.strip()}"


def percent(value: Numeric, places: int = 1) -> str:
    """A share between 0 and 1 as 44.6%."""
    known = decimal(value)
    return NOTHING if known is None else f"{grouped(known * 100, places)}%"


def points(value: Numeric, language: str | None, places: int = 1) -> str:
    """A difference of shares: +1.8 点, never %."""
    known = decimal(value)
    if known is None:
        return NOTHING
    text = grouped(known * 100, places)
    sign = "+" if known > 0 else ""
    return f"{sign}{text} 点" if is_chinese(language) else f"{sign}{text} pp"


def signed(value: Numeric, places: int = 2) -> str:
    """A difference with its sign: +0.068."""
    known = decimal(value)
    if known is None:
        return NOTHING
    text = grouped(known, places)
    return f"+{text}" if known > 0 else text


def table_time(moment: datetime | None) -> str:
    """11-21 06:00, in the moment's own zone."""
    return NOTHING if moment is None else f"{moment:%m-%d %H:%M}"


def prose_day(moment: datetime | None, language: str | None) -> str:
    """11 月 21 日; 21 Nov."""
    if moment is None:
        return NOTHING
    if is_chinese(language):
        return f"{moment.month} 月 {moment.day} 日"
    return f"{moment.day} {MONTHS[moment.month - 1]}"


def ago(moment: datetime | None, now: datetime, language: str | None) -> str:
    """3 分钟前 under an hour, otherwise the table's date; the year only when it is another."""
    if moment is None:
        return NOTHING
    passed = now - moment
    if timedelta(0) <= passed < timedelta(hours=1):
        seconds = int(passed.total_seconds())
        if seconds < 10:
            return "刚刚" if is_chinese(language) else "just now"
        if seconds < 60:
            return f"{seconds} 秒前" if is_chinese(language) else f"{seconds} s ago"
        return f"{seconds // 60} 分钟前" if is_chinese(language) else f"{seconds // 60} min ago"
    if moment.year != now.year:
        return f"{moment:%Y-%m-%d}"
    return table_time(moment)
