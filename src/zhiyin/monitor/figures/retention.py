"""Retention: of those who first bought in a month, how many bought again k months on.

Months are the shop's own. The last cell of a row is the running month and is marked unfinished,
unless the data ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from zhiyin.experiments.rates import Rate, rate_effect
from zhiyin.monitor.figures.asking import rows
from zhiyin.monitor.periods import month_start, months_before
from zhiyin.monitor.sight import Sight

COHORTS = 9
SHADES = 6

_RETENTION = """
with buyers as materialized (
    select c.id, width_bucket(c.first_order_at, %(months)s::timestamptz[]) as cohort
    from customers_customer c
    where c.first_order_at >= %(start)s and c.first_order_at < %(running)s
        and (%(everybody)s or c.department_id = any(%(departments)s))
), months as (
    select b.id, b.cohort, width_bucket(o.ordered_at, %(months)s::timestamptz[]) as month
    from buyers b join customers_order o on o.customer_id = b.id
    where o.kind = 'sale' and o.ordered_at >= %(start)s and o.ordered_at < %(as_of)s
    group by 1, 2, 3
)
select cohort, month, count(*) from months group by 1, 2 order by 1, 2
"""


@dataclass(frozen=True)
class Cell:
    """One month of one cohort, as the component `cohort` draws it."""

    people: int
    share: float
    shade: int
    unfinished: bool
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One cohort: the month, its people, and the months after it."""

    first: date
    people: int
    cells: list[Cell]
    missing: range

    @property
    def label(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True)
class Contrast:
    """The cohorts that came back most and least in their first month, and whether that is luck."""

    best: Row
    worst: Row
    differs: bool  # the 95 % interval of the difference (Newcombe) does not hold zero


def retention(as_of: datetime, sight: Sight) -> list[Row]:
    """The nine months before the running one; a month in which nobody began has no row."""
    running = month_start(as_of)
    months = [months_before(running, n) for n in range(COHORTS, -1, -1)]
    found = rows(
        _RETENTION,
        {
            **sight.params,
            "months": months,
            "start": months[0],
            "running": running,
            "as_of": as_of,
        },
    )
    begin = _number(timezone.localtime(months[0]).date()) - 1  # the first bucket is number 1
    active = {(begin + cohort, begin + month): people for cohort, month, people in found}
    last = begin + COHORTS + 1
    finished = as_of >= months_before(running, -1)
    shares: dict[int, list[tuple[int, float]]] = {}
    for cohort in sorted({cohort for cohort, _ in active}):
        size = active.get((cohort, cohort), 0)
        if not size:  # their first order was undone or is no sale: no base to take shares of
            continue
        seen = [active.get((cohort, month), 0) for month in range(cohort + 1, last + 1)]
        shares[cohort] = [(people, people / size) for people in seen]
    return _drawn(shares, active, finished)


def contrast(table: list[Row]) -> Contrast | None:
    """What stands out in the first month; None with fewer than two finished cohorts."""
    known = [row for row in table if row.cells and not row.cells[0].unfinished]
    if len(known) < 2:
        return None
    best = max(known, key=lambda row: row.cells[0].share)
    worst = min(known, key=lambda row: row.cells[0].share)
    effect = rate_effect(_rate(best), _rate(worst))
    return Contrast(best, worst, effect.difference.low > 0)


def _rate(row: Row) -> Rate:
    return Rate(row.cells[0].people, row.people)


def _number(month: date) -> int:
    return month.year * 12 + month.month - 1


def _drawn(
    shares: dict[int, list[tuple[int, float]]], active: dict[tuple[int, int], int], finished: bool
) -> list[Row]:
    """Rows with their shades; a month that is not over does not move the scale."""
    over = [share for cells in shares.values() for _, share in (cells if finished else cells[:-1])]
    low, high = (min(over), max(over)) if over else (0.0, 0.0)
    width = max((len(cells) for cells in shares.values()), default=0)
    return [
        Row(
            date(cohort // 12, cohort % 12 + 1, 1),
            active[cohort, cohort],
            [
                Cell(people, share, _shade(share, low, high), n == len(cells) and not finished)
                for n, (people, share) in enumerate(cells, start=1)
            ],
            range(width - len(cells)),
        )
        for cohort, cells in shares.items()
    ]


def _shade(share: float, low: float, high: float) -> int:
    """The step of the one-hue scale between the lowest and the highest share of the table."""
    if high <= low:
        return 0
    return max(0, min(SHADES - 1, int((share - low) / (high - low) * SHADES)))
