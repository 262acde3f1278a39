"""All of Online Retail, from the file to everybody's scores, as a new user would do it.

    python -m benchmarks.online_retail

Ours goes through the real services into a real PostgreSQL and a real lake: the file is kept, read,
cleaned with a report of every finding, loaded in transactions (PostgreSQL with its usual fsync,
the lake flushed to the disk before it answers), then features, RFM, personas, lifetime value,
churn and next purchase are backtested at three dates each, fitted and written to the profiles.
Starting the database and making its tables stand before the clock.

The peer is what an analyst would write in a notebook: pandas reads the same file, drops what
cannot be used, computes RFM quintiles and a logistic churn model, and keeps nothing. It has no
report, no database, no lifetime value, no backtest, no interval. It is named as a floor, not as
an equal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.processes import Watched, cpu_seconds, forget_peak, peak_mib

FILE = Path(__file__).resolve().parents[1] / "examples" / "online_retail" / "online_retail.parquet"
DAYS = 90  # the churn horizon of the peer
TARGET_S, TARGET_MIB = 60, 1_536


def ours(data: Path) -> dict[str, float]:
    """Import and training in a fresh workspace."""
    from zhiyin.cli.workspace import opened

    with opened(data):
        from zhiyin.cleaning.fields import Kind
        from zhiyin.cleaning.mapping import guess_mapping
        from zhiyin.cli.users import system_user
        from zhiyin.collect import files, services
        from zhiyin.customers import training

        by = system_user()
        server = int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        spent = cpu_seconds(server)
        clock = _Clock()
        forget_peak()
        with Watched(server) as postgres:
            one = services.begin(files.read_chunks(FILE), file_name=FILE.name, by=by)
            mapping = guess_mapping(
                services.look_at(one), Kind.ORDERS, source="shop", currency="GBP", timezone="UTC"
            )
            services.map_columns(one, mapping, by=by)
            services.check(one, by=by)
            clock.lap("read_and_clean")
            services.load(one, by=by)
            clock.lap("load")
            trained = training.train(by=by)
            clock.lap("understand")
        return {
            **clock.laps, "wall": clock.total(), "cpu": clock.cpu(),
            "postgres_cpu": cpu_seconds(server) - spent, "peak_mib": peak_mib(),
            "postgres_mib": postgres.peak, "rows": one.rows, "loaded": one.loaded,
            "rejected": one.rejected, "customers": trained.customers,
        }  # fmt: skip


class _Clock:
    """Wall and CPU time since it was made, and the laps between."""

    def __init__(self) -> None:
        self.begun = self._last = time.perf_counter()
        self._cpu = time.process_time()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._last = now - self._last, now

    def total(self) -> float:
        return self._last - self.begun

    def cpu(self) -> float:
        return time.process_time() - self._cpu


def peer() -> dict[str, float]:
    """A notebook in pandas: clean, RFM quintiles, logistic churn; nothing is kept."""
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    clock = _Clock()
    lines = pd.read_parquet(FILE)
    lines["UnitPrice"] = lines.UnitPrice.astype(float)
    lines = lines.dropna(subset=["CustomerID"]).drop_duplicates()
    lines = lines[lines.UnitPrice > 0]
    lines["amount"] = lines.Quantity * lines.UnitPrice
    end = lines.InvoiceDate.max() + pd.Timedelta(days=1)

    def features(until: pd.Timestamp) -> pd.DataFrame:
        past = lines[lines.InvoiceDate < until]
        sales = past[past.Quantity > 0]
        grouped = sales.groupby("CustomerID")
        table = pd.DataFrame(
            {
                "recency": (until - grouped.InvoiceDate.max()).dt.days,
                "frequency": grouped.InvoiceNo.nunique(),
                "monetary": past.groupby("CustomerID").amount.sum(),
                "products": grouped.StockCode.nunique(),
                "tenure": (until - grouped.InvoiceDate.min()).dt.days,
            }
        )
        return table.dropna(subset=["recency"])

    now = features(end)
    for name in ("recency", "frequency", "monetary"):
        now[f"{name}_grade"] = pd.qcut(now[name].rank(method="first"), 5, labels=False) + 1
    cut = end - pd.Timedelta(days=DAYS)
    past = features(cut)
    later = lines[(lines.InvoiceDate >= cut) & (lines.Quantity > 0)].CustomerID.unique()
    left = ~past.index.isin(later)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(np.log1p(past.abs()), left)
    columns = list(past.columns)
    now["churn"] = model.predict_proba(np.log1p(now[columns].abs()))[:, 1]
    clock.lap("all")
    return {"wall": clock.total(), "cpu": clock.cpu(), "peak_mib": peak_mib(),
            "customers": len(now)}  # fmt: skip


def _in_process(which: str, data: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.online_retail", "--run", which]
    command += ["--data", str(data)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="changes nothing here")
    options.add_argument("--run", choices=["ours", "peer"], help=argparse.SUPPRESS)
    options.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.run:
        print(json.dumps(ours(chosen.data) if chosen.run == "ours" else peer()))
        return
    if not FILE.exists():
        raise SystemExit(f"{FILE} is missing")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o711)
        we = _in_process("ours", Path(name))
        they = _in_process("peer", Path(name))
    rows = int(we["rows"])
    peer_name = "pandas notebook: no database, report, value or backtest"
    for key, unit, note in (
        ("wall", "s", f"target {TARGET_S} s; {int(we['customers']):,} customers scored"),
        ("cpu", "s", f"this process; PostgreSQL {we['postgres_cpu']:.1f} s more"),
        ("peak_mib", "MiB", f"target {TARGET_MIB} MiB with PostgreSQL's below"),
    ):
        figure(
            f"online_retail.{key.removesuffix('_mib')}", we[key], unit, peer_name, they[key],
            they[key] / we[key], rows, note,
        )  # fmt: skip
    loaded, refused = int(we["loaded"]), int(we["rejected"])
    for key, note in (
        ("read_and_clean", f"every finding reported, {refused:,} rows rejected with reasons"),
        ("load", f"{loaded:,} lines, durable in PostgreSQL and the lake before each answer"),
        ("understand", "5 models, 3 backtests each, written to lake and profiles"),
    ):
        figure(f"online_retail.{key}", we[key], "s", n=rows, note=note)
    figure("online_retail.postgres_peak", we["postgres_mib"], "MiB", n=rows,
           note="proportional share of memory, buffers included")  # fmt: skip


if __name__ == "__main__":
    main()
