"""How right the scores of people are: who converts, who leaves, what a customer will bring.

    python -m benchmarks.ahead
    python -m benchmarks.ahead --only leads,cdnow,shops,speed

Leads and contracts by stratified cross-validation, five parts, twice, everything learned inside the
part; value and churn by going back in time, fitted at three dates on what was known, asked about
what came. Beside each stands its naive baseline and what it is made of. Intervals resample people;
a difference is resampled as a difference. Telco, X Education, Online Retail and The Complete
Journey are not shipped (ZHIYIN_BENCH_DATA); CDNOW comes with the package `lifetimes`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import ahead_speed, peers
from benchmarks.figures import figure
from benchmarks.public_data import public
from zhiyin.features.history import History
from zhiyin.insight import churn_contest, contest, metrics, trees
from zhiyin.insight.churn import Churn
from zhiyin.insight.contract import Floats, KnownUntil, Remembered, remembered
from zhiyin.insight.labelled import prepare
from zhiyin.insight.metrics import Measure, Span, spanned
from zhiyin.insight.rivals import Kind
from zhiyin.insight.scorecard import backtest, cut_offs
from zhiyin.insight.tables import known_history
from zhiyin.insight.threads import one_thread
from zhiyin.insight.value import TREE_SHARE, Value

RESAMPLES = 300
SECTIONS = ("leads", "cdnow", "shops", "speed")
# the dates of the public sets: the day after their last order
RETAIL_ENDS, JOURNEY_ENDS = datetime(2011, 12, 10, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)
CDNOW_BEGINS, CDNOW_HALF = datetime(1997, 1, 1, tzinfo=UTC), timedelta(weeks=39)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="without the larger shop")
    options.add_argument("--only", default=",".join(SECTIONS), help=", ".join(SECTIONS))
    chosen = options.parse_args()
    for name in chosen.only.split(","):
        if name == "leads":
            _leads()
        elif name == "cdnow":
            _cdnow()
        elif name == "shops":
            _shops(chosen.quick)
        elif name == "speed":
            ahead_speed.main()


def _within(span: Span, digits: int = 3) -> str:
    return f"[{span.low:.{digits}f}, {span.high:.{digits}f}]"


def _leads() -> None:
    for name, file, label, empty in (
        ("telco", "telco_churn/telco_customer_churn.csv", "Churn", ""),
        ("x_education", "lead_scoring_xeducation/lead_scoring.csv.gz", "Converted", "Select"),
    ):
        folder = public(file.partition("/")[0])
        if folder is None:
            continue
        table = pd.read_csv(folder / file.partition("/")[2])
        # "Select" is what a form shows before anything is chosen
        prepared = prepare(table.replace(empty, None) if empty else table, label)
        left = ", ".join(f"{one.column} ({one.leak})" for one in prepared.left
                         if one.leak != "before")  # fmt: skip
        with one_thread():
            held = contest.held(prepared, label)
        best, plain = held.standings[0], held.standing(Kind.LOGISTIC)
        winner = best if best is not plain else held.standings[1]
        peer, n = f"one column: {held.baseline.auc.value:.3f}; logistic regression", held.rows
        figure(f"ahead.{name}.auc", best.auc.value, "AUC", peer=peer, peer_value=plain.auc.value,
               n=n, note=f"{best.name.en} {_within(best.auc)}, deviation over parts "
               f"{best.spread:.4f}; left out by the catalogue: {left}")  # fmt: skip
        figure(f"ahead.{name}.log_loss", best.log_loss.value, "nats", peer="logistic regression",
               peer_value=plain.log_loss.value, n=n,
               note=f"gain of {winner.name.en} {winner.gain.value:.4f} "
               f"{_within(winner.gain, 4)}")  # fmt: skip
        figure(f"ahead.{name}.ece", best.ece.value, "ECE", peer="logistic regression",
               peer_value=plain.ece.value, n=n, note=f"over all rows, ten groups of equal size; "
               f"within one part {best.ece_by_part:.4f}")  # fmt: skip
        figure(f"ahead.{name}.lift10", best.lift10.value, "times",
               peer="logistic regression", peer_value=plain.lift10.value, n=n,
               note=f"{_within(best.lift10, 2)}, ceiling {held.lift_ceiling:.2f}")  # fmt: skip
        figure(f"ahead.{name}.pr_auc", best.pr_auc.value, "PR-AUC", peer="logistic regression",
               peer_value=plain.pr_auc.value, n=n,
               note=f"Brier {best.brier.value:.4f}")  # fmt: skip
        for one in held.standings:
            figure(f"ahead.{name}.{one.key}", one.auc.value, "AUC", n=n,
                   note=f"{_within(one.auc)}, ECE {one.ece.value:.4f}, lift@10 "
                   f"{one.lift10.value:.2f}, log loss {one.log_loss.value:.4f}")  # fmt: skip


_WHERE = """
import importlib.util, json, pathlib
folder = importlib.util.find_spec("lifetimes").submodule_search_locations[0]
print(json.dumps({"file": str(pathlib.Path(folder) / "datasets" / "CDNOW_master.txt")}))
"""


def _cdnow() -> None:
    """23,570 customers of one quarter: fitted on 39 weeks, asked about the next 39."""
    with tempfile.TemporaryDirectory() as room:
        python = peers.environment(Path(room), ["lifetimes", "setuptools<81"], "lifetimes")
        found = peers.ask(python, _WHERE, name="lifetimes")
        if found is None:
            return
        names = ["customer_id", "day", "discs", "dollars"]
        rows = pd.read_csv(found["file"], sep=r"\s+", names=names, skiprows=1, dtype={0: str})
    orders = pd.DataFrame(
        {
            "customer_id": rows["customer_id"].astype(str),
            "order_id": rows["customer_id"].astype(str) + "-" + rows["day"].astype(str),
            "ordered_at": pd.to_datetime(rows["day"].astype(str), utc=True),
            "product_id": "disc",
            "quantity": rows["discs"],
            "price": rows["dollars"] / rows["discs"],
        }
    )
    past = remembered(known_history(orders))
    at, end = CDNOW_BEGINS + CDNOW_HALF, CDNOW_BEGINS + 2 * CDNOW_HALF
    question = Value(CDNOW_HALF, trees=TREE_SHARE)
    with one_thread():
        model = question.fit(past, at)
        frame = past.frame(at)
        known = KnownUntil(past, end)
        revenue = question.actual(known, frame)
        orders_made = known.buyers(at, CDNOW_HALF, "orders")
        plain = msgspec.structs.replace(model, tree_share=0.0)
        alone = msgspec.structs.replace(model, tree_share=1.0)
        weights = metrics.poisson_weights(len(frame), RESAMPLES, seed=3)
        came = (orders_made > 0).astype(np.float64)
        n = len(frame)
        tenure = np.maximum(frame.column("tenure_days"), 1.0)
        rate = frame.column("orders") / tenure
        for name, ours, of_plain, of_trees, of_naive, truth, measure in (
            ("auc", model.orders(frame), plain.orders(frame), alone.orders(frame), rate, came,
             metrics.auc),
            ("gini", model.predict(frame), plain.predict(frame), alone.predict(frame),
             model.baseline(frame), revenue, metrics.gini),
            ("spearman", model.predict(frame), plain.predict(frame), alone.predict(frame),
             model.baseline(frame), revenue, metrics.spearman),
        ):  # fmt: skip
            got = spanned(measure(ours, truth)(weights))
            others = [float(measure(p, truth)(weights[:1])[0])
                      for p in (of_plain, of_trees, of_naive)]  # fmt: skip
            figure(f"ahead.cdnow.{name}", got.value, name, peer="BG/NBD + Gamma-Gamma alone",
                   peer_value=others[0], n=n, note=f"{_within(got)}; LightGBM alone "
                   f"{others[1]:.4f}, naive {others[2]:.4f}")  # fmt: skip
        total = spanned(metrics.total_ratio(model.orders(frame), orders_made)(weights))
        theirs = float(plain.orders(frame).sum() / plain.orders_level / orders_made.sum())
        figure("ahead.cdnow.total", total.value, "expected ÷ actual purchases", peer="BG/NBD alone",
               peer_value=theirs, n=n, note=_within(total))  # fmt: skip
        _ceiling(model.inputs(frame), came, revenue)


def _ceiling(inputs: dict[str, Floats], came: Floats, revenue: Floats) -> None:
    """What the same inputs reach when they may learn from the asked-about weeks themselves."""
    n, rows = len(came), np.column_stack(list(inputs.values()))
    place = np.random.default_rng(0).permutation(n) % 10
    told = {"auc": np.zeros(n), "gini": np.zeros(n)}
    slow = {"learning_rate": 0.03, "num_leaves": 6, "min_data_in_leaf": 100}
    for part in range(10):
        out = place == part
        for name, target, objective in (("auc", came, "binary"), ("gini", revenue, "tweedie")):
            text = trees.grow(rows[~out], target[~out], objective=objective, rounds=150, **slow)
            told[name][out] = trees.predicted(text, rows[out])
    once = np.ones((1, n))
    for name, truth, measure in (("auc", came, metrics.auc), ("gini", revenue, metrics.gini)):
        figure(f"ahead.cdnow.{name}_within_the_answer", float(measure(told[name], truth)(once)[0]),
               name, n=n, note="ten-fold cross-validation on the answer's own 39 weeks: no "
               "forecast, but what these facts can tell at all")  # fmt: skip


def _shops(quick: bool) -> None:
    shops: list[tuple[str, Callable[[], tuple[History, datetime] | None]]] = [
        ("online_retail", _online_retail)
    ]
    if not quick:
        shops.append(("complete_journey", _complete_journey))
    for name, opened in shops:
        found = opened()
        if found is None:
            continue
        history, end = found
        past = remembered(history)
        with one_thread():
            for days in (90, 60):
                _value(name, past, end, timedelta(days=days))
            _churn(name, past, end)


def _value(name: str, past: Remembered, end: datetime, horizon: timedelta) -> None:
    """Value at three dates: the mixture against its halves and the naive rate."""
    question = Value(horizon)
    cutoffs = cut_offs(end, horizon)
    frames = [past.frame(at) for at in cutoffs]
    actual = [question.actual(KnownUntil(past, end), frame) for frame in frames]
    everyone = pa.chunked_array([frame.ids for frame in frames]).unique().sort()
    drawn = metrics.poisson_weights(len(everyone), RESAMPLES, seed=20260101)
    weights = [drawn[:, pc.index_in(f.ids, value_set=everyone).to_numpy()] for f in frames]
    said: dict[str, list[Floats]] = {"ours": [], "BG/NBD": [], "LightGBM": [], "naive": []}
    shares = []
    for at, frame in zip(cutoffs, frames, strict=True):
        model = question.fit(past, at)
        shares.append(model.tree_share)
        halves = Value(horizon, trees=TREE_SHARE).fit(past, at)
        said["ours"].append(model.predict(frame))
        said["BG/NBD"].append(msgspec.structs.replace(halves, tree_share=0.0).predict(frame))
        said["LightGBM"].append(msgspec.structs.replace(halves, tree_share=1.0).predict(frame))
        said["naive"].append(model.baseline(frame))

    def mean(measure: Callable[[Floats, Floats], Measure], who: str) -> Floats:
        rounds = zip(said[who], actual, weights, strict=True)
        return np.asarray(np.mean([measure(p, y)(w) for p, y, w in rounds], axis=0))

    n = sum(len(frame) for frame in frames)
    for key, measure in (("spearman", metrics.spearman), ("gini", metrics.gini)):
        ours = mean(measure, "ours")
        told = []
        for other in ("BG/NBD", "LightGBM", "naive"):
            theirs = mean(measure, other)
            gain = spanned(ours - theirs)
            told.append(f"{other} {theirs[0]:.4f}, gain {gain.value:+.4f} {_within(gain, 4)}")
        figure(f"ahead.{name}.value_{horizon.days}.{key}", float(ours[0]), key,
               peer="BG/NBD + Gamma-Gamma alone", peer_value=float(mean(measure, "BG/NBD")[0]),
               n=n, note=f"three dates; {'; '.join(told)}")  # fmt: skip
    totals = [float(p.sum() / y.sum()) for p, y in zip(said["ours"], actual, strict=True)]
    theirs = [float(p.sum() / y.sum()) for p, y in zip(said["naive"], actual, strict=True)]
    figure(f"ahead.{name}.value_{horizon.days}.total", float(np.mean(totals)), "expected ÷ actual",
           peer="naive", peer_value=float(np.mean(theirs)), n=n,
           note=f"by date {', '.join(f'{t:.2f}' for t in totals)}; share of the trees "
           f"{', '.join(f'{s:.1f}' for s in shares)}")  # fmt: skip


def _churn(name: str, past: Remembered, end: datetime) -> None:
    """Churn at three dates against days since the last purchase, and the kinds side by side."""
    for by_rhythm in (False, True):
        question = Churn(timedelta(days=60), by_rhythm=by_rhythm)
        card = backtest(question, past, cut_offs(end, question.horizon), end)
        kind = "churn_by_rhythm" if by_rhythm else "churn"
        for one in card.metrics:
            if one.key in ("auc", "pr_auc", "brier", "ece", "lift10"):
                figure(f"ahead.{name}.{kind}.{one.key}", one.model, one.key,
                       peer="days since last purchase", peer_value=one.baseline, n=card.n,
                       note=f"three dates, gain {one.difference:+.4f} "
                       f"[{one.low:.4f}, {one.high:.4f}]" + (
                           f", ceiling {one.ceiling:.2f}" if one.ceiling else ""))  # fmt: skip
    question = Churn(timedelta(days=60))
    held = churn_contest.held(question, past, cut_offs(end, question.horizon), end)
    for one in held.standings:
        figure(f"ahead.{name}.churn.{one.key}", one.auc.value, "AUC", n=held.rows,
               note=f"{_within(one.auc)}, log loss {one.log_loss.value:.4f}, gain over logistic "
               f"regression {one.gain.value:+.4f} {_within(one.gain, 4)}")  # fmt: skip


def _online_retail() -> tuple[History, datetime] | None:
    folder = public("online_retail")
    if folder is None:
        return None
    texts = {"InvoiceNo": str, "StockCode": str}
    lines = pd.read_csv(folder / "online_retail.csv.gz", dtype=texts)
    lines = lines.dropna(subset=["CustomerID"]).drop_duplicates()
    lines = lines[lines["UnitPrice"] > 0]
    orders = pd.DataFrame(
        {
            "customer_id": lines["CustomerID"].astype(float),
            "order_id": lines["InvoiceNo"],
            "ordered_at": pd.to_datetime(lines["InvoiceDate"], utc=True),
            "product_id": lines["StockCode"],
            "quantity": lines["Quantity"],
            "price": lines["UnitPrice"],
        }
    )
    return known_history(orders), RETAIL_ENDS


def _complete_journey() -> tuple[History, datetime] | None:
    folder = public("complete_journey")
    if folder is None:
        return None
    lines = pd.read_parquet(folder / "transactions.parquet")
    lines = lines[lines["quantity"] > 0]
    orders = pd.DataFrame(
        {
            "customer_id": lines["household_id"].astype(str),
            "order_id": lines["basket_id"].astype(str),
            "ordered_at": pd.to_datetime(lines["transaction_timestamp"], utc=True),
            "product_id": lines["product_id"].astype(str),
            "quantity": 1,  # the value of a line is its money; fuel is counted in tiny units
            "price": lines["sales_value"].clip(lower=0),
        }
    )
    return known_history(orders), JOURNEY_ENDS


if __name__ == "__main__":
    main()
