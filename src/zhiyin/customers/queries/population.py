"""What is usual among all customers: what one person's figures are held against.

Computed once a training and kept in memory, so that a page does not aggregate a million rows.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db import connection
from django.db.models import Avg

from zhiyin.accounts import seat
from zhiyin.customers.models import Customer

KEEP_SECONDS = 24 * 3600
_STEPS = 100


@dataclass(frozen=True)
class Population:
    """The hundred edges of predicted value, and each RFM segment's mean risk."""

    edges: tuple[float, ...]
    risks: dict[str, float]

    def top_share(self, value: float) -> int | None:
        """Among the top how many percent this value is; None where there is nothing to compare."""
        if not self.edges:
            return None
        return max(1, _STEPS - bisect_right(self.edges, value))


def population(scored_at: datetime) -> Population:
    """The population as of one training."""
    key = f"population:{scored_at.timestamp()}"
    found = cache.get(key)
    if isinstance(found, Population):
        return found
    with seat.system("what is usual among all customers; no single one is told"):
        known = Population(_edges(), _risks())
    cache.set(key, known, KEEP_SECONDS)
    return known


def _edges() -> tuple[float, ...]:
    shares = [step / _STEPS for step in range(1, _STEPS)]
    with connection.cursor() as cursor:
        cursor.execute(
            "select percentile_disc(%s::float8[]) within group (order by value_12m)"
            " from customers_customer where value_12m is not null",
            [shares],
        )
        row = cursor.fetchone()
    return tuple(float(edge) for edge in row[0]) if row and row[0] else ()


def _risks() -> dict[str, float]:
    means = (
        Customer.objects.exclude(churn_risk=None)
        .order_by()
        .values_list("rfm_segment")
        .annotate(mean=Avg("churn_risk"))
    )
    return {segment: mean for segment, mean in means if mean is not None}
