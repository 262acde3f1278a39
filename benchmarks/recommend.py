"""How good and how quick recommendations are: MovieLens small, and simulated shops of any size.

    python -m benchmarks.recommend

The last film of each user is set aside and all films that he has not rated are ranked: NDCG@10, as
research has it (films with five ratings and more, every rating counts). Settings are chosen within
the rest, never on what is set aside. Beside ours stand popularity, EASE without recency, several
settings of `implicit`, and lenskit, on the same split; intervals of differences resample users.
Serving is one customer at a time with rules and diversity.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from benchmarks import peers
from benchmarks.figures import figure
from benchmarks.public_data import public
from zhiyin.insight import recommend
from zhiyin.insight.compared import mean_interval
from zhiyin.insight.recommend.fitting import last_out
from zhiyin.insight.recommend.ranking import coverage, ndcg, ranks
from zhiyin.insight.recommend.ratings import read_ratings

GATE = 0.045
AS_OF = datetime(2020, 1, 1, tzinfo=UTC)

_IMPLICIT = """
import json, sys, time, numpy as np, scipy.sparse as sp
import implicit
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
d = np.load(sys.argv[1])
users, items = int(d["users"]), int(d["items"])
x = sp.csr_matrix((np.ones(len(d["who"])), (d["who"], d["what"])), shape=(users, items))
who, wanted = d["judges"], d["wanted"]
found = {}
models = {}
for f, r, a in ((64, .1, 1), (64, 1, 10), (128, 10, 20)):
    models[f"ALS {f} factors, regularisation {r}, alpha {a}"] = AlternatingLeastSquares(
        factors=f, regularization=r, alpha=a, iterations=15, random_state=1, num_threads=1)
models["BM25, K 200"] = BM25Recommender(K=200, num_threads=1)
models["cosine, K 50"] = CosineRecommender(K=50, num_threads=1)
for name, model in models.items():
    began = time.perf_counter()
    model.fit(x, show_progress=False)
    seconds = time.perf_counter() - began
    ids, _ = model.recommend(who, x[who], N=10, filter_already_liked_items=True)
    hit = ids == wanted[:, None]
    gain = np.where(hit.any(1), 1 / np.log2(hit.argmax(1) + 2), 0)
    found[name] = {"ndcg": gain.tolist(), "seconds": seconds}
print(json.dumps(found))
"""

_LENSKIT = """
import json, sys, time, numpy as np, pandas as pd
from lenskit.data import from_interactions_df
from lenskit.batch import recommend
from lenskit.pipeline import topn_pipeline
from lenskit.knn import ItemKNNScorer
from lenskit.als import ImplicitMFScorer
from lenskit.basic import PopScorer
d = np.load(sys.argv[1])
frame = pd.DataFrame({"user_id": d["who"], "item_id": d["what"]})
data = from_interactions_df(frame)
who, wanted = d["judges"].tolist(), dict(zip(d["judges"].tolist(), d["wanted"].tolist()))
found = {}
for name, scorer in {"ItemKNN": ItemKNNScorer(k=50, feedback="implicit"),
                     "ImplicitMF": ImplicitMFScorer(features=64),
                     "Popularity": PopScorer()}.items():
    began = time.perf_counter()
    pipe = topn_pipeline(scorer)
    pipe.train(data)
    seconds = time.perf_counter() - began
    lists = recommend(pipe, who, n=10, n_jobs=1)
    gain = []
    top = lists.to_df().sort_values(["user_id", "rank"]).groupby("user_id").item_id.apply(list)
    for u in who:
        ids = list(top.get(u, []))
        gain.append(1 / np.log2(ids.index(wanted[u]) + 2) if wanted[u] in ids else 0.0)
    found[name] = {"ndcg": gain, "seconds": seconds}
print(json.dumps(found))
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="smaller catalogues")
    quick = options.parse_args().quick
    folder = public("movielens_small")
    if folder is not None:
        _movielens(folder)
    for products, customers in (
        ((2_000, 5_000),) if quick else ((18_000, 50_000), (40_000, 100_000))
    ):
        _large(products, customers)


def _movielens(folder: Path) -> None:
    rows = pa.csv.read_csv(folder / "ratings.csv.gz")
    counts = rows.column("movieId").value_counts()
    often = pc.struct_field(counts, "values").filter(
        pc.greater_equal(pc.struct_field(counts, "counts"), 5)
    )
    rows = rows.filter(pc.is_in(rows.column("movieId"), value_set=often))
    table = pa.table(
        {
            "customer_id": rows.column("userId"),
            "product_id": rows.column("movieId"),
            "at": pc.cast(rows.column("timestamp"), pa.timestamp("s")),
            "weight": rows.column("rating"),
        }
    )
    whole = read_ratings(table, AS_OF)
    kept, judges, wanted = last_out(whole)
    train = pa.table(
        {
            "customer_id": whole.customers.take(pa.array(kept.who)),
            "product_id": whole.products.take(pa.array(kept.what)),
            "at": pa.array(kept.when_us, pa.timestamp("us", tz="UTC")),
        }
    )
    gains: dict[str, np.ndarray] = {}
    began = time.perf_counter()
    ours = recommend.fit(train, AS_OF)
    seconds = time.perf_counter() - began
    gains["ours"], lists = _judge(ours, whole, judges, wanted)
    plain = recommend.fit(
        train, AS_OF, settings=recommend.Settings(ridges=(500.0,), half_lives=(float("inf"),))
    )
    gains["EASE without recency"], _ = _judge(plain, whole, judges, wanted)
    als = recommend.fit(train, AS_OF, settings=recommend.Settings(method="als"))
    gains["our ALS"], _ = _judge(als, whole, judges, wanted)
    popular = np.asarray(kept.buyers())
    has = kept.likes().toarray()[judges] > 0
    gains["popularity"] = ndcg(ranks(np.where(has, -np.inf, popular), wanted))
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        np.savez(room / "split.npz", who=kept.who, what=kept.what, judges=judges, wanted=wanted,
                 users=len(whole.customers), items=len(whole.products))  # fmt: skip
        for peer, packages, script in (
            ("implicit", ["implicit"], _IMPLICIT),
            ("lenskit", ["torch==2.13.0", "lenskit"], _LENSKIT),  # unpinned it brings CUDA
        ):
            python = peers.environment(room, packages, peer)
            found = peers.ask(python, script, room / "split.npz", name=peer) or {}
            for model, told in found.items():
                gains[f"{peer} {model}"] = np.array(told["ndcg"])
    _tell(gains, len(judges))
    figure("recommend.movielens.fit", seconds, "s", n=len(kept),
           note="four settings of three matrices tried")  # fmt: skip
    figure("recommend.movielens.coverage", coverage(lists, len(whole.products)), "share",
           n=len(judges), note="of the catalogue in anybody's ten")  # fmt: skip


