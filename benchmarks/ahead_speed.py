"""How long the scores of 100,000 customers take to learn, in memory, on one thread for each fit.

The customers are made: BG/NBD's own law with CDNOW's parameters, over two years. Reading them into
the engine stands before the clock; features are measured where a fit needs them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from sklearn.cluster import KMeans

from benchmarks.figures import figure
from zhiyin.features.history import History
from zhiyin.insight.bgnbd import fit_bgnbd, fit_gamma_gamma
from zhiyin.insight.churn import Churn
from zhiyin.insight.contract import remembered
from zhiyin.insight.personas import Personas, habits
from zhiyin.insight.tables import order_lines
from zhiyin.insight.threads import one_thread
from zhiyin.insight.value import Value, purchases_seen, spending

CUSTOMERS, DAYS = 100_000, 730
BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
NOW = BEGINS + timedelta(days=DAYS)


def orders() -> pa.Table:
    """One line an order: rate and leaving by CDNOW's parameters, four times as often."""
    rng = np.random.default_rng(1)
    rate = 4 * rng.gamma(0.243, 1 / (7 * 4.414), CUSTOMERS)
    leave = rng.beta(0.793, 2.426, CUSTOMERS)
    price = rng.gamma(6, 1, CUSTOMERS) * 8
    now = rng.uniform(0, DAYS - 30, CUSTOMERS)
    alive = np.ones(CUSTOMERS, dtype=bool)
    who, when = [np.arange(CUSTOMERS)], [now.copy()]
    while alive.any():
        now = now + np.where(alive, rng.exponential(1 / np.maximum(rate, 1e-12)), 0.0)
        alive &= now < DAYS
        who.append(np.flatnonzero(alive))
        when.append(now[alive])
        alive &= rng.random(CUSTOMERS) > leave
    owner, at = np.concatenate(who), np.concatenate(when)
    return pa.table(
        {
            "customer_id": pa.array(owner).cast(pa.string()),
            "order_id": pa.array(np.arange(len(owner))).cast(pa.string()),
            "ordered_at": pa.array(
                np.datetime64(BEGINS.replace(tzinfo=None), "us")
                + (at * 86_400e6).astype("timedelta64[us]")
            ),
            "product_id": pa.array(rng.integers(0, 500, len(owner))).cast(pa.string()),
            "quantity": rng.integers(1, 4, len(owner)),
            "price": np.round(price[owner] * rng.gamma(4, 0.25, len(owner)), 2),
        }
    )


def main() -> None:
    lines = order_lines(orders())
    past = remembered(History.from_arrow(lines))
    frame = past.frame(NOW)
    n = len(frame)

    def best(step: Callable[[], object], times: int = 3) -> tuple[float, str]:
        """Wall seconds of the best run, and its CPU seconds in words."""
        took = []
        for _ in range(times):
            begun, spent = time.perf_counter(), time.process_time()
            with one_thread():
                step()
            took.append((time.perf_counter() - begun, time.process_time() - spent))
        wall, cpu = min(took)
        return wall, f"{cpu:.2f} s of CPU; "

    def rates() -> None:
        fit_bgnbd(purchases_seen(frame))
        fit_gamma_gamma(*spending(frame))

    wall, cpu = best(rates)
    figure("ahead.speed.value", wall, "s", n=n,
           note=f"{cpu}BG/NBD and Gamma-Gamma, target 0.5 s; best of three")  # fmt: skip
    wall, cpu = best(lambda: Value(timedelta(days=180)).fit(past, NOW), 1)
    figure("ahead.speed.value_with_trees", wall, "s", n=n,
           note=f"{cpu}features of {lines.num_rows:,} orders at six dates, the mixture checked on "
           "the past and fitted")  # fmt: skip
    again = remembered(History.from_arrow(lines))
    wall, cpu = best(lambda: Churn().fit(again, NOW), 1)
    figure("ahead.speed.churn", wall, "s", n=n,
           note=f"{cpu}features at five dates, both models, calibration; target 10 s")  # fmt: skip
    wall, cpu = best(lambda: Churn().fit(again, NOW), 1)
    figure("ahead.speed.churn_known_features", wall, "s", n=n,
           note=f"{cpu}the same with the features at hand")  # fmt: skip
    model = Churn().fit(again, NOW)
    asked = Churn().asked(frame)
    wall, cpu = best(lambda: model.score_frame(asked), 1)
    figure("ahead.speed.churn_scores", wall, "s", n=len(asked),
           note=f"{cpu}risk, interval and reasons in both languages")  # fmt: skip
    rows = np.column_stack(list(habits(frame).values()))
    z = np.clip((rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9), -3, 3)
    plain, _ = best(lambda: KMeans(6, n_init=4, random_state=3).fit(z))
    wall, cpu = best(lambda: Personas().fit_frame(frame))
    figure("ahead.speed.personas", wall, "s",
           peer="scikit-learn K-means, six groups, four starts", peer_value=plain, n=n,
           note=f"{cpu}four to eight groups tried by stability and shape, fitted, named, stability "
           "of each; target 1 s for K-means")  # fmt: skip


if __name__ == "__main__":
    main()
