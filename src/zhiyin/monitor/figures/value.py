"""How the predicted value of the next 12 months is spread over people: bars, share, top tenth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from zhiyin.monitor.figures.asking import row, rows
from zhiyin.monitor.sight import Sight

BINS = 10
_STEPS = (Decimal(1), Decimal("2.5"), Decimal(5))

_SPREAD = """
select count(*), avg(c.value_12m), coalesce(sum(c.value_12m), 0),
    percentile_cont(0.5) within group (order by c.value_12m)
from customers_customer c
where c.value_12m is not null
    and (%(everybody)s or c.department_id = any(%(departments)s))
"""
_BINS = """
select width_bucket(c.value_12m, %(edges)s::numeric[]), count(*), sum(c.value_12m)
from customers_customer c
where c.value_12m is not null
    and (%(everybody)s or c.department_id = any(%(departments)s))
group by 1
union all
select -1, count(*), coalesce(sum(t.value_12m), 0)
from (
    select c.value_12m from customers_customer c
    where c.value_12m is not null
        and (%(everybody)s or c.department_id = any(%(departments)s))
    order by c.value_12m desc nulls last limit %(top)s
) t
"""


@dataclass(frozen=True)
class Bin:
    """People whose value is at least `starts` and less than the next bin's."""

    starts: Decimal
    people: int
    share: float  # of all predicted value


@dataclass(frozen=True)
class Spread:
    """The whole distribution."""

    people: int
    mean: Decimal
    median: float
    top_tenth: float  # share of all value that the top tenth of people holds
    bins: list[Bin]


def spread(sight: Sight) -> Spread | None:
    """None while nobody has a predicted value."""
    people, mean, total, median = row(_SPREAD, sight.params)
    if not people:
        return None
    edges = _edges(float(median))
    top = math.ceil(people / 10)
    found = rows(_BINS, {**sight.params, "edges": edges, "top": top})
    counted = {int(n): (int(count), float(value)) for n, count, value in found}
    whole = float(total)

    def share(value: float) -> float:
        return value / whole if whole > 0 else 0.0

    bins = []
    for n in range(BINS):
        count, value = counted.get(n + 1, (0, 0.0))
        if n == 0:  # what lies below zero is shown with the first
            more = counted.get(0, (0, 0.0))
            count, value = count + more[0], value + more[1]
        bins.append(Bin(edges[n], count, share(value)))
    return Spread(people, mean, float(median), share(counted[-1][1]), bins)


def _edges(median: float) -> list[Decimal]:
    """0 and nine doublings. The median falls in the fourth or fifth bin: the tail is long."""
    aim = max(median, 0.16) / 4
    size = Decimal(10) ** math.floor(math.log10(aim))
    base = max((size * step for step in _STEPS if size * step <= Decimal(aim)), default=size)
    return [Decimal(0), *(base * 2**n for n in range(BINS - 1))]
