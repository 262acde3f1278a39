"""Every feature, segment condition and backtest input gives equal rows in every engine.

    make test       DuckDB, PostgreSQL for single customers, and Spark in a local process
    make cluster    all of it on Spark's local process, and again on a cluster of two workers

Equal is meant to the last bit. One file, because one process has one Spark and it takes ten
seconds to start.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import ibis
import ibis.expr.types as ir
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.engines import sources
from tests.engines.histories import DATES, gathered, many
from tests.engines.people import DIALECTS, at_once, every_condition, filled, one_of_each, truths
from tests.features.histories import event_table, line_table
from tests.lake.rows import events as lake_events
from tests.segments.naive import belongs
from tests.segments.world import AS_OF, CATALOGUE, RULES, SHANGHAI, crowd
from zhiyin import embedded
from zhiyin import segments as s
from zhiyin.features import History, cohorts
from zhiyin.features.behaviour import with_kind
from zhiyin.insight.training import AskableHistory, train_all
from zhiyin.lake import EVENTS, Lake
from zhiyin.lake.engine import Engine, EngineSettings, open_engine
from zhiyin.lake.errors import EngineUnavailableError
from zhiyin.lake.schemas import TABLES, TableSpec

SPARK = EngineSettings(os.environ.get("ZHIYIN_ENGINE", "local[2]"))
HORIZON = timedelta(days=90)


@pytest.fixture(scope="session")
def spark() -> Engine:
    """This process's Spark; skips where the extra is not installed, but not in `make cluster`."""
    # The short test ends before Java's slower compiler has paid for itself.
    os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    try:
        return open_engine(settings=SPARK)
    except EngineUnavailableError as why:
        if "ZHIYIN_ENGINE" in os.environ:
            raise
        pytest.skip(f"without the extra `spark`: {why}")


def assert_same(ours: pa.Table, theirs: pa.Table) -> None:
    """Or the first column that differs, with rows."""
    assert theirs.schema.equals(ours.schema)
    assert theirs.num_rows == ours.num_rows
    for name in ours.column_names:
        pairs = zip(ours[name].to_pylist(), theirs[name].to_pylist(), strict=True)
        differ = [(row, *pair) for row, pair in enumerate(pairs) if pair[0] != pair[1]]
        assert not differ, (name, len(differ), differ[:3])


def all_answers(history: History, at: datetime) -> Iterator[pa.Table]:
    yield history.customer_features(at)
    yield history.outcomes(at - HORIZON, HORIZON)
    yield cohorts(history, at)


def assert_all_same(ours: History, theirs: History, at: datetime) -> int:
    """How many customers have features then."""
    counted = 0
    for mine, other in zip(all_answers(ours, at), all_answers(theirs, at), strict=True):
        assert_same(mine, other)
        counted = counted or mine.num_rows
    assert theirs.span() == ours.span()
    return counted


def test_made_up_histories_with_ties_zones_and_leap_days(spark: Engine) -> None:
    lines, events = made_up(120)
    ours = History.from_arrow(lines, events)
    theirs = History.from_arrow(lines, events, SPARK)
    assert assert_all_same(ours, theirs, DATES[0]) > 100


@pytest.mark.soak
@pytest.mark.parametrize("at", DATES)
def test_a_thousand_made_up_histories(spark: Engine, at: datetime) -> None:
    lines, events = made_up(1_000)
    ours = History.from_arrow(lines, events)
    theirs = History.from_arrow(lines, events, SPARK)
    assert assert_all_same(ours, theirs, at) > 1_000


def made_up(count: int) -> tuple[pa.Table, pa.Table]:
    lines, events = many(count)
    return line_table(lines), event_table(events)


@pytest.fixture(scope="session")
def postgres() -> Iterator[ibis.BaseBackend]:
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-engines-"))
    server = embedded.ensure(folder)
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("set timezone = 'Asia/Kathmandu'")
            yield ibis.postgres.from_connection(connection)
    finally:
        embedded.stop(server, even_if_used=True)
        shutil.rmtree(folder)


