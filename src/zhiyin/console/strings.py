"""The string 弦: where an estimate, its interval, a baseline and zero lie on one line.

Geometry only; drawn by the template tag `xian` as SVG with percentages, so it needs no script and
no inline style and grows with its column.
"""

from __future__ import annotations

from dataclasses import dataclass

from zhiyin.console.formats import Numeric, decimal


@dataclass(frozen=True)
class Marks:
    """Positions in percent of the width; None where there is no such mark."""

    low: float | None
    high: float | None
    at: float | None
    base: float | None
    zero: float | None

    @property
    def band(self) -> float:
        """The width of the interval's band."""
        return 0.0 if self.low is None or self.high is None else self.high - self.low


def place(
    *,
    low: Numeric = None,
    high: Numeric = None,
    at: Numeric = None,
    base: Numeric = None,
    zero: Numeric = None,
    minimum: Numeric = 0,
    maximum: Numeric = 100,
) -> Marks:
    """Put the marks on a line from `minimum` to `maximum`; what lies outside is put at its end."""
    start, end = decimal(minimum), decimal(maximum)
    left = float(start) if start is not None else 0.0
    width = (float(end) if end is not None else 100.0) - left

    def percent(value: Numeric) -> float | None:
        known = decimal(value)
        if known is None or width <= 0:
            return None
        return round(min(100.0, max(0.0, (float(known) - left) / width * 100)), 2)

    return Marks(percent(low), percent(high), percent(at), percent(base), percent(zero))


def spark(values: list[float], width: int = 44, height: int = 20) -> tuple[str, float, float]:
    """The path of a sparkline, and where its last point lies."""
    pad = 2.0
    low, high = min(values), max(values)
    step = width / max(1, len(values) - 1)

    def y(value: float) -> float:
        span = high - low
        return height / 2 if span == 0 else pad + (high - value) / span * (height - 2 * pad)

    points = [(round(i * step, 1), round(y(v), 1)) for i, v in enumerate(values)]
    path = "M" + " L".join(f"{x} {y}" for x, y in points)
    return path, *points[-1]
