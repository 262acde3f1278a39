"""Texts of conditions become values to compare with, by the kind of the field.

A number may be written with separators, a share in per cent, a day as 2026-11-25, a person as "me".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from zhiyin.objects.conditions import LONGEST_VALUE
from zhiyin.objects.definitions import Asked, Kind, Operator, Value

MOST_DAYS = 40_000
YEARS = range(1800, 2400)
_LARGEST = Decimal("1e12")
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
DAYS = (Operator.OLDER, Operator.WITHIN)


class Unreadable(ValueError):  # noqa: N818  (what was typed, not a fault of the program)
    """The text is no value of this kind."""


def parse(kind: Kind, operator: Operator, text: str, asked: Asked) -> Value:
    """The value that a condition compares with; raises `Unreadable`."""
    if "\x00" in text or not text or len(text) > LONGEST_VALUE:
        raise Unreadable(text)
    if operator in DAYS:
        return days(text)
    return _PARSERS.get(kind, _text)(text, asked)


def number(text: str) -> Decimal:
    """A number, as it is typed in either language."""
    try:
        value = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation as error:
        raise Unreadable(text) from error
    if not value.is_finite() or abs(value) > _LARGEST:
        raise Unreadable(text)
    return value


def days(text: str) -> Decimal:
    """So many days; not more than there are since the calendar began."""
    value = number(text)
    if not 0 <= value <= MOST_DAYS:
        raise Unreadable(text)
    return value


def day(text: str) -> date:
    """A day of the calendar, of a year in which somebody may have lived or will."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as error:
        raise Unreadable(text) from error
    if found.year not in YEARS:
        raise Unreadable(text)
    return found


def identity(text: str) -> UUID:
    """The id of a row."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Unreadable(text) from error


def truth(text: str) -> bool:
    """Yes or no."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise Unreadable(text)


def _text(text: str, asked: Asked) -> str:
    return text


_PARSERS: Mapping[Kind, Callable[[str, Asked], Value]] = {
    Kind.NUMBER: lambda text, asked: number(text),
    Kind.MONEY: lambda text, asked: number(text),
    Kind.PERCENT: lambda text, asked: float(number(text)) / 100,
    Kind.DATE: lambda text, asked: day(text),
    Kind.MOMENT: lambda text, asked: day(text),
    Kind.BOOL: lambda text, asked: truth(text),
    Kind.USER: lambda text, asked: asked.user.pk if text == "me" else identity(text),
    Kind.DEPARTMENT: lambda text, asked: identity(text),
    Kind.REFERENCE: lambda text, asked: identity(text),
}
