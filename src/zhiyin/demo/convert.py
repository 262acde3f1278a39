"""Turns the published Online Retail text into the Parquet file that the demo ships.

Run once, by hand: `python -m zhiyin.demo.convert online_retail.csv.gz online_retail.parquet`.
Nothing is cleaned here. Row order, duplicates, cancellations and odd prices stay, because
finding and mending them is the importer's work; only types are given to the columns.
"""

import argparse
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

ORDER_LINES = pa.schema(
    [
        ("InvoiceNo", pa.string()),
        ("StockCode", pa.string()),
        ("Description", pa.string()),
        ("Quantity", pa.int64()),
        ("InvoiceDate", pa.timestamp("ms")),
        ("UnitPrice", pa.decimal128(12, 3)),
        ("CustomerID", pa.string()),
        ("Country", pa.string()),
    ]
)
"""The columns of the source under their own names; the layout every order table here has."""


def read_source(source: Path) -> pa.Table:
    """The source CSV (plain or gzip) as a table of `ORDER_LINES`, in the order of the file.

    Empty descriptions and customers become null. `17850.0` becomes `17850`: the publisher
    describes CustomerID as a five-digit whole number, the decimal point came with a copy.
    """
    text = pa.schema([(name, pa.string()) for name in ORDER_LINES.names])
    compression = "gzip" if source.suffix == ".gz" else None
    with pa.input_stream(str(source), compression=compression) as stream:
        table = csv.read_csv(
            stream,
            convert_options=csv.ConvertOptions(
                column_types=text,
                include_columns=ORDER_LINES.names,
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=False,
            ),
        )
    customer = pc.replace_substring_regex(table["CustomerID"], r"\.0$", "")
    table = table.set_column(table.schema.get_field_index("CustomerID"), "CustomerID", customer)
    # A price such as 2.51 has no exact float; text goes straight to a decimal.
    return table.cast(ORDER_LINES)


def convert(source: Path, destination: Path) -> pa.Table:
    """Writes `source` to `destination` as zstd Parquet and returns what was written."""
    table = read_source(source)
    destination.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table,
        destination,
        compression="zstd",
        compression_level=19,
        row_group_size=1 << 20,
        use_dictionary=True,
    )
    return table


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m zhiyin.demo.convert", description=__doc__)
    parser.add_argument("source", type=Path, help="online_retail.csv or online_retail.csv.gz")
    parser.add_argument("destination", type=Path, help="the Parquet file to write")
    chosen = parser.parse_args(arguments)
    table = convert(chosen.source, chosen.destination)
    size = chosen.destination.stat().st_size
    sys.stdout.write(f"{table.num_rows:,} lines, {size:,} bytes: {chosen.destination}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
