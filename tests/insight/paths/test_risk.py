"""The planted path is found with its true relative risk, and nothing else is."""

from datetime import timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.insight.paths.walks import AS_OF, walks
from zhiyin.insight import paths
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.given import ColumnsError
from zhiyin.insight.paths import PathModel
from zhiyin.insight.paths.risk import holm


def fitted(**planted: float) -> PathModel:
    seed = int(planted.pop("seed", 1))
    events, outcome = walks(seed=seed, **planted)  # type: ignore[arg-type]
    return paths.fit(events, AS_OF, outcome=outcome)


def test_a_planted_path_of_2_3_times_is_recovered_inside_its_interval() -> None:
    inside = 0
    for seed in range(10):
        found = fitted(planted=2.3, seed=seed)
        row = found.score().filter(pc.equal(found.score().column("path"), "cart → compare"))
        told = row.to_pylist()[0]
        assert told["finding"], seed
        inside += told["low"] <= 2.3 <= told["high"]
    assert inside >= 8  # of ten intervals of 95 %


def test_a_run_without_any_planted_path_hardly_ever_finds_one() -> None:
    """Forty worlds in which nothing matters: a false finding in at most one in twenty or so."""
    false = sum(fitted(seed=100 + s).findings().num_rows > 0 for s in range(40))
    assert false <= 5  # 95 % of Binomial(40, 5 %) lies at or below 4 or 5


def test_who_does_more_reaches_more_and_that_is_no_path() -> None:
    """Longer sequences hold more paths and reach the outcome more often: not a finding."""
    false = sum(fitted(seed=s, by_length=0.3).findings().num_rows > 0 for s in range(15))
    assert false <= 3


def test_longer_paths_hold_the_shorter_one_and_say_their_numbers() -> None:
    found = fitted(planted=2.3, seed=3)
    top = found.findings().to_pylist()
    assert top[0]["path"] == "cart → compare"
    assert all("cart → compare" in row["path"] for row in top)
    first = top[0]
    assert first["with_path"] == pytest.approx(first["goals"] / first["units"])
    assert first["relative_risk"] == pytest.approx(first["with_path"] / first["without_path"], 0.1)
    assert first["weight"] >= 3 * first["units"] * 0.99  # a cart weighs 2, comparing 1
    for text in (first["sentence_zh"], first["sentence_en"]):
        assert "cart → compare" in text
        assert "cause" not in text.lower()
        assert "导致" not in text
    assert "corrected by Holm" in found.notes[0].en


def test_only_what_came_before_the_goal_is_its_path() -> None:
    start = AS_OF - timedelta(days=1)

    def row(c: int, n: int, event: str) -> dict[str, object]:
        return {"customer_id": f"c{c}", "event": event, "at": start + timedelta(minutes=n)}

    rows = []
    for c in range(200):
        buys = c % 2 == 0
        steps = ["a", "b", "buy", "x", "y"] if buys else ["b", "a", "x"]
        rows += [row(c, n, e) for n, e in enumerate(steps)]
    found = paths.fit(pa.Table.from_pylist(rows), AS_OF, goal="buy", lengths=(2,))
    told = {r["path"]: r for r in found.score().to_pylist()}
    assert "x → y" not in told
    assert "b → buy" not in told
    assert told["a → b"]["goals"] == 100


def test_visits_are_cut_where_nothing_happens_for_a_while() -> None:
    times = [0, 5, 10, 100, 105]
    events = {"customer_id": ["a"] * 5, "event": list("pqrst"),
              "at": [AS_OF - timedelta(minutes=200 - t) for t in times]}  # fmt: skip
    walked = paths.sequences(events, AS_OF, unit=paths.Unit.VISIT)
    assert walked.unit.tolist() == [0, 0, 0, 1, 1]
    assert len(paths.sequences(events, AS_OF)) == 1


def test_holm_is_its_definition() -> None:
    assert holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])


def test_later_events_other_orders_and_other_libraries_change_no_bit() -> None:
    events, outcome = walks(customers=600, planted=2.0)
    at = AS_OF - timedelta(days=20)
    early = pc.less(events.column("at"), pa.scalar(at.replace(tzinfo=None), pa.timestamp("us")))
    first = paths.fit(events, at, outcome=outcome).score()
    mixed = events.take(pa.array(np.random.default_rng(1).permutation(events.num_rows)))
    changed = events.set_column(1, "event", pc.if_else(early, events.column("event"), "later"))
    for other in (events.filter(early), mixed, changed, pl.from_arrow(events), events.to_pandas()):
        assert paths.fit(other, at, outcome=outcome).score().equals(first)


def test_poor_data_are_refused_in_words() -> None:
    events, outcome = walks(customers=50)
    nobody = outcome.set_column(1, "happened", pa.array([False] * 50))
    with pytest.raises(NotEnoughHistoryError, match="all or none"):
        paths.fit(events, AS_OF, outcome=nobody)
    with pytest.raises(NotEnoughHistoryError, match="all or none"):
        paths.fit(events, AS_OF, goal="an event that never was")
    with pytest.raises(ValueError, match="one of the two"):
        paths.fit(events, AS_OF)
    with pytest.raises(ColumnsError, match="'event' is missing"):
        paths.fit(events.drop_columns(["event"]), AS_OF, goal="x")
    with pytest.raises(ColumnsError, match="'happened' cannot be read as flag"):
        paths.fit(events, AS_OF, outcome={"customer_id": ["a"], "happened": [7]})
    with pytest.raises(NotEnoughHistoryError, match="nothing happened"):
        paths.fit(events, AS_OF - timedelta(days=900), goal="view")


def test_one_event_each_makes_no_path_and_no_crash() -> None:
    n = 60
    events = {"customer_id": [f"c{i}" for i in range(n)], "event": ["view"] * n,
              "at": [AS_OF - timedelta(days=1)] * n}  # fmt: skip
    outcome = {"customer_id": events["customer_id"], "happened": [i % 2 for i in range(n)]}
    assert paths.fit(events, AS_OF, outcome=outcome).score().num_rows == 0
