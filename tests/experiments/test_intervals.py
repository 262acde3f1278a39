"""Intervals agree with published values, cover the truth, and obey their laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin import experiments as x


def near(value: float) -> object:
    return pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("treated", "control", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_as_published(
    treated: tuple[int, int], control: tuple[int, int], low: float, high: float
) -> None:
    found = x.rate_effect(x.Rate(*treated), x.Rate(*control)).difference
    assert found.low == pytest.approx(low, abs=6e-5)
    assert found.high == pytest.approx(high, abs=6e-5)


def test_welch_and_cuped_agree_with_gbstats() -> None:
    plain = x.welch_effect(x.Sums(10000, 1120, 1120), x.Sums(10000, 1000, 1000)).difference
    assert (plain.low, plain.value, plain.high) == (near(0.003468), near(0.012), near(0.020532))
    found = x.welch_effect(
        x.Sums(5000, 51000, 645000, 45100, 502000, 517000),
        x.Sums(5000, 50000, 620000, 45000, 500000, 505000),
    )
    assert found.theta == near(0.588804)
    assert found.difference.value == near(0.188224)
    assert found.difference.low == near(0.022401)
    assert found.difference.high == near(0.354047)


@pytest.mark.parametrize(("p_t", "p_c"), [(0.3, 0.25), (0.02, 0.02), (0.9, 0.97)])
def test_rate_intervals_cover_the_truth_about_95_times_in_100(p_t: float, p_c: float) -> None:
    rng = np.random.default_rng(5)
    runs, n_t, n_c = 2000, 450, 50
    hits = zip(rng.binomial(n_t, p_t, runs), rng.binomial(n_c, p_c, runs), strict=True)
    covered = 0
    for a, b in hits:
        found = x.rate_effect(x.Rate(int(a), n_t), x.Rate(int(b), n_c)).difference
        covered += found.low <= p_t - p_c <= found.high
    assert 0.93 <= covered / runs <= 0.985


def spend(rng: np.random.Generator, people: int, buyers: float) -> np.ndarray:
    return np.where(rng.random(people) < buyers, rng.lognormal(4, 0.8, people), 0)


@pytest.mark.parametrize(
    ("n_t", "n_c", "method", "least"),
    [(3000, 1500, x.Method.WELCH, 0.92), (450, 150, x.Method.BOOTSTRAP, 0.90)],
)
def test_spend_intervals_cover_the_truth(
    n_t: int, n_c: int, method: x.Method, least: float
) -> None:
    rng = np.random.default_rng(11)
    truth, runs, covered = 0.05 * math.exp(4 + 0.8**2 / 2), 250, 0
    for _ in range(runs):
        found = x.mean_effect(spend(rng, n_t, 0.3), spend(rng, n_c, 0.25), rng=rng, method=method)
        covered += found.difference.low <= truth <= found.difference.high
    assert least <= covered / runs <= 0.99


def test_cuped_narrows_the_interval_and_keeps_the_truth() -> None:
    rng = np.random.default_rng(3)
    before_t, before_c = rng.gamma(2, 50, 4000), rng.gamma(2, 50, 1000)
    after_t = before_t + rng.normal(8, 20, 4000)
    after_c = before_c + rng.normal(0, 20, 1000)
    raw = x.mean_effect(after_t, after_c, rng=rng)
    adjusted = x.mean_effect(after_t, after_c, before=(before_t, before_c), rng=rng)
    assert adjusted.difference.low < 8 < adjusted.difference.high
    widths = [each.difference.high - each.difference.low for each in (adjusted, raw)]
    assert widths[0] < 0.4 * widths[1]
    assert adjusted.variance_kept == pytest.approx((widths[0] / widths[1]) ** 2, rel=0.05)
    assert adjusted.treated_mean == raw.treated_mean


def test_few_skewed_amounts_are_resampled_and_many_even_ones_are_not() -> None:
    rng = np.random.default_rng(3)
    few = x.mean_effect(spend(rng, 300, 0.2), spend(rng, 40, 0.2), rng=rng)
    many = x.mean_effect(rng.normal(5, 1, 900), rng.normal(5, 1, 400), rng=rng)
    assert (few.method, many.method) == (x.Method.BOOTSTRAP, x.Method.WELCH)


RATES = st.integers(1, 400).flatmap(
    lambda people: st.builds(x.Rate, st.integers(0, people), st.just(people))
)


@given(RATES, RATES)
def test_rate_intervals_hold_the_estimate_and_turn_round_with_the_arms(
    one: x.Rate, other: x.Rate
) -> None:
    there, back = x.rate_effect(one, other).difference, x.rate_effect(other, one).difference
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (there.low, there.value) == (pytest.approx(-back.high), pytest.approx(-back.value))


@given(
    st.lists(st.floats(0, 1e4), min_size=2, max_size=30),
    st.lists(st.floats(0, 1e4), min_size=2, max_size=30),
    st.floats(0.01, 100),
)
def test_spend_in_another_currency_is_the_same_effect(
    one: list[float], other: list[float], factor: float
) -> None:
    a = x.welch_effect(x.Sums.of(one), x.Sums.of(other)).difference
    scaled = [np.array(arm) * factor for arm in (one, other)]
    b = x.welch_effect(x.Sums.of(scaled[0]), x.Sums.of(scaled[1])).difference
    assert a.low <= a.value <= a.high
    assert (b.low, b.high) == (
        pytest.approx(a.low * factor, rel=1e-3, abs=0.1 * factor),
        pytest.approx(a.high * factor, rel=1e-3, abs=0.1 * factor),
    )


def test_nobody_and_nothing_give_no_verdict() -> None:
    rng = np.random.default_rng(1)
    empty = x.rate_effect(x.Rate(0, 0), x.Rate(1, 5))
    assert empty.difference.verdict is x.Verdict.UNCLEAR
    assert "说不准" in x.tell_rate(empty)["zh"]
    lone = x.mean_effect([5.0], [1.0, 2.0], rng=rng)
    assert lone.difference.verdict is x.Verdict.UNCLEAR
    assert "too small" in x.tell_mean(lone, "GBP")["en"]
    zeros = x.mean_effect([0.0] * 9, [0.0] * 9, rng=rng)
    assert zeros.difference == x.Interval(0, 0, 0)
    assert zeros.difference.verdict is x.Verdict.UNCLEAR
    with pytest.raises(ValueError, match="write 0"):
        x.mean_effect([1.0, math.nan], [1.0, 2.0], rng=rng)
