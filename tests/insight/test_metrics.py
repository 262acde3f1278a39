"""Our metrics for many resamples are those of scikit-learn for one."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from zhiyin.insight import metrics


@pytest.fixture
def judged() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    p = np.round(rng.random(400), 2)  # rounded: many ties
    happened = (rng.random(400) < p).astype(float)
    return p, happened, rng.poisson(1.0, (5, 400)).astype(float)


def test_each_resample_has_the_auc_of_scikit_learn(judged):
    p, y, weights = judged
    ours = metrics.auc(p, y)(weights)
    theirs = [roc_auc_score(y, p, sample_weight=w) for w in weights]
    assert ours == pytest.approx(theirs)


def test_each_resample_has_the_average_precision_of_scikit_learn(judged):
    p, y, weights = judged
    theirs = [average_precision_score(y, p, sample_weight=w) for w in weights]
    assert metrics.pr_auc(p, y)(weights) == pytest.approx(theirs)


def test_each_resample_has_the_brier_score_of_scikit_learn(judged):
    p, y, weights = judged
    theirs = [brier_score_loss(y, p, sample_weight=w) for w in weights]
    assert metrics.brier(p, y)(weights) == pytest.approx(theirs)


def test_rank_correlation_is_that_of_scipy(judged):
    p, y, _ = judged
    once = np.ones((1, len(p)))
    assert metrics.spearman(p, y)(once)[0] == pytest.approx(spearmanr(p, y).statistic)


def test_lift_of_a_perfect_order_is_its_ceiling():
    happened = np.r_[np.ones(20), np.zeros(80)]
    once = np.ones((1, 100))
    assert metrics.lift(happened.copy(), happened)(once)[0] == pytest.approx(5.0)
    assert metrics.lift(np.zeros(100), happened)(once)[0] == pytest.approx(1.0)


def test_honest_probabilities_have_little_calibration_error():
    rng = np.random.default_rng(2)
    p = rng.random(20_000)
    y = (rng.random(20_000) < p).astype(float)
    once = np.ones((1, len(p)))
    assert metrics.ece(p, y)(once)[0] < 0.02
    assert metrics.ece(np.clip(p + 0.1, 0, 1), y)(once)[0] > 0.07


def test_stability_index_is_small_for_the_same_and_large_for_a_shift():
    rng = np.random.default_rng(3)
    then = rng.normal(size=5_000)
    assert metrics.psi(then, rng.normal(size=5_000)) < 0.02
    assert metrics.psi(then, rng.normal(loc=1.0, size=5_000)) > 0.25


def test_stability_index_sees_that_values_went_missing():
    then = np.random.default_rng(4).normal(size=1_000)
    now = then.copy()
    now[:500] = np.nan
    assert metrics.psi(then, now) > 0.25


def test_wilson_interval_is_the_textbook_one():
    low, high = metrics.wilson(np.array([8.0]), np.array([10.0]))
    assert (low[0], high[0]) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))
