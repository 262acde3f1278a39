"""Any table as numbers: what each column is, how it is written for trees and for straight lines.

Numbers stay numbers; texts become levels, each written for trees as what it meant for the label in
the rows learned from (shrunk towards the average), so that one column stays one feature and a level
never seen is simply average. Everything is learned from the rows of the fit alone; which columns
were left out, and why, is kept and shown.
"""

from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight import leaks
from zhiyin.insight.contract import Floats, InsightError, Words
from zhiyin.insight.leaks import LeakClass

Cell = str | float | int | bool | None
Owner = npt.NDArray[np.int64]
_FEWEST = 10  # rows before a text is a level of its own
_MOST_LEVELS = 40
_SHRINK = 20.0
_OTHER, _MISSING = "…", ""
_FEW_NUMBERS = 3  # a column of texts that read as more different numbers than this is a number


class NothingToLearnFromError(InsightError):
    """No column is left that varies and is known beforehand."""


class Left(msgspec.Struct, frozen=True):
    """A column that was left out, and why."""

    column: str
    leak: LeakClass
    why: Words


class Column(msgspec.Struct, frozen=True):
    """One column as learned: a number (no levels), or levels with what each meant.

    `meaning` has one value a level: its smoothed log-odds of the label against everybody's.
    """

    name: str
    levels: list[str]
    meaning: list[float]
    least: float
    median: float
    most: float
    mean: tuple[float, float] = (0.0, 0.0)
    spread: tuple[float, float] = (1.0, 1.0)

    @property
    def numeric(self) -> bool:
        return not self.levels

    @property
    def width(self) -> int:
        """Features of a straight line: logarithm, value and "unknown", or one a level."""
        return 3 if self.numeric else len(self.levels)

    def places(self, values: pa.Array) -> npt.NDArray[np.int64]:
        """The level of each value; -1 for one that was never seen."""
        known = pa.array(self.levels, pa.string())
        at = pc.index_in(_levels(values), value_set=known)
        if _OTHER in self.levels:
            at = pc.fill_null(at, self.levels.index(_OTHER))
        return np.asarray(pc.fill_null(at, -1).to_numpy(zero_copy_only=False), dtype=np.int64)

    def for_trees(self, values: pa.Array) -> Floats:
        if self.numeric:
            return _numbers(values)
        at = self.places(values)
        return np.where(at >= 0, np.array(self.meaning)[at], 0.0)

    def for_lines(self, values: pa.Array) -> Floats:
        """Standardised, and held within the 1st and 99th percentile."""
        if not self.numeric:
            at = self.places(values)
            return np.asarray((at[:, None] == np.arange(len(self.levels))), dtype=np.float64)
        numbers = _numbers(values)
        unknown = ~np.isfinite(numbers)
        held = np.clip(np.where(unknown, self.median, numbers), self.least, self.most)
        scaled = (np.column_stack([_log(held), held]) - self.mean) / self.spread
        return np.column_stack([np.where(unknown[:, None], 0.0, scaled), unknown])


class Columns(msgspec.Struct, frozen=True):
    """The columns in use, in a fixed order, and those left out."""

    used: list[Column]
    left: list[Left]

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.used]

    @property
    def owner(self) -> Owner:
        """For each feature of a straight line the place of its column."""
        return np.repeat(np.arange(len(self.used)), [one.width for one in self.used])

    def rows(self, table: pa.Table) -> "Rows":
        """A table in both writings; a column it lacks counts as unknown everywhere."""
        values = [_values(table, one) for one in self.used]
        return Rows(
            np.column_stack([c.for_trees(v) for c, v in zip(self.used, values, strict=True)]),
            np.column_stack([c.for_lines(v) for c, v in zip(self.used, values, strict=True)]),
        )


