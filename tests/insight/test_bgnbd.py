"""The mathematics of coming back: known parameters are found again, formulas agree with chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import gammaln, hyp2f1

from tests.insight import shop
from zhiyin.insight.bgnbd import BgNbd, GammaGamma, Purchases, fit_bgnbd, fit_gamma_gamma
from zhiyin.insight.contract import NotEnoughHistoryError

TRUTH = BgNbd(r=0.8, alpha=20.0, a=0.9, b=3.0)


def log_likelihood(p: np.ndarray, seen: Purchases) -> float:
    """The paper's equation 6, written out plainly."""
    r, alpha, a, b = p
    x, t_x, watched = seen
    first = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    second = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    stays = -(r + x) * np.log(alpha + watched)
    leaves = np.log(a / np.maximum(b + x - 1, 1e-9)) - (r + x) * np.log(alpha + t_x)
    last = np.where(x > 0, np.logaddexp(stays, leaves), stays)
    return float(np.sum(first + second + last))


def test_parameters_that_made_the_data_are_found_again():
    seen = shop.purchases(40_000, 1, r=TRUTH.r, alpha=TRUTH.alpha, a=TRUTH.a, b=TRUTH.b)
    found = fit_bgnbd(seen)
    assert found.r == pytest.approx(TRUTH.r, rel=0.05)
    assert found.alpha == pytest.approx(TRUTH.alpha, rel=0.05)
    assert found.a == pytest.approx(TRUTH.a, rel=0.1)
    assert found.b == pytest.approx(TRUTH.b, rel=0.12)


def test_the_fit_is_a_maximum_of_the_papers_likelihood():
    seen = shop.purchases(2_000, 2, r=TRUTH.r, alpha=TRUTH.alpha, a=TRUTH.a, b=TRUTH.b)
    found = fit_bgnbd(seen)
    best = np.array([found.r, found.alpha, found.a, found.b])
    assert found.log_likelihood == pytest.approx(log_likelihood(best, seen), rel=1e-9)
    slope = approx_fprime(best, log_likelihood, 1e-6 * best, seen)
    assert np.all(np.abs(slope * best) < 0.05)


def test_the_unit_of_time_does_not_matter():
    seen = shop.purchases(2_000, 4, r=TRUTH.r, alpha=TRUTH.alpha, a=TRUTH.a, b=TRUTH.b)
    days, weeks = fit_bgnbd(seen), fit_bgnbd(Purchases(seen.x, seen.t_x / 7, seen.T / 7))
    assert weeks.alpha * 7 == pytest.approx(days.alpha, rel=1e-3)
    assert weeks.r == pytest.approx(days.r, rel=1e-3)


def test_the_order_of_customers_does_not_change_a_bit():
    seen = shop.purchases(1_000, 5, r=TRUTH.r, alpha=TRUTH.alpha, a=TRUTH.a, b=TRUTH.b)
    mixed = np.random.default_rng(0).permutation(1_000)
    assert fit_bgnbd(seen) == fit_bgnbd(Purchases(*(v[mixed] for v in seen)))


