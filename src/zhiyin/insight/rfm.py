"""RFM: how recently, how often and for how much a customer buys, each from 1 to 5.

The edges are the quintiles at the day of the fit and stay fixed until the next fit, so that a
customer changes segment because of what he does and not because others change. `RULES` is the
whole table of segments, read from the top; the first rule that fits names the segment.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight.contract import (
    Floats,
    Frame,
    NotEnoughHistoryError,
    Past,
    Reason,
    Words,
    remembered,
    score_table,
)

NEW_DAYS = 30


class Rule(msgspec.Struct, frozen=True):
    """A segment: the scores from-to that belong to it, both ends included."""

    key: str
    name: Words
    meaning: Words
    r: tuple[int, int] = (1, 5)
    f: tuple[int, int] = (1, 5)
    m: tuple[int, int] = (1, 5)
    new_only: bool = False


RULES: tuple[Rule, ...] = (
    Rule("new", Words("新客", "New"),
         Words("第一次购买不到 30 天，只有一单", "First purchase within 30 days, one order"),
         new_only=True),
    Rule("champions", Words("高价值稳定", "Champions"),
         Words("最近买过，买得勤，花得多", "Bought recently, often and for much"),
         r=(4, 5), f=(4, 5), m=(4, 5)),
    Rule("loyal", Words("忠实常客", "Loyal"),
         Words("买得勤，最近也在", "Buy often and are still here"), r=(3, 5), f=(4, 5)),
    Rule("big_spenders", Words("大额客户", "Big spenders"),
         Words("花得多但买得不勤", "Spend much though not often"), r=(3, 5), f=(1, 3), m=(4, 5)),
    Rule("at_risk_high_value", Words("高价值走远", "At-risk high value"),
         Words("花得多，但很久没来", "Spent much, but long ago"), r=(1, 2), m=(4, 5)),
    Rule("at_risk", Words("常客走远", "At-risk regulars"),
         Words("过去常来，现在不来了", "Used to come often, now do not"), r=(1, 2), f=(3, 5)),
    Rule("promising", Words("成长中", "Promising"),
         Words("最近来过，还可以更多", "Came recently, could grow"), r=(4, 5)),
    Rule("needs_attention", Words("需要关注", "Needs attention"),
         Words("不远不近，正在变淡", "Neither near nor far, fading"), r=(3, 3)),
    Rule("hibernating", Words("沉睡", "Hibernating"),
         Words("很久没来，买得少", "Long gone, bought little")),
)  # fmt: skip


class RfmModel(msgspec.Struct, frozen=True, tag="rfm"):
    """The edges between the scores 1 to 5."""

    recency: list[float]
    frequency: list[float]
    monetary: list[float]

    def grades(self, frame: Frame) -> tuple[Floats, Floats, Floats]:
        """R, F and M of each customer; 5 is best (for R: the most recent)."""
        r = 5 - np.searchsorted(self.recency, frame.column("recency_days"), side="left")
        f = 1 + np.searchsorted(self.frequency, frame.column("orders"), side="left")
        m = 1 + np.searchsorted(self.monetary, frame.column("revenue"), side="left")
        return r.astype(np.float64), f.astype(np.float64), m.astype(np.float64)

    def segments(self, frame: Frame) -> list[Rule]:
        r, f, m = self.grades(frame)
        new = (frame.column("tenure_days") <= NEW_DAYS) & (frame.column("orders") <= 1)
        chosen = np.full(len(frame), len(RULES) - 1)
        free = np.ones(len(frame), dtype=bool)
        for at, rule in enumerate(RULES):
            fits = free & _between(r, rule.r) & _between(f, rule.f) & _between(m, rule.m)
            if rule.new_only:
                fits &= new
            chosen[fits] = at
            free &= ~fits
        return [RULES[i] for i in chosen]

    def table(self, frame: Frame) -> pa.Table:
        """customer_id, r, f, m, segment key and both names."""
        r, f, m = self.grades(frame)
        rules = self.segments(frame)
        return pa.table(
            {
                "customer_id": frame.ids,
                "r": pa.array(r.astype(np.int8)),
                "f": pa.array(f.astype(np.int8)),
                "m": pa.array(m.astype(np.int8)),
                "segment": [rule.key for rule in rules],
                "name_zh": [rule.name.zh for rule in rules],
                "name_en": [rule.name.en for rule in rules],
            }
        )

    def score_frame(self, frame: Frame) -> pa.Table:
        """value is the three digits RFM (543 = recent, frequent, middling)."""
        r, f, m = self.grades(frame)
        facts = zip(
            self.segments(frame), r, f, m,
            frame.column("recency_days"), frame.column("orders"), frame.column("revenue"),
            strict=True,
        )  # fmt: skip
        told = [
            msgspec.json.encode([_reason(rule, grades, days, orders, money)]).decode()
            for rule, *grades, days, orders, money in facts
        ]
        return score_table(frame.ids, 100 * r + 10 * f + m, reasons=told)

    def score(self, history: Past, as_of: datetime) -> pa.Table:
        return self.score_frame(remembered(history).frame(as_of))


def _reason(rule: Rule, grades: list[float], days: float, orders: float, money: float) -> Reason:
    digits = "R{:.0f} F{:.0f} M{:.0f}".format(*grades)
    return Reason(
        rule.key,
        f"{rule.name.zh}：{days:,.0f} 天前买过，共 {orders:,.0f} 单，消费 {money:,.0f}（{digits}）",
        f"{rule.name.en}: last purchase {days:,.0f} days ago, orders {orders:,.0f}, "
        f"spent {money:,.0f} ({digits})",
        0.0,
    )


def _between(grade: Floats, ends: tuple[int, int]) -> np.ndarray:
    return np.asarray((grade >= ends[0]) & (grade <= ends[1]))


def edges(values: Floats) -> list[float]:
    """Four quintile edges of the known values. Equal edges are allowed: then a score is skipped."""
    known = values[np.isfinite(values)]
    return [float(v) for v in np.quantile(known, [0.2, 0.4, 0.6, 0.8])]


@dataclass(frozen=True)
class Rfm:
    name: str = "rfm"

    def fit(self, history: Past, as_of: datetime) -> RfmModel:
        return self.fit_frame(remembered(history).frame(as_of))

    def fit_frame(self, frame: Frame) -> RfmModel:
        if len(frame) == 0:
            raise NotEnoughHistoryError("RFM needs at least one customer with a purchase")
        return RfmModel(
            edges(frame.column("recency_days")),
            edges(frame.column("orders")),
            edges(frame.column("revenue")),
        )
