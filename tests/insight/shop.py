"""A small simulated shop whose laws are known: BG/NBD customers with Gamma-Gamma spending."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa

from zhiyin.features.history import LINES, History
from zhiyin.insight.bgnbd import Purchases
from zhiyin.insight.contract import microseconds

START = datetime(2024, 1, 1, tzinfo=UTC)
TODAY = START + timedelta(days=420)
DAY_US = 86_400_000_000


def purchases(
    customers: int, seed: int, *, r: float, alpha: float, a: float, b: float, days: float = 700
) -> Purchases:
    """Repeat purchases of simulated customers who joined at random days, in days."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    watched = rng.uniform(0.2 * days, days, customers)
    x, t_x, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    alive = np.ones(customers, dtype=bool)
    while alive.any():
        now = now + np.where(alive, rng.exponential(1 / rate), 0)
        bought = alive & (now < watched)
        x[bought] += 1
        t_x[bought] = now[bought]
        alive = bought & (rng.random(customers) > leave)
    return Purchases(x, t_x, watched)


def lines(customers: int = 500, seed: int = 3, days: int = 540) -> pa.Table:
    """Order lines of `days` days: regular and irregular customers, some of whom leave."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for c in range(customers):
        gap = float(rng.lognormal(3.2, 0.8))
        leave, price = float(rng.beta(0.8, 6)), float(rng.gamma(4, 8))
        at = float(rng.uniform(0, days * 0.8))
        order = 0
        while at < days:
            for line in range(int(rng.integers(1, 4))):
                amount = round(price * float(rng.gamma(3, 1 / 3)), 2)
                rows.append(_row(c, order, at, f"sku-{rng.integers(60)}-{line}", 1, amount))
            if rng.random() < 0.05:
                rows.append(_row(c, 1000 + order, at + 1, "sku-1", -1, -5.0))
            order += 1
            if rng.random() < leave:
                break
            at += max(0.5, gap * float(rng.gamma(2, 0.5)))
    return pa.Table.from_pylist(rows).cast(LINES)


def _row(
    c: int, order: int, at: float, sku: str, quantity: int, amount: float
) -> dict[str, object]:
    us = microseconds(START) + int(at * DAY_US)
    return {
        "customer_id": f"c{c:05d}",
        "order_id": f"o{c}-{order}",
        "ts_us": us,
        "sku": sku,
        "quantity": quantity,
        "amount": Decimal(f"{amount:.4f}").quantize(Decimal("0.0001")),
    }


def history(customers: int = 500, seed: int = 3) -> History:
    return History.from_arrow(lines(customers, seed))
