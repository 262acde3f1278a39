"""Why two records are taken for one person's, as a waterfall: bits for and against, in words.

A bit doubles the odds. The first bar is what is known before any field is looked at (how rarely
two records are one person's at all), then one bar a field, and their sum gives the probability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pyarrow as pa

from zhiyin.identity.comparisons import FIELDS
from zhiyin.identity.model import Model
from zhiyin.identity.words import Words

_BEFORE = Words("任意两条记录", "any two records")
_UNKNOWN = Words("至少一方没有", "not known of both")


@dataclass(frozen=True)
class Evidence:
    """One bar: a field, what was found, and how many bits it speaks for (or against) the pair."""

    field: str
    words: Words
    level: str | None
    found: Words
    bits: float


def waterfall(scored: pa.Table, row: int, model: Model) -> tuple[Evidence, ...]:
    """The evidence for one scored pair, in the order of the fields."""
    prior = float(str(model.settings["probability_two_random_records_match"]))
    rarity = Words(
        f"每 {1 / prior:,.0f} 对中有一对是同一人", f"one pair in {1 / prior:,.0f} is one person"
    )
    bars = [Evidence("prior", _BEFORE, None, rarity, math.log2(prior / (1 - prior)))]
    for key in model.fields:
        field = FIELDS[key]
        found = scored[f"level_{key}"][row].as_py()
        level = next((one for one in field.levels if one.key == found), None)
        words = level.words if level else _UNKNOWN
        bars.append(Evidence(key, field.words, found, words, scored[f"bits_{key}"][row].as_py()))
    return tuple(bars)


def probability(bars: tuple[Evidence, ...]) -> float:
    """What the bars add up to."""
    return 1 / (1 + 2.0 ** -sum(bar.bits for bar in bars))
