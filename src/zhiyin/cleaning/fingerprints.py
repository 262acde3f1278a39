"""Names for orders and lines that are the same whenever the same file comes again.

An order is (source, order number). A line is its order plus its content, so that a mended row of a
rejects file is a new line of an order that is already there, while the lines loaded before are
recognised. Neither name can be turned back into what it was made from.
"""

from __future__ import annotations

import unicodedata
import uuid

import duckdb
import pyarrow as pa

_ORDERS = uuid.UUID("6f1d1b1e-7a35-5d43-9b0e-5d1c1f8f4a10")


def order_fingerprint(source: str, order_number: str) -> str:
    """The id of an order (a name-based UUID, RFC 9562 section 5.5)."""
    parts = (unicodedata.normalize("NFC", part).strip() for part in (source, order_number))
    return str(uuid.uuid5(_ORDERS, "\x1f".join(parts)))


def order_fingerprints(source: str, order_numbers: pa.Array | pa.ChunkedArray) -> pa.Array:
    """`order_fingerprint` over a column."""
    if isinstance(order_numbers, pa.ChunkedArray):
        order_numbers = (
            pa.concat_arrays(order_numbers.chunks)
            if order_numbers.num_chunks
            else (pa.array([], pa.string()))
        )
    encoded = order_numbers.dictionary_encode()
    names = [order_fingerprint(source, text) for text in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)


def with_fingerprints(source: str, lines: pa.Table) -> pa.Table:
    """`lines` of `clean_orders` with `order_id` and `line_id`, in the order they came.

    Lines of one order with the same goods, time, quantity and price are told apart by counting.
    """
    orders = order_fingerprints(source, lines.column("order_number"))
    named = lines.append_column("order_id", orders)
    with duckdb.connect() as database:
        database.register("named", named)
        return database.execute(
            """
            SELECT *, CAST(md5(concat_ws(chr(31), order_id, sku, ts_us, quantity, unit_price,
                amount, row_number() OVER (
                    PARTITION BY order_id, sku, ts_us, quantity, unit_price, amount
                    ORDER BY row_number
                ))) AS UUID)::VARCHAR AS line_id
            FROM named ORDER BY row_number
            """
        ).to_arrow_table()
