"""Values planted in the company of the proofs, each found again wherever it turns up.

A canary is one value of one field of one thing of one owner, unlike any other value, in a shape
that the field takes. `Traps.caught` finds them in bytes as they leave the product, through the
coats that values wear on the way: entities, percent signs, JSON escapes, base64, separators of
thousands, dates as each language writes them.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from urllib.parse import unquote_plus
from uuid import UUID

_WORD = re.compile(r"zq[0-9a-f]{5}x")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_DIGITS = re.compile(r"\d[\d ]{6,}\d")
_THOUSANDS = re.compile(r"(?<=\d)[,\u2009\u202f](?=\d{3})")
_MONEY = re.compile(r"\d{5,9}\.\d")
_ISO = re.compile(r"(?<!\d)(19\d\d)-(\d\d)-(\d\d)")
_CHINESE = re.compile(r"(19\d\d) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_ENGLISH = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (19\d\d)")
_AMERICAN = re.compile(r"([A-Z][a-z]{2})[a-z]* (\d{1,2}),? (19\d\d)")
_SLASHED = re.compile(r"(19\d\d)/(\d{1,2})/(\d{1,2})")
_PACKED = re.compile(r"[A-Za-z0-9_-]{20,}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9,
    "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_number = count(1)


@dataclass(frozen=True)
class Canary:
    """One planted value: of what field of which thing, and on whose row it stands."""

    needle: str
    thing: str
    field: str
    row: str  # whose row: a key of `World.rows`; empty for what belongs to no customer

    def __str__(self) -> str:
        return f"{self.thing}.{self.field} of {self.row or 'nobody'} ({self.needle})"


class Traps:
    """All canaries, by what is found of them in a text."""

    def __init__(self) -> None:
        self.by_needle: dict[str, Canary] = {}

    def word(self, thing: str, field: str, row: str = "") -> str:
        """A word that nobody else uses."""
        return self._set(f"zq{next(_number):05x}x", thing, field, row)

    def phone(self, thing: str, field: str, row: str) -> str:
        """A mainland mobile; what counts as caught are its last eight digits together."""
        last = f"{23_456_781 + next(_number) * 1_003_507:08}"[-8:]
        self._set(last, thing, field, row)
        return f"+86138{last}"

    def email(self, thing: str, field: str, row: str) -> str:
        """An address whose local part is a canary."""
        return f"{self.word(thing, field, row)}@example.com"

    def day(self, thing: str, field: str, row: str) -> date:
        """A day of the last century."""
        at = next(_number)
        found = date(1921 + at % 70, 1 + at % 12, 1 + at % 28)
        self._set(found.isoformat(), thing, field, row)
        return found

    def money(self, thing: str, field: str, row: str) -> Decimal:
        """An amount of seven digits; the cents may be rounded away, so they do not count."""
        at = next(_number)
        found = 1_200_345 + at * 7_919 + at**3 * 31 % 5_003  # no mean of some is another
        self._set(str(found), thing, field, row)
        return Decimal(found) + Decimal("0.25")

    def id(self, value: UUID, thing: str, row: str) -> UUID:
        """An id that is itself news to those who must not see the row."""
        self._set(value.hex, thing, "id", row)
        return value

    def _set(self, needle: str, thing: str, field: str, row: str) -> str:
        assert needle not in self.by_needle, f"{needle} is planted twice"
        self.by_needle[needle] = Canary(needle, thing, field, row)
        return needle

    def caught(self, text: str) -> set[Canary]:
        """Every canary in this text."""
        found: set[str] = set()
        for layer in _layers(text):
            found |= self._words(layer)
        return {self.by_needle[one] for one in found if one in self.by_needle}

    def _words(self, text: str) -> Iterable[str]:
        small = text.lower()
        found = set(_WORD.findall(small))
        ids = _UUID.findall(small)
        found.update(one.replace("-", "") for one in ids)
        bare = _UUID.sub(" ", text)
        found.update(_days(bare))
        bare = _THOUSANDS.sub("", bare)
        found.update(money.split(".")[0] for money in _MONEY.findall(bare))
        for run in _DIGITS.findall(bare):
            digits = run.replace(" ", "")
            found.add(digits)
            found.update(digits[at : at + 8] for at in range(len(digits) - 7))
        found.update(one for one in re.findall(r"(?<!\d)\d{7}(?!\d)", bare))
        return found


def _days(text: str) -> Iterable[str]:
    for pattern in (_ISO, _CHINESE, _SLASHED):
        for year, month, day in pattern.findall(text):
            yield f"{year}-{int(month):02}-{int(day):02}"
    for day, month, year in _ENGLISH.findall(text):
        if month in _MONTHS:
            yield f"{year}-{_MONTHS[month]:02}-{int(day):02}"
    for month, day, year in _AMERICAN.findall(text):
        if month in _MONTHS:
            yield f"{year}-{_MONTHS[month]:02}-{int(day):02}"


def _layers(text: str) -> Iterable[str]:
    """The text, and the same with each coat taken off."""
    yield text
    plain = text
    if "&" in plain:
        plain = html.unescape(plain)
    if "%" in plain:
        plain = unquote_plus(plain)
    if "\\u" in plain:
        plain = _ESCAPED.sub(lambda hit: chr(int(hit[1], 16)), plain)
    if plain != text:
        yield plain
    packed = set(_PACKED.findall(_UUID.sub(" ", text)))
    unpacked = " ".join(filter(None, (_unpacked(one) for one in packed)))
    if unpacked:
        yield unpacked


def _unpacked(text: str) -> str:
    """What a base64 word holds, where it holds text."""
    if "-" in text.strip("-") and text.replace("-", "").isalpha():
        return ""  # the name of a class or an attribute
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return raw.decode()
    except (binascii.Error, ValueError):
        return ""
