"""What a custom field may hold, as data: allowed values, bounds, pattern, when it is required.

Pure: no database. The rules are kept as JSON beside the definition and travel in the
configuration file as they stand here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

PREFIX = "c_"
KEY = re.compile(r"c_[a-z][a-z0-9_]{0,37}\Z")
CHOICE_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
COLOURS = ("", "ink", "teal", "green", "amber", "rouge", "blue")
MOST_CHOICES = 200
LONGEST_TEXT = 500
LONGEST_LONG_TEXT = 10_000

Words = Annotated[str, Meta(max_length=120)]


class Choice(Struct, frozen=True, omit_defaults=True):
    """One allowed value. A closed one stays where it was chosen, but is no longer offered."""

    key: str
    zh: Words
    en: Words
    colour: str = ""
    closed: bool = False

    def label(self, language: str) -> str:
        """Its name in "zh" or "en"."""
        return self.zh if language.startswith("zh") else self.en


class When(Struct, frozen=True):
    """A condition on another field of the same row: it holds one of these values."""

    field: str
    values: tuple[str, ...]


class Rules(Struct, frozen=True, omit_defaults=True):
    """How a value is checked. What does not apply to the field's type stays empty."""

    required: bool = False
    required_when: tuple[When, ...] = ()  # any of them makes it required
    unique: bool = False
    least: Decimal | None = None
    most: Decimal | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str = ""
    decimals: int | None = None
    choices: tuple[Choice, ...] = ()


def read_rules(data: object) -> Rules:
    """The rules from JSON; raises `msgspec.ValidationError`."""
    return msgspec.convert(data, Rules, strict=False)


def kept_rules(rules: Rules) -> dict[str, object]:
    """The rules as JSON; what says nothing is left out."""
    kept: dict[str, object] = msgspec.to_builtins(rules)
    return kept
