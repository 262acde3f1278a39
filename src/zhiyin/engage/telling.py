"""A campaign's result in words: what was added, how sure that is, and whether it paid."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

from zhiyin.experiments import Interval, Verdict

if TYPE_CHECKING:
    from zhiyin.engage.results import Report

Text = Mapping[str, str]


def sentence(report: Report) -> Text:
    """One sentence or two; says 还说不准 wherever the interval holds zero."""
    found = report.effect
    if found is None:
        return {
            "zh": "没有对照组，所以说不出这次活动多带来了什么。",
            "en": "Without a hold-out nobody can say what this campaign added.",
        }
    if not found.trusted:
        return found.ratio.sentence
    if report.window.lacks_orders:
        return {
            "zh": "活动开始后还没有新的订单进来，暂时无法衡量。",
            "en": "No orders have come in since the launch, so there is nothing to measure yet.",
        }
    first, second = _bought(report), _paid(report)
    early = _early(report)
    english = f"{early['en']}{first['en']}{second['en']}"
    return {
        "zh": f"{early['zh']}{first['zh']}{second['zh']}",
        "en": f"{english[0].upper()}{english[1:]}",
    }


def _early(report: Report) -> Text:
    window = report.window
    if not window.is_open:
        return {"zh": "", "en": ""}
    return {
        "zh": f"第 {window.day} 天，共 {window.days} 天，还在看。到现在为止，",
        "en": f"Day {window.day} of {window.days}, still watching. So far: ",
    }


def _bought(report: Report) -> Text:
    assert report.effect is not None
    change = report.effect.conversion.difference
    more = report.effect.conversion.total
    days = report.window.days
    zh_range = f"95% 区间 {_points(change.low)} 到 {_points(change.high)} 点"
    en_range = f"95% interval {_points(change.low)} to {_points(change.high)}"
    match change.verdict:
        case Verdict.MORE:
            return {
                "zh": f"{days} 天内购买的人比对照组多 {_points(change.value)} 点（{zh_range}），"
                f"约多 {more.value:,.0f} 人；",
                "en": f"within {days} days {_points(change.value)} points more people bought than "
                f"in the hold-out ({en_range}), about {more.value:,.0f} people; ",
            }
        case Verdict.LESS:
            return {
                "zh": f"{days} 天内购买的人比对照组少 {_points(-change.value)} 点（{zh_range}），"
                f"约少 {-more.value:,.0f} 人；",
                "en": f"within {days} days {_points(-change.value)} points fewer people bought "
                f"than in the hold-out ({en_range}), about {-more.value:,.0f} people; ",
            }
    if not isfinite(change.value):
        return {"zh": "还说不准：有一组没有人；", "en": "too early to say: a group is empty; "}
    return {
        "zh": f"有没有让更多人购买还说不准：相差 {_points(change.value)} 点（{zh_range}）；",
        "en": f"too early to say whether more people bought: {_points(change.value)} points "
        f"({en_range}); ",
    }


def _paid(report: Report) -> Text:
    assert report.effect is not None
    revenue = report.effect.revenue.total
    returned = report.effect.returned
    known = all(isfinite(each) for each in (revenue.low, revenue.value, revenue.high))
    if not known or revenue.low == revenue.high:  # without any spread there is nothing to go by
        return {"zh": "金额还说不准。", "en": "too early to say what it brought in."}
    if returned is None or returned.roi is None:
        return _money(report, revenue)
    roi, low, high = (
        f"{each:+,.0%}".replace("-", "−")
        for each in (returned.roi.value, returned.roi.low, returned.roi.high)
    )
    match returned.roi.verdict:
        case Verdict.MORE:
            zh, en = "赚回了成本", "it paid for itself"
        case Verdict.LESS:
            zh, en = "没有赚回成本", "it did not pay for itself"
        case _:
            zh, en = "是否赚回成本还说不准", "too early to say whether it paid for itself"
    return {
        "zh": f"{zh}：投资回报 {roi}（{low} 到 {high}）。",
        "en": f"{en}: ROI {roi} ({low} to {high}).",
    }


def _money(report: Report, revenue: Interval) -> Text:
    low, value, high = (
        f"{each:+,.0f} {report.currency}".replace("-", "−")
        for each in (revenue.low, revenue.value, revenue.high)
    )
    if revenue.verdict is Verdict.UNCLEAR:
        return {
            "zh": f"成交额有没有变化还说不准（{low} 到 {high}）。",
            "en": f"too early to say whether more was spent ({low} to {high}).",
        }
    return {
        "zh": f"成交额变化 {value}（{low} 到 {high}）。",
        "en": f"revenue changed by {value} ({low} to {high}).",
    }


def _points(share: float) -> str:
    return f"{share * 100:.1f}".replace("-", "−")
