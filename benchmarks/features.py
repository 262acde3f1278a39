"""Customer features and RFM quintiles over millions of order lines, beside three peers.

    python -m benchmarks.features --lines 10000000

All start from the same files of a lake and the same table of links between identifiers and
customers, each in a process of its own, one after the other, and end with the same table, which
is compared. Every integer must be equal; floats may differ by a billionth, because pandas and
Polars add up in another way. Quintiles are graded outside the engines, on the finished features, by
the same few lines of NumPy. The peers are in `feature_peers`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.feature_peers import AS_OF, LINKS_FILE, in_pandas, in_polars, in_sql
from benchmarks.figures import figure
from benchmarks.processes import peak_mib
from zhiyin.features import History
from zhiyin.features.behaviour import COUNTED
from zhiyin.features.history import FEATURES
from zhiyin.features.instants import DAY_US, SECOND_US
from zhiyin.instants import to_us
from zhiyin.lake import Lake
from zhiyin.lake.engine import EngineSettings

QUINTILES = {"recency": "recency_days", "frequency": "orders", "monetary": "revenue"}
COMPARED = [name for name in FEATURES if name not in {*COUNTED, "last_visit_days"}]


CUSTOMERS_A_LINK = 0.8  # some customers have two identifiers
MEMORY = "4GB"
REPEATS = 2  # all in turn; the best of each counts


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
    """The product's own features."""
    history = History.from_lake(
        Lake(str(folder / "lake")),
        pq.read_table(folder / LINKS_FILE),
        settings=EngineSettings(memory=MEMORY),
    )
    return history.customer_features(AS_OF)


SIDES: dict[str, Callable[[Path], pa.Table]] = {
    "ours": ours,
    "pandas": in_pandas,
    "polars": in_polars,
    "hand-written DuckDB SQL": partial(in_sql, memory=MEMORY),
}


def graded(features: pa.Table) -> pa.Table:
    """With quintiles, as the product grades RFM: equal values by customer, as rows are sorted."""
    for name, column in QUINTILES.items():
        values = features[column].to_numpy()
        order = np.argsort(-values if column == "recency_days" else values, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        features = features.append_column(name, pa.array(_ntile(place, len(place))))
    return features


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
    result = graded(SIDES[which](source))
    wall = time.perf_counter() - began
    peak = peak_mib()
    pq.write_table(result, target)
    print(json.dumps({"wall_s": wall, "cpu_s": time.process_time(), "peak_mib": peak}))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--lines", type=int, default=10_000_000)
    options.add_argument("--customers", type=int, default=200_000)
    options.add_argument("--quick", action="store_true", help="1,000,000 lines")
    options.add_argument("--run", choices=SIDES, help=argparse.SUPPRESS)
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
        generate(folder, chosen.lines, chosen.customers)
        tables = {side: folder / f"{number}.parquet" for number, side in enumerate(SIDES)}
        found = {side: measured(side, folder, target) for side, target in tables.items()}
        for _ in range(REPEATS - 1):
            for side, target in tables.items():
                found[side] = quieter(found[side], measured(side, folder, target))
        mine = pq.read_table(tables.pop("ours"))
        columns = {compare(mine, pq.read_table(target)) for target in tables.values()}
    note = (
        f"{mine.num_rows} customers, {max(columns)} columns equal; from the files of the lake to "
        "the table"
    )
    we = found.pop("ours")
    for key, name, unit in (
        ("wall_s", "wall", "s"), ("cpu_s", "cpu", "s"), ("peak_mib", "peak_memory", "MiB"),
    ):  # fmt: skip
        for peer, they in found.items():
            ratio = they[key] / we[key]
            figure(f"features.{name}", we[key], unit, peer, they[key], ratio, chosen.lines, note)


if __name__ == "__main__":
    main()
