"""The tables of the lake and their columns.

Times are integer microseconds since 1970 in UTC, so that every engine computes the same numbers.
`identifier_id` is opaque: whose it is stands in a table of links outside the lake, which is why a
merge of two customers never rewrites an event. Names, phones, e-mails and free text stay out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.schema import Field, Schema

from zhiyin.lake.errors import SchemaChangedError, SchemaMismatchError

MICROSECONDS_A_DAY = 86_400_000_000


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


EVENTS: pa.Schema = pa.schema(
    [
        _required("event_id", pa.string()),
        _required("name", pa.string()),
        _required("source", pa.string()),
        _required("batch", pa.string()),
        pa.field("identifier_id", pa.string()),
        _required("ts_us", pa.int64()),
        _required("received_us", pa.int64()),
        _required("received_day", pa.date32()),
        _required("properties", pa.string()),
    ]
)

ORDER_LINES: pa.Schema = pa.schema(
    [
        _required("event_id", pa.string()),
        _required("order_id", pa.string()),
        _required("source", pa.string()),
        _required("batch", pa.string()),
        pa.field("identifier_id", pa.string()),
        _required("ts_us", pa.int64()),
        _required("received_us", pa.int64()),
        _required("received_day", pa.date32()),
        _required("sku", pa.string()),
        _required("quantity", pa.int64()),
        _required("unit_price", pa.decimal128(18, 4)),
        _required("amount", pa.decimal128(18, 4)),
        _required("currency", pa.string()),
    ]
)

SCORES: pa.Schema = pa.schema(
    [
        _required("customer_id", pa.string()),
        _required("model", pa.string()),
        _required("version", pa.int32()),
        _required("as_of_us", pa.int64()),
        _required("value", pa.float64()),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        _required("reasons", pa.string()),
        _required("received_day", pa.date32()),
    ]
)


ERASED: pa.Schema = pa.schema(
    [
        _required("digest", pa.string()),
        _required("received_us", pa.int64()),
        _required("received_day", pa.date32()),
    ]
)


@dataclass(frozen=True)
class TableSpec:
    """One table: its columns, the column it is divided by, and which columns the log may describe.

    The log of a Delta table keeps the smallest and largest value of each described column for
    ever. Only times are described, so that no identifier survives its own erasure. `clustered`
    is the order of the rows within a day that was compacted, `person` the column that says whose
    a row is, and `unique` the column that no two rows share.
    """

    schema: pa.Schema
    partition: str
    described: tuple[str, ...]
    clustered: tuple[str, ...]
    person: str | None = None
    unique: str | None = None

    @cached_property
    def delta(self) -> Schema:
        """The columns as the table format spells them."""
        return Schema.from_arrow(self.schema)

    def added_to(self, table_name: str, theirs: Schema) -> list[Field]:
        """The columns that a table on disk does not have yet; refuses any other difference."""
        there = {field.name: field for field in theirs.fields}
        ours = {field.name: field for field in self.delta.fields}
        gone = sorted(there.keys() - ours.keys())
        changed = [
            f"{name} ({there[name].type} there, {field.type} here)"
            for name, field in ours.items()
            if name in there and _kind(field) != _kind(there[name])
        ]
        added = [field for name, field in ours.items() if name not in there]
        required = [field.name for field in added if not field.nullable]
        if gone or changed or required:
            raise SchemaChangedError(
                f"{table_name}: columns taken away {gone}, changed {changed}, "
                f"added but never empty {required}"
            )
        return added

    def conform(self, rows: pa.Table) -> pa.Table:
        """The rows in this table's column order and types; refuses what does not fit exactly."""
        if self.partition not in rows.column_names and "received_us" in rows.column_names:
            days = pc.divide(rows["received_us"], MICROSECONDS_A_DAY).cast(pa.int32())
            rows = rows.append_column(self.partition, days.cast(pa.date32()))
        wanted = self.schema.names
        missing = [name for name in wanted if name not in rows.column_names]
        unknown = [name for name in rows.column_names if name not in wanted]
        if missing or unknown:
            raise SchemaMismatchError(f"missing columns {missing}, unknown columns {unknown}")
        try:
            conformed = rows.select(wanted).cast(self.schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as why:
            raise SchemaMismatchError(str(why)) from why
        for field in self.schema:
            if not field.nullable and conformed[field.name].null_count:
                raise SchemaMismatchError(f"column {field.name} must not be empty")
        return conformed


def _kind(field: Field) -> tuple[object, bool]:
    return field.type, field.nullable


_BY_PERSON = ("identifier_id", "ts_us", "event_id")

TABLES: Mapping[str, TableSpec] = {
    "events": TableSpec(
        EVENTS, "received_day", ("ts_us", "received_us"), _BY_PERSON, "identifier_id", "event_id"
    ),
    "order_lines": TableSpec(
        ORDER_LINES, "received_day", ("ts_us", "received_us"), _BY_PERSON, "identifier_id"
    ),
    "scores": TableSpec(
        SCORES, "received_day", ("as_of_us",), ("customer_id", "as_of_us"), "customer_id"
    ),
}

# Every lake has it, whatever its tables: who must not come back, as hashes.
ERASED_TABLE = "erased"
ERASED_SPEC = TableSpec(ERASED, "received_day", ("received_us",), ("digest",))