@pytest.mark.parametrize("at", DATES)
def test_one_customer_at_a_time_in_postgresql(postgres: ibis.BaseBackend, at: datetime) -> None:
    lines, events = made_up(120)
    ours = History.from_arrow(lines, events).customer_features(at)
    bought = _written(postgres, "lines", lines)
    did = _written(postgres, "events", events)
    for customer in ours["customer_id"].to_pylist()[::20]:
        hers = History(
            bought.filter(bought.customer_id == customer).rename(
                order_no="order_id", product_no="sku"
            ),
            with_kind(did.filter(did.customer_id == customer)),
        )
        wanted = ours.filter(pc.equal(ours["customer_id"], customer))
        assert_same(wanted, hers.customer_features(at))


def _written(postgres: ibis.BaseBackend, name: str, rows: pa.Table) -> ir.Table:
    return postgres.create_table(name, rows, temp=True, overwrite=True)


def test_a_simulated_company_from_its_lake(spark: Engine, tmp_path: Path) -> None:
    made = sources.simulated(tmp_path, customers=300)
    ours = History.from_lake(made.lake, made.links)
    theirs = History.from_lake(made.lake, made.links, settings=SPARK)
    assert assert_all_same(ours, theirs, made.as_of) > 250
    assert ours.events.count().execute() == theirs.events.count().execute() > 3_000


def test_each_kind_of_condition_finds_the_same_people(spark: Engine) -> None:
    _assert_same_people(spark, list(one_of_each()))


@pytest.mark.soak
def test_every_condition_finds_the_same_people(spark: Engine) -> None:
    _assert_same_people(spark, list(every_condition()))


@pytest.mark.soak
def test_random_rules_and_their_waterfalls_count_the_same_people(spark: Engine) -> None:
    everybody = crowd()
    with open_engine() as duckdb:
        there = {engine: filled(engine, everybody) for engine in (duckdb, spark)}
        for rule in gathered(RULES, 25):
            when = {"as_of": AS_OF, "zone": SHANGHAI}
            found, steps = [], []
            for engine, relations in there.items():
                dialect = DIALECTS[engine.name]
                asked = s.members(rule, CATALOGUE, relations, dialect, **when)
                found.append(sorted(engine.ask(asked.sql, asked.params)["customer_id"].to_pylist()))
                falls = s.waterfall(rule, CATALOGUE, relations, dialect, **when)
                row = engine.ask(falls.query.sql, falls.query.params)
                steps.append([column[0].as_py() for column in row.columns])
            assert found[0] == found[1], rule
            assert steps[0] == steps[1], rule
            only = sorted(each.id for each in everybody)[::7]
            few = s.members(rule, CATALOGUE, there[spark], s.SPARK, only=only, **when)
            told = spark.ask(few.sql, few.params)["customer_id"].to_pylist()
            assert sorted(told) == [each for each in found[0] if each in only], rule


def _assert_same_people(spark: Engine, conditions: list[s.Condition]) -> None:
    everybody = crowd()
    with open_engine() as duckdb:
        there = {engine: filled(engine, everybody) for engine in (duckdb, spark)}
        for asked in at_once(conditions):
            meant = [{person.id for person in everybody if belongs(each, person)} for each in asked]
            for engine, relations in there.items():
                found = truths(engine, relations, asked)
                differ = [
                    (engine.name, each, sorted(right ^ got))
                    for each, right, got in zip(asked, meant, found, strict=True)
                    if right != got
                ]
                assert not differ, differ[:3]


@dataclass
class Asked:
    """A history that notes what it is asked."""

    history: History
    frames: set[datetime] = field(default_factory=set)
    outcomes_asked: set[tuple[datetime, timedelta]] = field(default_factory=set)

    @property
    def lines(self) -> ir.Table:
        return self.history.lines

    def customer_features(self, as_of: datetime) -> pa.Table:
        self.frames.add(as_of)
        return self.history.customer_features(as_of)

    def outcomes(self, as_of: datetime, horizon: timedelta) -> pa.Table:
        self.outcomes_asked.add((as_of, horizon))
        return self.history.outcomes(as_of, horizon)

    def span(self) -> tuple[datetime, datetime]:
        return self.history.span()


