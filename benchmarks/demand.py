"""How right demand forecasts are: 150 grocery categories by day, 3,331 departments by week.

    python -m benchmarks.demand

complete_journey: the 150 categories with the highest sales (fuel and coupons left out), horizon 28
days, four consecutive folds. Walmart: every store and department, horizon 8 weeks, four folds a
quarter of a year apart, so that one holds Thanksgiving and Christmas' approach. At each fold
everything is learned and chosen before it. wRMSSE weighs series by their money of the last 28 days,
as M5 does. Beside ours stand the 28-day average, the seasonal naive, AutoETS of statsforecast, and
our LSTM alone. Means over the folds with their spread, and 95 % of the difference over series.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks import peers
from benchmarks.figures import figure
from benchmarks.public_data import public
from zhiyin.insight import demand
from zhiyin.insight.compared import mean_interval, spread
from zhiyin.insight.demand import lstm
from zhiyin.insight.demand.calendar import read_calendar
from zhiyin.insight.demand.choosing import METHODS
from zhiyin.insight.demand.measures import naive_scale, rmsse, wape
from zhiyin.insight.demand.series import Every, panel
from zhiyin.insight.threads import one_thread

ALONE = {"average": "28-day average", "season": "seasonal naive", "lstm": "LSTM alone"}

_AUTOETS = """
import json, sys, time, numpy as np, pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS
d = np.load(sys.argv[1])
values, started, season = d["values"], d["started"], int(d["season"])
rows = []
for i, (v, s) in enumerate(zip(values, started)):
    s = min(int(s), len(v) - 20)  # AutoETS refuses shorter series
    rows.append(pd.DataFrame({"unique_id": i, "ds": np.arange(len(v) - s), "y": v[s:]}))
frame = pd.concat(rows)
began = time.perf_counter()
model = StatsForecast(models=[AutoETS(season_length=season)], freq=1, n_jobs=1)
said = model.forecast(df=frame, h=int(d["horizon"]))
seconds = time.perf_counter() - began
out = said.sort_values(["unique_id", "ds"]).AutoETS.to_numpy().reshape(len(values), -1)
np.save(sys.argv[2], out)
print(json.dumps({"seconds": seconds}))
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="two folds and no LSTM")
    options.add_argument("--only", choices=["journey", "walmart"])
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        python = peers.environment(Path(name), ["statsforecast"], "statsforecast")
        for key, run in {"journey": _journey, "walmart": _walmart}.items():
            if chosen.only in (None, key):
                run(python, Path(name), chosen.quick)


def _journey(python: Path | None, room: Path, quick: bool) -> None:
    folder = public("complete_journey")
    if folder is None:
        return
    products = pq.read_table(
        folder / "products.parquet", columns=["product_id", "product_category"]
    )
    lines = pq.read_table(folder / "transactions.parquet").join(products, "product_id")
    category = lines.column("product_category")
    other = pc.match_substring_regex(category, "FUEL|GASOLINE|COUPON|MISC. TRANS")
    lines = lines.filter(pc.and_(pc.is_valid(category), pc.invert(other)))
    money = lines.group_by("product_category").aggregate([("sales_value", "sum")])
    best = money.sort_by([("sales_value_sum", "descending"), ("product_category", "ascending")])
    top = best.column("product_category").slice(0, 150)
    lines = lines.filter(pc.is_in(lines.column("product_category"), value_set=top.combine_chunks()))
    quantity = pc.cast(lines.column("quantity"), pa.float64())
    price = pc.divide(lines.column("sales_value"), pc.max_element_wise(quantity, 1.0))
    sales = pa.table(
        {
            "category": lines.column("product_category"),
            "at": lines.column("transaction_timestamp"),
            "quantity": quantity,
            "price": price,
        }
    )
    end = datetime(2018, 1, 1, tzinfo=UTC)
    folds = [end - timedelta(days=28 * k) for k in range(2 if quick else 4, 0, -1)]
    _measured("journey", sales, None, folds, ["category"], Every.DAY, 28, python, room, quick)


def _walmart(python: Path | None, room: Path, quick: bool) -> None:
    folder = public("walmart_weekly_sales")
    if folder is None:
        return
    rows = pa.csv.read_csv(folder / "train.csv.gz")
    sales = pa.table(
        {
            "store": rows.column("Store"),
            "dept": rows.column("Dept"),
            "at": rows.column("Date"),
            "quantity": rows.column("Weekly_Sales"),
        }
    )
    dates = pa.csv.read_csv(folder / "features.csv", convert_options=pyarrow.csv.ConvertOptions(
        include_columns=["Date", "IsHoliday"], true_values=["TRUE"], false_values=["FALSE"]
    ))  # fmt: skip
    calendar = pa.table(
        {
            "at": dates.column("Date"),
            "holiday": pc.cast(pc.cast(dates.column("IsHoliday"), pa.int8()), pa.float64()),
        }
    )
    end = datetime(2012, 10, 27, tzinfo=UTC) - timedelta(weeks=8)
    folds = [end - timedelta(weeks=13 * k) for k in range(1 if quick else 3, -1, -1)]
    _measured("walmart", sales, calendar, folds, ["store", "dept"], Every.WEEK, 8, python, room,
              quick)  # fmt: skip


