"""The result of a campaign: what it added, with its interval, and whether it paid.

Reads one table with a row for each person who was assigned, sent to or not: the effect is that of
the decision to treat (intention to treat), so nobody is left out for not opening a letter.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.experiments.assignment import HOLD_OUT
from zhiyin.experiments.interval import Interval, Verdict
from zhiyin.experiments.means import MeanEffect, mean_effect
from zhiyin.experiments.rates import Rate, RateEffect, rate_effect
from zhiyin.experiments.ratio import RatioCheck, check_ratio

Text = Mapping[str, str]


@dataclass(frozen=True)
class Return:
    """Cost against the margin on the added revenue; the interval is that of the increment."""

    cost: Decimal
    margin: float
    gain: Interval  # added margin less the cost
    roi: Interval | None  # gain over cost, None where it cost nothing

    @property
    def sentence(self) -> Text:
        if self.roi is None:
            return {"zh": "没有成本，不算投资回报。", "en": "It cost nothing; there is no ROI."}
        low, value, high = (f"{each:+.0%}" for each in _three(self.roi))
        match self.roi.verdict:
            case Verdict.MORE:
                zh, en = "赚回了成本", "It paid for itself"
            case Verdict.LESS:
                zh, en = "没有赚回成本", "It did not pay for itself"
            case _:
                zh, en = "是否赚回成本还说不准", "Too early to say whether it paid for itself"
        return {
            "zh": f"{zh}：投资回报 {value}（95% 区间 {low} 到 {high}）。",
            "en": f"{en}: ROI {value} (95% interval {low} to {high}).",
        }


@dataclass(frozen=True)
class Effect:
    """Everything that a result page says about a campaign with a hold-out."""

    conversion: RateEffect
    revenue: MeanEffect
    ratio: RatioCheck
    returned: Return | None

    @property
    def trusted(self) -> bool:
        """False where the groups have the wrong sizes: then no verdict is given."""
        return not self.ratio.mismatch

    @property
    def conversion_sentence(self) -> Text:
        return self.ratio.sentence if not self.trusted else tell_rate(self.conversion)

    def revenue_sentence(self, currency: str) -> Text:
        return self.ratio.sentence if not self.trusted else tell_mean(self.revenue, currency)


def effect(
    people: pa.Table,
    *,
    hold_out_share: float,
    rng: np.random.Generator,
    cost: Decimal | None = None,
    margin: float = 1.0,
) -> Effect:
    """Measure a campaign from one row a person.

    Columns: variant string ("hold_out" or any other name for the treated), converted bool,
    revenue (number or decimal), and, where known, revenue_before from an equally long time before.
    `margin` is the part of revenue that is left after the goods.
    """
    held = pc.equal(people["variant"], HOLD_OUT)
    control, treated = people.filter(held), people.filter(pc.invert(held))
    conversion = rate_effect(_rate(treated), _rate(control))
    before = None
    if "revenue_before" in people.column_names:
        before = (_amounts(treated, "revenue_before"), _amounts(control, "revenue_before"))
    revenue = mean_effect(
        _amounts(treated, "revenue"), _amounts(control, "revenue"), before=before, rng=rng
    )
    ratio = check_ratio(
        {"treated": treated.num_rows, HOLD_OUT: control.num_rows},
        {"treated": 1 - hold_out_share, HOLD_OUT: hold_out_share},
    )
    returned = None if cost is None else return_on(revenue, cost, margin)
    return Effect(conversion, revenue, ratio, returned)


def return_on(revenue: MeanEffect, cost: Decimal, margin: float = 1.0) -> Return:
    """The added margin less the cost, and over the cost."""
    if cost < 0 or not 0 < margin <= 1:
        raise ValueError("a cost is not negative and a margin is above 0 and at most 1")
    gain = revenue.total.times(margin).plus(-float(cost))
    return Return(cost, margin, gain, gain.times(1 / float(cost)) if cost else None)


def tell_rate(found: RateEffect) -> Text:
    """The effect on a rate in words, with how many people it comes to."""
    if math.isnan(found.difference.value):
        return {
            "zh": "还说不准：有一组没有人。",
            "en": "Too early to say: one of the groups is empty.",
        }
    low, value, high = (each * 100 for each in _three(found.difference))
    fewest, _, most = _three(found.total)
    gap_zh = f"相差 {value:+.1f} 个百分点（95% 区间 {low:+.1f} 到 {high:+.1f}）"
    gap_en = f"{value:+.1f} points (95% interval {low:+.1f} to {high:+.1f})"
    match found.difference.verdict:
        case Verdict.MORE:
            return {
                "zh": f"比对照组高：{gap_zh}，多带来约 {found.total.value:,.0f} 人"
                f"（{fewest:,.0f} 到 {most:,.0f}）。",
                "en": f"Higher than the hold-out: {gap_en}, about {found.total.value:,.0f} more "
                f"people ({fewest:,.0f} to {most:,.0f}).",
            }
        case Verdict.LESS:
            return {
                "zh": f"比对照组低：{gap_zh}，少了约 {-found.total.value:,.0f} 人"
                f"（{-most:,.0f} 到 {-fewest:,.0f}）。",
                "en": f"Lower than the hold-out: {gap_en}, about {-found.total.value:,.0f} fewer "
                f"people ({-most:,.0f} to {-fewest:,.0f}).",
            }
    return {
        "zh": f"还说不准：与对照组{gap_zh}，区间包含 0。",
        "en": f"Too early to say: {gap_en} against the hold-out; the interval includes zero.",
    }


def tell_mean(found: MeanEffect, currency: str) -> Text:
    """The effect on the amount per person in words, with what it comes to in all."""
    if not all(math.isfinite(each) for each in _three(found.difference)):
        return {
            "zh": "还说不准：有一组人数太少。",
            "en": "Too early to say: one of the groups is too small.",
        }
    low, value, high = _three(found.difference)
    least, total, most = _three(found.total)
    gap_zh = f"人均 {value:+,.2f} {currency}（95% 区间 {low:+,.2f} 到 {high:+,.2f}）"
    gap_en = f"{value:+,.2f} {currency} a person (95% interval {low:+,.2f} to {high:+,.2f})"
    all_zh = f"合计 {total:+,.0f} {currency}（{least:+,.0f} 到 {most:+,.0f}）"
    all_en = f"{total:+,.0f} {currency} in all ({least:+,.0f} to {most:+,.0f})"
    match found.difference.verdict:
        case Verdict.MORE:
            zh, en = "消费比对照组多", "More spent than by the hold-out"
        case Verdict.LESS:
            zh, en = "消费比对照组少", "Less spent than by the hold-out"
        case _:
            return {
                "zh": f"消费有没有变化还说不准：{gap_zh}，区间包含 0。",
                "en": f"Too early to say whether more was spent: {gap_en}; the interval includes "
                "zero.",
            }
    return {"zh": f"{zh}：{gap_zh}，{all_zh}。", "en": f"{en}: {gap_en}, {all_en}."}


def _three(interval: Interval) -> tuple[float, float, float]:
    return interval.low, interval.value, interval.high


def _rate(arm: pa.Table) -> Rate:
    return Rate(pc.sum(pc.cast(arm["converted"], pa.int64())).as_py() or 0, arm.num_rows)


def _amounts(arm: pa.Table, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    filled = pc.fill_null(pc.cast(arm[column], pa.float64()), 0.0)
    return np.asarray(filled.to_numpy(), dtype=np.float64)
