"""Tables as people have them (Arrow, pandas or Polars), read into what a question needs.

A column that is missing or of the wrong kind is refused by its name; rows without an identifier, a
date or a number are left out and counted by reason, and the others go on. What lies at or after
the date of the question is never looked at, so it cannot change an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.contract import Floats, InsightError, Words, microseconds

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class ArrowStream(Protocol):
    """What Arrow, pandas, Polars and DuckDB have in common: the Arrow PyCapsule protocol."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Rows = ArrowStream | Mapping[str, list[object]]


class ColumnsError(InsightError):
    """A table lacks a column that the question needs, or holds something else in it."""


class As(StrEnum):
    """How a column is read."""

    IDENTIFIER = "identifier"  # text; empty means that the row belongs to nobody
    MOMENT = "moment"  # microseconds since 1970; a time without a zone counts as UTC
    NUMBER = "number"
    LABEL = "label"  # text that may be unknown
    FLAG = "flag"  # yes or no


@dataclass(frozen=True)
class Given:
    """The rows that can be used, and how many could not, by reason."""

    rows: pa.Table
    left_out: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def has(self, name: str) -> bool:
        return name in self.rows.column_names

    def numbers(self, name: str) -> Floats:
        return np.asarray(self.rows.column(name).to_numpy(), dtype=np.float64)

    def moments(self, name: str) -> Integers:
        return np.asarray(self.rows.column(name).to_numpy(), dtype=np.int64)

    def flags(self, name: str) -> Flags:
        return np.asarray(self.rows.column(name).to_numpy(), dtype=np.bool_)

    def coded(self, name: str) -> tuple[pa.Array, Integers]:
        """The different values in order, and for each row the place of its value."""
        return coded(self.rows.column(name).combine_chunks())


def given(
    table: Rows,
    columns: Mapping[str, As],
    *,
    optional: Mapping[str, As] | None = None,
    before: datetime | None = None,
    dated: str = "at",
) -> Given:
    """The named columns of a table, each read as stated; other columns are not looked at.

    An optional column is present in the result only where the table has it. `before` keeps the rows
    whose moment `dated` lies strictly earlier. Raises ColumnsError.
    """
    found = arrow(table)
    read = dict(columns)
    for name, kind in (optional or {}).items():
        if name in found.column_names:
            read[name] = kind
    taken: dict[str, pa.Array] = {}
    for name, kind in read.items():
        if name not in found.column_names:
            there = ", ".join(found.column_names[:12]) or "none"
            raise ColumnsError(f"the column {name!r} is missing; there are: {there}")
        taken[name] = _read(name, found.column(name), kind)
    rows = pa.table(taken)
    left_out: dict[str, int] = {}
    if before is not None and dated in read:
        early = pc.less(rows.column(dated), pa.scalar(microseconds(before), pa.int64()))
        rows = rows.filter(pc.fill_null(early, True))  # a missing date is counted below
    for name, kind in read.items():
        if kind is As.LABEL:
            continue
        known = pc.is_valid(rows.column(name))
        missing = rows.num_rows - int(pc.sum(known).as_py() or 0)
        if missing:
            left_out[f"{name} is empty or no {_KINDS[kind]}"] = missing
            rows = rows.filter(known)
    return Given(rows.combine_chunks(), left_out)


def left_out_words(left_out: Mapping[str, int]) -> list[Words]:
    """What to say of rows that were not used, a sentence for each reason."""
    return [
        Words(f"{count:,} 行未用：{reason}", f"{count:,} rows left out: {reason}")
        for reason, count in sorted(left_out.items())
    ]


_KINDS = {
    As.IDENTIFIER: "identifier",
    As.MOMENT: "date",
    As.NUMBER: "number",
    As.FLAG: "yes or no",
}


def arrow(table: Rows) -> pa.Table:
    """Any table as an Arrow table."""
    if isinstance(table, Mapping) or hasattr(table, "__arrow_c_stream__"):
        return with_plain_texts(pa.table(table))
    raise ColumnsError(f"not an Arrow, pandas or Polars table but {type(table).__name__}")


def with_plain_texts(table: pa.Table, *, nulls: bool = False) -> pa.Table:
    """The many ways to store texts as one: dictionaries, large and viewed strings, and where
    `nulls` is set, columns without a value."""
    for at, column in enumerate(table.schema):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        texts = pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        if texts or (nulls and pa.types.is_null(kind)):
            kind = pa.string()
        if kind != column.type:
            table = table.set_column(at, column.name, table.column(at).cast(kind))
    return table


def coded(values: pa.Array) -> tuple[pa.Array, Integers]:
    """The different values in order, and for each value its place among them.

    The places do not depend on the order of the rows.
    """
    different = values.unique()
    order = pc.sort_indices(different)
    sorted_values = different.take(order)
    return sorted_values, np.asarray(
        pc.index_in(values, value_set=sorted_values).to_numpy(zero_copy_only=False), dtype=np.int64
    )


def places(wanted: pa.Array, known: pa.Array) -> Integers:
    """Where each wanted value stands among the known ones; -1 where it does not."""
    at = pc.index_in(wanted, value_set=known)
    return np.asarray(pc.fill_null(at, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _read(name: str, column: pa.ChunkedArray, kind: As) -> pa.Array:
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    try:
        return _READERS[kind](values)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as wrong:
        raise ColumnsError(
            f"the column {name!r} cannot be read as {kind.value}: it holds {values.type}, "
            f"and {str(wrong).splitlines()[0]}"
        ) from wrong


def _identifier(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type):  # pandas makes floats of numbers with gaps
        values = pc.cast(pc.if_else(pc.is_nan(values), None, values), pa.int64())
    text = pc.cast(values, pa.string())
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(text), ""), None, text)


def _moment(values: pa.Array) -> pa.Array:
    if pa.types.is_integer(values.type):
        return pc.cast(values, pa.int64())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = pc.cast(values, pa.timestamp("us"))
    if pa.types.is_date(values.type):
        values = pc.cast(values, pa.timestamp("s"))
    if not pa.types.is_timestamp(values.type):
        raise pa.ArrowTypeError("a date, a time or whole microseconds since 1970 are needed")
    stamped = pc.cast(values, pa.timestamp("us", tz=values.type.tz), safe=False)
    return pc.cast(stamped, pa.int64())


def _number(values: pa.Array) -> pa.Array:
    numbers = pc.cast(values, pa.float64())
    return pc.if_else(pc.is_finite(numbers), numbers, None)


def _label(values: pa.Array) -> pa.Array:
    return pc.cast(values, pa.string())


def _flag(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):
        return values
    numbers = pc.cast(values, pa.float64())
    known = pc.is_in(numbers, value_set=pa.array([0.0, 1.0]))
    if not cast("bool", pc.all(pc.fill_null(known, True), min_count=0).as_py()):
        raise pa.ArrowTypeError("only yes or no, 1 or 0 are meant")
    return pc.equal(numbers, 1.0)


_READERS = {
    As.IDENTIFIER: _identifier,
    As.MOMENT: _moment,
    As.NUMBER: _number,
    As.LABEL: _label,
    As.FLAG: _flag,
}
