"""Who may not buy again, by RFM segment: forecast, interval, and what goes with them.

The interval is the mean of the people's own 95 % intervals, which the model took from what really
happened to people with such a score (Wilson, see insight.calibration). Members of a segment do not
stray independently, so the narrower interval of a sum would promise too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhiyin.customers.cells import tone_of_risk
from zhiyin.monitor.figures.asking import rows
from zhiyin.monitor.sight import Sight

HIGH = 0.7  # at least as likely as this not to buy again within 60 days
SHOWN = 5
DRIFTING = "at_risk_high_value"

_RISK = """
select c.rfm_segment, count(*), avg(c.churn_risk),
    avg(coalesce(c.churn_risk_low, c.churn_risk)),
    avg(coalesce(c.churn_risk_high, c.churn_risk)),
    coalesce(sum(c.churn_risk * greatest(c.value_12m, 0)), 0),
    count(*) filter (where c.churn_risk >= %(high)s), max(c.scored_at)
from customers_customer c
where c.churn_risk is not null
    and (%(everybody)s or c.department_id = any(%(departments)s))
group by 1
"""


@dataclass(frozen=True)
class Segment:
    """One RFM segment; `key` is empty for the small ones taken together."""

    key: str
    people: int
    risk: float
    low: float
    high: float
    loss: float  # risk times the value of the next 12 months, summed
    high_risk: int

    @property
    def tone(self) -> str:
        """The colour of its string."""
        return tone_of_risk(self.risk)


@dataclass(frozen=True)
class Risk:
    """All segments, the riskiest first."""

    segments: list[Segment]
    whole: Segment
    scored_at: datetime | None

    @property
    def drifting(self) -> Segment | None:
        """People of high value who are leaving."""
        return next((one for one in self.segments if one.key == DRIFTING), None)

    @property
    def shown(self) -> list[Segment]:
        """Those with most at stake, riskiest first, then the rest in one line."""
        by_loss = sorted(self.segments, key=lambda one: -one.loss)
        top = sorted(by_loss[:SHOWN], key=lambda one: -one.risk)
        rest = by_loss[SHOWN:]
        return [*top, _together("", rest)] if rest else top


def risk(sight: Sight) -> Risk | None:
    """None while nobody has a score."""
    found = rows(_RISK, {**sight.params, "high": HIGH})
    segments = sorted(
        (
            Segment(key, people, mean, low, top, float(loss), many)
            for key, people, mean, low, top, loss, many, _ in found
        ),
        key=lambda one: -one.risk,
    )
    if not segments:
        return None
    return Risk(
        segments, _together("", segments), max((one[-1] for one in found if one[-1]), default=None)
    )


def _together(key: str, parts: list[Segment]) -> Segment:
    people = sum(one.people for one in parts)

    def mean(values: list[float]) -> float:
        weighed = zip(values, parts, strict=True)
        return sum(value * one.people for value, one in weighed) / people

    return Segment(
        key,
        people,
        mean([one.risk for one in parts]),
        mean([one.low for one in parts]),
        mean([one.high for one in parts]),
        sum(one.loss for one in parts),
        sum(one.high_risk for one in parts),
    )
