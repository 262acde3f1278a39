"""What is appended is there once, and stays there whoever is killed or loses power."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lake.rows import events
from zhiyin.lake import Lake, NoSuchTableError, SchemaMismatchError, durable

WRITER = """
import sys
from tests.lake.rows import events
from zhiyin.lake import Lake
lake = Lake(sys.argv[1])
for number in range(100):
    lake.append("events", events([2 * number, 2 * number + 1]), app_id="pump", sequence=number)
    print(number, flush=True)
"""


def ids(lake: Lake) -> list[str]:
    return sorted(lake.read("events", ["event_id"])["event_id"].to_pylist())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_a_batch_sent_again_changes_nothing(sent: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        highest, expected = -1, set()
        for sequence in sent:
            new = lake.append("events", events([sequence]), app_id="pump", sequence=sequence)
            assert new == (sequence > highest)
            if new:
                expected.add(f"event-{sequence}")
            highest = max(highest, sequence)
        assert ids(lake) == sorted(expected)


def test_two_writers_count_apart(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    assert lake.append("events", events([1]), app_id="a", sequence=1)
    assert lake.append("events", events([2]), app_id="b", sequence=1)
    assert lake.read("events").num_rows == 2


def test_a_writer_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    for kill_after in (3, 20, None):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            text=True,
        ) as writer:
            assert writer.stdout is not None
            for line in writer.stdout:
                if int(line) == kill_after:
                    os.kill(writer.pid, signal.SIGKILL)
    assert ids(Lake(str(tmp_path))) == sorted(f"event-{number}" for number in range(200))


def test_everything_is_flushed_before_append_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[Path] = set()
    real = durable.flush
    monkeypatch.setattr(durable, "flush", lambda path: (flushed.add(path), real(path)))
    lake = Lake(str(tmp_path))
    lake.append("events", events([1, 2]), app_id="pump", sequence=1)
    table = tmp_path / "events"
    written = {path for path in table.rglob("*") if path.suffix in (".json", ".parquet")}
    folders = {path for path in table.rglob("*") if path.is_dir()} | {table, tmp_path}
    assert written | folders <= flushed


@pytest.mark.parametrize("torn", ["log", "data"])
def test_a_commit_torn_by_a_power_cut_is_put_aside_and_can_be_written_again(
    tmp_path: Path, torn: str
) -> None:
    lake = Lake(str(tmp_path))
    lake.append("events", events([1]), app_id="pump", sequence=1)
    before = set(tmp_path.rglob("*.parquet"))
    lake.append("events", events([2]), app_id="pump", sequence=2)
    if torn == "log":
        victim = max((tmp_path / "events" / "_delta_log").glob("*.json"))
    else:
        (victim,) = set(tmp_path.rglob("*.parquet")) - before
    victim.write_bytes(b"")

    again = Lake(str(tmp_path))
    assert ids(again) == ["event-1"]
    assert again.append("events", events([2]), app_id="pump", sequence=2)
    assert ids(again) == ["event-1", "event-2"]


def test_a_torn_checkpoint_is_not_needed(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    lake.append("events", events([1]), app_id="pump", sequence=1)
    lake.compact("events")
    for checkpoint in (tmp_path / "events" / "_delta_log").glob("*.checkpoint.parquet"):
        checkpoint.write_bytes(b"PAR1")
    again = Lake(str(tmp_path))
    assert again.append("events", events([2]), app_id="pump", sequence=2)
    assert ids(again) == ["event-1", "event-2"]


def test_rows_of_another_shape_are_refused_by_name(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    good = events([1])
    with pytest.raises(SchemaMismatchError, match="properties"):
        lake.append("events", good.drop_columns("properties"), app_id="a", sequence=1)
    with pytest.raises(SchemaMismatchError, match="email"):
        lake.append("events", good.append_column("email", good["name"]), app_id="a", sequence=1)
    empty = good.set_column(0, "event_id", pa.array([None], pa.string()))
    with pytest.raises(SchemaMismatchError, match="event_id"):
        lake.append("events", empty, app_id="a", sequence=1)
    with pytest.raises(NoSuchTableError, match="order_lines"):
        lake.append("people", good, app_id="a", sequence=1)
    assert lake.read("events").num_rows == 0
