"""Sales whose laws are known: weekdays, levels that differ by series, some rare sellers."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
WEEKDAY = np.array([0.6, 0.7, 0.8, 1.0, 1.4, 1.6, 0.9])


def daily(series: int = 12, days: int = 170, seed: int = 1, *, weekday: bool = True) -> pa.Table:
    """Poisson sales; every fourth series sells once a week or less."""
    rng = np.random.default_rng(seed)
    names, at, quantity = [], [], []
    for s in range(series):
        level = 0.15 if s % 4 == 3 else 4.0 * (1 + s % 5)
        for d in range(days):
            day = AS_OF - timedelta(days=days - d)
            rate = level * (WEEKDAY[day.weekday()] if weekday else 1.0)
            sold = int(rng.poisson(rate))
            if sold or d == 0:
                names.append(f"s{s:02d}")
                at.append(day + timedelta(hours=10))
                quantity.append(float(max(sold, 1 if d == 0 else sold)))
    return pa.table(
        {"product_id": names, "at": at, "quantity": quantity, "price": [2.5] * len(names)}
    )


def weekly(stores: int = 3, depts: int = 3, weeks: int = 130, seed: int = 2) -> pa.Table:
    """Two years and a half of weeks with a strong season of the year and a little growth."""
    rng = np.random.default_rng(seed)
    rows = []
    for store in range(stores):
        for dept in range(depts):
            level, phase = 100.0 * (1 + store), 2 * np.pi * dept / depts
            for w in range(weeks):
                season = 1 + 0.5 * np.sin(2 * np.pi * w / 52 + phase)
                value = level * season * 1.001**w * rng.normal(1, 0.04)
                rows.append(
                    {
                        "store": f"store-{store}",
                        "dept": f"dept-{dept}",
                        "at": AS_OF - timedelta(days=7 * (weeks - w) - 2),
                        "quantity": float(value),
                    }
                )
    return pa.Table.from_pylist(rows)