def noted(history: History, as_of: datetime) -> Asked:
    asked: AskableHistory = Asked(history)
    train_all(asked, as_of)
    assert isinstance(asked, Asked)
    return asked


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("source", ["online_retail", "simulated"])
def test_whatever_a_backtest_asks_is_answered_the_same(
    spark: Engine, tmp_path: Path, source: str
) -> None:
    if source == "online_retail" and not sources.RETAIL.exists():
        pytest.skip(f"no {sources.RETAIL.name} here")
    retail = source == "online_retail"
    made = sources.online_retail(tmp_path) if retail else sources.simulated(tmp_path, 1_000)
    asked = noted(History.from_lake(made.lake, made.links), made.as_of)
    theirs = History.from_lake(made.lake, made.links, settings=SPARK)
    assert len(asked.frames) >= 10
    for at in sorted(asked.frames):
        assert_same(asked.history.customer_features(at), theirs.customer_features(at))
    for at, horizon in sorted(asked.outcomes_asked):
        assert_same(asked.history.outcomes(at, horizon), theirs.outcomes(at, horizon))
    assert theirs.span() == asked.history.span()
    assert_same(first_sales(asked.history), first_sales(theirs))
    assert_same(cohorts(asked.history, made.as_of), cohorts(theirs, made.as_of))


def first_sales(history: History) -> pa.Table:
    """As the windows of the next purchase are checked."""
    sold = history.lines.filter(history.lines.quantity > 0)
    found = sold.group_by("customer_id").agg(us=sold.ts_us.min())
    return found.order_by("customer_id").to_pyarrow()


def test_rows_from_before_a_column_was_added_have_none(spark: Engine, tmp_path: Path) -> None:
    old = Lake(str(tmp_path))
    old.append("events", lake_events(range(5)), app_id="a", sequence=1)
    spec = TABLES["events"]
    wider = EVENTS.append(pa.field("device", pa.string()))
    new = Lake(
        str(tmp_path),
        tables={"events": TableSpec(wider, spec.partition, spec.described, spec.clustered)},
    )
    later = lake_events(range(5, 9)).append_column("device", pa.array(["a", "b", None, "d"]))
    new.append("events", later, app_id="a", sequence=2)
    with open_engine(new, SPARK) as engine:
        found = engine.table("events")
        assert sorted(found.device.to_pyarrow().drop_null().to_pylist()) == ["a", "b", "d"]
        assert found.count().execute() == 9
        assert found.columns == tuple(wider.names)


def test_spark_reads_a_lake_as_it_was_and_one_without_rows(spark: Engine, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    lake.append("events", lake_events(range(5)), app_id="a", sequence=1)
    before = lake.version("events")
    lake.append("events", lake_events(range(5, 9)), app_id="a", sequence=2)
    with open_engine(lake, SPARK) as engine:
        assert engine.table("events", at=before).count().execute() == 5
        assert engine.table("events").count().execute() == 9
        assert engine.table("order_lines").count().execute() == 0
    with pytest.raises(ValueError, match="without a lake"):
        spark.table("events")


def test_what_spark_keeps_of_a_history_goes_with_it(spark: Engine, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    lake.append("events", lake_events(range(5)), app_id="a", sequence=1)
    engine = open_engine(lake, SPARK)
    kept = engine.keep(engine.table("events"))
    held = kept.get_backend()._session.sparkContext._jsc.getPersistentRDDs
    before = len(held())
    del engine
    gc.collect()
    assert kept.count().execute() == 5
    assert len(held()) == before > 0
    del kept
    gc.collect()
    assert len(held()) == before - 1


def test_spark_says_what_it_cannot_read(
    spark: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(str(tmp_path))
    monkeypatch.setattr(lake, "local", False)
    with pytest.raises(EngineUnavailableError, match="object storage"):
        open_engine(lake, SPARK)
    with pytest.raises(EngineUnavailableError, match="another process"):
        open_engine(settings=EngineSettings("spark://127.0.0.1:9"))
