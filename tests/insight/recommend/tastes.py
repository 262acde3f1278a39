"""A shop with planted tastes: each customer buys from one of four shelves, in a random order."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
SHELVES, EACH = 4, 15


def shelf(product_id: str) -> int:
    return int(product_id[1:]) // EACH


def ratings(customers: int = 160, seed: int = 2, *, faithful: float = 0.9) -> pa.Table:
    """`faithful`: share of purchases from the own shelf; 0.25 is no taste at all."""
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(customers):
        own = c % SHELVES
        bought: set[int] = set()
        for n in range(int(rng.integers(4, 11))):
            at = own if rng.random() < faithful else int(rng.integers(SHELVES))
            product = at * EACH + int(rng.integers(EACH))
            if product in bought:
                continue
            bought.add(product)
            rows.append(
                {
                    "customer_id": f"c{c:03d}",
                    "product_id": f"p{product:02d}",
                    "at": AS_OF - timedelta(days=200 - 10 * n, hours=c % 24),
                    "weight": float(rng.integers(1, 4)),
                }
            )
    return pa.Table.from_pylist(rows)


def products() -> pa.Table:
    """The shelves as attributes, and one new product for each that nobody has bought yet."""
    known = [(f"p{i:02d}", i // EACH) for i in range(SHELVES * EACH)]
    new = [(f"p{(s + 1) * EACH - 1}-new", s) for s in range(SHELVES)]
    shades = ["red", "blue", "green"]
    return pa.table(
        {
            "product_id": [p for p, _ in known + new],
            "name": [f"thing {p}" for p, _ in known + new],
            "category": [f"shelf-{s}" for _, s in known + new],
            "colour": [shades[i % 3] for i in range(len(known + new))],
        }
    )


def people(customers: int = 160) -> pa.Table:
    """What shelf a customer likes shows in his city; the last four have bought nothing."""
    ids = [f"c{c:03d}" for c in range(customers)] + [f"new{s}" for s in range(SHELVES)]
    city = [f"city-{c % SHELVES}" for c in range(customers)] + [f"city-{s}" for s in range(SHELVES)]
    return pa.table({"customer_id": ids, "city": city})
