"""The label of a table: which rows say yes, which say no, and which say nothing.

A label has two values. Which of them is "it happened" is told by the caller, or plain from the
words; a label with one value, with three, or with none is an error that says what was found.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.contract import Floats, InsightError, NotEnoughHistoryError
from zhiyin.insight.tables import BadTableError

FEWEST_ROWS, FEWEST_OF_EACH = 60, 15
_YES = frozenset(
    {"1", "1.0", "true", "t", "yes", "y", "won", "converted", "churned", "lost", "left",
     "是", "已流失", "流失", "成交", "赢单", "已转化"}
)  # fmt: skip


class OneClassError(InsightError):
    """All rows have the same label: there is nothing to tell apart."""


@dataclass(frozen=True)
class Labelled:
    """A table with its label taken out: rows with a known label only."""

    table: pa.Table
    happened: Floats
    positive: str
    unlabelled: int


def labelled(table: pa.Table, label: str, positive: str | bool | int | None = None) -> Labelled:
    """Split a table into columns and label. `positive` names the value that means "it happened".

    Raises BadTableError, OneClassError, or NotEnoughHistoryError below 60 rows or 15 of a class.
    """
    if label not in table.column_names:
        raise BadTableError(f"no column {label}; there are {', '.join(table.column_names)}")
    if table.num_rows == 0:
        raise NotEnoughHistoryError("the table has no rows")
    texts = _texts(table.column(label).combine_chunks())
    known = np.asarray(pc.is_valid(texts).to_numpy(zero_copy_only=False), dtype=bool)
    values = sorted(pc.unique(texts.drop_null()).to_pylist())
    if not values:
        raise BadTableError(f"{label} is empty in all {len(texts):,} rows")
    if len(values) > 2:
        shown = ", ".join(values[:5]) + (", …" if len(values) > 5 else "")
        raise BadTableError(f"{label} has {len(values):,} values ({shown}); a label has two")
    yes = _positive(label, values, positive)
    kept = table.drop_columns(label).filter(pa.array(known))
    happened = np.asarray(
        pc.equal(texts.filter(pa.array(known)), yes).to_numpy(zero_copy_only=False),
        dtype=np.float64,
    )
    if len(values) == 1:
        raise OneClassError(f"{label} is {values[0]} in all {len(happened):,} rows that have one")
    fewest = int(min(happened.sum(), len(happened) - happened.sum()))
    if len(happened) < FEWEST_ROWS or fewest < FEWEST_OF_EACH:
        raise NotEnoughHistoryError(
            f"{FEWEST_ROWS} rows with {FEWEST_OF_EACH} of each side are needed to learn {label}; "
            f"there are {len(happened):,} with {fewest:,} of the rarer"
        )
    return Labelled(kept.combine_chunks(), happened, yes, int((~known).sum()))


def _texts(values: pa.Array) -> pa.Array:
    """The label as trimmed text; blank is unknown. 1.0 and 1 are one value."""
    plain = values
    if pa.types.is_floating(plain.type):
        if not pc.all(pc.fill_null(pc.equal(plain, pc.round(plain)), True)).as_py():
            raise BadTableError("the label holds fractions; a label has two values")
        plain = pc.cast(pc.if_else(pc.is_finite(plain), plain, None), pa.int64())
    texts = pc.utf8_trim_whitespace(pc.cast(plain, pa.string()))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _positive(label: str, values: list[str], told: str | bool | int | None) -> str:
    if told is not None:
        wanted = str(int(told)) if isinstance(told, bool) else str(told)
        spellings = {wanted, wanted.lower(), str(told).lower()}
        found = [v for v in values if v in spellings or v.lower() in spellings]
        if len(values) == 2 and not found:
            raise BadTableError(f"{label} is never {told}; it is {' or '.join(values)}")
        return found[0] if found else wanted
    plain = [v for v in values if v.casefold() in _YES]
    if len(plain) == 1:
        return plain[0]
    if len(values) == 1:
        return values[0]
    raise BadTableError(
        f"{label} is {' or '.join(values)}: name the one that means it happened (`positive`)"
    )


def folds(happened: Floats, count: int, seed: int) -> npt.NDArray[np.int64]:
    """The fold of each row, each with its part of both sides; the same for the same seed."""
    rng = np.random.default_rng(seed)
    member = np.empty(len(happened), dtype=np.int64)
    for side in (0.0, 1.0):
        rows = np.flatnonzero(happened == side)
        member[rng.permutation(rows)] = np.arange(len(rows)) % count
    return member
