"""Run a scalar parser over a whole column: once for each distinct text, plainly written cells fast.

The scalar functions in `dates`, `money`, `words` and `contacts` are the only definition of what a
text means. Here they meet columns of a million cells: texts in the plain machine form are cast by
Arrow, every other distinct text is parsed once, and the answers are laid out over the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from . import dates, money, words
from .errors import BadValue, Reason

MONEY = pa.decimal128(18, 4)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENT_CENT = Decimal("0.0001")
# Up to 2036 only: Arrow applies no summer time after the last change that its zone files list.
_PLAIN_MOMENT = r"^(19[7-9]\d|20[0-2]\d|203[0-6])-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}$"


@dataclass(frozen=True)
class Parsed:
    """A column after parsing. A cell is null when it was missing or has a problem.

    `problem` gives for each row an index into `reasons`, or null.
    """

    values: pa.Array
    problem: pa.Array
    reasons: tuple[Reason, ...]

    @property
    def bad(self) -> pa.Array:
        """A mask of the rows that have a problem."""
        return pc.is_valid(self.problem)


def parse_distinct(texts: pa.Array, parse: Callable[[str], object], kind: pa.DataType) -> Parsed:
    """Apply `parse` to each distinct text; missing cells (empty, NULL, 未填写) stay null."""
    encoded = texts.dictionary_encode()
    values: list[object] = []
    problems: list[int | None] = []
    reasons: list[Reason] = []
    for text in encoded.dictionary.to_pylist():
        value: object = None
        problem: int | None = None
        if not words.is_missing(text):
            try:
                value = parse(text)
            except BadValue as bad:
                problem = len(reasons)
                reasons.append(bad.reason)
        values.append(value)
        problems.append(problem)
    indices = encoded.indices
    return Parsed(
        pa.array(values, kind).take(indices),
        pa.array(problems, pa.int32()).take(indices),
        tuple(reasons),
    )


def parse_moments(texts: pa.Array, *, zone: tzinfo = UTC, day_first: bool | None = None) -> Parsed:
    """A column of times as int64 microseconds since 1970 in UTC."""

    def one(text: str) -> int:
        moment = dates.parse_moment(text, zone=zone, day_first=day_first)
        return (moment - _EPOCH) // timedelta(microseconds=1)

    plain = pc.match_substring_regex(texts, _PLAIN_MOMENT)
    if _all(plain):
        try:
            stamps = texts.cast(pa.timestamp("us"))
            if zone is not UTC:
                name = zone.key if isinstance(zone, ZoneInfo) else "UTC"
                stamps = pc.assume_timezone(stamps, name, ambiguous="earliest")
            return _all_good(stamps.cast(pa.int64()))
        except pa.ArrowException:  # one date that cannot be: let the parser say which
            pass
    return parse_distinct(texts, one, pa.int64())


def parse_amounts(texts: pa.Array) -> Parsed:
    """A column of amounts as decimal(18, 4); more decimals are rounded half to even."""
    if _all(pc.match_substring_regex(texts, r"^-?\d{1,12}(\.\d{1,4})?$")):
        return _all_good(texts.cast(MONEY))

    def one(text: str) -> Decimal:
        return money.parse_money(text).amount.quantize(_CENT_CENT, ROUND_HALF_EVEN)

    return parse_distinct(texts, one, MONEY)


def parse_quantities(texts: pa.Array) -> Parsed:
    """A column of whole numbers."""
    if _all(pc.match_substring_regex(texts, r"^-?\d{1,12}$")):
        return _all_good(texts.cast(pa.int64()))
    return parse_distinct(texts, money.parse_quantity, pa.int64())


def tidy_column(texts: pa.Array) -> pa.Array:
    """`words.tidy` over a column; cells that say nothing become null."""

    def one(text: str) -> str | None:
        return words.tidy(text) or None

    return parse_distinct(texts, one, pa.string()).values


def text_column(column: pa.Array) -> pa.Array:
    """One plain string array, whatever chunks or dictionaries it came in."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    return column if column.type == pa.string() else column.cast(pa.string())


def _all(mask: pa.Array) -> bool:
    return mask.null_count == 0 and len(mask) > 0 and bool(pc.all(mask).as_py())


def _all_good(values: pa.Array) -> Parsed:
    return Parsed(values, pa.nulls(len(values), pa.int32()), ())
