"""An estimate with its interval, and what may be said about it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What an interval allows to say: more, less, or that it is too early to tell."""

    MORE = "more"
    LESS = "less"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Interval:
    """An estimate between its 95 % limits."""

    low: float
    value: float
    high: float

    @property
    def verdict(self) -> Verdict:
        if self.low > 0:
            return Verdict.MORE
        if self.high < 0:
            return Verdict.LESS
        return Verdict.UNCLEAR

    def times(self, factor: float) -> "Interval":
        """The interval of a multiple; a negative factor turns it round."""
        low, high = sorted((self.low * factor, self.high * factor))
        return Interval(low, self.value * factor, high)

    def plus(self, constant: float) -> "Interval":
        """The interval moved by a constant."""
        return Interval(self.low + constant, self.value + constant, self.high + constant)
