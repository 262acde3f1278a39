"""Whatever is wrong with the lake is found and named; a sound lake is told to be sound."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.lake.rows import events, lines
from zhiyin.lake import Finding, Lake, Problem
from zhiyin.lake.sorting import SortSettings

DAY_US = 86_400_000_000


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path))
    for sequence in range(4):
        numbers = range(sequence * 10, sequence * 10 + 10)
        lake.append("events", events(numbers), app_id="pump", sequence=sequence)
        lake.append("order_lines", lines(numbers), app_id="pump", sequence=sequence)
    lake.compact("events", day=date(2026, 1, 1))
    return lake


def found(lake: Lake) -> list[Finding]:
    again = Lake(lake.root)
    return [one for table in again.tables for one in again.verify(table)]


def problems(lake: Lake) -> list[tuple[str, Problem]]:
    return [(one.table, one.problem) for one in found(lake)]


def compacted(lake: Lake) -> Path:
    (path,) = Path(lake.root).rglob("clustered-*.parquet")
    return path


def test_a_sound_lake_is_sound_and_every_row_was_read(lake: Lake) -> None:
    assert found(lake) == []
    told: list[tuple[str, int, int | None]] = []
    assert not list(lake.verify("events", progress=lambda *step: told.append(step)))
    assert ("verify events", 40, 40) in told
    assert found(Lake(str(Path(lake.root) / "never written"))) == []


def test_a_missing_file_is_named(lake: Lake) -> None:
    path = compacted(lake)
    path.unlink()
    (one,) = found(lake)
    assert (one.table, one.problem) == ("events", Problem.MISSING)
    assert one.subject.endswith(path.name)


def test_a_file_that_lost_its_end_is_damaged(lake: Lake) -> None:
    path = compacted(lake)
    path.write_bytes(path.read_bytes()[:-20])
    assert problems(lake) == [("events", Problem.DAMAGED)]


@pytest.mark.parametrize("where", ["compacted", "appended"])
def test_one_flipped_bit_in_any_page_is_found(lake: Lake, where: str) -> None:
    import pyarrow.parquet as pq

    path = compacted(lake)
    if where == "appended":
        path = max(Path(lake.root, "order_lines").rglob("part-*.parquet"))
    told = pq.ParquetFile(path).metadata.row_group(0)
    whole = path.read_bytes()
    for number in range(told.num_columns):
        column = told.column(number)
        start = column.dictionary_page_offset or column.data_page_offset
        end = start + column.total_compressed_size
        for place in ((start + end) // 2, end - 1):
            broken = bytearray(whole)
            broken[place] ^= 1
            path.write_bytes(broken)
            (problem,) = (problem for _, problem in problems(lake))
            # Within the head of a page it may hide the page's rows.
            assert problem in (Problem.DAMAGED, Problem.ROWS), (number, place)
    path.write_bytes(whole)
    assert found(lake) == []


def test_a_file_with_other_rows_than_the_log_tells_is_named(lake: Lake) -> None:
    log = max(Path(lake.root, "order_lines", "_delta_log").glob("*.json"))
    log.write_text(log.read_text().replace('\\"numRecords\\": 5', '\\"numRecords\\": 6'))
    assert ("order_lines", Problem.ROWS) in problems(lake)


def test_an_event_that_is_there_twice_is_counted_also_across_days(lake: Lake) -> None:
    lake.append("events", events([3, 5]), app_id="another pump", sequence=1)
    (one,) = found(lake)
    assert (one.problem, one.detail) == (Problem.DOUBLED, "2")
    later = events([8])
    moved = later.set_column(
        later.column_names.index("received_us"), "received_us",
        [[later["received_us"][0].as_py() + 3 * DAY_US]],
    )  # fmt: skip
    lake.append("events", moved, app_id="another pump", sequence=2)
    (one,) = found(lake)
    assert one.detail == "3"


def test_each_doubled_row_is_counted_once_over_many_weeks(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    lake.append("events", events(range(200), days=40), app_id="pump", sequence=1)
    lake.append("events", events(range(200), days=40), app_id="another pump", sequence=1)
    small = SortSettings(run_bytes=500, batch_bytes=100)
    told = list(lake.verify("events", settings=small))
    assert {one.problem for one in told} == {Problem.DOUBLED}
    assert sum(int(one.detail) for one in told) == 200


def test_rows_of_somebody_who_was_erased_are_named(lake: Lake) -> None:
    lake._tombstones.add(["person-2"], datetime(2026, 3, 1, tzinfo=UTC))  # killed right after it
    told = found(lake)
    assert {one.problem for one in told} == {Problem.ERASED}
    assert sum(int(one.detail) for one in told if one.table == "events") == 8


def test_a_checkpoint_that_cannot_be_read_is_named(lake: Lake) -> None:
    checkpoint = max(Path(lake.root, "events", "_delta_log").glob("*.checkpoint.parquet"))
    whole = checkpoint.read_bytes()
    lake.version("events")
    checkpoint.write_bytes(whole[:200] + b"\xff" * 200 + whole[400:])
    told = list(lake.verify("events"))
    assert {one.problem for one in told} & {Problem.CHECKPOINT, Problem.LOG}
    checkpoint.write_bytes(whole)
    (checkpoint.parent / "_last_checkpoint").write_text("{")
    assert [one.problem for one in lake.verify("events")] == [Problem.CHECKPOINT]


def test_a_log_that_cannot_be_read_is_named(lake: Lake) -> None:
    lake.version("order_lines")
    log = min(Path(lake.root, "order_lines", "_delta_log").glob("*.json"))
    log.write_text("{")
    assert [one.problem for one in lake.verify("order_lines")] == [Problem.LOG]
