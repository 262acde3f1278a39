"""Leads: any labelled table is learned; what gives the label away is refused by its name."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.insight import people
from zhiyin.insight import leads, metrics, store
from zhiyin.insight.columns import NothingToLearnFromError
from zhiyin.insight.contract import NotEnoughHistoryError, Reason, Words
from zhiyin.insight.labelled import LabelledModel, prepare
from zhiyin.insight.labels import OneClassError
from zhiyin.insight.leads import Leads
from zhiyin.insight.leaks import LabelInDisguiseError, LeakClass, classify
from zhiyin.insight.rivals import Kind
from zhiyin.insight.tables import BadTableError


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return people.leads(700)


@pytest.fixture(scope="module")
def fitted(table: pa.Table) -> Leads:
    names = {"minutes": Words("停留分钟", "Minutes on site")}
    return leads.fit(table, "converted", names=names, repeats=1)


@pytest.fixture(scope="module")
def new_leads() -> pa.Table:
    return people.leads(400, seed=9)


def truth(table: pa.Table) -> np.ndarray:
    return np.array([v == "yes" for v in table["converted"].to_pylist()], dtype=float)


def auc(risk: np.ndarray, table: pa.Table) -> float:
    return float(metrics.auc(risk, truth(table))(np.ones((1, len(risk))))[0])


def test_all_kinds_stand_in_one_table_with_intervals_and_the_baseline_below(fitted: Leads):
    held = fitted.contest
    assert held is not None
    assert {one.key for one in held.standings} == set(Kind)
    assert held.winner == held.standings[0].key == fitted.model.kind
    losses = [one.log_loss.value for one in held.standings]
    assert losses == sorted(losses)
    for one in [*held.standings, held.baseline]:
        for span in (one.auc, one.pr_auc, one.brier, one.ece, one.lift10):
            assert span.low <= span.value <= span.high or one.ece is span
        assert one.lift10.value <= held.lift_ceiling
    assert held.standings[0].auc.value > held.baseline.auc.value
    assert held.standing(Kind.LOGISTIC).gain.value == 0
    assert "基线" in held.sentence.zh
    assert "one best column" in held.sentence.en


def test_new_leads_get_calibrated_probabilities_with_intervals(fitted: Leads, new_leads: pa.Table):
    scores = fitted.score(new_leads, "lead_id")
    risk = np.array(scores["value"])
    assert auc(risk, new_leads) > 0.7
    assert abs(risk.mean() - truth(new_leads).mean()) < 0.06
    assert np.all(np.array(scores["low"]) <= risk)
    assert np.all(risk <= np.array(scores["high"]))
    assert scores["customer_id"].to_pylist() == new_leads["lead_id"].to_pylist()


def test_reasons_are_sentences_in_both_languages_that_add_up(fitted: Leads, new_leads: pa.Table):
    told = fitted.explain(new_leads)
    assert all(len(reasons) <= 4 for reasons in told)
    everything = [reason for reasons in told for reason in reasons]
    assert any(r.zh.startswith("停留分钟为") and "（一般是" in r.zh for r in everything)
    assert any(r.en.startswith("source is friend") and r.points > 0 for r in everything)
    assert any(r.en == "source is not known" for r in everything)
    stored = fitted.score(new_leads)["reasons"].to_pylist()
    assert msgspec.json.decode(stored[0], type=list[Reason]) == told[0]


def test_what_was_left_out_is_listed_with_its_class(fitted: Leads):
    left = {one.column: one.leak for one in fitted.left}
    assert left == {
        "lead_id": LeakClass.IDENTIFIER,
        "note": LeakClass.IDENTIFIER,
        "source_system": LeakClass.BEFORE,
    }
    assert fitted.model.columns.names == [
        "minutes", "visits", "source", "called", "budget", "since",
    ]  # fmt: skip
    assert fitted.model.columns.used[4].numeric


def test_what_if_says_before_after_and_that_it_is_no_effect(fitted: Leads):
    row = {"minutes": 10, "source": "advert", "called": False, "visits": 3}
    told = fitted.what_if(row, {"source": "friend"})
    assert told.after > told.before
    assert told.before_interval[0] <= told.before <= told.before_interval[1]
    assert not told.changes[0].unseen
    assert told.sentence.zh.startswith("source由 advert 变为 friend：概率从")
    assert "not what the change would cause" in told.sentence.en
    new = fitted.what_if(row, {"source": "television"})
    assert new.changes[0].unseen
    assert 0 < new.after < 1
    with pytest.raises(BadTableError, match="note is not used by this model: texts that differ"):
        fitted.what_if(row, {"note": "x"})
    with pytest.raises(BadTableError, match="minutes is a number"):
        fitted.what_if(row, {"minutes": "long"})


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_scores_unseen_categories_gaps_and_missing_columns(table: pa.Table, kind: Kind):
    model = leads.fit(table, "converted", kind=kind)
    strange = pa.table(
        {
            "source": ["television", None, "friend", ""],
            "minutes": pa.array([None, 1e12, -5.0, float("nan")]),
            "called": pa.array([None, True, False, None]),
        }
    )
    risk = model.predict(strange)
    assert np.all((risk > 0) & (risk < 1))
    assert len(model.explain(strange)) == 4
    assert auc(model.predict(table), table) > 0.68


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("signed", lambda y, rng: np.where(y > 0, "signed", "open")),
        ("first_invoice", lambda y, rng: pa.array(rng.gamma(2, 100, len(y)), mask=y == 0)),
        ("grade", lambda y, rng: y * 50 + rng.normal(0, 9, len(y))),
        ("contract_day", lambda y, rng: pa.array([date(2025, 1, 2) if v else None for v in y])),
        # a third of those who converted and nobody else
        ("thanked", lambda y, rng: np.where((y > 0) & (rng.random(len(y)) < 0.35), "sent", "no")),
    ],
)
def test_a_label_in_disguise_is_refused_by_its_name(table: pa.Table, name: str, values):
    disguised = table.append_column(name, pa.array(values(truth(table), np.random.default_rng(1))))
    with pytest.raises(LabelInDisguiseError, match=f"^{name} gives converted away") as caught:
        prepare(disguised, "converted")
    assert [one.column for one in caught.value.disguises] == [name]
    assert name in prepare(disguised, "converted", trusted=[name]).data.table.column_names
    assert name not in prepare(disguised, "converted", leave_out=[name]).data.table.column_names


def test_the_catalogue_knows_leaks_by_their_names():
    after = (
        "Tags",
        "Lead Quality",
        "Last Activity",
        "Last Notable Activity",
        "线索质量",
        "最后活动",
    )
    assert {classify(name).leak for name in after} == {LeakClass.AFTER}
    outcome = ("churn_reason", "Cancellation Date", "流失原因", "closed_at", "lost_reason")
    assert {classify(name).leak for name in outcome} == {LeakClass.OUTCOME}
    ids = ("customerID", "Prospect ID", "Lead Number", "客户编号", "phone")
    assert {classify(name).leak for name in ids} == {LeakClass.IDENTIFIER}
    for name in (
        "paid",
        "tenure",
        "Contract",
        "TotalVisits",
        "City",
        "Total Time Spent on Website",
    ):
        assert classify(name) is None


def test_tables_of_pandas_and_polars_give_the_same_bits(table: pa.Table):
    ours = leads.fit(table, "converted", kind=Kind.MIXED).predict(table)
    frame = table.to_pandas()
    for other in (frame, pl.from_arrow(table), frame.astype({"source": "category"})):
        again = leads.fit(other, "converted", kind=Kind.MIXED)
        assert np.array_equal(again.predict(other), ours)


def test_the_same_table_gives_the_same_bits_again():
    small = people.leads(300)
    first, again = (leads.fit(small, "converted", repeats=1) for _ in range(2))
    assert msgspec.json.encode(again.model) == msgspec.json.encode(first.model)
    assert again.contest == first.contest
    assert again.score(small).equals(first.score(small))


def test_columns_are_learned_from_the_rows_of_the_fit_alone(table: pa.Table, new_leads: pa.Table):
    """What stands in rows to be scored cannot change the score of another row."""
    model = leads.fit(table, "converted", kind=Kind.MIXED)
    alone = model.predict(new_leads.slice(0, 1))
    changed = new_leads.set_column(
        1, "minutes", pa.array(np.r_[new_leads["minutes"][0].as_py() or np.nan, np.full(399, 9e9)])
    )
    among = model.predict(changed)[:1]
    assert np.array_equal(model.predict(new_leads)[:1], alone)
    assert np.array_equal(among, model.predict(changed.slice(0, 1)))


def one_class(table: pa.Table) -> pa.Table:
    return table.set_column(9, "converted", pa.array(["no"] * len(table)))


BAD = [
    (lambda t: t.slice(0, 1), OneClassError, "in all 1 rows"),
    (lambda t: t.slice(0, 50), NotEnoughHistoryError, "60 rows with 15 of each side"),
    (lambda t: t.slice(0, 0), NotEnoughHistoryError, "no rows"),
    (one_class, OneClassError, "converted is no in all 700 rows"),
    (lambda t: t.drop_columns("converted"), BadTableError, "no column converted"),
    (lambda t: t.select(["note", "source_system", "converted"]), NothingToLearnFromError,
     "no column is left to learn converted from: note"),
    (lambda t: t.set_column(9, "converted", pa.nulls(len(t), pa.string())), BadTableError,
     "converted is empty in all"),
    (lambda t: t.set_column(9, "converted", t["source"]), BadTableError, "converted has 4 values"),
    (lambda t: t.set_column(9, "converted", pa.array(["a", "b"] * 350)), BadTableError,
     "name the one that means it happened"),
    (lambda t: pa.table({"x": pa.nulls(len(t)), "y": [1] * len(t), "converted": t["converted"]}),
     NothingToLearnFromError, "x .all the same or empty."),
    (lambda t: "no table", BadTableError, "a table is needed"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "words"), BAD)
def test_bad_tables_are_refused_with_what_is_wrong(table: pa.Table, make, error, words: str):
    with pytest.raises(error, match=words):
        leads.fit(make(table), "converted", kind=Kind.LOGISTIC)


def test_a_label_may_be_numbers_booleans_or_words_and_rows_without_one_are_left_out(
    table: pa.Table,
):
    happened = truth(table)
    plain = prepare(table, "converted").data
    for label in (happened, happened > 0, happened.astype(int), np.where(happened > 0, "是", "否")):
        assert np.array_equal(
            prepare(table.set_column(9, "converted", pa.array(label)), "converted").data.happened,
            plain.happened,
        )
    gaps = pa.array([None if i < 20 else v for i, v in enumerate(table["converted"].to_pylist())])
    assert prepare(table.set_column(9, "converted", gaps), "converted").data.unlabelled == 20
    turned = prepare(table, "converted", positive="no").data
    assert np.array_equal(turned.happened, 1 - plain.happened)


def test_pandas_nulls_of_every_kind_are_unknown(table: pa.Table):
    frame = table.to_pandas()
    frame.loc[:50, "source"] = None
    frame.loc[:50, "minutes"] = np.nan
    frame["visits"] = frame["visits"].astype("Int64")
    frame.loc[:50, "visits"] = pd.NA
    frame["since"] = pd.to_datetime(frame["since"])
    frame.loc[:50, "since"] = pd.NaT
    model = leads.fit(frame, "converted", kind=Kind.BOOSTED)
    assert np.all(np.isfinite(model.predict(frame)))


def test_a_stored_model_scores_the_same_bits(table: pa.Table, new_leads: pa.Table, tmp_path: Path):
    model = leads.fit(table, "converted", kind=Kind.MIXED).model
    digest = store.save(tmp_path, "leads", model, version=1, as_of=datetime(2026, 1, 1, tzinfo=UTC))
    again, _ = store.load(tmp_path, "leads", 1, digest=digest)
    assert isinstance(again, LabelledModel)
    assert again.score(new_leads).equals(model.score(new_leads))
