"""A report as the result page draws it: strings with their ends, and the chart's data."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from django.utils.translation import gettext as _

from zhiyin.engage.results import Report
from zhiyin.experiments import Interval


@dataclass(frozen=True)
class Line:
    """An estimate with its interval on a line that holds zero."""

    low: float
    value: float
    high: float
    start: float
    end: float
    verdict: str


@dataclass(frozen=True)
class Shown:
    """What the page draws; a line is None where it cannot be drawn."""

    points: Line | None
    total: Line | None
    roi: Line | None
    chart: dict[str, object] | None  # from the second day on


def show(report: Report) -> Shown:
    """The drawings of a report; none of an effect that is not to be trusted or not known yet."""
    known = report.effect is not None and report.effect.trusted and not report.window.lacks_orders
    found = report.effect if known else None
    returned = found.returned if found else None
    return Shown(
        points=_line(found.conversion.difference.times(100)) if found else None,
        total=_line(found.revenue.total) if found else None,
        roi=_line(returned.roi) if returned and returned.roi else None,
        chart=_chart(report) if len(report.daily) > 1 and not report.window.lacks_orders else None,
    )


def _line(interval: Interval) -> Line | None:
    if not all(isfinite(one) for one in (interval.low, interval.value, interval.high)):
        return None
    if interval.low == interval.high:  # nobody spent anything: no spread, so nothing is known
        return None
    low, high = min(interval.low, 0.0), max(interval.high, 0.0)
    pad = 0.08 * (high - low) or 1.0
    return Line(
        interval.low, interval.value, interval.high, low - pad, high + pad, interval.verdict.value
    )


def _chart(report: Report) -> dict[str, object]:
    days = [f"{day}" for day, _one, _other in report.daily]
    return {
        "kind": "band",
        "percent": True,
        "min": 0,
        "x": days,
        "series": [
            {"name": _("Treated"), "values": [one for _day, one, _other in report.daily]},
            {
                "name": _("Hold-out"),
                "baseline": True,
                "values": [other for _day, _one, other in report.daily],
            },
        ],
    }
