"""The tables of the lake and their columns.

Times are integer microseconds since 1970 in UTC, so that every engine computes the same numbers.
`identifier_id` is opaque: whose it is stands in a table of links outside the lake, which is why a
merge of two customers never rewrites an event. Names, phones, e-mails and free text stay out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.lake.errors import SchemaMismatchError

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


@dataclass(frozen=True)
class TableSpec:
    """One table: its columns, the column it is divided by, and which columns the log may describe.

    The log of a Delta table keeps the smallest and largest value of each described column for
    ever. Only times are described, so that no identifier survives its own erasure.
    """

    schema: pa.Schema
    partition: str
    described: tuple[str, ...]

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


TABLES: Mapping[str, TableSpec] = {
    "events": TableSpec(EVENTS, "received_day", ("ts_us", "received_us")),
    "order_lines": TableSpec(ORDER_LINES, "received_day", ("ts_us", "received_us")),
    "scores": TableSpec(SCORES, "received_day", ("as_of_us",)),
}
