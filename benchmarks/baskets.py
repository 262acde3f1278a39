"""Rules of baskets, promotion sensitivity, and influence on public data and a simulated million.

    python -m benchmarks.baskets

Rules: all lines of Online Retail, and a million simulated baskets of five things; the peer is
mlxtend's FP-growth with the same support on the same matrix, which must find the same sets. What is
suggested for late baskets is judged against what is in most baskets. Promotion: complete_journey's
households, log loss of their last quarter of lines against everybody alike. Influence: the Facebook
circles of SNAP, with networkx beside; different people who hear of something from 50 candidates or
from the 50 with most links.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks import peers
from benchmarks.figures import figure
from benchmarks.public_data import public
from zhiyin.insight import basket, influence, promotion
from zhiyin.insight.baskets import frequent, read_baskets
from zhiyin.insight.compared import Compared

_MLXTEND = """
import json, sys, time, numpy as np, pandas as pd, scipy.sparse as sp
from mlxtend.frequent_patterns import fpgrowth
d = np.load(sys.argv[1])
x = sp.csr_matrix((d["data"].astype(bool), d["indices"], d["indptr"]), shape=tuple(d["shape"]))
frame = pd.DataFrame.sparse.from_spmatrix(x)
began = time.perf_counter()
found = fpgrowth(frame, min_support=float(sys.argv[2]), max_len=int(sys.argv[3]))
print(json.dumps({"seconds": time.perf_counter() - began, "sets": len(found)}))
"""

_NETWORKX = """
import json, sys, time, networkx as nx
g = nx.read_edgelist(sys.argv[1])
began = time.perf_counter()
rank = nx.pagerank(g, tol=1e-10)
ranked = time.perf_counter()
parts = nx.community.louvain_communities(g, seed=1)
seconds = time.perf_counter() - ranked
print(json.dumps({"pagerank": ranked - began, "louvain": seconds,
                  "modularity": nx.community.modularity(g, parts), "rank": rank}))
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="100,000 simulated baskets")
    quick = options.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        python = peers.environment(room, ["mlxtend", "networkx"], "mlxtend")
        _retail(python, room)
        _simulated(100_000 if quick else 1_000_000, python, room)
        _promotions()
        _network(python, room)


def _retail(python: Path | None, room: Path) -> None:
    folder = public("online_retail")
    if folder is None:
        return
    rows = pa.csv.read_csv(
        folder / "online_retail.csv.gz",
        convert_options=pa.csv.ConvertOptions(
            column_types={"InvoiceNo": pa.string(), "StockCode": pa.string()}
        ),
    )
    lines = pa.table(
        {
            "order_id": rows.column("InvoiceNo"),
            "product_id": rows.column("StockCode"),
            "at": rows.column("InvoiceDate"),
            "quantity": rows.column("Quantity"),
        }
    )
    as_of = datetime(2012, 1, 1, tzinfo=UTC)
    began = time.perf_counter()
    model = basket.fit(lines, as_of, min_support=0.01)
    seconds = time.perf_counter() - began
    figure("basket.online_retail.fit", seconds, "s", n=len(model.baskets),
           note=f"{model.table.num_rows:,} rules of up to three, and the judging")  # fmt: skip
    if model.judged is not None:
        _compared("basket.online_retail.hit5", model.judged, "share of baskets")
    _sets("online_retail", lines, as_of, 0.01, 3, python, room)


def _simulated(baskets: int, python: Path | None, room: Path) -> None:
    rng = np.random.default_rng(6)
    n = baskets * 5
    chance = 1 / (5 + np.arange(2_000))
    lines = pa.table(
        {
            "order_id": pa.array(np.repeat(np.arange(baskets), 5)),
            "product_id": pa.array(rng.choice(2_000, n, p=chance / chance.sum())),
            "at": pa.array(np.zeros(n, dtype=np.int64)),
        }
    )
    _sets(f"{baskets}_baskets", lines, datetime(2026, 1, 1, tzinfo=UTC), 0.001, 2, python, room)


def _sets(
    key: str, lines: pa.Table, as_of: datetime, support: float, longest: int,
    python: Path | None, room: Path,
) -> None:  # fmt: skip
    read = read_baskets(lines, as_of, level="product", segments=None)
    began = time.perf_counter()
    found = frequent(read, int(np.ceil(support * len(read))), longest)
    seconds = time.perf_counter() - began
    matrix = read.matrix
    np.savez(room / "baskets.npz", data=matrix.data, indices=matrix.indices, indptr=matrix.indptr,
             shape=matrix.shape)  # fmt: skip
    told = peers.ask(python, _MLXTEND, room / "baskets.npz", support, longest, name="mlxtend")
    theirs = told["seconds"] if told else None
    same = f"; theirs {told['sets']:,}" if told else ""
    figure(
        f"basket.{key}.sets", seconds, "s", "mlxtend FP-growth" if told else None, theirs,
        theirs / seconds if theirs else None, len(read),
        f"{len(found):,} frequent sets of up to {longest} at support {support}{same}",
    )  # fmt: skip