def _measured(
    key: str,
    sales: pa.Table,
    calendar: pa.Table | None,
    folds: list[datetime],
    by: list[str],
    every: Every,
    horizon: int,
    python: Path | None,
    room: Path,
    quick: bool,
) -> None:
    known = read_calendar(calendar)
    errors: dict[str, list[np.ndarray]] = {}
    accuracy: dict[str, list[float]] = {}
    whole: dict[str, list[float]] = {}
    coverage, seconds, worths = [], [], []
    for fold in folds:
        later = panel(sales, fold + timedelta(days=every.days * horizon), by=by, every=every)
        began = time.perf_counter()
        model = demand.fit(
            sales, fold, by=by, every=every.value, horizon=horizon, calendar=calendar
        )
        seconds.append(time.perf_counter() - began)
        past = model.panel
        place = {name: i for i, name in enumerate(later.names())}
        rows = np.array([place[name] for name in past.names()])
        actual = later.values[rows][:, -horizon:]
        said = {"ours": model.forecast}
        with one_thread():
            for method in ALONE:
                if method != "lstm" or (lstm.is_available() and not quick):
                    said[method] = METHODS[method](past, horizon, known)
        found = _autoets(python, room, past, horizon)
        if found is not None:
            said["autoets"] = found
        scale, worth = naive_scale(past.values, past.started), past.worth
        good = np.isfinite(scale) & (worth > 0)
        worths.append(good)
        for name, forecast in said.items():
            each = rmsse(actual, forecast, scale)
            weight = np.where(good, worth, 0.0) / worth[good].sum() * good.sum()
            errors.setdefault(name, []).append(np.where(good, each * weight, np.nan))
            accuracy.setdefault(name, []).append(1 - wape(actual, forecast))
            whole.setdefault(name, []).append(1 - wape(actual.sum(0), forecast.sum(0)))
        if model.errors is not None:
            low, high = (np.array(e.to_pylist()).reshape(actual.shape) for e in model.interval())
            coverage.append(float(((actual >= low) & (actual <= high)).mean()))
    _told(key, errors, accuracy, whole, len(folds))
    figure(f"demand.{key}.fit", float(np.mean(seconds)), "s", n=len(errors["ours"][0]),
           note="three inner folds of six methods, and the last fit")  # fmt: skip
    if coverage:
        figure(
            f"demand.{key}.coverage",
            float(np.mean(coverage)),
            "share",
            n=len(coverage),
            note=f"of what came, inside the 80 % interval; spread {spread(coverage):.3f}",
        )


def _autoets(
    python: Path | None, room: Path, past: demand.Panel, horizon: int
) -> np.ndarray | None:
    np.savez(room / "past.npz", values=past.values, started=past.started, horizon=horizon,
             season=past.every.season)  # fmt: skip
    told = peers.ask(python, _AUTOETS, room / "past.npz", room / "said.npy", name="AutoETS")
    return None if told is None else np.asarray(np.load(room / "said.npy"))


def _told(
    key: str,
    errors: dict[str, list[np.ndarray]],
    accuracy: dict[str, list[float]],
    whole: dict[str, list[float]],
    folds: int,
) -> None:
    ours = [float(np.nanmean(e)) for e in errors["ours"]]
    names: dict[str, str] = {**ALONE, "autoets": "AutoETS (statsforecast)"}
    show: Callable[[list[float]], str] = lambda values: ", ".join(f"{v:.3f}" for v in values)  # noqa: E731
    for name, label in names.items():
        if name not in errors:
            continue
        theirs = [float(np.nanmean(e)) for e in errors[name]]
        series = max(len(e) for e in errors[name])
        gain = np.nanmean(
            [_padded(t - o, series) for o, t in zip(errors["ours"], errors[name], strict=True)],
            axis=0,
        )
        low, high = mean_interval(gain[np.isfinite(gain)])
        figure(
            f"demand.{key}.wrmsse.{name}", float(np.mean(ours)), "wRMSSE", label,
            float(np.mean(theirs)), float(np.mean(theirs) / np.mean(ours)), series,
            f"{folds} folds, ours {show(ours)} (spread {spread(ours):.3f}), theirs {show(theirs)}; "
            f"theirs less ours {low:+.4f} to {high:+.4f}",
        )  # fmt: skip
    level = "store, department and week" if key == "walmart" else "category and day"
    for unit, found in ((level, accuracy), ("everything", whole)):
        figure(
            f"demand.{key}.accuracy.{unit.replace(' ', '_').replace(',', '')}",
            float(np.mean(found["ours"])), "1 − WAPE", "28-day average",
            float(np.mean(found["average"])), None, folds,
            f"by fold {show(found['ours'])} (spread {spread(found['ours']):.3f})",
        )  # fmt: skip


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([values, np.full(length - len(values), np.nan)])


if __name__ == "__main__":
    main()
