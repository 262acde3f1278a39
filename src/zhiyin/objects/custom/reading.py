"""What somebody typed, or a file or the API gave, becomes what is kept; each refusal says why.

Reasons are in both languages (`BadValue`, as an import's), so that a screen, a rejected row and the
API tell the same. None means: no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from zhiyin.accounts.models import User
from zhiyin.cleaning.contacts import parse_email, phone_text
from zhiyin.cleaning.dates import parse_day, parse_moment
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.words import parse_yes_no, tidy
from zhiyin.objects.custom import patterns, rules
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import Choice, Rules

Kept = str | bool | list[str]
Type = CustomField.Type
BETWEEN = "\x1f"  # between the choices of a text that comes from our own forms
MOST_DIGITS = 18
_SEPARATORS = re.compile(r"[\x1f;；,，、|\n]")


def read(field: CustomField, text: str) -> Kept | None:
    """The value of a text; raises `BadValue`. An empty text is no value."""
    long = field.type == Type.LONG_TEXT
    tidied = _tidy_lines(text) if long else tidy(text) if field.type != Type.CHOICES else text
    if not tidied.strip(f"{BETWEEN} \n"):
        return None
    value = _READERS[Type(field.type)](field, tidied)
    check(field.checks, field, value)
    return value


def read_json(field: CustomField, given: object) -> Kept | None:
    """The value of what the API was given: JSON's own types where they fit, else a text."""
    if given is None:
        return None
    if isinstance(given, bool):
        given = "yes" if given else "no"
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        if field.type != Type.CHOICES:
            raise BadValue("not_a_list", "这里只能填一个值", "one value is needed, not a list")
        given = BETWEEN.join(given)
    if isinstance(given, int | float | Decimal):
        given = str(given)
    if not isinstance(given, str):
        raise BadValue("wrong_shape", "值的类型不对", "the value is of the wrong type")
    return read(field, given)


def check(known: Rules, field: CustomField, value: Kept) -> None:
    """Hold a value against the field's rules; raises `BadValue`."""
    if isinstance(value, str) and field.type in (Type.NUMBER, Type.MONEY):
        _check_size(known, Decimal(value))
    elif isinstance(value, str) and field.type in (Type.TEXT, Type.LONG_TEXT):
        _check_text(known, value)


def _check_size(known: Rules, number: Decimal) -> None:
    if known.least is not None and number < known.least:
        raise BadValue("too_small", f"不能小于 {known.least}", f"at least {known.least}")
    if known.most is not None and number > known.most:
        raise BadValue("too_large", f"不能大于 {known.most}", f"at most {known.most}")


def _check_text(known: Rules, text: str) -> None:
    if known.shortest is not None and len(text) < known.shortest:
        raise BadValue(
            "too_short", f"至少 {known.shortest} 个字符", f"at least {known.shortest} characters"
        )
    if known.longest is not None and len(text) > known.longest:
        raise BadValue(
            "too_long", f"最多 {known.longest} 个字符", f"at most {known.longest} characters"
        )
    if known.pattern and not patterns.fits(_parsed(known.pattern), text):
        raise BadValue(
            "pattern", f"格式不符，应为 {known.pattern}", f"it must look like {known.pattern}"
        )


@lru_cache(maxsize=500)
def _parsed(pattern: str) -> tuple[patterns.Item, ...]:
    return patterns.parse(pattern)


def _tidy_lines(text: str) -> str:
    lines = (tidy(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(lines).strip("\n")


def _text(field: CustomField, text: str) -> str:
    longest = rules.LONGEST_LONG_TEXT if field.type == Type.LONG_TEXT else rules.LONGEST_TEXT
    if len(text) > longest:
        raise BadValue("too_long", f"最多 {longest} 个字符", f"at most {longest} characters")
    if "\x00" in text:
        raise BadValue("nul", "含有不可用的字符", "it holds a character that cannot be kept")
    return text


def _number(field: CustomField, text: str) -> str:
    plain = text.replace(",", "").replace("，", "").replace(" ", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not re.fullmatch(r"[-+0-9.]+", plain, re.ASCII):
        raise BadValue("not_a_number", "要填数字", "a number is needed")
    if abs(number) >= Decimal(10) ** MOST_DIGITS:
        raise BadValue("too_large", "数字太大", "the number is too large")
    places = field.checks.decimals
    places = (2 if field.type == Type.MONEY else 6) if places is None else places
    if number != round(number, places):
        raise (
            BadValue("decimals", f"最多 {places} 位小数", f"at most {places} decimals")
            if places
            else BadValue("decimals", "要填整数", "a whole number is needed")
        )
    return format(number.quantize(Decimal(1).scaleb(-places)) + 0, "f")


def _date(field: CustomField, text: str) -> str:
    return parse_day(text).isoformat()


def _moment(field: CustomField, text: str) -> str:
    written = text.replace("T", " ") if len(text) == 16 else text  # as a browser gives it
    moment = parse_moment(written, zone=ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def _bool(field: CustomField, text: str) -> bool:
    return parse_yes_no(text)


def _choice(field: CustomField, text: str) -> str:
    found = _found(field, text)
    if found is None:
        shown = text[:40] if text.isprintable() else "?"
        raise BadValue(
            "no_such_choice", f"没有「{shown}」这个选项", f"there is no choice “{shown}”"
        )
    return found.key


def _choices(field: CustomField, text: str) -> list[str]:
    sign = re.compile(BETWEEN) if BETWEEN in text else _SEPARATORS
    given = {_choice(field, tidy(one)) for one in sign.split(text) if one.strip()}
    return [one.key for one in field.checks.choices if one.key in given]


def _found(field: CustomField, text: str) -> Choice | None:
    """A choice by its key or either of its names."""
    known = field.checks.choices
    folded = text.casefold()
    return next((one for one in known if one.key == text), None) or next(
        (one for one in known if folded in (one.zh.casefold(), one.en.casefold())), None
    )


def _url(field: CustomField, text: str) -> str:
    written = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(written)
        good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        good = good and parts.port != 0  # asking for it refuses what is no port
    except ValueError:
        good = False
    if not good or any(c.isspace() for c in written) or parts.username is not None:
        raise BadValue(
            "not_a_url", "网址要以 http:// 或 https:// 开头",
            "a web address begins with http:// or https://",
        )  # fmt: skip
    return _text(field, written)


def _user(field: CustomField, text: str) -> str:
    try:
        found = User.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = User.objects.filter(email__iexact=text).first()
    if found is None:
        raise BadValue("no_such_user", "没有这位同事", "there is no such colleague")
    return str(found.pk)


def _formula(field: CustomField, text: str) -> str:
    raise BadValue("formula", "公式字段不能填写", "a formula is computed and cannot be written")


_READERS: Mapping[CustomField.Type, Callable[[CustomField, str], Kept]] = {
    Type.TEXT: _text, Type.LONG_TEXT: _text, Type.NUMBER: _number, Type.MONEY: _number,
    Type.DATE: _date, Type.MOMENT: _moment, Type.BOOL: _bool, Type.CHOICE: _choice,
    Type.CHOICES: _choices, Type.URL: _url, Type.EMAIL: lambda f, t: parse_email(t),
    Type.PHONE: lambda f, t: phone_text(t), Type.USER: _user, Type.FORMULA: _formula,
}  # fmt: skip


def moment_of(text: str) -> datetime:
    """A kept moment as an aware one."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
