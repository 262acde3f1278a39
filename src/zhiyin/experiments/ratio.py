"""Did the arms get the people they should have? If not, no effect may be believed.

A chi-square test of the observed numbers against the planned shares (Fabijan et al., "Diagnosing
sample ratio mismatch", KDD 2019). The alarm is at p < 0.001, since it is asked of every campaign.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scipy.special import chdtrc

ALARM = 0.001


@dataclass(frozen=True)
class RatioCheck:
    """The observed and expected people of each arm, and how likely so large a gap is by chance."""

    observed: Mapping[str, int]
    expected: Mapping[str, float]
    p_value: float

    @property
    def mismatch(self) -> bool:
        return self.p_value < ALARM

    @property
    def sentence(self) -> Mapping[str, str]:
        """The finding for people, in both languages."""
        if not self.mismatch:
            return {
                "zh": "各组人数与计划相符。",
                "en": "The groups have the sizes that were planned.",
            }
        worst = max(self.observed, key=lambda arm: abs(self.observed[arm] - self.expected[arm]))
        have, plan = self.observed[worst], self.expected[worst]
        return {
            "zh": f"分组人数不对：{worst} 有 {have:,} 人，按计划应约 {plan:,.0f} 人。"
            "先查原因，结果暂不可信。",
            "en": f"The groups are not as planned: {worst} has {have:,} people instead of about "
            f"{plan:,.0f}. Find the cause first; the result cannot be trusted yet.",
        }


def check_ratio(observed: Mapping[str, int], shares: Mapping[str, float]) -> RatioCheck:
    """Compare the people in each arm with the planned shares.

    An arm with share 0 counts for nothing when it is empty, and for everything when it is not.
    """
    if set(observed) - set(shares):
        raise ValueError("every arm has a planned share")
    total, weight = sum(observed.values()), sum(shares.values())
    if weight <= 0 or any(share < 0 for share in shares.values()):
        raise ValueError("shares are not negative and not all zero")
    counts = {arm: observed.get(arm, 0) for arm in shares}
    expected = {arm: total * share / weight for arm, share in shares.items()}
    planned = [arm for arm, share in shares.items() if share > 0]
    if any(counts[arm] > 0 for arm in shares if arm not in planned):
        return RatioCheck(counts, expected, 0.0)
    if total == 0 or len(planned) < 2:
        return RatioCheck(counts, expected, 1.0)
    statistic = sum((counts[arm] - expected[arm]) ** 2 / expected[arm] for arm in planned)
    return RatioCheck(counts, expected, float(chdtrc(len(planned) - 1, statistic)))
