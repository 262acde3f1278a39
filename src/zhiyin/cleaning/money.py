"""Amounts and whole numbers as people write them: ¥1,234.50 · 1.234,50 € · (12.00) · １２万.

Amounts are Decimal, never float. A currency is returned only when the text names one.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from .errors import BadValue

_SYMBOLS = {
    "HK$": "HKD", "NT$": "TWD", "US$": "USD", "A$": "AUD", "C$": "CAD", "S$": "SGD",
    "RMB": "CNY", "人民币": "CNY", "港币": "HKD", "美元": "USD", "欧元": "EUR", "英镑": "GBP",
    "日元": "JPY", "元": "CNY", "块": "CNY", "¥": "CNY", "£": "GBP", "€": "EUR", "$": "USD",
    "₩": "KRW", "₹": "INR", "₽": "RUB",
}  # fmt: skip
_CODES = frozenset(
    """
    CNY USD EUR GBP JPY HKD TWD SGD AUD CAD CHF NZD KRW INR RUB THB MYR VND IDR PHP SEK NOK DKK
    PLN CZK HUF BRL MXN ZAR TRY AED SAR ILS MOP
    """.split()  # noqa: SIM905 (a list that people read and extend)
)
_SCALES = {"万": 10_000, "亿": 100_000_000, "千": 1_000, "k": 1_000, "K": 1_000}
_CODE = re.compile(r"[A-Za-z]{3}")
_PLAIN = re.compile(r"\d+(?:\.\d*)?(?:[eE][+-]?\d{1,2})?|\.\d+")
_LIMIT = Decimal(10) ** 13


class Money(NamedTuple):
    """An amount, with its currency (ISO 4217) where the text names one."""

    amount: Decimal
    currency: str | None


def parse_money(text: str) -> Money:
    """Read an amount of money."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\s'’_]", "", plain).replace("−", "-")
    plain, currency = _take_currency(plain)
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        negative, plain = True, plain[1:-1]
        plain, inner = _take_currency(plain)
        currency = currency or inner
    if plain[:1] in "+-" and plain:
        negative, plain = negative ^ (plain[0] == "-"), plain[1:]
    elif plain.endswith("-"):
        negative, plain = not negative, plain[:-1]
    if currency is None:
        plain, currency = _take_currency(plain)
    scale = 1
    if plain and plain[-1] in _SCALES:
        scale, plain = _SCALES[plain[-1]], plain[:-1]
    plain = _decimal_point(plain)
    if not plain.isascii() or not _PLAIN.fullmatch(plain):
        raise _unreadable(text)
    try:
        amount = Decimal(plain) * scale
    except InvalidOperation as error:
        raise _unreadable(text) from error
    if amount >= _LIMIT:
        raise BadValue(
            "number_too_large",
            f"“{text[:40]}”超出可接受的范围",
            f"“{text[:40]}” is larger than we accept",
        )
    return Money(-amount if negative else amount, currency)


def parse_quantity(text: str) -> int:
    """Read a whole number of pieces; 6.0 is six, 1.5 is refused."""
    amount = parse_money(text).amount
    if amount != amount.to_integral_value():
        raise BadValue(
            "quantity_fraction",
            f"数量“{text[:40]}”不是整数",
            f"quantity “{text[:40]}” is not a whole number",
        )
    return int(amount)


def parse_currency(text: str) -> str:
    """Read a currency: an ISO code, a symbol or a Chinese word."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.upper() in _CODES:
        return plain.upper()
    if found := _SYMBOLS.get(plain.upper()) or _SYMBOLS.get(plain):
        return found
    raise BadValue(
        "currency_unknown",
        f"“{text[:20]}”不是已知的货币，请用 CNY、USD 这样的代码",
        f"“{text[:20]}” is no currency we know; use a code such as CNY or USD",
    )


def _take_currency(plain: str) -> tuple[str, str | None]:
    for symbol, code in _SYMBOLS.items():
        if plain.upper().startswith(symbol):
            return plain[len(symbol) :], code
        if plain.upper().endswith(symbol) and len(plain) > len(symbol):
            return plain[: -len(symbol)], code
    for piece, rest in ((plain[:3], plain[3:]), (plain[-3:], plain[:-3])):
        if _CODE.fullmatch(piece) and piece.upper() in _CODES and rest:
            return rest, piece.upper()
    return plain, None


def _decimal_point(plain: str) -> str:
    """Write `plain` with a full stop as decimal sign and no thousands separators."""
    commas, stops = plain.count(","), plain.count(".")
    if commas and stops:
        if plain.rfind(",") > plain.rfind("."):
            grouped, tail = plain.rsplit(",", 1)
            return _ungroup(grouped, ".") + "." + tail if commas == 1 else plain
        grouped, tail = plain.rsplit(".", 1)
        return _ungroup(grouped, ",") + "." + tail if stops == 1 else plain
    if commas:
        # One comma before exactly three digits is a thousands sign, otherwise a decimal one.
        if commas == 1 and not re.fullmatch(r"[1-9]\d{0,2},\d{3}", plain):
            return plain.replace(",", ".")
        return _ungroup(plain, ",")
    if stops > 1:
        return _ungroup(plain, ".")
    return plain


def _ungroup(plain: str, sign: str) -> str:
    """Remove thousands signs when the groups are of the sizes in use (3, or 2 and 4 in Asia)."""
    groups = plain.split(sign)
    ok = 1 <= len(groups[0]) <= 4 and all(len(g) in (2, 3, 4) for g in groups[1:])
    return "".join(groups) if len(groups) == 1 or ok else plain


def _unreadable(text: str) -> BadValue:
    return BadValue(
        "number_unreadable",
        f"“{text[:40]}”不是数字",
        f"“{text[:40]}” is not a number",
    )
