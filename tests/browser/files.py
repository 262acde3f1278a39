"""Files that the road test brings: real orders with planted bad rows, profiles, later orders."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq

from zhiyin.demo import DEMO_SEED, shift_orders, shift_weeks, simulate

ORDERS = Path(__file__).parents[2] / "examples" / "online_retail" / "online_retail.parquet"
HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
          "CustomerID", "Country")  # fmt: skip

# column, what stands there in the planted row, what a person would mend it to
BAD = (
    ("InvoiceDate", "2011-02-30 10:00:00", "2011-02-28 10:00:00"),
    ("InvoiceDate", "yesterday", "2011-03-01 10:00:00"),
    ("InvoiceDate", "2199-01-01 10:00:00", "2011-03-01 10:00:00"),
    ("Quantity", "many", "3"),
    ("Quantity", "", "3"),
    ("Quantity", "1.5", "2"),
    ("UnitPrice", "-4.20", "4.20"),
    ("UnitPrice", "cheap", "2.10"),
    ("InvoiceNo", "", "900009"),
    ("StockCode", "", "85123A"),
)


def planted() -> list[dict[str, str]]:
    """Ten rows that nobody can load as they are; the last digits of the number tell them apart."""
    rows = []
    for place, (column, bad, _) in enumerate(BAD):
        row = {
            "InvoiceNo": f"90000{place}", "StockCode": "22423",
            "Description": "REGENCY CAKESTAND 3 TIER", "Quantity": "2",
            "InvoiceDate": "2011-03-01 10:00:00", "UnitPrice": "12.75",
            "CustomerID": "14911", "Country": "EIRE",
        }  # fmt: skip
        rows.append({**row, column: bad})
    return rows


def orders_with_bad_rows(path: Path) -> None:
    """The real file as gzipped CSV with the ten planted rows at its end."""
    table = pq.read_table(ORDERS)
    out = io.BytesIO()
    pc.write_csv(table.select(HEADER), out)
    extra = io.StringIO()
    csv.DictWriter(extra, HEADER).writerows(planted())
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(out.getvalue())
        file.write(extra.getvalue().encode())


def mend(rejects: Path, target: Path) -> int:
    """Mend the planted rows in a downloaded rejects file, as a person would; how many."""
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    header, mended = rows[0], 0
    place = {name: header.index(name) for name in HEADER}
    kept = [header]
    for row in rows[1:]:
        for column, bad, good in BAD:
            if row[place["StockCode"]] in ("22423", "") and row[place[column]].lstrip("'") == bad:
                row[place[column]] = good
                kept.append(row)
                mended += 1
                break
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(kept)
    return mended


def profiles(path: Path) -> None:
    """The simulated profiles of the same customers, with consents."""
    orders = pq.read_table(ORDERS)
    now = datetime.now(UTC)
    last = max(orders["InvoiceDate"].to_pylist()).replace(tzinfo=UTC)
    world = simulate(shift_orders(orders, shift_weeks(last, now)), seed=DEMO_SEED, now=now)
    dropped = ["Customer since", "Department", "Simulated"]
    pc.write_csv(world.profiles.drop_columns(dropped), path)


def later_orders(path: Path, buyers: Iterable[tuple[str, str]], at: datetime) -> None:
    """Orders of these customers (number, amount) after the campaign."""
    rows: list[Sequence[str]] = [
        (f"L{place:05}", "22423", "REGENCY CAKESTAND 3 TIER", "1", at.strftime("%Y-%m-%d %H:%M:%S"),
         amount, number, "EIRE")
        for place, (number, amount) in enumerate(buyers)
    ]  # fmt: skip
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
