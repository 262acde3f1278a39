"""How small a difference a campaign could still see: told before it is sent, beside the hold-out.

Two-sided 5 % level, 80 % power. Rates by Fleiss, Tytun and Ury (Biometrics 36, 1980, without the
continuity correction): the null variance at the pooled rate, the other at the two rates. Means by
the normal approximation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from zhiyin.experiments.rates import Z95

Z80 = 0.8416212335729143


@dataclass(frozen=True)
class Detectable:
    """The smallest rise and fall of a rate that would be seen; None where even all or nothing
    would not."""

    treated: int
    control: int
    base: float
    rise: float | None
    fall: float | None

    @property
    def smallest(self) -> float | None:
        """The size from which a difference is seen, whichever its direction.

        The larger of the two; where only one direction has room enough, that one.
        """
        return max((each for each in (self.rise, self.fall) if each is not None), default=None)


def detectable_rate(treated: int, control: int, base: float) -> Detectable:
    """What difference from the hold-out's rate `base` would be seen with 80 % power."""
    if not 0 <= base <= 1:
        raise ValueError("a rate is between 0 and 1")
    if min(treated, control) < 1:
        return Detectable(treated, control, base, None, None)

    def search(limit: float, sign: int) -> float | None:
        if limit <= 0 or not _seen(treated, control, base, base + sign * limit):
            return None
        low, high = 0.0, limit
        for _ in range(60):
            middle = (low + high) / 2
            if _seen(treated, control, base, base + sign * middle):
                high = middle
            else:
                low = middle
        return high

    return Detectable(treated, control, base, search(1 - base, 1), search(base, -1))


def _seen(treated: int, control: int, base: float, other: float) -> bool:
    pooled = (treated * other + control * base) / (treated + control)
    null = math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / treated + 1 / control))
    real = math.sqrt(max(0.0, other * (1 - other)) / treated + base * (1 - base) / control)
    return abs(other - base) >= Z95 * null + Z80 * real


def detectable_mean(treated: int, control: int, spread: float) -> float:
    """The smallest difference per person that would be seen, where amounts spread so far
    (standard deviation)."""
    if min(treated, control) < 2:
        return math.inf
    return (Z95 + Z80) * spread * math.sqrt(1 / treated + 1 / control)


@dataclass(frozen=True)
class HoldOutAdvice:
    """What a hold-out of this size can see, and a larger one that would see more."""

    people: int
    share: float
    now: Detectable
    better_share: float | None
    better: Detectable | None

    @property
    def sentence(self) -> Mapping[str, str]:
        """For the hint beside the slider, in both languages."""
        held, now = self.now.control, self.now.smallest
        if held == 0:
            return {
                "zh": "没有对照组，就无法知道效果。",
                "en": "Without a hold-out the effect cannot be known.",
            }
        if now is None:
            zh = f"{held:,} 人太少：再大的差别也看不出。"
            en = f"{held:,} people are too few to see any difference."
        else:
            points = _points(now)
            zh = f"对照组 {held:,} 人：要差 {points} 个百分点以上才看得出（把握 80%）。"
            en = (
                f"Hold-out of {held:,}: a difference of {points} points or more would be seen "
                "(80% power)."
            )
        if self.better is None or self.better_share is None or self.better.smallest is None:
            return {"zh": zh, "en": en}
        share, points = f"{self.better_share:.0%}", _points(self.better.smallest)
        return {
            "zh": f"{zh}留 {share} 可到 {points} 个百分点。",
            "en": f"{en} Holding out {share} would show {points}.",
        }


def advise_hold_out(people: int, share: float, base: float) -> HoldOutAdvice:
    """What a hold-out share can see of a rate that is `base` without the campaign.

    Recommends the smallest of 10, 20, 30 and 50 % that sees a difference a quarter smaller.
    """
    if not 0 <= share < 1:
        raise ValueError("a hold-out is between none and all of the people")
    now = _at(people, share, base)
    for better_share in (0.1, 0.2, 0.3, 0.5):
        better = _at(people, better_share, base)
        if better_share <= share or better.smallest is None:
            continue
        if now.smallest is None or better.smallest <= 0.75 * now.smallest:
            return HoldOutAdvice(people, share, now, better_share, better)
    return HoldOutAdvice(people, share, now, None, None)


def _at(people: int, share: float, base: float) -> Detectable:
    held = round(people * share)
    return detectable_rate(people - held, held, base)


def _points(difference: float) -> str:
    points = difference * 100
    return f"{math.ceil(points)}" if points >= 10 else f"{math.ceil(points * 10) / 10:g}"
