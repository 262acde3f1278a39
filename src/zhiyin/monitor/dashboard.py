"""The dashboard as its template needs it: strip, charts, tables, and the ways to the people."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from zhiyin.monitor import links
from zhiyin.monitor.board import Board
from zhiyin.monitor.export import segment_name
from zhiyin.monitor.figures.risk import HIGH, Segment
from zhiyin.monitor.figures.value import Spread
from zhiyin.monitor.kpis import Amount, Change, better, direction, trend
from zhiyin.monitor.sight import Sight


@dataclass(frozen=True)
class Figure:
    """One cell of the strip."""

    value: Amount | None
    before: Amount | None
    difference: float | None  # a ratio, or points for a share
    spark: list[float]
    url: str

    @property
    def direction(self) -> str:
        return direction(self.difference)

    @property
    def better(self) -> str:
        return better(self.difference)

    @property
    def size(self) -> float | None:
        """The difference without its sign, or None where there is none to show."""
        return abs(self.difference) if self.difference is not None and self.direction else None


def figures(board: Board, sight: Sight) -> dict[str, Figure]:
    """The four that trade alone decides."""
    everybody = links.people(sight)
    recent = links.people(sight, sort="-last_order_at")
    now, before, rate = board.now, board.before, board.repurchase

    def counted(values: list[Amount | None], url: str) -> Figure:
        change = Change(values[0], values[1]).ratio
        return Figure(values[0], values[1], change, trend(values), url)

    shares: list[Amount | None] = [one.share for one in rate]
    return {
        "revenue": counted([one.revenue for one in board.trade], recent),
        "active": counted([one.buyers for one in board.trade], recent),
        "repurchase": Figure(
            rate[0].share,
            rate[3].share,
            Change(rate[0].share, rate[3].share).points,
            trend(shares),
            links.people(sight, sort="-orders"),
        ),
        "order": Figure(
            now.order_value,
            before.order_value,
            Change(now.order_value, before.order_value).ratio,
            trend([one.order_value for one in board.trade]),
            everybody,
        ),
    }


@dataclass(frozen=True)
class Line:
    """A row of the churn table."""

    segment: Segment
    name: str
    url: str


@dataclass(frozen=True)
class ChurnTable:
    """The rows and the scale of their strings."""

    lines: list[Line]
    whole: Segment
    end: float  # of the scale: 0.2, 0.4 … 1

    @property
    def ticks(self) -> list[int]:
        return [round(self.end * 100 * part / 4) for part in range(5)]


def churn(board: Board, sight: Sight) -> ChurnTable | None:
    """The segments with most at stake, the riskiest first."""
    if board.risk is None:
        return None
    shown = board.risk.shown
    end = next(e / 5 for e in range(1, 6) if e == 5 or max(s.high for s in shown) <= e / 5)
    lines = [
        Line(one, segment_name(one.key), links.people(sight, rfm=one.key) if one.key else "")
        for one in shown
    ]
    return ChurnTable(lines, board.risk.whole, end)


def high_risk_url(sight: Sight) -> str:
    """The people at high risk."""
    return links.people(sight, risk=f"{HIGH * 100:g}", sort="-churn_risk")


def value_chart(spread: Spread, sight: Sight, currency: str) -> dict[str, object]:
    """The distribution for the chart component: bars of people, the share of value as a line."""
    return {
        "kind": "distribution",
        "bins": [_edge(one.starts, last=one is spread.bins[-1]) for one in spread.bins],
        "counts": [one.people for one in spread.bins],
        "shares": [round(one.share, 4) for one in spread.bins],
        "urls": [links.people(sight, value=f"{one.starts:f}") for one in spread.bins],
        "names": {
            "x": gettext("Predicted value (%(currency)s)") % {"currency": currency},
            "count": gettext("People"),
            "share": gettext("Share of value"),
        },
    }


def _edge(value: Decimal, *, last: bool) -> str:
    size, name = (Decimal(1000), "k") if value >= 1000 else (Decimal(1), "")
    return f"{(value / size).normalize():f}{name}{'+' if last else ''}"
