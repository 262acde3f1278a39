"""Patterns for values: a small part of regular expressions, matched in time that cannot explode.

A pattern is a row of items, each with how often: a character, `.`, `\\d` `\\w` `\\s`, a set
`[A-Z0-9]` or `[^,]`, then `?` `*` `+` `{3}` or `{2,4}`. No groups, no alternatives. It must fit the
whole text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

LONGEST_PATTERN = 120
MOST_TIMES = 500
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": lambda c: "0" <= c <= "9",
    "w": lambda c: c.isalnum() or c == "_",
    "s": str.isspace,
}


class PatternError(ValueError):
    """The pattern cannot be read; `at` is the place."""

    def __init__(self, at: int) -> None:
        super().__init__(f"cannot be read at {at}")
        self.at = at


@dataclass(frozen=True)
class Item:
    """Which characters, and how often."""

    accepts: Callable[[str], bool]
    least: int = 1
    most: int = 1


def parse(pattern: str) -> tuple[Item, ...]:
    """The items of a pattern; raises `PatternError`."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(LONGEST_PATTERN)
    items: list[Item] = []
    at = 0
    while at < len(pattern):
        accepts, at = _one(pattern, at)
        least, most, at = _times(pattern, at)
        items.append(Item(accepts, least, most))
    return tuple(items)


def fits(items: tuple[Item, ...], text: str) -> bool:
    """Whether the whole text fits. Time grows with items times characters, whatever they are."""
    ends = {0}
    for item in items:
        runs = _runs(item, text)
        steps = [0] * (len(text) + 2)
        for start in ends:
            first, last = start + item.least, start + min(item.most, runs[start])
            if first <= last:
                steps[first] += 1
                steps[last + 1] -= 1
        ends = {at for at, open_ in enumerate(accumulate(steps)) if open_}
    return len(text) in ends


def _runs(item: Item, text: str) -> list[int]:
    """From each place, how many characters in a row are accepted."""
    runs = [0] * (len(text) + 1)
    for at in range(len(text) - 1, -1, -1):
        runs[at] = runs[at + 1] + 1 if item.accepts(text[at]) else 0
    return runs


def _one(pattern: str, at: int) -> tuple[Callable[[str], bool], int]:
    sign = pattern[at]
    if sign == "[":
        return _set(pattern, at)
    if sign == "\\":
        return _escaped(pattern, at)
    if sign == ".":
        return (lambda c: True), at + 1
    if sign in "(){}|*+?^$]":
        raise PatternError(at)
    return _equals(sign), at + 1


def _equals(wanted: str) -> Callable[[str], bool]:
    return lambda c: c == wanted


def _escaped(pattern: str, at: int) -> tuple[Callable[[str], bool], int]:
    sign = pattern[at + 1 : at + 2]
    if sign in _CLASSES:
        return _CLASSES[sign], at + 2
    if not sign or sign.isalnum():
        raise PatternError(at)
    return _equals(sign), at + 2


def _set(pattern: str, at: int) -> tuple[Callable[[str], bool], int]:
    begin, denied = at, pattern.startswith("[^", at)
    at += 2 if denied else 1
    parts: list[Callable[[str], bool]] = []
    while pattern[at : at + 1] != "]":
        if at >= len(pattern):
            raise PatternError(begin)
        if pattern[at] == "\\":
            accepts, at = _escaped(pattern, at)
        elif pattern[at + 1 : at + 2] == "-" and pattern[at + 2 : at + 3] not in ("", "]"):
            accepts, at = _range(pattern, at), at + 3
        else:
            accepts, at = _equals(pattern[at]), at + 1
        parts.append(accepts)
    if not parts:
        raise PatternError(begin)
    return (lambda c: any(one(c) for one in parts) is not denied), at + 1


def _range(pattern: str, at: int) -> Callable[[str], bool]:
    low, high = pattern[at], pattern[at + 2]
    if low > high or high == "\\":
        raise PatternError(at)
    return lambda c: low <= c <= high


def _times(pattern: str, at: int) -> tuple[int, int, int]:
    sign = pattern[at : at + 1]
    if sign in ("?", "*", "+"):
        return (0 if sign in "?*" else 1), (1 if sign == "?" else MOST_TIMES), at + 1
    if sign != "{":
        return 1, 1, at
    end = pattern.find("}", at)
    low, comma, high = pattern[at + 1 : end].partition(",") if end > 0 else ("", "", "")
    high = high if comma else low
    if not all(one.isdecimal() and one.isascii() and len(one) < 4 for one in (low, high)):
        raise PatternError(at)
    least, most = int(low), int(high)
    if least > most or most > MOST_TIMES:
        raise PatternError(at)
    return least, most, end + 1
