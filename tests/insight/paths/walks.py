"""Walks of customers through a shop, with one path planted that goes with the outcome."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = ["view", "search", "cart", "compare", "coupon", "reviews", "help", "account"]


def walks(
    customers: int = 4_000,
    seed: int = 1,
    *,
    planted: float = 1.0,
    base: float = 0.1,
    by_length: float = 0.0,
) -> tuple[pa.Table, pa.Table]:
    """Events, and whether the outcome came.

    Whoever goes from cart straight to compare has it `planted` times as often. `by_length`: how
    much likelier each further event makes it, by itself.
    """
    rng = np.random.default_rng(seed)
    length = rng.integers(4, 14, customers)
    who = np.repeat(np.arange(customers), length)
    event = rng.integers(0, len(EVENTS), len(who))
    step = np.concatenate([np.arange(n) for n in length])
    # never the same twice in a row, which would be one event
    for _ in range(20):
        same = (step > 0) & (event == np.r_[-1, event[:-1]])
        event[same] = rng.integers(0, len(EVENTS), int(same.sum()))
    follows = (event == 3) & (np.r_[-1, event[:-1]] == 2) & (step > 0)
    has = np.bincount(who, weights=follows, minlength=customers) > 0
    chance = base * np.where(has, planted, 1.0) * (1 + by_length * (length - 4))
    happened = rng.random(customers) < np.minimum(chance, 1.0)
    start = np.datetime64(AS_OF.replace(tzinfo=None) - timedelta(days=30), "us")
    at = start + (who % 20 * 86_400 + step * 60).astype("timedelta64[s]")
    events = pa.table(
        {
            "customer_id": [f"c{w:05d}" for w in who],
            "event": [EVENTS[e] for e in event],
            "at": pa.array(at),
            "weight": 1.0 + (event == 2),
        }
    )
    ids = [f"c{c:05d}" for c in range(customers)]
    return events, pa.table({"customer_id": ids, "happened": happened})
