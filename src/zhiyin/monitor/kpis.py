"""The strip of figures: each with the one before it, its trend, and the people behind it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

Amount = Decimal | float | int


@dataclass(frozen=True)
class Change:
    """How a figure stands to the one before; `ratio` is None where there was nothing before."""

    now: Amount | None
    before: Amount | None

    @property
    def ratio(self) -> float | None:
        if self.now is None or not self.before or self.before < 0:
            return None
        return float(self.now) / float(self.before) - 1

    @property
    def points(self) -> float | None:
        """The difference of two shares."""
        if self.now is None or self.before is None:
            return None
        return float(self.now) - float(self.before)


def direction(difference: float | None) -> str:
    """up, down, or nothing where it would be shown as 0.0."""
    if difference is None or abs(difference) < 0.0005:
        return ""
    return "up" if difference > 0 else "down"


def better(difference: float | None) -> str:
    """yes or no for a figure of which more is better."""
    return {"up": "yes", "down": "no", "": ""}[direction(difference)]


def trend(values: list[Amount | None]) -> list[float]:
    """Newest first as it was asked, oldest first as it is drawn; empty while too short."""
    known = [float(one) for one in reversed(values) if one is not None]
    return known if len(known) > 2 and any(known) else []
