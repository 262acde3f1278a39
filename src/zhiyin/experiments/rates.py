"""The effect on a rate: how much more often the treated did something than the hold-out.

Interval of the difference: Newcombe's hybrid score interval ("Interval estimation for the
difference between independent proportions", Statistics in Medicine 17, 1998, method 10), made of
Wilson's intervals (JASA 22, 1927). It stays honest for few people and rates near 0 or 1.
"""

import math
from dataclasses import dataclass

from zhiyin.experiments.interval import Interval

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Rate:
    """So many of so many people."""

    hits: int
    people: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.people:
            raise ValueError("between none and all of the people")

    @property
    def value(self) -> float:
        return self.hits / self.people if self.people else math.nan


@dataclass(frozen=True)
class RateEffect:
    """Treated against hold-out: the difference of the rates, and the people it stands for."""

    treated: Rate
    control: Rate
    difference: Interval

    @property
    def total(self) -> Interval:
        """How many more people among the treated, than if nobody had been treated."""
        return self.difference.times(self.treated.people)


def wilson(rate: Rate, z: float = Z95) -> Interval:
    """Wilson's score interval of one rate; from 0 to 1 where there are no people."""
    if rate.people == 0:
        return Interval(0.0, math.nan, 1.0)
    n, p = rate.people, rate.value
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # at 0 and 1 the exact limit is the rate itself; rounding must not move it inside
    low = 0.0 if rate.hits == 0 else max(0.0, centre - half)
    high = 1.0 if rate.hits == n else min(1.0, centre + half)
    return Interval(low, p, high)


def rate_effect(treated: Rate, control: Rate) -> RateEffect:
    """The difference treated minus control with Newcombe's 95 % interval."""
    if treated.people == 0 or control.people == 0:
        return RateEffect(treated, control, Interval(-1.0, math.nan, 1.0))
    a, b = wilson(treated), wilson(control)
    difference = a.value - b.value
    low = difference - math.hypot(a.value - a.low, b.high - b.value)
    high = difference + math.hypot(a.high - a.value, b.value - b.low)
    return RateEffect(treated, control, Interval(low, difference, high))
