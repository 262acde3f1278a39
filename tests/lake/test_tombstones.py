"""Who was erased is in no byte of the lake, and no append brings them back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tests.lake.rows import events, lines
from tests.lake.traces import holds
from zhiyin.lake import Lake, VanishedError, writing

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CANARIES = [f"canary-{number}-7f3a9c" for number in range(20)]
ERASER = """
import os, signal, sys
from datetime import UTC, datetime
from zhiyin.lake import Lake, erasure, writing
from tests.lake.test_tombstones import CANARIES, NOW
def dying(real, before):
    def call(*given, **named):
        if not before:
            real(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
    return call
if sys.argv[2] == "sorting":
    writing.DayWriter._finish = dying(writing.DayWriter._finish, True)
if sys.argv[2] == "one day done":
    erasure.rewrite_day = dying(erasure.rewrite_day, False)
if sys.argv[2] == "before the vacuum":
    erasure.sweep = dying(erasure.sweep, True)
Lake(sys.argv[1]).erase(CANARIES, now=NOW)
"""


def of_canaries(rows: pa.Table) -> pa.Table:
    position = rows.column_names.index("identifier_id")
    people = [CANARIES[number % len(CANARIES)] for number in range(rows.num_rows)]
    return rows.set_column(position, "identifier_id", pa.array(people, pa.string()))


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Canaries in many files, in compacted and deleted ones, and in one that was orphaned."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    lake = Lake(str(tmp_path / "lake"))
    for sequence in range(4):
        numbers = range(sequence * 100, sequence * 100 + 100)
        lake.append("events", events(numbers), app_id="pump", sequence=sequence)
        mine = of_canaries(events(range(10_000 + sequence * 50, 10_050 + sequence * 50)))
        lake.append("events", mine, app_id="canaries", sequence=sequence)
        lake.append("order_lines", lines(numbers), app_id="pump", sequence=sequence)
        lake.append("order_lines", of_canaries(lines([sequence])), app_id="c", sequence=sequence)
        if sequence == 2:
            lake.compact("events")
    lake.delete("events", "event_id", ["event-10000"])
    used = Path(lake.uris("events")[0])
    used.with_name("part-00000-orphan-c000.snappy.parquet").write_bytes(used.read_bytes())
    return lake


def hits(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if holds(path.name, path.read_bytes(), b"canary-")]


def others(lake: Lake) -> list[str]:
    rows = lake.read("events", ["event_id", "identifier_id"]).to_pylist()
    return sorted(row["event_id"] for row in rows if row["identifier_id"] not in CANARIES)


def test_an_erased_customer_is_in_no_byte_and_everybody_else_is_whole(
    lake: Lake, tmp_path: Path
) -> None:
    before, first = others(lake), lake.version("events")
    assert len(hits(tmp_path)) > 4  # the check would find them
    told: list[tuple[str, int, int | None]] = []
    receipt = lake.erase(CANARIES, now=NOW, progress=lambda *step: told.append(step))
    assert hits(tmp_path) == []
    assert others(lake) == before == sorted(f"event-{number}" for number in range(400))
    assert lake.read("events").num_rows == 400
    assert lake.read("order_lines").num_rows == 400
    with pytest.raises(VanishedError):
        lake.read("events", at=first)
    assert {table.name: table.rows_erased for table in receipt.tables} == {
        "events": 199, "order_lines": 4,
    }  # fmt: skip
    assert [(table.rows_left, table.files_unswept) for table in receipt.tables] == [(0, 0)] * 2
    assert all(table.version_after > table.version_before for table in receipt.tables)
    assert all(table.files_removed > 0 for table in receipt.tables)
    assert receipt.is_about(CANARIES) and not receipt.is_about(CANARIES[1:])
    assert not any(one in str(receipt.as_json()) for one in CANARIES)
    assert told and all(done <= (total or 0) for _, done, total in told)


def test_an_erased_customer_does_not_come_back(lake: Lake, tmp_path: Path) -> None:
    lake.erase(CANARIES, now=NOW)
    for again in (lake, Lake(lake.root)):  # this process, and another one
        sequence = 100 if again is lake else 200
        late = pa.concat_tables([of_canaries(events([5000, 5001])), events([sequence * 100])])
        assert again.append("events", late, app_id="late", sequence=sequence)
        assert not again.append("events", late, app_id="late", sequence=sequence)
    only_theirs = of_canaries(lines([7]))
    assert lake.append("order_lines", only_theirs, app_id="late", sequence=1)
    assert not lake.append("order_lines", only_theirs, app_id="late", sequence=1)
    assert lake.read("events").num_rows == 402
    assert lake.read("order_lines").num_rows == 400
    assert hits(tmp_path) == []
    assert lake.are_erased([CANARIES[3], "person-3"]) == [True, False]


def test_another_process_learns_of_an_erasure_while_it_runs(lake: Lake, tmp_path: Path) -> None:
    other = Lake(lake.root)
    other.append("events", events([9000]), app_id="other", sequence=1)
    lake.erase(CANARIES[:10], now=NOW)
    other.append("events", of_canaries(events(range(20_000, 20_020))), app_id="other", sequence=2)
    assert other.read("events", where={"identifier_id": CANARIES[:10]}).num_rows == 0
    lake.erase(CANARIES, now=NOW)
    other.append("events", of_canaries(events(range(30_000, 30_020))), app_id="other", sequence=3)
    assert hits(tmp_path) == []


def test_who_looked_before_an_erasure_and_commits_after_it_looks_again(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on object storage, where no lock keeps the two apart."""
    from contextlib import nullcontext

    slow = Lake(lake.root)
    monkeypatch.setattr(slow._storage, "writing", lambda table_name: nullcontext())
    real, turns = slow._tombstones.without, []

    def then_somebody_erases(rows: pa.Table, person: str) -> pa.Table:
        kept = real(rows, person)
        turns.append(kept.num_rows)
        if len(turns) == 1:
            lake.erase(CANARIES, now=NOW)
        return kept

    monkeypatch.setattr(slow._tombstones, "without", then_somebody_erases)
    late = pa.concat_tables([of_canaries(events(range(5000, 5003))), events([8000])])
    assert slow.append("events", late, app_id="slow", sequence=1)
    assert turns == [4, 1]
    assert hits(tmp_path) == []


@pytest.mark.parametrize("point", ["sorting", "one day done", "before the vacuum"])
def test_an_erasure_that_was_killed_is_finished_by_running_it_again(
    lake: Lake, tmp_path: Path, point: str
) -> None:
    child = subprocess.run(
        [sys.executable, "-c", ERASER, lake.root, point],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "src", "TMPDIR": str(tmp_path / "tmp")},
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    again = Lake(lake.root)
    late = of_canaries(events([5000]))
    again.append("events", late, app_id="late", sequence=1)  # they are remembered from the start
    receipt = again.erase(CANARIES, now=NOW)
    assert hits(tmp_path) == []
    assert others(again) == sorted(f"event-{number}" for number in range(400))
    assert all(table.rows_left == 0 for table in receipt.tables)


def test_erasing_who_is_not_there_rewrites_nothing(lake: Lake) -> None:
    rows = lake.read("events").num_rows
    receipt = lake.erase(["nobody"], now=NOW)
    assert receipt.rows_erased == 0 and lake.read("events").num_rows == rows
    assert [table.days_rewritten for table in receipt.tables] == [0, 0]


def test_only_groups_of_rows_that_may_hold_a_person_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "GROUP_ROWS", 8_192)
    lake = Lake(str(tmp_path))
    lake.append("events", events(range(60_000), owners=60_000), app_id="pump", sequence=1)
    lake.compact("events")
    import pyarrow.parquet as pq

    read: list[int] = []
    real = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile, "iter_batches",
        lambda self, *given, row_groups, **named: (
            read.append(self.num_row_groups if row_groups is None else len(row_groups)),
            real(self, *given, row_groups=row_groups, **named),
        )[1],
    )  # fmt: skip
    found = lake.read("events", ["event_id"], {"identifier_id": ["person-7", "person-59999"]})
    assert sorted(found["event_id"].to_pylist()) == ["event-59999", "event-7"]
    assert 1 <= sum(read) <= 4  # of eight