class Rows(msgspec.Struct, frozen=True):
    """The same rows written for trees (one feature a column, NaN unknown) and for lines."""

    trees: Floats
    lines: Floats

    def __len__(self) -> int:
        return len(self.trees)

    def of(self, chosen: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Rows":
        return Rows(self.trees[chosen], self.lines[chosen])


def chosen(
    table: pa.Table, label: str, *, trusted: Iterable[str] = (), leave_out: Iterable[str] = ()
) -> tuple[pa.Table, list[Left]]:
    """The columns that may be learned from, and those that may not with the reason.

    `trusted` columns stay whatever the catalogue says of their name.
    """
    keep, left, trust = [], [], set(trusted)
    unwanted = set(leave_out)
    for name in table.column_names:
        values = table.column(name)
        if name == label:
            continue
        known = leaks.classify(name)
        if name in unwanted:
            left.append(Left(name, LeakClass.AFTER, Words("按要求不用", "left out as asked")))
        elif _all_the_same(values):
            why = Words("全部相同或为空", "all the same or empty")
            left.append(Left(name, LeakClass.BEFORE, why))
        elif known is not None and name not in trust and not _is_measure(known, values):
            left.append(Left(name, known.leak, known.why))
        elif name not in trust and _each_its_own(values):
            why = Words("几乎每行都不同的文字", "texts that differ in nearly each row")
            left.append(Left(name, LeakClass.IDENTIFIER, why))
        else:
            keep.append(name)
    if not keep:
        raise NothingToLearnFromError(
            f"no column is left to learn {label} from: "
            + "; ".join(f"{one.column} ({one.why.en})" for one in left)
        )
    return table.select(keep), left


def _all_the_same(values: pa.ChunkedArray) -> bool:
    return bool(pc.count_distinct(values, mode="all").as_py() < 2)


def _is_measure(known: leaks.Known, values: pa.ChunkedArray) -> bool:
    """Named like an identifier, but it repeats: "number of visits" is a count."""
    return known.leak == LeakClass.IDENTIFIER and leaks.distinct_share(values) < 0.9


def _each_its_own(values: pa.ChunkedArray) -> bool:
    enough = pa.types.is_string(values.type) and len(values) >= 50
    return bool(enough and leaks.distinct_share(values) > 0.9 and not _reads(values))


def fit_columns(table: pa.Table, happened: Floats, left: list[Left]) -> Columns:
    """Learn each column from these rows alone. `happened` is 0 or 1, one a row."""
    used = [
        _fit(name, table.column(name).combine_chunks(), happened) for name in table.column_names
    ]
    return Columns(used, left)


def _fit(name: str, values: pa.Array, happened: Floats) -> Column:
    base = float(happened.mean())
    if _number_like(values):
        numbers = _numbers(values)
        known = numbers[np.isfinite(numbers)]
        if len(known) == 0:
            return Column(name, [], [], 0.0, 0.0, 0.0)
        least, median, most = (float(v) for v in np.quantile(known, [0.01, 0.5, 0.99]))
        if least == most:  # a rare number: nearly all are the same
            least, most = float(known.min()), float(known.max())
        held = np.clip(known, least, most)
        both = np.column_stack([_log(held), held])
        (mean_log, mean), (spread_log, spread) = both.mean(axis=0), both.std(axis=0)
        return Column(
            name, [], [], least, median, most,
            (float(mean_log), float(mean)), (float(spread_log) or 1.0, float(spread) or 1.0),
        )  # fmt: skip
    texts = _levels(values)
    counted = sorted(
        ((str(text), int(n)) for text, n in _counts(texts)), key=lambda one: (-one[1], one[0])
    )
    own = [text for text, n in counted[:_MOST_LEVELS] if n >= _FEWEST]
    rest = [text for text, _ in counted if text not in own]
    levels = [*own, *([_OTHER] if rest else [])]
    column = Column(name, levels, [], 0.0, 0.0, 0.0)
    at = column.places(values)
    n = np.bincount(at, minlength=len(levels)).astype(np.float64)
    hits = np.bincount(at, happened, minlength=len(levels))
    share = (hits + _SHRINK * base) / (n + _SHRINK)
    odds = np.log(share / (1 - share)) - np.log(base / (1 - base)) if 0 < base < 1 else share * 0
    return msgspec.structs.replace(column, meaning=[float(v) for v in odds])


def _counts(texts: pa.Array) -> list[tuple[str, int]]:
    counted = pc.value_counts(texts)
    return [(str(one["values"]), int(one["counts"])) for one in counted.to_pylist()]


def _values(table: pa.Table, column: Column) -> pa.Array:
    if column.name in table.column_names:
        return table.column(column.name).combine_chunks()
    return pa.nulls(table.num_rows, pa.float64() if column.numeric else pa.string())


def _number_like(values: pa.Array) -> bool:
    kind = values.type
    if leaks.numeric(kind) or pa.types.is_temporal(kind):
        return True
    return bool(pa.types.is_string(kind) and _reads(values))


def _reads(values: pa.Array | pa.ChunkedArray) -> bool:
    """Texts that nearly all read as numbers, of more than a few values (" 29.85 ")."""
    texts = pc.drop_null(pc.cast(values, pa.string()))
    filled = texts.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), ""))
    if len(filled) == 0:
        return False
    plain = pc.match_substring_regex(pc.utf8_trim_whitespace(filled), _NUMBER)
    few = pc.count_distinct(filled).as_py() <= _FEW_NUMBERS
    return bool(pc.sum(plain).as_py() >= 0.98 * len(filled) and not few)


_NUMBER = r"^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$"


def _numbers(values: pa.Array) -> Floats:
    """As floats; moments as days since 1970; what is unknown or no number becomes NaN."""
    kind = values.type
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        us = pc.cast(pc.cast(values, pa.timestamp("us")), pa.int64())
        return np.asarray(pc.cast(us, pa.float64()).to_numpy(zero_copy_only=False)) / 86_400e6
    if pa.types.is_string(kind):
        texts = pc.utf8_trim_whitespace(values)
        plain = pc.match_substring_regex(texts, _NUMBER)
        texts = pc.if_else(pc.fill_null(plain, False), texts, pa.scalar(None, pa.string()))
        return np.asarray(pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False))
    numbers = pc.cast(
        pc.cast(values, pa.int8()) if pa.types.is_boolean(kind) else values, pa.float64()
    )
    found = np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _levels(values: pa.Array) -> pa.Array:
    """As trimmed texts; unknown and blank are the level ""."""
    plain = values
    if pa.types.is_floating(plain.type):
        whole = pc.equal(plain, pc.round(plain))
        if pc.all(pc.fill_null(whole, True)).as_py():
            plain = pc.cast(plain, pa.int64())  # 1.0 is the same level as 1
    texts = pc.utf8_trim_whitespace(pc.cast(plain, pa.string()))
    return pc.fill_null(texts, _MISSING)


def _log(values: Floats) -> Floats:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))
