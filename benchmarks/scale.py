"""What a question about every customer costs for each million rows, and how that grows.

    python -m benchmarks.scale --sizes 1,10,100 --spark-up-to 10

Lakes of a million, ten and a hundred million events (and a tenth as many order lines, a fiftieth as
many customers) lie on the disk. Of each, all features of all customers are asked at one date, from
the lake's files to the table in memory, as the training asks them first, and then at another date,
when the engine already holds the history. DuckDB, Spark in a local process and a standalone cluster
of two workers answer, each in a process of its own; their tables must be equal. Memory is that of
the process with all that it started, and of the cluster's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
from tests.engines.cluster import cluster

from benchmarks.figures import figure
from benchmarks.lakes import AS_OF, LINKS_FILE, fill
from benchmarks.processes import Watched, cpu_seconds
from zhiyin.features import History
from zhiyin.lake import Lake
from zhiyin.lake.engine import EngineSettings, open_engine

MILLION = 1_000_000
TARGET = 1.5  # times longer for each event at a hundred times as many
MEMORY = "4GB"  # of DuckDB, and of the Java process of local Spark
CLUSTER_MEMORY = "2g"  # of each worker
REPEATS = 2  # of DuckDB; the best counts

Found = dict[str, float]


def ask(folder: Path, target: Path, address: str) -> Found:
    """One engine, one lake: seconds to start, for the first question, and for another."""
    settings = EngineSettings(address, memory=MEMORY)
    clock = [time.perf_counter()]
    open_engine(settings=settings).close()
    clock.append(time.perf_counter())
    links = pq.read_table(folder / LINKS_FILE)
    history = History.from_lake(Lake(str(folder / "lake")), links, settings=settings)
    first = history.customer_features(AS_OF)
    clock.append(time.perf_counter())
    history.customer_features(AS_OF - timedelta(days=10))
    clock.append(time.perf_counter())
    pq.write_table(first, target)
    starting, asked, again = (later - earlier for earlier, later in pairwise(clock))
    spent = cpu_seconds(os.getpid())  # with that of the Java process
    return {"start_s": starting, "first_s": asked, "again_s": again, "cpu_s": spent,
            "customers": first.num_rows}  # fmt: skip


def in_a_process(folder: Path, target: Path, engine: str) -> Found:
    """The same measured from outside: with CPU time and memory of all processes of the engine."""
    command = [sys.executable, "-m", "benchmarks.scale", "--ask", engine]
    command += ["--source", str(folder), "--target", str(target)]
    me = os.getpid()
    running = cluster(CLUSTER_MEMORY) if engine == "cluster" else nullcontext(dict(os.environ))
    with running as environment:
        before = cpu_seconds(me) - _of_ended()
        with Watched(me) as watched:
            done = subprocess.run(
                command, env=environment, check=True, stdout=subprocess.PIPE, text=True
            )
        found: Found = json.loads(done.stdout.splitlines()[-1])
        in_cluster = cpu_seconds(me) - _of_ended() - before
        return {**found, "cpu_s": found["cpu_s"] + in_cluster, "peak_mib": watched.peak}


def _of_ended() -> float:
    """CPU time of processes that ended: what the question took, which says it itself."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(folder: Path, engine: str) -> Found:
    found = in_a_process(folder, folder / f"{engine}.parquet", engine)
    for _ in range(REPEATS - 1 if engine == "duckdb" else 0):
        other = in_a_process(folder, folder / f"{engine}.parquet", engine)
        found = {name: min(value, other[name]) for name, value in found.items()}
    return found


def told(engine: str, rows: int, found: Found, duckdb: Found | None) -> None:
    """The figures of one engine on one lake."""
    millions = rows / MILLION
    name = f"scale.{engine}.{rows / MILLION:.0f}m"
    note = (
        f"{int(found['customers']):,} customers; {found['first_s']:.1f} s in all, at another date "
        f"{found['again_s']:.1f} s; started in {found['start_s']:.1f} s, which is not in it"
    )
    peer = "DuckDB" if duckdb else None
    for key, unit, share in (
        ("first_s", "s/million", millions),
        ("cpu_s", "CPU s/million", millions),
        ("peak_mib", "MiB", 1),
    ):
        value, other = found[key] / share, duckdb[key] / share if duckdb else None
        ratio = other / value if other else None
        figure(f"{name}.{key.rpartition('_')[0]}", value, unit, peer, other, ratio, rows, note)


def one_size(folder: Path, events: int, engines: list[str]) -> tuple[int, dict[str, Found]]:
    rows = fill(folder, events)
    found: dict[str, Found] = {}
    for engine in engines:
        print(f"    {engine} on {rows:,} rows", file=sys.stderr, flush=True)
        found[engine] = measured(folder, engine)
        told(engine, rows, found[engine], found["duckdb"] if engine != "duckdb" else None)
        ours, theirs = (pq.read_table(folder / f"{one}.parquet") for one in ("duckdb", engine))
        if not theirs.equals(ours):
            raise SystemExit(f"{engine} gives other rows than duckdb on {rows:,}")
    return rows, found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--sizes", default="1,10,100", help="millions of events")
    options.add_argument("--spark-up-to", type=int, default=10, help="millions of events")
    options.add_argument("--quick", action="store_true", help="1 and 10 million, DuckDB alone")
    options.add_argument("--ask", choices=["duckdb", "local", "cluster"], help=argparse.SUPPRESS)
    options.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.ask:
        addresses = {"duckdb": "duckdb", "local": "local[*]"}
        address = addresses.get(chosen.ask) or os.environ["ZHIYIN_ENGINE"]
        print(json.dumps(ask(chosen.source, chosen.target, address)))
        return
    sizes = [1, 10] if chosen.quick else [int(size) for size in chosen.sizes.split(",")]
    spark_up_to = 0 if chosen.quick else chosen.spark_up_to
    costs: dict[int, float] = {}
    for size in sizes:
        engines = ["duckdb", *(["local", "cluster"] if size <= spark_up_to else [])]
        with tempfile.TemporaryDirectory() as name:
            rows, found = one_size(Path(name), size * MILLION, engines)
        costs[rows] = found["duckdb"]["first_s"] / rows
    least, most = min(costs), max(costs)
    grown = costs[most] / costs[least]
    note = f"time for each row, {most:,} against {least:,} rows; target below {TARGET}"
    figure("scale.growth", grown, "times", n=most, note=note)


if __name__ == "__main__":
    main()
