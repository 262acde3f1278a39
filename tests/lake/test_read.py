"""Rows come out as they went in, whole or in parts, through Arrow or through the engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.lake.rows import events, lines
from zhiyin.lake import EVENTS, ORDER_LINES, Lake, SchemaMismatchError
from zhiyin.lake.engine import EngineSettings, open_engine


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "it's a lake"))
    lake.append("events", events(range(40)), app_id="pump", sequence=1)
    lake.append("order_lines", lines(range(30)), app_id="pump", sequence=1)
    return lake


def test_rows_come_back_with_the_columns_of_the_table(lake: Lake) -> None:
    found = lake.read("order_lines").sort_by("event_id")
    assert found.schema.equals(ORDER_LINES)
    sent = lines(range(30)).sort_by("event_id")
    for name in sent.column_names:
        assert found[name].to_pylist() == sent[name].to_pylist(), name


def test_a_table_never_written_is_empty_and_has_its_columns(lake: Lake, tmp_path: Path) -> None:
    empty = Lake(str(tmp_path / "new"))
    assert empty.read("events").schema.equals(EVENTS)
    assert empty.uris("events") == []
    with open_engine(empty) as engine:
        assert engine.table("events").count().execute() == 0


def test_rows_are_chosen_by_value_by_any_of_several_and_by_day(lake: Lake) -> None:
    assert lake.read("events", ["ts_us"], {"identifier_id": "person-2"}).num_rows == 8
    assert lake.read("events", where={"identifier_id": ["person-2", "person-4"]}).num_rows == 16
    assert lake.read("events", where={"identifier_id": None}).num_rows == 0
    assert lake.read("events", where={"received_day": date(2026, 1, 1)}).num_rows == 20
    with pytest.raises(SchemaMismatchError, match="email"):
        lake.read("events", ["email"])


def test_scanning_gives_the_same_rows_in_batches(lake: Lake) -> None:
    batches = list(lake.scan("events", ["event_id"], batch_rows=7))
    assert max(batch.num_rows for batch in batches) <= 7
    assert sum(batch.num_rows for batch in batches) == 40


def test_rows_can_be_read_as_of_a_moment(lake: Lake) -> None:
    between = datetime.now(UTC)
    lake.append("events", events(range(40, 45)), app_id="pump", sequence=2)
    assert lake.read("events", at=between).num_rows == 40
    assert lake.read("events", at=datetime.now(UTC) + timedelta(seconds=1)).num_rows == 45
    with pytest.raises(ValueError, match="time zone"):
        lake.read("events", at=datetime(2026, 1, 1))


def test_compaction_keeps_the_rows_in_fewer_files(lake: Lake) -> None:
    for number in range(2, 8):
        lake.append("events", events([number * 100]), app_id="pump", sequence=number)
    before = len(lake.uris("events"))
    done = lake.compact("events")
    assert done.files_before - done.files == before - len(lake.uris("events")) > 0
    assert lake.read("events").num_rows == 46


def test_status_tells_rows_files_and_days(lake: Lake) -> None:
    status = {table.name: table for table in lake.status()}
    assert status["events"].rows == 40
    assert status["events"].files == 2
    assert (status["events"].first_day, status["events"].last_day) == (
        date(2026, 1, 1),
        date(2026, 1, 2),
    )
    assert status["scores"].rows == 0


def test_the_engine_reads_the_lake_and_nothing_else(lake: Lake, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    with open_engine(lake, EngineSettings(memory="500MB", threads=1)) as engine:
        table = engine.table("events")
        assert table.count().execute() == 40
        assert table.filter(table.identifier_id == "person-2").count().execute() == 8
        backend = table.get_backend()
        with pytest.raises(duckdb.Error):
            backend.read_csv(str(secret)).execute()
        with pytest.raises(duckdb.Error):
            backend.raw_sql("SET enable_external_access = true")


def test_the_engine_takes_in_a_lake_that_lies_elsewhere(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "local", False)  # as on object storage: no file for the engine
    with open_engine(lake) as engine:
        table = engine.table("events")
        assert table.filter(table.identifier_id == "person-2").count().execute() == 8
