"""Days become few large files in order, and nobody loses or doubles a row by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lake.rows import events, lines
from zhiyin.lake import Lake, rewriting, writing
from zhiyin.lake.engine import open_engine
from zhiyin.lake.sorting import SortSettings, in_order

FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)
COMPACTOR = """
import os, signal, sys
from zhiyin.lake import Lake, compaction, durable, rewriting, writing
point = sys.argv[2]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def dying(real, before):
    def call(*given, **named):
        if before:
            die()
        done = real(*given, **named)
        die()
    return call
if point == "files half written":
    writing.DayWriter._finish = dying(writing.DayWriter._finish, True)
if point == "files written":
    rewriting._swap = dying(rewriting._swap, True)
if point == "committed, not flushed":
    rewriting._swap = dying(rewriting._swap, False)
if point == "one day done":
    compaction.rewrite_day = dying(compaction.rewrite_day, False)
Lake(sys.argv[1]).compact("events")
print("whole")
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path))
    for sequence in range(6):
        numbers = range(sequence * 10, sequence * 10 + 10)
        lake.append("events", events(numbers), app_id="pump", sequence=sequence)
    return lake


def ids(lake: Lake) -> list[str]:
    return sorted(lake.read("events", ["event_id"])["event_id"].to_pylist())


ALL = sorted(f"event-{number}" for number in range(60))


def test_a_day_becomes_one_file_in_order_of_person_and_time(lake: Lake) -> None:
    done = lake.compact("events")
    assert (done.days, done.rows, done.files_before, done.files) == (2, 60, 12, 2)
    assert ids(lake) == ALL
    for uri in lake.uris("events"):
        rows = pq.ParquetFile(uri).read(["identifier_id", "ts_us"]).to_pylist()
        keys = [(row["identifier_id"], row["ts_us"]) for row in rows]
        assert len(keys) == 30 and keys == sorted(keys)


def test_only_days_that_need_it_are_rewritten(lake: Lake) -> None:
    assert lake.compact("events", before=SECOND).days == 1
    assert lake.compact("events", before=SECOND).days == 0
    assert lake.compact("events", day=SECOND).days == 1
    version = lake.version("events")
    assert lake.compact("events").days == 0
    assert lake.version("events") == version
    lake.append("events", events([100]), app_id="pump", sequence=9)  # one row for the first day
    assert lake.compact("events").days == 1
    assert lake.compact("order_lines").days == 0


