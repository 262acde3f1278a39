"""Made tables of people with a label whose law is known: mixed types, gaps, and traps."""

import numpy as np
import pyarrow as pa


def leads(n: int = 1200, seed: int = 2) -> pa.Table:
    """Who converts: minutes on the site, where from, whether they were called; the rest is noise.

    The label is `converted`. `budget` is text that reads as a number, a tenth of everything is
    empty, `note` is different in each row and `source_system` the same in all.
    """
    rng = np.random.default_rng(seed)
    minutes, visits = rng.gamma(1.5, 8, n), rng.poisson(4, n)
    source = rng.choice(["search", "friend", "advert", "fair"], n, p=[0.5, 0.2, 0.25, 0.05])
    called = rng.random(n) < 0.4
    effect = {"search": 0.0, "friend": 1.4, "advert": -1.1, "fair": 0.3}
    odds = -2.2 + 0.09 * minutes + np.array([effect[s] for s in source]) + 0.6 * called
    happened = rng.random(n) < 1 / (1 + np.exp(-odds))
    return pa.table(
        {
            "lead_id": [f"L{i:05d}" for i in range(n)],
            "minutes": pa.array(minutes, mask=rng.random(n) < 0.1),
            "visits": pa.array(visits, pa.int64(), mask=rng.random(n) < 0.1),
            "source": pa.array(source, pa.string(), mask=rng.random(n) < 0.1),
            "called": pa.array(called),
            "budget": [f" {v:.2f} " if v > 20 else " " for v in rng.gamma(2, 40, n)],
            "since": pa.array(
                np.datetime64("2025-01-01", "us") + rng.integers(0, 300, n) * 86_400_000_000
            ),
            "note": [f"text {rng.integers(1 << 40)}" for _ in range(n)],
            "source_system": ["crm"] * n,
            "converted": np.where(happened, "yes", "no"),
        }
    )
