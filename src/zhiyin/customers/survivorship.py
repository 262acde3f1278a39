"""Which of several values of a field is the one that stands on the profile.

Each source says its own; a value that a person locked wins over all, what was only said in passing
(the country of an order) loses to what was said on purpose, and between the others the field's
strategy decides: the newest, the one of the most trusted source, or the most complete. Pure: values
and the policy are passed in. The losing values stay where they are: see `source_records`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

Kept = str | bool | list[str]
UNRANKED = 1000  # the place of a source that nobody gave one
FIELDS = (
    "number", "name", "email", "phone", "gender", "birth_date", "language", "country", "province",
    "city", "job_title",
)  # fmt: skip


class Strategy(StrEnum):
    """How one of several values is chosen."""

    NEWEST = "newest"
    TRUSTED = "trusted"
    COMPLETE = "complete"


class Missing(StrEnum):
    """What stands on the profile where no source said the field on purpose."""

    PASSING = "trusted"  # what the most trusted source said in passing
    LEAVE = "leave"  # nothing
    DEFAULT = "default"  # a stated value


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a source says; `at` in microseconds since 1970."""

    value: Kept
    at: int
    source: UUID | None
    weak: bool = False
    locked: bool = False


@dataclass(frozen=True)
class FieldPolicy:
    """What holds for one field."""

    strategy: Strategy = Strategy.NEWEST
    missing: Missing = Missing.PASSING
    default: str = ""


@dataclass(frozen=True)
class Policy:
    """What holds for all fields, and the places of sources: 0 is trusted most."""

    fields: Mapping[str, FieldPolicy] = field(default_factory=dict)
    places: Mapping[UUID | None, int] = field(default_factory=dict)

    def of(self, name: str) -> FieldPolicy:
        """The policy of a field; the newest value where nothing was said."""
        return self.fields.get(name, _USUAL)

    def place(self, source: UUID | None) -> int:
        """How far a source stands from the most trusted one."""
        return self.places.get(source, UNRANKED)


_USUAL = FieldPolicy()


def survivor(name: str, candidates: Iterable[Candidate], policy: Policy) -> Candidate | None:
    """The value that stands on the profile; None where none of them does."""
    of = policy.of(name)
    usable = [one for one in candidates if not (one.weak and of.missing is not Missing.PASSING)]
    if not usable:
        return None

    def order(one: Candidate) -> tuple[object, ...]:
        place = -policy.place(one.source)
        # In passing nobody is chosen for being new: a single order must not move somebody abroad.
        if one.weak or of.strategy is Strategy.TRUSTED:
            rest: tuple[int, ...] = (place, one.at)
        elif of.strategy is Strategy.COMPLETE:
            rest = (completeness(one.value), one.at, place)
        else:
            rest = (one.at, place)
        return (one.locked, not one.weak, *rest)

    locked = [one for one in usable if one.locked]
    if locked:
        return max(locked, key=lambda one: one.at)
    return max(usable, key=order)


def completeness(value: Kept) -> int:
    """How much a value says: its letters and digits, or how many it holds."""
    if isinstance(value, list):
        return len(value)
    text = str(value)
    return sum(unicodedata.category(letter)[0] in "LN" for letter in text)
