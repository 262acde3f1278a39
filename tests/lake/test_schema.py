"""A table may get new columns while it lives; it never loses one or changes its type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tests.lake.rows import events
from zhiyin.lake import EVENTS, TABLES, Lake, SchemaChangedError, TableSpec
from zhiyin.lake.engine import open_engine

SPEC = TABLES["events"]


def spec_with(schema: pa.Schema) -> dict[str, TableSpec]:
    changed = TableSpec(
        schema, SPEC.partition, SPEC.described, SPEC.clustered, SPEC.person, SPEC.unique
    )
    return {"events": changed}


WIDER = spec_with(EVENTS.insert(3, pa.field("device", pa.string())))


@pytest.fixture
def old(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path))
    for sequence in range(3):
        numbers = range(sequence * 10, sequence * 10 + 10)
        lake.append("events", events(numbers), app_id="pump", sequence=sequence)
    return lake


def wider(numbers: range) -> pa.Table:
    rows = events(numbers)
    return rows.append_column("device", pa.array(["phone"] * rows.num_rows))


def test_a_column_added_later_is_empty_in_rows_from_before(old: Lake) -> None:
    files = old.uris("events")
    new = Lake(old.root, tables=WIDER)
    assert new.read("events")["device"].null_count == 30  # before anything is written
    with open_engine(new) as engine:
        assert engine.table("events").device.count().execute() == 0
    assert new.append("events", wider(range(30, 40)), app_id="pump", sequence=3)
    assert set(files) < set(new.uris("events"))  # nothing was rewritten
    found = new.read("events").sort_by("event_id")
    assert found.schema.equals(WIDER["events"].schema)
    assert (found.num_rows, found["device"].null_count) == (40, 30)
    assert new.read("events", where={"device": "phone"}).num_rows == 10
    assert new.read("events", ["device"], {"identifier_id": "person-1"}).num_rows == 8
    with open_engine(new) as engine:
        table = engine.table("events")
        assert table.count().execute() == 40
        assert table.filter(table.device == "phone").count().execute() == 10
    assert not new.append("events", wider(range(30, 40)), app_id="pump", sequence=3)


def test_compaction_and_erasure_bring_old_rows_into_the_new_shape(old: Lake) -> None:
    new = Lake(old.root, tables=WIDER)
    new.compact("events", day=date(2026, 1, 1))
    new.append("events", wider(range(30, 40)), app_id="pump", sequence=3)
    new.compact("events")
    new.erase(["person-2"], now=datetime(2026, 3, 1, tzinfo=UTC))
    found = new.read("events")
    assert (found.num_rows, found["device"].null_count) == (32, 24)
    with open_engine(new) as engine:
        assert engine.table("events").device.count().execute() == 8


def test_the_table_as_it_was_before_the_column_can_be_read(old: Lake) -> None:
    before = old.version("events")
    new = Lake(old.root, tables=WIDER)
    new.append("events", wider(range(30, 40)), app_id="pump", sequence=3)
    found = new.read("events", at=before)
    assert (found.num_rows, found["device"].null_count) == (30, 30)
    with open_engine(new) as engine:
        assert engine.table("events", at=before).device.count().execute() == 0


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (EVENTS.remove(EVENTS.get_field_index("properties")), "taken away.*properties"),
        (EVENTS.set(5, pa.field("ts_us", pa.float64(), nullable=False)), "changed.*ts_us"),
        (EVENTS.set(4, pa.field("identifier_id", pa.string(), nullable=False)), "identifier_id"),
        (EVENTS.append(pa.field("tenant", pa.string(), nullable=False)), "never empty.*tenant"),
    ],
)
def test_another_change_is_refused_by_name_and_nothing_is_written(
    old: Lake, schema: pa.Schema, reason: str
) -> None:
    new = Lake(old.root, tables=spec_with(schema))
    with pytest.raises(SchemaChangedError, match=reason):
        new.read("events")
    rows = pa.table({field.name: pa.nulls(0, field.type) for field in schema}, schema=schema)
    with pytest.raises(SchemaChangedError, match=reason):
        new.append("events", rows, app_id="pump", sequence=9)
    assert old.read("events").num_rows == 30


def test_a_lake_that_does_not_know_the_column_yet_is_refused_once_it_is_used(old: Lake) -> None:
    """Two releases at once: the older one must not write rows that lack what the newer needs."""
    new = Lake(old.root, tables=WIDER)
    new.append("events", wider(range(30, 40)), app_id="pump", sequence=3)
    with pytest.raises(SchemaChangedError, match="device"):
        old.append("events", events(range(40, 50)), app_id="pump", sequence=4)
