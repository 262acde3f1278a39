"""Lakes of real and simulated trade, and whose each identifier is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhiyin.demo import DEMO_SEED, simulate
from zhiyin.demo.scale import DEFAULT_END, generate
from zhiyin.lake import Lake

RETAIL = Path(__file__).parents[2] / "examples" / "online_retail" / "online_retail.parquet"
DAY_US = 86_400_000_000
PARTS = 3


@dataclass(frozen=True)
class Source:
    """A lake whose rows came on different days, with rows that belong to nobody."""

    lake: Lake
    links: pa.Table
    as_of: datetime


def simulated(folder: Path, customers: int) -> Source:
    """A generated company, some of whose customers have two accounts."""
    generate(customers, seed=5, out=folder / "made")
    made = {name: pq.read_table(folder / "made" / name) for name in
            ("order_lines", "events", "persons", "profiles")}  # fmt: skip
    links = pa.concat_tables(
        [
            _links("account", made["persons"]["Customer"], made["persons"]["Person"]),
            _links("device", made["profiles"]["App device"], made["persons"]["Person"]),
        ]
    )
    return _source(folder, made["order_lines"], made["events"], links, DEFAULT_END)


def online_retail(folder: Path) -> Source:
    """All of Online Retail, with the visits, tickets and e-mails that the demo's simulator adds."""
    orders = pq.read_table(RETAIL)
    last = pc.max(orders["InvoiceDate"]).as_py().replace(tzinfo=UTC)
    known = orders.filter(pc.is_valid(orders["CustomerID"]))
    world = simulate(known, seed=DEMO_SEED, now=last)
    people = pc.unique(known["CustomerID"])
    links = pa.concat_tables(
        [
            _links("account", people, people),
            _links("device", world.profiles["App device"], world.profiles["Customer"]),
        ]
    )
    return _source(folder, orders, world.events, links, last)


def _links(kind: str, values: pa.Array, customers: pa.Array) -> pa.Table:
    """Of a device that several use, the first is the owner."""
    pairs = pa.table({"identifier_id": _identifier(kind, values), "customer_id": customers})
    owners = pairs.drop_null().group_by("identifier_id").aggregate([("customer_id", "min")])
    return owners.rename_columns(["identifier_id", "customer_id"])


def _identifier(kind: str, values: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(kind, values.cast(pa.string()), ":")


def _source(
    folder: Path, orders: pa.Table, events: pa.Table, links: pa.Table, as_of: datetime
) -> Source:
    lake = Lake(str(folder / "it's a [lake] {of 100%}"))
    lines = _line_rows(orders)
    seen = _event_rows(events)
    for part in range(PARTS):
        for name, rows in (("order_lines", lines), ("events", seen)):
            mine = rows.take(pa.arange(part, rows.num_rows, PARTS))
            day = pa.repeat(pa.scalar((20_000 + part) * DAY_US, pa.int64()), mine.num_rows)
            lake.append(name, mine.append_column("received_us", day), app_id="a", sequence=part + 1)
    return Source(lake, links, as_of)


def _line_rows(orders: pa.Table) -> pa.Table:
    count = orders.num_rows
    amount = pc.multiply(orders["Quantity"].cast(pa.decimal128(19, 0)), orders["UnitPrice"])
    return pa.table(
        {
            "event_id": _numbers(count),
            "order_id": orders["InvoiceNo"],
            "source": pa.repeat("shop", count),
            "batch": pa.repeat("import", count),
            "identifier_id": _identifier("account", orders["CustomerID"]),
            "ts_us": orders["InvoiceDate"].cast(pa.timestamp("us")).cast(pa.int64()),
            "sku": orders["StockCode"],
            "quantity": orders["Quantity"],
            "unit_price": orders["UnitPrice"].cast(pa.decimal128(18, 4)),
            "amount": amount.cast(pa.decimal128(18, 4)),
            "currency": pa.repeat("GBP", count),
        }
    )


def _event_rows(events: pa.Table) -> pa.Table:
    count = events.num_rows
    account, device = (
        _identifier(kind, events[column])
        for kind, column in (("account", "Customer"), ("device", "Device"))
    )
    return pa.table(
        {
            "event_id": _numbers(count),
            "name": events["Event"],
            "source": pa.repeat("site", count),
            "batch": pa.repeat("import", count),
            "identifier_id": pc.coalesce(account, device),
            "ts_us": events["Time"].cast(pa.int64()),
            "properties": pa.repeat("{}", count),
        }
    )


def _numbers(count: int) -> pa.Array:
    return pa.arange(0, count).cast(pa.string())
