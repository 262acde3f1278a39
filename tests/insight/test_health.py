"""Account health: parts add up, what is unknown drops out, and a learned model must be better."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from zhiyin.insight import health
from zhiyin.insight.contract import NotEnoughHistoryError, Reason
from zhiyin.insight.health import Grade, Part, Weights, learned, score
from zhiyin.insight.rivals import Kind
from zhiyin.insight.tables import BadTableError

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def accounts(**changed: list[object]) -> pa.Table:
    base: dict[str, list[object]] = {
        "account_id": ["good", "bad"],
        "seats": [50, 50], "active_users": [45, 4],
        "features_used": [9, 2], "features_offered": [10, 10],
        "usage_30d": [900, 20], "usage_before_30d": [700, 300],
        "tickets_90d": [1, 30], "urgent_90d": [0, 9],
        "renews_at": [AS_OF + timedelta(days=200), AS_OF + timedelta(days=10)],
    }  # fmt: skip
    return pa.table({**base, **changed})


def test_healthy_and_sick_accounts_are_told_apart_with_reasons():
    told = score(accounts(), AS_OF)
    assert told["grade"].to_pylist() == [Grade.GREEN, Grade.RED]
    assert told["value"][0].as_py() > 85 > 20 > told["value"][1].as_py()
    for row in told.to_pylist():
        assert sum(row[part] for part in Part) == pytest.approx(row["value"])
    reasons = msgspec.json.decode(told["reasons"][1].as_py(), type=list[Reason])
    assert reasons[0].feature == Part.DEPTH
    assert reasons[0].zh == "50 个席位中 4 人在用"
    assert any(r.en == "10 days to the renewal" for r in reasons)


def test_what_is_unknown_drops_out_and_the_rest_counts_for_more():
    told = score(pa.table({"account_id": ["a"], "seats": [10], "active_users": [10]}), AS_OF)
    assert told["value"].to_pylist() == [100.0]
    assert told[Part.TREND].to_pylist() == [None]
    reasons = msgspec.json.decode(told["reasons"][0].as_py(), type=list[Reason])
    assert reasons[-1].zh.startswith("未知，不计分：使用广度")
    partly = score(accounts(usage_30d=[None, 20]), AS_OF)
    assert partly[Part.TREND].to_pylist()[0] is None


def test_weights_are_the_companys_and_a_lapsed_contract_counts_nothing():
    only = Weights(depth=0, breadth=0, trend=0, tickets=0, renewal=1)
    lapsed = accounts(renews_at=[AS_OF - timedelta(days=5), AS_OF + timedelta(days=90)])
    assert score(lapsed, AS_OF, only)["value"].to_pylist() == [0.0, 50.0]
    assert "5 天前到期未续" in score(lapsed, AS_OF)["reasons"][0].as_py()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tickets_90d": [1, -3]}, "row 2: tickets_90d is negative"),
        ({"active_users": [4500, 4]}, "row 1: ten times more users than seats"),
        ({"usage_30d": ["many", "few"]}, "usage_30d holds something else than numbers"),
    ],
)
def test_bad_accounts_are_refused_with_the_row(changed: dict, words: str):
    with pytest.raises(BadTableError, match=words):
        score(accounts(**changed), AS_OF)


def test_nothing_known_and_no_accounts_are_said():
    with pytest.raises(NotEnoughHistoryError, match="nothing is known of any account"):
        score(pa.table({"account_id": ["a"]}), AS_OF)
    with pytest.raises(BadTableError, match="weights are 0 or more"):
        Weights(depth=-1)
    assert score(accounts().slice(0, 0), AS_OF).num_rows == 0


def past_accounts(n: int = 600, seed: int = 6) -> pa.Table:
    """Renewal hangs on use alone: tickets and the date say nothing, as stated weights believe."""
    rng = np.random.default_rng(seed)
    seats = rng.integers(5, 200, n)
    deep = rng.beta(2, 2, n)
    before = rng.integers(50, 2000, n)
    growth = rng.normal(0, 0.5, n)
    renewed = rng.random(n) < 1 / (1 + np.exp(-(5 * (deep - 0.5) + 3 * growth)))
    return pa.table(
        {
            "account_id": [f"a{i}" for i in range(n)],
            "seats": seats, "active_users": np.round(deep * seats).astype(int),
            "features_used": rng.integers(1, 20, n), "features_offered": np.full(n, 20),
            "usage_30d": np.round(before * np.exp(growth)).astype(int), "usage_before_30d": before,
            "tickets_90d": rng.poisson(8, n), "urgent_90d": rng.poisson(2, n),
            "renews_at": [AS_OF + timedelta(days=int(d)) for d in rng.integers(1, 180, n)],
            "outcome": np.where(renewed, "renewed", "ended"),
        }
    )  # fmt: skip


def test_a_learned_model_takes_over_only_where_it_is_clearly_better():
    told = learned(past_accounts(), AS_OF, "outcome", kinds=[Kind.BOOSTED], repeats=1)
    assert told.stated.value > 0.6
    assert told.better
    assert told.best.low > told.stated.value
    assert health.NAMES[Part.DEPTH].zh == "使用深度"
    noise = past_accounts(300)
    shuffled = noise.set_column(
        noise.column_names.index("outcome"), "outcome",
        pa.array(np.random.default_rng(8).permutation(noise["outcome"].to_pylist())),
    )  # fmt: skip
    assert not learned(shuffled, AS_OF, "outcome", kinds=[], repeats=1).better


def test_the_same_accounts_have_the_same_health_bit_for_bit():
    first, again = score(past_accounts(), AS_OF), score(past_accounts(), AS_OF)
    assert first.equals(again)
    alone = score(past_accounts().slice(0, 1), AS_OF)
    assert alone.equals(first.slice(0, 1))
