"""Numbers, money, days and lists as Chinese and English readers write them, for rule sentences."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

Language = Literal["zh", "en"]

SHOWN = 4  # a longer list is cut; the builder itself shows all of it

_ZH_UNITS = {"CNY": "元", "GBP": "英镑", "USD": "美元", "EUR": "欧元", "HKD": "港元", "JPY": "日元"}
_EN_SIGNS = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "HKD": "HK$", "JPY": "JP¥"}
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _is_wide(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or char >= "\U00020000"


def glue(*pieces: str) -> str:
    """Pieces set side by side, with the thin habit of a space between hanzi and Latin or digits."""
    text = ""
    for piece in pieces:
        if text and piece:
            left, right = text[-1], piece[0]
            narrow_left = left.isascii() and (left.isalnum() or left in "%)")
            narrow_right = right.isascii() and (right.isalnum() or right in "-$(")
            if (_is_wide(left) and (narrow_right or right in "£€¥")) or (
                narrow_left and _is_wide(right)
            ):
                text += " "
        text += piece
    return text


def number(value: int | float | Decimal, *, percent: bool = False) -> str:
    """A number with thousands separators and no idle zeros; as a percentage where it is one."""
    exact = Decimal(str(value)) * (100 if percent else 1)
    text = f"{exact:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}%" if percent else text


def money(amount: Decimal, currency: str, language: Language) -> str:
    """An amount with its currency: 2,000 元, ¥2,000."""
    text = number(amount)
    whole, point, cents = text.partition(".")
    if point and len(cents) < 2:
        text = f"{whole}.{cents:0<2}"
    if language == "zh":
        return f"{text} {_ZH_UNITS.get(currency, currency)}"
    sign = _EN_SIGNS.get(currency)
    if sign is None:
        return f"{currency} {text}"
    return f"-{sign}{text[1:]}" if text.startswith("-") else f"{sign}{text}"


def day(value: date, language: Language) -> str:
    """A calendar day: 2026 年 3 月 4 日, 4 Mar 2026."""
    if language == "zh":
        return f"{value.year} 年 {value.month} 月 {value.day} 日"
    return f"{value.day} {_EN_MONTHS[value.month - 1]} {value.year}"


def either(items: Sequence[str], language: Language) -> str:
    """A, B or C."""
    if len(items) > SHOWN:
        more = len(items) - SHOWN + 1
        head = items[: SHOWN - 1]
        if language == "zh":
            return glue("、".join(head), f"等 {len(items)} 项之一")
        return f"{', '.join(head)} or one of {more} more"
    if len(items) == 1:
        return items[0]
    if language == "zh":
        return glue("、".join(items[:-1]), "或", items[-1])
    return f"{', '.join(items[:-1])} or {items[-1]}"


def both(items: Sequence[str], language: Language) -> str:
    """A, B and C."""
    if len(items) > SHOWN:
        head = items[: SHOWN - 1]
        if language == "zh":
            return glue("、".join(head), f"等 {len(items)} 项")
        return f"{', '.join(head)} and {len(items) - SHOWN + 1} more"
    if len(items) == 1:
        return items[0]
    if language == "zh":
        return glue("、".join(items[:-1]), "和", items[-1])
    return f"{', '.join(items[:-1])} and {items[-1]}"


def quoted(text: str, language: Language) -> str:
    """A text as people gave it, in the quotation marks of the language."""
    return f"「{text}」" if language == "zh" else f"“{text}”"
