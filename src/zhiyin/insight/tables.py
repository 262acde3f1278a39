"""Tables that must be whole: Arrow, pandas or Polars in, Arrow out, and a bad row by its number.

Money and labels are read here, where one row that is left out in silence makes every sum wrong: a
column that is missing or a value that its field cannot hold is an error that names row, field and
reason. `given` reads what may have holes (views, ratings): it leaves bad rows out and counts them.
"""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.features.history import LINES, History
from zhiyin.insight.contract import InsightError, NotEnoughHistoryError
from zhiyin.insight.given import ArrowStream, with_plain_texts

ORDERS = ("customer_id", "order_id", "ordered_at", "product_id", "quantity", "price")
_MICROSECONDS = pa.timestamp("us", tz="UTC")
_PRICE = pa.decimal128(18, 4)


class BadTableError(InsightError):
    """A table cannot be read: which column or row it is, and what is wrong with it."""


Tabular = ArrowStream


def arrow(table: Tabular, *needed: str) -> pa.Table:
    """The table as Arrow, with the columns `needed` checked to be there.

    Raises BadTableError where it is no table or a column is missing.
    """
    if not hasattr(table, "__arrow_c_stream__"):
        raise BadTableError(f"a table is needed (Arrow, pandas or Polars), not {type(table)}")
    found = with_plain_texts(pa.table(table), nulls=True)
    missing = [name for name in needed if name not in found.column_names]
    if missing:
        raise BadTableError(
            f"no column {', '.join(missing)}; there are {', '.join(found.column_names)}"
        )
    if len(set(found.column_names)) < found.num_columns:
        raise BadTableError("two columns have one name")
    return found


def known_history(orders: Tabular | History) -> History:
    """A history as it is, or made of order lines with the columns `ORDERS`.

    `quantity` is negative for what came back; `price` is of one piece and never negative. Times
    without a zone are UTC. Raises BadTableError with the row (counted from 1) and the field.
    """
    return orders if isinstance(orders, History) else History.from_arrow(order_lines(orders))


def order_lines(orders: Tabular) -> pa.Table:
    """Order lines in the form of the lake (`LINES`)."""
    table = arrow(orders, *ORDERS)
    if table.num_rows == 0:
        raise NotEnoughHistoryError("the table of orders has no rows")
    texts = {name: text_column(table, name) for name in ("customer_id", "order_id", "product_id")}
    quantity = number_column(table, "quantity")
    price = number_column(table, "price")
    _refuse(price < 0, "price", "is negative; give what came back a negative quantity instead")
    amount = _money(quantity, price)
    # half a kilo is one piece: the count of pieces says how much there was, the amount what it cost
    pieces = np.sign(quantity) * np.ceil(np.abs(quantity))
    return pa.table(
        {
            "customer_id": texts["customer_id"],
            "order_id": texts["order_id"],
            "ts_us": time_column(table, "ordered_at").cast(pa.int64()),
            "sku": texts["product_id"],
            "quantity": pa.array(pieces.astype(np.int64)),
            "amount": amount,
        }
    ).cast(LINES)


def text_column(table: pa.Table, name: str) -> pa.Array:
    """A column of identifiers as text; numbers such as 17850.0 lose their empty fraction."""
    values = table.column(name).combine_chunks()
    if pa.types.is_floating(values.type):
        values = _cast(values, pa.int64(), name)
    texts = _cast(values, pa.string(), name)
    _refuse(_unknown(texts), name, "is empty")
    return texts


def number_column(table: pa.Table, name: str) -> np.ndarray:
    """A column of known, finite numbers."""
    values = _cast(table.column(name).combine_chunks(), pa.float64(), name)
    numbers = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    _refuse(~np.isfinite(numbers), name, "is empty or not a number")
    return numbers


def time_column(table: pa.Table, name: str) -> pa.Array:
    """A column of moments (timestamps, dates or ISO texts) in microseconds, UTC."""
    values = table.column(name).combine_chunks()
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        raise BadTableError(f"{name} holds numbers; a time or a date is needed")
    times = _cast(values, _MICROSECONDS, name)
    _refuse(_unknown(times), name, "is empty")
    return times


def moments(table: pa.Table, name: str) -> list[datetime]:
    return list(time_column(table, name).to_pylist())


def _money(quantity: np.ndarray, price: np.ndarray) -> pa.Array:
    """Rounded to four decimals, which is exact for prices of up to four: 3 × 0.1 is 0.3."""
    units = np.rint(quantity * price * 10_000)
    _refuse(np.abs(units) >= 2**53, "price", "times quantity is too large for an amount")
    low = units.astype(np.int64)
    # a decimal of Arrow is a 128-bit integer: the low half, then the sign carried on
    halves = np.column_stack([low, low >> 63])
    return pa.Array.from_buffers(_PRICE, len(low), [None, pa.py_buffer(halves.tobytes())])


def _cast(values: pa.Array, kind: pa.DataType, name: str) -> pa.Array:
    try:
        return pc.cast(values, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadTableError(f"{name} cannot be read as {kind}: {error}") from error


def _unknown(values: pa.Array) -> np.ndarray:
    unknown = pc.is_null(values, nan_is_null=True)
    if pa.types.is_string(values.type):
        unknown = pc.or_(
            unknown, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(values), ""), False)
        )
    return np.asarray(unknown.to_numpy(zero_copy_only=False), dtype=bool)


def _refuse(wrong: np.ndarray, name: str, why: str) -> None:
    at = np.flatnonzero(wrong)
    if len(at):
        more = f" ({len(at):,} rows in all)" if len(at) > 1 else ""
        raise BadTableError(f"row {at[0] + 1}: {name} {why}{more}")
