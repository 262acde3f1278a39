import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from zhiyin.demo.convert import ORDER_LINES
from zhiyin.demo.scale import DEFAULT_END, DEFAULT_PROCESS, BuyingProcess, generate, purchases

DAY_US = 86_400_000_000


def everything(folder: Path) -> dict[str, pa.Table]:
    return {n: pq.read_table(folder / n) for n in ("profiles", "order_lines", "events", "persons")}


def test_a_generated_company_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    made = generate(
        2_500, seed=3, out=tmp_path, chunk=1_000, progress=lambda done, of: told.append((done, of))
    )
    tables = everything(tmp_path)
    assert told == [(1_000, 2_500), (2_000, 2_500), (2_500, 2_500)]
    assert (made.customers, made.lines, made.events) == (2_500, 25_000, 50_000)
    assert [tables[n].num_rows for n in tables] == [2_500, 25_000, 50_000, 2_500]
    assert tables["order_lines"].schema.equals(ORDER_LINES)
    assert pc.count_distinct(tables["order_lines"]["InvoiceNo"]).as_py() == made.orders
    assert pc.count_distinct(tables["events"]["Message"]).as_py() == 50_000
    for key in ("Customer", "App device", "E-mail"):
        column = tables["profiles"][key].drop_null()
        assert pc.count_distinct(column).as_py() == len(column)
    for table in tables.values():
        table.validate(full=True)
    end = DEFAULT_END.replace(tzinfo=None)
    assert pc.max(tables["order_lines"]["InvoiceDate"]).as_py() < end
    assert pc.max(tables["events"]["Time"]).as_py() <= DEFAULT_END
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["process"]["r"] == DEFAULT_PROCESS.r


def test_the_same_seed_writes_the_same_company(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        generate(600, seed=seed, out=tmp_path / name, chunk=400)
    one, two, other = (everything(tmp_path / n) for n in ("one", "two", "other"))
    assert all(one[n].equals(two[n]) for n in one)
    assert not any(one[n].equals(other[n]) for n in one)


def test_no_customers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        generate(0, seed=3, out=tmp_path)


def test_a_smaller_company_replaces_a_larger_one(tmp_path: Path) -> None:
    generate(900, seed=3, out=tmp_path, chunk=300)
    generate(300, seed=3, out=tmp_path, chunk=300)
    assert everything(tmp_path)["profiles"].num_rows == 300


def test_order_lines_add_up_to_the_stated_spending(tmp_path: Path) -> None:
    generate(4_000, seed=5, out=tmp_path)
    lines = everything(tmp_path)["order_lines"]
    assert pc.min(lines["UnitPrice"]).as_py() > 0
    amount = lines["UnitPrice"].cast(pa.float64()).to_numpy() * lines["Quantity"].to_numpy()
    spent = pa.table({"order": lines["InvoiceNo"], "who": lines["CustomerID"], "amount": amount})
    orders = spent.group_by(["order", "who"]).aggregate([("amount", "sum")])
    means = orders.group_by("who").aggregate([("amount_sum", "mean")])["amount_sum_mean"]
    process = DEFAULT_PROCESS
    expected = process.p * process.gamma / (process.q - 1)  # E[M] of Gamma-Gamma
    assert pc.mean(means).as_py() == pytest.approx(expected, rel=0.06)


def test_the_season_peaks_where_it_was_put() -> None:
    rng = np.random.default_rng(1)
    process = BuyingProcess(season=0.5)
    end_us = int(datetime(2026, 6, 30, tzinfo=UTC).timestamp()) * 1_000_000
    buyer, at_us, _ = purchases(rng, 60_000, end_us, process)
    # First purchases come evenly on the process's clock, so only the season shapes them.
    first_us = np.full(60_000, end_us)
    np.minimum.at(first_us, buyer, at_us)
    day = first_us // DAY_US % 365.25
    peak = (np.abs(day - 325) <= 10).sum()
    trough = (np.abs(day - (325 - 365.25 / 2)) <= 10).sum()
    assert peak / trough == pytest.approx(3.0, rel=0.1)  # (1 + .5) / (1 - .5)


def test_purchases_follow_the_stated_bg_nbd_process() -> None:
    """Its maximum likelihood (Fader, Hardie and Lee, 2005, equation 6) finds the parameters."""
    process = BuyingProcess(season=0.0)
    end_us = int(datetime(2026, 6, 30, tzinfo=UTC).timestamp()) * 1_000_000
    buyer, at_us, _ = purchases(np.random.default_rng(2), 40_000, end_us, process)
    week_us = 7 * DAY_US
    first, last = np.full(40_000, end_us), np.zeros(40_000)
    np.minimum.at(first, buyer, at_us)
    np.maximum.at(last, buyer, at_us)
    x = np.bincount(buyer, minlength=40_000) - 1.0
    recency, age = (last - first) / week_us, (end_us - first) / week_us

    def negative(log_parameters: np.ndarray) -> float:
        r, alpha, a, b = np.exp(log_parameters)
        known = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
        gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b)
        gone = np.where(x > 0, gone - (r + x) * np.log(alpha + recency), -np.inf)
        return -float(np.mean(known + np.logaddexp(alive, gone)))

    found = np.exp(minimize(negative, np.zeros(4), method="L-BFGS-B").x)
    stated = [process.r, process.alpha, process.a, process.b]
    assert found == pytest.approx(stated, rel=0.15)
