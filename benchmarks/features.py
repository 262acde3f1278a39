"""Customer features and RFM quintiles over millions of order lines: our engine against pandas.

    python -m benchmarks.features --lines 10000000

Both start from the same files of a lake and the same table of links between identifiers and
customers, each in a process of its own, one after the other, and end with the same table, which
is compared. Every integer must be equal; floats may differ by a billionth, because pandas adds up
in another way. The peer is written as a careful pandas user would write it: decimals become exact
integers while still in Arrow, texts become integers once, and no Python function runs for each
row or group.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import figure
from benchmarks.processes import peak_mib
from zhiyin.features import History
from zhiyin.features.behaviour import COUNTED
from zhiyin.features.history import FEATURES
from zhiyin.features.instants import DAY_US, SECOND_US
from zhiyin.features.purchases import WINDOWS
from zhiyin.instants import to_us
from zhiyin.lake import Lake
from zhiyin.lake.engine import EngineSettings

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
QUINTILES = {"recency": "recency_days", "frequency": "orders", "monetary": "revenue"}
COMPARED = [name for name in FEATURES if name not in {*COUNTED, "last_visit_days"}]


CUSTOMERS_A_LINK = 0.8  # some customers have two identifiers
LINKS_FILE = "links.parquet"
REPEATS = 2  # in turn, ours and the peer's; the best of each counts


def generate(folder: Path, lines: int, customers: int, seed: int = 7) -> None:
    """Three years of orders of three lines on average, imported in thirty batches.

    Few customers buy much and most buy little; six lines in a hundred are returns.
    """
    random = np.random.default_rng(seed)
    orders = lines // 3
    identifiers = _texts(random, round(customers / CUSTOMERS_A_LINK))
    owners = _texts(random, customers).take(pa.array(np.arange(len(identifiers)) % customers))
    links = pa.table({"identifier_id": identifiers, "customer_id": owners})
    pq.write_table(links, folder / LINKS_FILE)
    owner = (random.beta(0.8, 2.5, orders) * len(identifiers)).astype(np.int64)
    start = to_us(AS_OF) - 1_080 * DAY_US
    moment = start + np.sort(random.integers(0, 1_095 * 86_400, orders)) * SECOND_US
    order_ids = _texts(random, orders)
    skus = pa.array([f"SKU-{number:05}" for number in range(20_000)])
    order = np.sort(random.integers(0, orders, lines))
    lake = Lake(str(folder / "lake"))
    for batch, part in enumerate(np.array_split(order, 30)):
        size = len(part)
        sign = np.where(random.random(size) < 0.06, -1, 1)
        quantity = random.integers(1, 6, size) * sign
        price = random.integers(100, 50_000, size) * 100
        sku = np.minimum(random.pareto(1.1, size) * 50, 19_999).astype(np.int64)
        received = to_us(AS_OF) + batch * DAY_US
        rows = pa.table(
            {
                "event_id": _texts(random, size),
                "order_id": order_ids.take(pa.array(part)),
                "source": pa.repeat("shop", size),
                "batch": pa.repeat(f"import-{batch}", size),
                "identifier_id": identifiers.take(pa.array(owner[part])),
                "ts_us": moment[part],
                "received_us": pa.repeat(received, size),
                "sku": skus.take(pa.array(sku)),
                "quantity": quantity,
                "unit_price": _decimals(price),
                "amount": _decimals(price * quantity),
                "currency": pa.repeat("CNY", size),
            }
        )
        lake.append("order_lines", rows, app_id="benchmark", sequence=batch)


def _decimals(units: np.ndarray) -> pa.Array:
    """Integers of 1/10,000 as decimals with four places, without arithmetic."""
    words = np.stack([units, units >> 63], axis=1)  # 128-bit two's complement, low word first
    whole = np.ascontiguousarray(words)
    return pa.Array.from_buffers(pa.decimal128(18, 4), len(units), [None, pa.py_buffer(whole)])


def _units(amounts: pa.ChunkedArray) -> np.ndarray:
    """Decimals with four places as integers of 1/10,000, without arithmetic."""
    parts = [
        np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset :][: 2 * len(chunk) : 2]
        for chunk in amounts.chunks
    ]
    return np.concatenate(parts)


def _texts(random: np.random.Generator, count: int) -> pa.StringArray:
    """Identifiers as long as a UUID."""
    raw = random.bytes(16 * count).hex()
    size = 32
    return pa.array(
        [
            f"{raw[at : at + 8]}-{raw[at + 8 : at + 12]}-{raw[at + 12 : at + 16]}-"
            f"{raw[at + 16 : at + 20]}-{raw[at + 20 : at + size]}"
            for at in range(0, size * count, size)
        ]
    )


def ours(folder: Path) -> pa.Table:
    """The product's own features; quintiles in NumPy on the result, as the product grades RFM too.

    A window over everybody would have the engine sort all customers three times on one core.
    """
    history = History.from_lake(
        Lake(str(folder / "lake")),
        pq.read_table(folder / LINKS_FILE),
        settings=EngineSettings(memory="4GB"),
    )
    features = history.customer_features(AS_OF)
    for name, column in QUINTILES.items():
        values = features[column].to_numpy()
        order = np.argsort(-values if column == "recency_days" else values, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))  # equal values by customer, as the rows are sorted
        features = features.append_column(name, pa.array(_ntile(place, len(place))))
    return features


def peer(folder: Path) -> pa.Table:
    """The same in pandas."""
    now = to_us(AS_OF)
    wanted = ["identifier_id", "order_id", "ts_us", "sku", "quantity", "amount"]
    table = pq.read_table(Lake(str(folder / "lake")).uris("order_lines"), columns=wanted)
    units = _units(table["amount"])
    lines = table.drop_columns("amount").to_pandas()
    lines["amount_e4"] = units
    del table, units
    lines = lines[lines.ts_us < now]
    links = pd.read_parquet(folder / LINKS_FILE)
    owner, customers = pd.factorize(links.customer_id)
    customer = owner[pd.Index(links.identifier_id).get_indexer(lines.identifier_id)]
    order, _ = pd.factorize(lines.order_id)
    sku, _ = pd.factorize(lines.sku)
    sale = (lines.quantity > 0).to_numpy()
    amount = lines.amount_e4.to_numpy()
    moment = lines.ts_us.to_numpy()
    money = pd.DataFrame({"customer": customer, "revenue": amount})
    money["gross_revenue"] = np.where(sale, amount, 0)
    money["returned"] = np.where(lines.quantity < 0, -amount, 0)
    money["items"] = np.where(sale, lines.quantity, 0)
    for days in WINDOWS:
        money[f"revenue_{days}d"] = np.where(moment >= now - days * DAY_US, amount, 0)
    result = money.groupby("customer").sum()
    sold = pd.DataFrame({"customer": customer[sale], "sku": sku[sale]}).drop_duplicates()
    result["products"] = sold.groupby("customer").size()

    orders = (
        pd.DataFrame({"customer": customer[sale], "order": order[sale], "sold_us": moment[sale]})
        .groupby(["customer", "order"], sort=False)["sold_us"]
        .min()
        .reset_index()
        .sort_values(["customer", "sold_us"])
    )
    grouped = orders.groupby("customer")
    result["orders"] = grouped.size()
    result["first_order_us"] = grouped.sold_us.min()
    result["last_order_us"] = grouped.sold_us.max()
    orders["day"] = orders.sold_us // DAY_US
    days_bought = orders.drop_duplicates(["customer", "day"])
    result["order_days"] = days_bought.groupby("customer").size()
    for days in WINDOWS:
        orders[f"orders_{days}d"] = orders.sold_us >= now - days * DAY_US
    counted = [f"orders_{days}d" for days in WINDOWS]
    result[counted] = orders.groupby("customer")[counted].sum()
    orders["gap_s"] = (orders.sold_us // SECOND_US).groupby(orders.customer).diff()
    gaps = orders.groupby("customer").gap_s.agg(["mean", "std"]) / 86_400
    result["mean_gap_days"], result["gap_sd_days"] = gaps["mean"], gaps["std"]

    result = result[result.orders > 0]
    for name in ("revenue", "gross_revenue", "returned", *(f"revenue_{d}d" for d in WINDOWS)):
        result[name] = result[name] / 10_000
    result["recency_days"] = (now - result.last_order_us) / DAY_US
    result["tenure_days"] = (now - result.first_order_us) / DAY_US
    result["aov"] = result.gross_revenue / result.orders
    result["return_rate"] = (result.returned / result.gross_revenue).where(
        result.gross_revenue > 0, 0.0
    )
    result.insert(0, "customer_id", customers[result.index])
    result = result.sort_values("customer_id", ignore_index=True)
    for name, column in QUINTILES.items():
        value = -result[column] if column == "recency_days" else result[column]
        place = value.rank(method="first").to_numpy().astype(np.int64) - 1
        result[name] = _ntile(place, len(result))
    return pa.Table.from_pandas(result, preserve_index=False)


def _ntile(place: np.ndarray, count: int) -> np.ndarray:
    """SQL's NTILE(5): the first `count % 5` groups hold one more."""
    small, larger = divmod(count, 5)
    edge = larger * (small + 1)
    return np.where(place < edge, place // (small + 1), larger + (place - edge) // small) + 1


def compare(left: pa.Table, right: pa.Table) -> int:
    """How many columns were found equal; raises at the first that is not."""
    names = (*COMPARED, *QUINTILES)
    for name in names:
        a, b = left[name].to_pandas(), right[name].to_pandas()
        if pa.types.is_floating(left.schema.field(name).type):
            # The deviation of nearly regular gaps loses digits in either way of computing it.
            tolerance = 1e-6 if name == "gap_sd_days" else 1e-9
            same = np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
        else:
            same = bool((a.to_numpy() == b.to_numpy()).all())
        if not same:
            raise SystemExit(f"{name} differs: {a[a != b][:3]} {b[a != b][:3]}")
    return len(names)


def measured(which: str, source: Path, target: Path) -> dict[str, float]:
    """Run one side in a process of its own: wall seconds and peak memory."""
    command = [sys.executable, "-m", "benchmarks.features", "--run", which]
    done = subprocess.run(
        [*command, "--source", str(source), "--target", str(target)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def quieter(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """The smaller of each figure: what the machine's other work added least to."""
    return {name: min(value, other[name]) for name, value in one.items()}


def run_one(which: str, source: Path, target: Path) -> None:
    began = time.perf_counter()
    result = ours(source) if which == "ours" else peer(source)
    wall = time.perf_counter() - began
    peak = peak_mib()
    pq.write_table(result, target)
    print(json.dumps({"wall_s": wall, "cpu_s": time.process_time(), "peak_mib": peak}))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--lines", type=int, default=10_000_000)
    options.add_argument("--customers", type=int, default=200_000)
    options.add_argument("--quick", action="store_true", help="1,000,000 lines")
    options.add_argument("--run", choices=["ours", "peer"], help=argparse.SUPPRESS)
    options.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.run:
        run_one(chosen.run, chosen.source, chosen.target)
        return
    if chosen.quick:
        chosen.lines, chosen.customers = 1_000_000, 20_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        left, right = folder / "ours.parquet", folder / "peer.parquet"
        generate(folder, chosen.lines, chosen.customers)
        we, they = measured("ours", folder, left), measured("peer", folder, right)
        for _ in range(REPEATS - 1):
            we = quieter(we, measured("ours", folder, left))
            they = quieter(they, measured("peer", folder, right))
        columns = compare(pq.read_table(left), pq.read_table(right))
        rows = pq.read_metadata(left).num_rows
    note = f"{rows} customers, {columns} columns equal; from the files of the lake to the table"
    ratio = they["wall_s"] / we["wall_s"]
    figure("features.wall", we["wall_s"], "s", "pandas", they["wall_s"], ratio, chosen.lines, note)
    ratio = they["cpu_s"] / we["cpu_s"]
    figure("features.cpu", we["cpu_s"], "s", "pandas", they["cpu_s"], ratio, chosen.lines, note)
    ratio = they["peak_mib"] / we["peak_mib"]
    memory = (we["peak_mib"], "MiB", "pandas", they["peak_mib"], ratio, chosen.lines)
    figure("features.peak_memory", *memory, note)


if __name__ == "__main__":
    main()
