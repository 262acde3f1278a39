"""The mapped columns of one batch, and what is wrong with their rows.

Parsers note problems here; at the end the good rows and the rejected rows come apart, each
rejected row with all its problems and its cells as they came.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from . import rejects
from .columns import Parsed, text_column
from .errors import Reason
from .fields import field
from .mapping import Mapping
from .reading import ROW_NUMBER
from .report import missing_value


class FieldColumns:
    """The mapped columns of one batch, by field; an unmapped field is all null."""

    def __init__(
        self, table: pa.Table, mapping: Mapping, *, as_came: pa.Table | None = None
    ) -> None:
        """`as_came`: the same rows before anybody touched them, for who has to mend one."""
        mapping.check(table.column_names)
        self._table, self._mapping = table, mapping
        self._as_came = table if as_came is None else as_came
        self.row_numbers: pa.Array = table.column(ROW_NUMBER).combine_chunks()
        if isinstance(self.row_numbers, pa.ChunkedArray):
            self.row_numbers = pa.concat_arrays(self.row_numbers.chunks)
        self.size = table.num_rows
        self._problems: list[tuple[str, pa.Array, tuple[Reason, ...]]] = []
        self.changed: list[pa.Table] = []  # examples of cells that were mended

    def has(self, name: str) -> bool:
        """Whether a column fills the field."""
        return self._mapping.column_of(name) is not None

    def text(self, name: str) -> pa.Array:
        """The cells of a field as they came."""
        column = self._mapping.column_of(name)
        if column is None:
            return pa.nulls(self.size, pa.string())
        return text_column(self._table.column(column))

    def as_came(self, name: str) -> pa.Array:
        """The cells of a field before anybody touched them."""
        column = self._mapping.column_of(name)
        if column is None:
            return pa.nulls(self.size, pa.string())
        return text_column(self._as_came.column(column))

    def as_date(self, us: pa.Array) -> pa.Array:
        """Microseconds since 1970 as a time in the file's own zone, in standard form."""
        moments = us.cast(pa.timestamp("us", "UTC"))
        local = pc.local_timestamp(moments.cast(pa.timestamp("us", self._mapping.timezone)))
        return pc.strftime(local.cast(pa.timestamp("s"), safe=False), "%Y-%m-%d %H:%M:%S")

    def keep_changed(self, shown: list[pa.Table], good: pa.Array) -> None:
        """Keep examples of mended cells, of good rows only."""
        numbers = self.row_numbers.filter(good)
        self.changed += [
            one.filter(pc.is_in(one.column("row_number"), value_set=numbers)) for one in shown
        ]

    def problems(self, name: str, parsed: Parsed) -> pa.Array:
        """Note the problems of a parsed field; gives its values."""
        if parsed.reasons:
            self._problems.append((name, parsed.problem, parsed.reasons))
        return parsed.values

    def refuse(self, name: str, mask: pa.Array, reason: Reason) -> None:
        """Note one problem for all rows in `mask`."""
        mask = pc.fill_null(mask, False)
        if pc.any(mask).as_py():
            index = pc.if_else(mask, pa.scalar(0, pa.int32()), pa.scalar(None, pa.int32()))
            self._problems.append((name, index, (reason,)))

    def required(self, name: str, values: pa.Array, problem: pa.Array | None = None) -> None:
        """Refuse rows where a value is missing (and was not refused for another reason)."""
        empty = pc.is_null(values)
        if problem is not None:
            empty = pc.and_(empty, pc.is_null(problem))
        entry = field(self._mapping.kind, name)
        self.refuse(name, empty, missing_value(entry.zh, entry.en))

    def good(self) -> pa.Array:
        """The mask of rows without a problem."""
        good = pc.is_valid(self.row_numbers)
        for _, index, _ in self._problems:
            good = pc.and_(good, pc.is_null(index))
        return good

    def rejected(self) -> pa.Table:
        """The rows with a problem and their cells as they came."""
        found = rejects.Rejects()
        names = [name for name in self._table.column_names if name != ROW_NUMBER]
        for name, index, reasons in self._problems:
            bad = pc.is_valid(index)
            rows = self._as_came.filter(bad)
            cells = zip(*(rows.column(column).to_pylist() for column in names), strict=True)
            numbers = rows.column(ROW_NUMBER).to_pylist()
            column = self._mapping.column_of(name) or name
            for number, place, row in zip(
                numbers, index.filter(bad).to_pylist(), cells, strict=True
            ):
                found.add(number, column, reasons[place], row)
        return found.take()

    def any_problem(self) -> pa.Array:
        """The mask of rows that have a problem so far."""
        return pc.invert(self.good())

    def unmapped(self) -> dict[str, pa.Array]:
        """The columns that fill no field, by name."""
        return {
            name: text_column(self._table.column(name))
            for name in self._table.column_names
            if name != ROW_NUMBER and name not in self._mapping.columns
        }

    def whole(self) -> pa.Array:
        """Each row as one text, by which copies are found."""
        cells = (
            text_column(self._table.column(name))
            for name in self._table.column_names
            if name != ROW_NUMBER
        )
        return pc.binary_join_element_wise(
            *cells, "\x1f", null_handling="replace", null_replacement=""
        )