def test_files_are_closed_at_their_size(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FILE_BYTES", 2_000)
    monkeypatch.setattr(writing, "GROUP_ROWS", 10)
    lake.append("events", events(range(100, 50_000)), app_id="pump", sequence=9)
    done = lake.compact("events")
    assert done.files >= 6
    rows = [pq.ParquetFile(uri).metadata.num_rows for uri in lake.uris("events")]
    assert sum(rows) == lake.status()[0].rows == 60 + 49_900
    ends = []
    for uri in (uri for uri in lake.uris("events") if f"={FIRST}/" in uri):
        people = pq.ParquetFile(uri).read(["identifier_id", "ts_us"]).to_pylist()
        ends += [tuple(people[0].values()), tuple(people[-1].values())]
    assert ends == sorted(ends)  # from file to file too
    assert lake.compact("events").days == 0  # several files of one run are in order


def test_versions_before_it_can_be_read_until_the_vacuum(lake: Lake) -> None:
    before = lake.version("events")
    lake.compact("events")
    assert lake.read("events", at=before).num_rows == 60
    with open_engine(lake) as engine:
        assert engine.table("events").count().execute() == 60
    assert lake.vacuum("events") == 12
    assert ids(lake) == ALL


def test_a_reader_who_began_before_reads_to_the_end(lake: Lake) -> None:
    reading = lake.scan("events", batch_rows=3)
    seen = [next(reading)]
    lake.compact("events")
    seen += reading
    assert sum(batch.num_rows for batch in seen) == 60


def test_rows_appended_meanwhile_stay(lake: Lake) -> None:
    told: list[int] = []

    def append_once(stage: str, done: int, total: int | None) -> None:
        if not told:
            lake.append("events", events([1000]), app_id="pump", sequence=50)
        told.append(done)

    lake.compact("events", progress=append_once)
    assert ids(lake) == sorted([*ALL, "event-1000"])
    assert told[0] == 0 and told[-1] == 60 and told == sorted(told)


def test_who_stops_it_changes_nothing_of_the_day(lake: Lake) -> None:
    class Stopped(Exception):
        pass

    def stop(stage: str, done: int, total: int | None) -> None:
        if done > 30:  # the first day stands, the second is being written
            raise Stopped

    with pytest.raises(Stopped):
        lake.compact("events", progress=stop)
    assert ids(lake) == ALL
    assert lake.compact("events").days == 1  # the first day was done before
    assert len(list(Path(lake.root).rglob("clustered-*"))) == 2


def test_it_starts_again_where_somebody_else_took_a_file_away(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = rewriting._swap
    other = iter([True])

    def first_somebody_else(*given: object) -> None:
        if next(other, False):  # as another process would on object storage, where no lock is
            monkeypatch.setattr(rewriting, "_swap", real)
            rewriting.rewrite_day(lake._storage, "events", FIRST, spill=None)
        real(*given)

    monkeypatch.setattr(lake._storage, "writing", lambda table_name: nullcontext())
    monkeypatch.setattr(rewriting, "_swap", first_somebody_else)
    lake.compact("events")
    assert ids(lake) == ALL


@given(
    st.lists(
        st.tuples(st.sampled_from([None, "a", "b", "知"]), st.integers(0, 5), st.text(max_size=3)),
        max_size=60,
    ),
    st.integers(1, 400),
)
def test_sorting_in_runs_is_sorting(
    rows: list[tuple[str | None, int, str]], run_bytes: int
) -> None:
    schema = pa.schema([("person", pa.string()), ("ts", pa.int64()), ("id", pa.string())])
    batches = [
        pa.RecordBatch.from_pylist(
            [dict(zip(schema.names, row, strict=True)) for row in rows[at : at + 7]], schema
        )
        for at in range(0, len(rows), 7)
    ]
    settings = SortSettings(run_bytes=run_bytes, batch_bytes=40)
    found = in_order(iter(batches), schema, schema.names, settings)
    sent = [tuple(row.values()) for batch in found for row in batch.to_pylist()]
    assert sent == sorted(rows, key=lambda row: (row[0] is None, row[0] or "", row[1:]))


def test_lines_without_a_person_come_last(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    rows = lines(range(10))
    position = rows.column_names.index("identifier_id")
    anonymous = rows.set_column(position, "identifier_id", pa.nulls(10, pa.string()))
    lake.append("order_lines", anonymous, app_id="pump", sequence=1)
    lake.append("order_lines", lines(range(10, 20)), app_id="pump", sequence=2)
    lake.compact("order_lines", day=FIRST)
    (file,) = [uri for uri in lake.uris("order_lines") if "clustered" in uri]
    people = pq.ParquetFile(file).read(["identifier_id"])["identifier_id"].to_pylist()
    assert people[-5:] == [None] * 5 and None not in people[:5]
    assert lake.read("order_lines").num_rows == 20


@pytest.mark.parametrize(
    "point", ["files half written", "files written", "committed, not flushed", "one day done"]
)
def test_killed_at_any_point_no_row_is_lost_and_none_is_there_twice(lake: Lake, point: str) -> None:
    child = _compactor(lake, point)
    assert child.wait() == -signal.SIGKILL
    again = Lake(lake.root)
    assert ids(again) == ALL
    again.compact("events")
    assert ids(again) == ALL
    assert len(again.uris("events")) == 2
    again.vacuum("events")
    assert ids(again) == ALL
    kept = [path for path in Path(lake.root).rglob("*.parquet") if "_delta_log" not in path.parts]
    assert len(kept) == 2  # nothing that the dead one left
    assert not list(Path(lake.root, ".spill").rglob("*/*"))


@pytest.mark.slow
def test_killed_at_random_moments_no_row_is_lost_and_none_is_there_twice(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    expected: list[str] = []
    for turn, pause in enumerate(_pauses()):
        for part in range(3):
            numbers = range(turn * 30_000 + part * 10_000, turn * 30_000 + part * 10_000 + 10_000)
            lake.append("events", events(numbers), app_id="pump", sequence=3 * turn + part)
            expected += [f"event-{number}" for number in numbers]
        child = _compactor(lake, "none")
        time.sleep(pause)
        child.kill()
        child.wait()
        assert ids(Lake(lake.root)) == sorted(expected)
    Lake(lake.root).compact("events")
    assert ids(Lake(lake.root)) == sorted(expected)


MEMORY = """
import resource, sys
import numpy as np, pyarrow as pa
from zhiyin.lake import Lake
from zhiyin.lake.sorting import SortSettings
lake, parts = Lake(sys.argv[1]), int(sys.argv[2])
random = np.random.default_rng(7)
for part in range(parts):
    received = 1_767_225_600_000_000 + random.integers(0, 86_400_000_000, 100_000)
    text = random.bytes(16 * 100_000).hex()
    ids = [text[at : at + 32] for at in range(0, len(text), 32)]
    rows = {"event_id": ids, "name": ["Page Viewed"] * 100_000, "source": ["site"] * 100_000,
            "batch": [str(part)] * 100_000, "identifier_id": ids[::-1], "ts_us": received,
            "received_us": received, "properties": [f'{{"ref": "{one}"}}' for one in ids]}
    lake.append("events", pa.table(rows), app_id="pump", sequence=part)
lake.compact("events", settings=SortSettings(run_bytes=16 * 1024**2))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_day(tmp_path: Path) -> None:
    used = [
        int(
            subprocess.run(
                [sys.executable, "-c", MEMORY, str(tmp_path / parts), parts],
                cwd=Path(__file__).parents[2],
                env={**os.environ, "PYTHONPATH": "src"},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for parts in ("4", "16")
    ]
    assert used[1] < used[0] + 150, used  # the larger day has 250 MB more of rows


def _pauses() -> Iterator[float]:
    """From before the child looks at the lake until after it has finished."""
    yield from (0.6, 0.8, 1.0, 1.2, 1.5, 2.0)


def _compactor(lake: Lake, point: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMPACTOR, lake.root, point],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "src"},
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
