"""A planted effect is found, none is not invented, and the words say which."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from zhiyin import experiments as x

KEY = b"a key of 16 byte"


def campaign(lift: float, seed: int, people: int = 12_000, share: float = 0.1) -> pa.Table:
    """People who would buy anyway with 20 %, plus a planted lift for those who were sent to."""
    rng = np.random.default_rng(seed)
    ids = [f"{seed}-{n}" for n in range(people)]
    variant = x.assign_all(KEY, "win-back", ids, x.with_hold_out(share))["variant"]
    held = np.array(variant.to_pylist()) == x.HOLD_OUT
    habit = rng.gamma(2, 1, people)
    converted = rng.random(people) < 0.1 * habit.clip(0, 4) + np.where(held, 0, lift)
    revenue = np.where(converted, 60 * habit * rng.lognormal(0, 0.3, people), 0).round(2)
    return pa.table(
        {
            "variant": variant,
            "converted": converted,
            "revenue": pa.array([Decimal(str(each)) for each in revenue], pa.decimal128(18, 4)),
            "revenue_before": habit * 100,
        }
    )


def measure(table: pa.Table, share: float = 0.1, cost: str = "900") -> x.Effect:
    rng = np.random.default_rng(1)
    return x.effect(table, hold_out_share=share, rng=rng, cost=Decimal(cost), margin=0.4)


def test_a_planted_effect_is_found() -> None:
    found = measure(campaign(lift=0.08, seed=4))
    assert found.trusted
    assert found.conversion.difference.low < 0.08 < found.conversion.difference.high
    assert found.conversion.difference.verdict is x.Verdict.MORE
    assert found.revenue.difference.verdict is x.Verdict.MORE
    assert found.revenue.theta > 0
    assert found.returned is not None
    assert found.returned.roi is not None
    expected = float(found.revenue.total.value) * 0.4 / 900 - 1
    assert found.returned.roi.value == pytest.approx(expected)
    assert found.returned.gain.low < found.returned.gain.value < found.returned.gain.high
    assert found.conversion_sentence["zh"].startswith("比对照组高")
    assert found.conversion_sentence["en"].startswith("Higher than the hold-out")
    assert found.revenue_sentence("GBP")["zh"].startswith("消费比对照组多")
    assert "赚回" in found.returned.sentence["zh"]


def test_no_effect_is_told_as_unclear() -> None:
    found = measure(campaign(lift=0.0, seed=8))
    assert found.conversion.difference.verdict is x.Verdict.UNCLEAR
    assert found.conversion_sentence["zh"].startswith("还说不准")
    assert found.revenue_sentence("GBP")["en"].startswith("Too early to say")


def test_no_effect_is_seldom_taken_for_one() -> None:
    rng = np.random.default_rng(6)
    runs = zip(rng.binomial(1350, 0.2, 1000), rng.binomial(150, 0.2, 1000), strict=True)
    verdicts = [
        x.rate_effect(x.Rate(int(a), 1350), x.Rate(int(b), 150)).difference.verdict for a, b in runs
    ]
    assert 0.03 <= np.mean([each is not x.Verdict.UNCLEAR for each in verdicts]) <= 0.07


def test_wrong_group_sizes_block_the_verdict() -> None:
    found = measure(campaign(lift=0.08, seed=4), share=0.2)
    assert not found.trusted
    assert "分组人数不对" in found.conversion_sentence["zh"]
    assert found.revenue_sentence("GBP") == found.ratio.sentence


def test_a_loss_and_a_free_campaign_are_told() -> None:
    table = campaign(lift=0.01, seed=4, people=3000)
    loss = measure(table, cost="900000").returned
    assert loss is not None
    assert "没有赚回成本" in loss.sentence["zh"]
    free = measure(table, cost="0").returned
    assert free is not None
    assert free.roi is None
    assert "no ROI" in free.sentence["en"]


def test_the_ratio_test_agrees_with_the_textbook() -> None:
    assert x.check_ratio({"a": 1000, "b": 1200}, {"a": 1, "b": 1}).p_value == pytest.approx(
        2.0079e-5, rel=1e-4
    )
    three = x.check_ratio({"a": 5000, "b": 5200, "c": 0}, {"a": 1, "b": 1, "c": 0})
    assert three.p_value == pytest.approx(stats.chisquare([5000, 5200]).pvalue)
    assert x.check_ratio({"a": 9, "c": 1}, {"a": 1, "b": 1, "c": 0}).mismatch
    assert not x.check_ratio({"a": 0}, {"a": 1}).mismatch


def test_the_hint_beside_the_slider_names_what_would_be_seen() -> None:
    advice = x.advise_hold_out(312, 0.1, 0.41)
    assert advice.sentence["zh"] == (
        "对照组 31 人：要差 26 个百分点以上才看得出（把握 80%）。留 30% 可到 18 个百分点。"
    )
    assert "30%" in advice.sentence["en"]
    assert "无法知道" in x.advise_hold_out(312, 0, 0.41).sentence["zh"]
    assert "太少" in x.advise_hold_out(4, 0.3, 0.5).sentence["zh"]


@pytest.mark.parametrize("base", [0.05, 0.3])
def test_what_is_called_detectable_is_detected_four_times_in_five(base: float) -> None:
    rng = np.random.default_rng(2)
    n_t, n_c, runs = 4500, 500, 1500
    rise = x.detectable_rate(n_t, n_c, base).rise
    assert rise is not None
    treated, control = rng.binomial(n_t, base + rise, runs), rng.binomial(n_c, base, runs)
    pooled = (treated + control) / (n_t + n_c)
    z = (treated / n_t - control / n_c) / np.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
    assert np.mean(z > 1.96) == pytest.approx(0.8, abs=0.05)


def test_more_people_see_smaller_differences() -> None:
    sizes = [x.detectable_rate(n * 9, n, 0.2).smallest for n in (30, 100, 1000, 10_000)]
    assert all(size is not None for size in sizes)
    assert sizes == sorted(sizes, reverse=True)
    assert x.detectable_mean(900, 100, 50) == pytest.approx(14.77, abs=0.01)
