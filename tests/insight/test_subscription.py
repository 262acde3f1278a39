"""Contracts: the published curves are found, plans differ, and an old customer is worth more."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from zhiyin.insight import subscription
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.subscription import checked, contracts, fit, fit_sbg
from zhiyin.insight.tables import BadTableError

# Fader, Hardie (2007), table 1: per cent still there after 0 to 12 years; fitted on 7 of them
REGULAR = (100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3)
HIGH_END = (100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4)
START = datetime(2020, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=30 * 24)


def survivors(share: tuple[float, ...], years: int, people: int = 100_000) -> tuple:
    """Renewals made and whether the contract ended, as after `years` renewals."""
    left = np.round(np.array(share[: years + 1]) / 100 * people).astype(int)
    gone = left[:-1] - left[1:]
    renewed = np.r_[np.repeat(np.arange(years), gone), np.full(left[-1], years)]
    ended = np.r_[np.ones(gone.sum()), np.zeros(left[-1])]
    return renewed.astype(float), ended


@pytest.mark.parametrize(
    ("share", "alpha", "beta"), [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)]
)
def test_the_published_parameters_and_projections_are_found(share, alpha: float, beta: float):
    found = fit_sbg(*survivors(share, 7))
    assert found.alpha == pytest.approx(alpha, abs=0.006)
    assert found.beta == pytest.approx(beta, abs=0.03)
    # the last five years were not seen; a constant rate misses them by far
    projected = found.survival(np.arange(8, 13))
    actual = np.array(share[8:]) / 100
    assert np.abs(projected - actual).max() < 0.02
    assert np.abs((1 - found.constant) ** np.arange(8, 13) - actual).max() > 0.05


def table(n: int = 900, seed: int = 4) -> pa.Table:
    """Monthly contracts of two plans that began over two years; times as the shop has them."""
    rng = np.random.default_rng(seed)
    plan = np.where(rng.random(n) < 0.5, "basic", "plus")
    theta = rng.beta(np.where(plan == "basic", 1.2, 0.5), np.where(plan == "basic", 3.0, 6.0))
    months = rng.geometric(theta)
    began = rng.integers(0, 720, n)
    ended = began + 30 * months
    moment = np.datetime64("2020-01-01", "us")
    day = np.timedelta64(1, "D")
    open_ = ended > 720 + 360
    return pa.table(
        {
            "customer_id": [f"c{i:04d}" for i in range(n)],
            "plan": plan,
            "started_at": pa.array(moment + began * day),
            "ended_at": pa.array(moment + ended * day, mask=open_),
            "fee": np.where(plan == "basic", 10.0, 30.0),
        }
    )


def test_plans_have_curves_of_their_own_and_beat_the_constant_rate_later():
    made = table()
    model = fit(made, NOW, period_days=30)
    assert model.curve("plus").survival(12) > model.curve("basic").survival(12) + 0.1
    assert model.curve("unheard of") == model.curve("")
    seen = checked(made, NOW, 6, period_days=30)
    assert seen.predicted == pytest.approx(seen.stayed, abs=0.05)
    assert seen.gain.low > 0


def test_scores_are_fees_to_come_with_an_interval_and_reasons():
    made = table()
    model = fit(made, NOW, period_days=30)
    known = contracts(made, NOW, 30)
    scores = model.score(known, 12)
    assert scores.num_rows == int((known.ended == 0).sum())
    value, low, high = (scores[name].to_numpy() for name in ("value", "low", "high"))
    assert np.all((low <= value) & (value <= high))
    running = known.running()
    assert np.all(high <= 12 * running.fee)
    old, new = running.renewed >= 12, running.renewed <= 1
    assert (value / running.fee)[old].mean() > (value / running.fee)[new].mean()
    assert "下次续约的概率" in scores["reasons"][0].as_py()


def test_what_ends_after_the_date_is_still_running_and_changes_nothing():
    made = table()
    then = fit(made, NOW, period_days=30)
    early = np.array(made["ended_at"].to_numpy() < np.datetime64(NOW.replace(tzinfo=None)))
    hidden = made.set_column(3, "ended_at", pa.array(made["ended_at"].to_numpy(), mask=~early))
    assert fit(hidden, NOW, period_days=30) == then
    rows = np.array(made["started_at"].to_numpy() < np.datetime64(NOW.replace(tzinfo=None)))
    assert fit(made.filter(pa.array(rows)), NOW, period_days=30) == then


def test_bad_contracts_are_refused():
    made = table(60)
    with pytest.raises(NotEnoughHistoryError, match="20 ended contracts are needed"):
        fit(made.slice(0, 1), NOW, period_days=30)
    with pytest.raises(NotEnoughHistoryError, match="nobody has ever renewed"):
        fit_sbg(np.zeros(50), np.ones(50))
    turned = made.set_column(3, "ended_at", pa.array([START - timedelta(days=9)] * 60))
    with pytest.raises(BadTableError, match="row 1: ended_at is before started_at"):
        fit(turned, NOW, period_days=30)
    with pytest.raises(BadTableError, match="row 1: fee is negative"):
        fit(made.set_column(4, "fee", pa.array([-1.0] * 60)), NOW, period_days=30)
    with pytest.raises(BadTableError, match="no column fee"):
        fit(made.drop_columns("fee"), NOW, period_days=30)
    with pytest.raises(BadTableError, match="more than 0 days"):
        fit(made, NOW, period_days=0)
    assert subscription.contracts(made.slice(0, 0), NOW, 30).fee.size == 0
