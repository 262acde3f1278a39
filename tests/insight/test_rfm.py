"""RFM grades and segments: fixed edges, one segment each, better never grades lower."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.insight.contract import Frame
from zhiyin.insight.rfm import RULES, Rfm, RfmModel

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = RfmModel([10, 30, 60, 120], [1, 2, 4, 8], [50, 120, 300, 900])


def people(
    recency: list[float], orders: list[int], revenue: list[float], tenure: list[float] | None = None
) -> Frame:
    return Frame(
        AS_OF,
        pa.table(
            {
                "customer_id": [f"c{i}" for i in range(len(recency))],
                "recency_days": recency,
                "orders": orders,
                "revenue": revenue,
                "tenure_days": tenure or [400.0] * len(recency),
            }
        ),
    )


def test_quintiles_give_five_equal_groups():
    n = 1_000
    frame = people(
        [float(i) for i in range(n)], list(range(1, n + 1)), [float(i) for i in range(n)]
    )
    for grade in Rfm().fit_frame(frame).grades(frame):
        assert np.unique(grade, return_counts=True)[1].tolist() == [200] * 5


def test_edges_stay_where_they_were_fitted():
    """A customer keeps his segment when others change."""
    me, crowd = ([20.0], [5], [500.0]), ([1.0] * 9, [50] * 9, [9_000.0] * 9)
    alone = MODEL.segments(people(*me))[0]
    among = MODEL.segments(people(*(a + b for a, b in zip(me, crowd, strict=True))))[0]
    assert alone == among


def test_the_segments_that_a_marketer_expects():
    frame = people(
        [5, 300, 12, 300, 20], [20, 12, 1, 1, 1], [5_000, 4_000, 40, 20, 60],
        [700, 700, 12, 300, 200],
    )  # fmt: skip
    named = [rule.key for rule in MODEL.segments(frame)]
    assert named == ["champions", "at_risk_high_value", "new", "hibernating", "promising"]


def test_every_combination_of_grades_has_a_segment():
    named = set()
    for r in (5, 20, 50, 100, 300):
        for f in (1, 2, 3, 6, 20):
            for m in (10, 100, 200, 600, 2_000):
                named.add(MODEL.segments(people([r], [f], [m]))[0].key)
    assert named == {rule.key for rule in RULES} - {"new"}


def test_names_are_unique_in_both_languages():
    assert len({r.name.zh for r in RULES}) == len({r.name.en for r in RULES}) == len(RULES)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0, 900), st.integers(1, 60), st.floats(-100, 1e5),
    st.floats(0, 300), st.integers(0, 20), st.floats(0, 1e4),
)  # fmt: skip
def test_more_recent_more_often_and_more_money_never_grade_lower(days, n, money, d, k, more):
    frame = people([days + d, days], [n, n + k], [money, money + more])
    for grade in MODEL.grades(frame):
        assert 1 <= grade[0] <= grade[1] <= 5
