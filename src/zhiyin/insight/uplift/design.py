"""Columns of people as numbers: scaled numbers, and one column for each frequent text.

Everything is learned from the rows that the design was made of; a text never seen counts as none of
the known ones, an unknown number as the middle one.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.contract import Floats

_FEWEST = 30  # rows: a text that is rarer has no column of its own
_MOST = 30
_FEW_VALUES = 2


@dataclass(frozen=True)
class Number:
    """A column of numbers, held within its 1st and 99th percentile, scaled."""

    name: str
    low: float
    high: float
    middle: float
    mean: float
    spread: float
    logged: bool

    def read(self, column: pa.ChunkedArray) -> Floats:
        values = _floats(column)
        values = np.clip(np.where(np.isfinite(values), values, self.middle), self.low, self.high)
        return np.asarray((_log(values) if self.logged else values) - self.mean) / self.spread


@dataclass(frozen=True)
class Texts:
    """A column of texts, one 0/1 column each for the frequent ones."""

    name: str
    known: list[str]

    def read(self, column: pa.ChunkedArray) -> Floats:
        values = np.array(pc.cast(column, pa.string()).to_pylist(), dtype=object)
        return np.column_stack([(values == k).astype(np.float64) for k in self.known])


@dataclass(frozen=True)
class Design:
    columns: list[Number | Texts]

    @property
    def names(self) -> list[str]:
        found: list[str] = []
        for c in self.columns:
            found += [c.name] if isinstance(c, Number) else [f"{c.name}: {k}" for k in c.known]
        return found

    def read(self, table: pa.Table) -> Floats:
        parts = [c.read(table.column(c.name)).reshape(table.num_rows, -1) for c in self.columns]
        return np.hstack(parts) if parts else np.zeros((table.num_rows, 0))


def learn_design(table: pa.Table) -> Design:
    """From all columns of the table; what never varies or cannot be read is left out."""
    found: list[Number | Texts] = []
    for name in sorted(table.column_names):
        column = table.column(name)
        if _is_numeric(column.type):
            values = _floats(column)
            known = values[np.isfinite(values)]
            if len(known) and known.min() < known.max():
                found.append(_number(name, known))
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            counts = pc.value_counts(column.drop_null()).to_pylist()
            frequent = sorted(
                (c for c in counts if c["counts"] >= min(_FEWEST, max(2, len(column) // 20))),
                key=lambda c: (-c["counts"], c["values"]),
            )[:_MOST]
            if frequent and frequent[0]["counts"] < len(column):
                found.append(Texts(name, [c["values"] for c in frequent]))
    return Design(found)


def _number(name: str, known: Floats) -> Number:
    low, middle, high = (float(v) for v in np.quantile(known, [0.01, 0.5, 0.99]))
    if low == high:
        low, high = float(known.min()), float(known.max())
    held = np.clip(known, low, high)
    logged = bool(len(np.unique(known[:1000])) > _FEW_VALUES and low >= 0 and _skewed(held))
    shown = _log(held) if logged else held
    return Number(
        name, low, high, middle, float(shown.mean()), float(max(shown.std(), 1e-9)), logged
    )


def _skewed(values: Floats) -> bool:
    away = values - values.mean()
    return bool((away**3).mean() > float(away.std()) ** 3)


def _log(values: Floats) -> Floats:
    return np.asarray(np.log1p(np.maximum(values, 0.0)))


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _floats(column: pa.ChunkedArray) -> Floats:
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    values = pc.cast(column, pa.float64())
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
