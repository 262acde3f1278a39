"""Rules beside the model: they name whom they say, in words, and are compared fairly."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from zhiyin.insight.contract import Frame, Words
from zhiyin.insight.tables import BadTableError
from zhiyin.insight.thresholds import (
    QUIET_AND_ANGRY,
    Condition,
    Threshold,
    beside,
    listed,
    with_facts,
)

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def frame() -> Frame:
    return Frame.of(
        pa.table(
            {
                "customer_id": ["a", "b", "c", "d"],
                "recency_days": [100.0, 100.0, 20.0, 90.0],
                "revenue": [1.0, 2.0, 3.0, 4.0],
            }
        ),
        AS_OF,
    )


def test_three_months_without_a_purchase_and_an_open_complaint():
    facts = pa.table({"customer_id": ["d", "a", "c"], "open_complaints": [2, 1, 1]})
    known = with_facts(frame(), facts)
    assert QUIET_AND_ANGRY.named(known).tolist() == [True, False, False, True]
    told = listed(known, [QUIET_AND_ANGRY]).to_pylist()
    assert [one["customer_id"] for one in told] == ["a", "d"]
    assert told[0]["rule"] == "3 个月无交易且投诉未解决"
    assert "距上次购买至少 90（现在 100）" in told[0]["reasons"]
    assert (
        QUIET_AND_ANGRY.words().en
        == "Days since last purchase at least 90 and Open complaints at least 1"
    )


def test_a_rule_that_asks_for_what_is_not_known_says_so():
    with pytest.raises(BadTableError, match="asks for open_complaints, which is not known here"):
        QUIET_AND_ANGRY.named(frame())
    with pytest.raises(BadTableError, match="without a condition would name everybody"):
        Threshold(Words("", ""), [])
    with pytest.raises(BadTableError, match="neither a lower nor an upper bound"):
        Threshold(Words("", ""), [Condition("revenue")])
    with pytest.raises(BadTableError, match="occurs twice"):
        with_facts(frame(), pa.table({"customer_id": ["a", "a"], "x": [1, 2]}))


def test_rule_and_model_are_compared_on_as_many_people():
    rng = np.random.default_rng(1)
    risk = rng.random(4000)
    left = (rng.random(4000) < risk).astype(float)
    named = rng.random(4000) < 0.2 + 0.2 * (risk > 0.5)
    rule = Threshold(Words("规则", "a rule"), [Condition("recency_days", at_least=60)])
    told = beside(rule, named, risk, left)
    assert told.named == named.sum()
    assert told.model_right.value > told.rule_right.value > told.left
    assert told.gain.low > 0
    assert told.model_found > told.rule_found
    assert "模型挑得更准" in told.sentence.zh
    even = beside(rule, named, rng.random(4000), left)
    assert even.gain.high < 0
    with pytest.raises(BadTableError, match="names nobody"):
        beside(rule, named & False, risk, left)