def _judge(
    model: recommend.Recommender,
    whole,
    judges: np.ndarray,
    wanted: np.ndarray,  # type: ignore[no-untyped-def]
) -> tuple[np.ndarray, np.ndarray]:
    """NDCG of what is served: the batch road, as a campaign would use it."""
    names = whole.customers.take(pa.array(judges)).to_pylist()
    table = model.score(names, 10)
    place = {(r["customer_id"], r["product_id"]): r["rank"] - 1 for r in table.to_pylist()}
    products = whole.products.to_pylist()
    found = [place.get((c, products[w]), 99) for c, w in zip(names, wanted.tolist(), strict=True)]
    return ndcg(np.array(found, dtype=float)), np.array(
        pc.index_in(table.column("product_id"), value_set=whole.products).to_pylist()
    )


def _tell(gains: dict[str, np.ndarray], n: int) -> None:
    """Ours beside each rival, with the interval of the difference."""
    ours = gains["ours"]
    low, high = mean_interval(ours)
    for rival, theirs in gains.items():
        if rival == "ours":
            continue
        less, more = mean_interval(ours - theirs)
        figure(
            f"recommend.movielens.ndcg10.{rival.lower().replace(',', '').replace(' ', '_')}",
            float(ours.mean()), "NDCG@10", rival, float(theirs.mean()),
            float(ours.mean() / max(theirs.mean(), 1e-9)), n,
            f"95 % {low:.4f} to {high:.4f}; difference {less:+.4f} to {more:+.4f}; gate {GATE}",
        )  # fmt: skip


def _large(products: int, customers: int) -> None:
    """A simulated shop: customers of 40 tastes, popularity by Zipf's law."""
    rng = np.random.default_rng(4)
    taste = rng.integers(0, 40, products)
    popular = 1 / (10 + np.arange(products)) ** 0.8
    n = rng.poisson(12, customers) + 3
    who = np.repeat(np.arange(customers), n)
    mine = rng.integers(0, 40, customers)[who]
    what = np.empty(len(who), dtype=np.int64)
    for t in range(40):
        members = np.flatnonzero(taste == t)
        share = popular[members] / popular[members].sum()
        at = np.flatnonzero(mine == t)
        what[at] = rng.choice(members, len(at), p=share)
    anything = rng.random(len(who)) < 0.2
    what[anything] = rng.choice(products, int(anything.sum()), p=popular / popular.sum())
    when = AS_OF - timedelta(days=1)
    table = pa.table(
        {
            "customer_id": pa.array(who),
            "product_id": pa.array(what),
            "at": pa.array(
                np.datetime64(when.replace(tzinfo=None), "us")
                - rng.integers(0, 300 * 86_400, len(who)).astype("timedelta64[s]")
            ),
        }
    )
    began = time.perf_counter()
    settings = recommend.Settings(
        ridges=(500.0,), half_lives=(6.0, float("inf")), most_judges=2_000
    )
    model = recommend.fit(table, AS_OF, settings=settings)
    seconds = time.perf_counter() - began
    known = len(model.ratings.products)
    figure(f"recommend.fit.{known}_products", seconds, "s", n=len(who),
           note=f"{model.method}; {customers:,} customers, judged on the last product")  # fmt: skip
    rules = recommend.Rules(
        in_stock=frozenset(model.products.to_pylist()[: known * 9 // 10]),
        again_after=timedelta(days=90),
    )
    asked = model.ratings.customers.to_pylist()[:: max(1, customers // 500)][:500]
    model.suggest(asked[0], 10, rules=rules)
    took = []
    for customer in asked:
        began = time.perf_counter()
        model.suggest(customer, 10, rules=rules, diversity=0.3)
        took.append(time.perf_counter() - began)
    p95 = float(np.quantile(took, 0.95)) * 1e3
    figure(f"recommend.serve_p95.{known}_products", p95, "ms", n=len(asked),
           note=f"target 20 ms; {model.method}, rules, reasons and diversity; "
           f"p50 {np.median(took) * 1e3:.1f} ms")  # fmt: skip
    part = model.ratings.customers.to_pylist()[:10_000]
    began = time.perf_counter()
    model.score(part, 10, rules=rules)
    spent = (time.perf_counter() - began) / len(part) * 1e5
    figure(f"recommend.batch.{known}_products", spent, "s for 100,000 customers", n=len(part),
           note=model.method)  # fmt: skip


if __name__ == "__main__":
    main()