def test_expected_purchases_are_the_papers_worked_example():
    """Fader, Hardie, Lee (2005): customer with x=2, t_x=30.43, T=38.86 buys 1.226 in 39 weeks."""
    cdnow = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
    one = Purchases(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert cdnow.expected_purchases(one, 39)[0] == pytest.approx(1.226, abs=0.001)


def test_eulers_transformation_is_the_printed_formula():
    x, t_x, watched, t = np.array([3.0]), np.array([80.0]), np.array([120.0]), 90.0
    r, alpha, a, b = TRUTH.r, TRUTH.alpha, TRUTH.a, TRUTH.b
    z = t / (alpha + watched + t)
    printed = (a + b + x - 1) / (a - 1)
    printed *= 1 - ((alpha + watched) / (alpha + watched + t)) ** (r + x) * hyp2f1(
        r + x, b + x, a + b + x - 1, z
    )
    seen = Purchases(x, t_x, watched)
    assert TRUTH.expected_purchases(seen, t) == pytest.approx(printed * TRUTH.p_alive(seen))


def test_customers_who_all_leave_with_the_same_chance_get_the_same_expectations():
    """A nearly certain p (a and b large) is beyond the hypergeometric function of a double."""
    seen = Purchases(np.array([0.0, 4.0, 300.0]), np.array([0.0, 90.0, 995.0]), np.full(3, 1000.0))
    narrow = BgNbd(r=0.8, alpha=20.0, a=300.0, b=900.0)
    drawn = narrow.simulate(seen, 400, 40_000, np.random.default_rng(5)).mean(axis=1)
    assert narrow.expected_purchases(seen, 400) == pytest.approx(drawn, rel=0.05, abs=0.02)
    by_rule = narrow._averaged(seen.x, seen.T, 400) * narrow.p_alive(seen)
    assert narrow.expected_purchases(seen, 400) == pytest.approx(by_rule, rel=0.01)


def test_drawn_futures_agree_with_the_formulas():
    seen = shop.purchases(300, 6, r=TRUTH.r, alpha=TRUTH.alpha, a=TRUTH.a, b=TRUTH.b)
    drawn = TRUTH.simulate(seen, 180, 2_000, np.random.default_rng(1))
    expected = TRUTH.expected_purchases(seen, 180)
    assert drawn.mean(axis=1) == pytest.approx(expected, rel=0.15, abs=0.1)
    assert (drawn > 0).mean(axis=1) == pytest.approx(TRUTH.p_buys(seen, 180), abs=0.05)


@settings(max_examples=60, deadline=None)
@given(
    x=st.integers(0, 800), share=st.floats(0.01, 1), watched=st.floats(1, 2_000),
    t=st.floats(1, 400), a=st.floats(0.01, 4), b=st.floats(0.05, 10),
)  # fmt: skip
def test_any_customer_gets_finite_and_growing_expectations(x, share, watched, t, a, b):
    model = BgNbd(r=0.5, alpha=15.0, a=a, b=b)
    one = Purchases(
        np.array([float(x)]), np.array([watched * share if x else 0.0]), np.array([watched])
    )
    now, later = model.expected_purchases(one, t)[0], model.expected_purchases(one, 2 * t)[0]
    assert 0 <= now <= later * (1 + 1e-6) + 1e-9
    assert np.isfinite(later)
    assert 0 <= model.p_alive(one)[0] <= 1
    assert model.p_buys(one, t)[0] <= now + 1e-6 * max(1, now)


def test_longer_silence_means_less_alive():
    watched = np.linspace(100, 400, 20)
    seen = Purchases(np.full(20, 5.0), np.full(20, 100.0), watched)
    assert np.all(np.diff(TRUTH.p_alive(seen)) < 0)


def test_nobody_coming_back_is_said_and_not_fitted():
    seen = Purchases(np.zeros(50), np.zeros(50), np.full(50, 90.0))
    with pytest.raises(NotEnoughHistoryError):
        fit_bgnbd(seen)


def test_order_values_that_made_the_data_are_found_again():
    rng = np.random.default_rng(7)
    truth = GammaGamma(p=6.0, q=4.0, gamma=15.0)
    count = rng.integers(1, 12, 30_000).astype(float)
    nu = rng.gamma(truth.q, 1 / truth.gamma, len(count))
    mean = rng.gamma(truth.p * count) / nu / count
    found = fit_gamma_gamma(count, mean)
    everyone = (np.zeros(1), np.zeros(1))
    assert found.expected_value(*everyone) == pytest.approx(
        truth.expected_value(*everyone), rel=0.02
    )
    assert found.p == pytest.approx(truth.p, rel=0.15)
    assert found.q == pytest.approx(truth.q, rel=0.1)
    assert abs(found.correlation) < 0.05


def test_drawn_sums_agree_with_the_expected_value():
    model = GammaGamma(p=6.0, q=4.0, gamma=15.0)
    count, mean = np.array([1.0, 8.0]), np.array([40.0, 40.0])
    sums = model.simulate(count, mean, np.full((2, 40_000), 3.0), np.random.default_rng(3))
    assert sums.mean(axis=1) == pytest.approx(3 * model.expected_value(count, mean), rel=0.03)
    assert model.expected_value(count, mean)[1] > model.expected_value(count, mean)[0]