def _promotions() -> None:
    folder = public("complete_journey")
    if folder is None:
        return
    rows = pq.read_table(folder / "transactions.parquet")
    # fuel is counted in hundredths of a gallon: thousands of pieces a line
    rows = rows.filter(pc.less_equal(rows.column("quantity"), 50))
    quantity, discount = pc.cast(rows.column("quantity"), pa.float64()), _discount(rows)
    lines = pa.table(
        {
            "customer_id": rows.column("household_id"),
            "product_id": rows.column("product_id"),
            "at": rows.column("transaction_timestamp"),
            "quantity": quantity,
            "price": pc.divide(rows.column("sales_value"), pc.max_element_wise(quantity, 1.0)),
            "promoted": pc.greater(discount, 0),
        }
    )
    began = time.perf_counter()
    model = promotion.fit(lines, datetime(2018, 1, 1, tzinfo=UTC))
    seconds = time.perf_counter() - began
    figure("promotion.complete_journey.fit", seconds, "s", n=rows.num_rows,
           note=f"{len(model.customers):,} households; spread {model.spread:.2f}")  # fmt: skip
    if model.judged is not None:
        _compared("promotion.complete_journey.log_loss", model.judged, "log loss")
    if model.elasticities is not None:
        figure("promotion.complete_journey.elasticity", model.elasticities.overall, "elasticity",
               n=model.elasticities.pairs,
               note=f"mean; spread between households {model.elasticities.spread:.2f}")  # fmt: skip


def _discount(rows: pa.Table) -> pa.ChunkedArray:
    retail, coupon = rows.column("retail_disc"), rows.column("coupon_disc")
    return pc.add(pc.add(retail, coupon), rows.column("coupon_match_disc"))


def _network(python: Path | None, room: Path) -> None:
    folder = public("facebook_ego_graph")
    if folder is None:
        return
    text = gzip.decompress((folder / "facebook_combined.txt.gz").read_bytes()).decode()
    (room / "links.txt").write_text(text)
    ends = [line.split() for line in text.splitlines() if line.strip()]
    links = pa.table({"from_id": [a for a, _ in ends], "to_id": [b for _, b in ends]})
    began = time.perf_counter()
    net = influence.fit(links, directed=False)
    seconds = time.perf_counter() - began
    told = peers.ask(python, _NETWORKX, room / "links.txt", name="networkx")
    theirs = told["pagerank"] + told["louvain"] if told else None
    away = ""
    if told:
        rank = np.array([told["rank"][c] for c in net.customers.to_pylist()])
        away = f"; ranks {np.abs(rank - net.rank).max():.1e} apart at most"
    figure("influence.facebook.fit", seconds, "s", "networkx" if told else None, theirs,
           theirs / seconds if theirs else None, len(ends),
           f"PageRank, communities and candidates{away}")  # fmt: skip
    figure("influence.facebook.modularity", net.modularity, "modularity",
           "networkx Louvain" if told else None, told["modularity"] if told else None,
           n=len(net.customers))  # fmt: skip
    table = net.score()
    chosen = net.candidates(50).column("customer_id").to_pylist()
    most = np.argsort(-np.array(table.column("neighbours").to_pylist()), kind="stable")
    naive = [table.column("customer_id")[int(i)].as_py() for i in most[: len(chosen)]]
    figure("influence.facebook.heard_by", _heard(net, chosen), "people", "those with most links",
           _heard(net, naive), n=len(chosen), note="neighbours of so many")  # fmt: skip


def _heard(net: influence.Network, speakers: list[str]) -> int:
    place = {c: i for i, c in enumerate(net.customers.to_pylist())}
    starts = net.links.indptr
    heard = [net.links.indices[starts[place[s]] : starts[place[s] + 1]] for s in speakers]
    return len(np.unique(np.concatenate(heard)))


def _compared(name: str, told: Compared, unit: str) -> None:
    figure(
        name, told.model, unit, told.baseline_name.en, told.baseline, None, told.n,
        f"{told.metric.en}; better by {told.difference:+.4f}, 95 % {told.low:+.4f} to "
        f"{told.high:+.4f}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
