"""Who is erased is nowhere: not in a row, not in a file, not in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.lake.rows import events
from zhiyin.lake import DeletionVectorsError, Lake, NoSuchVersionError, VanishedError
from zhiyin.lake.engine import open_engine


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path))
    for sequence in range(4):
        numbers = range(sequence * 10, sequence * 10 + 10)
        rows = events(numbers, batch=f"import-{sequence}")
        lake.append("events", rows, app_id="pump", sequence=sequence)
    return lake


def test_an_erased_identifier_is_left_in_no_file_and_not_in_the_log(lake: Lake) -> None:
    lake.compact("events")
    assert lake.delete("events", "identifier_id", ["person-3", "person-1", "nobody"]) == 16
    lake.vacuum("events")
    assert lake.read("events").num_rows == 24
    left = [path for path in Path(lake.root).rglob("*") if path.is_file()]
    assert left
    for path in left:
        if path.suffix == ".parquet" and "checkpoint" not in path.name:
            people = set(pq.ParquetFile(path).read(["identifier_id"])["identifier_id"].to_pylist())
            assert people <= {"person-0", "person-2", "person-4"}
        content = path.read_bytes()
        assert b"person-1" not in content, path
        assert b"person-3" not in content, path


def test_what_a_dead_writer_left_uncommitted_is_erased_too(lake: Lake) -> None:
    used = Path(lake.uris("events")[0])
    orphan = used.with_name("part-00000-orphan-c000.snappy.parquet")
    orphan.write_bytes(used.read_bytes())
    lake.vacuum("events")
    assert not orphan.exists()
    assert used.exists()


def test_undoing_an_import_takes_its_rows_and_no_others(lake: Lake) -> None:
    assert lake.delete("events", "batch", ["import-2"]) == 10
    assert lake.read("events", where={"batch": "import-2"}).num_rows == 0
    assert lake.read("events", where={"batch": ["import-1", "import-3"]}).num_rows == 20
    assert lake.delete("events", "batch", ["import-2"]) == 0
    assert lake.delete("events", "batch", []) == 0


def test_rows_can_be_read_as_they_were_until_the_vacuum(lake: Lake) -> None:
    before = lake.version("events")
    lake.delete("events", "batch", ["import-0"])
    assert lake.read("events").num_rows == 30
    assert lake.read("events", at=before).num_rows == 40
    with open_engine(lake) as engine:
        assert engine.table("events", at=before).count().execute() == 40
    lake.vacuum("events")
    with pytest.raises(VanishedError):
        lake.read("events", at=before)


def test_a_version_that_never_was_is_refused(lake: Lake) -> None:
    with pytest.raises(NoSuchVersionError):
        lake.read("events", at=99)
    with pytest.raises(NoSuchVersionError):
        lake.read("scores", at=0)


def test_a_moment_of_which_nothing_is_kept_is_refused(lake: Lake) -> None:
    from deltalake import DeltaTable

    begun = datetime.now(UTC)
    with pytest.raises(NoSuchVersionError):
        lake.read("events", at=begun - timedelta(days=1))
    lake.append("events", events([100]), app_id="pump", sequence=9)
    table = DeltaTable(f"{lake.root}/events")
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 0 seconds"})
    DeltaTable(f"{lake.root}/events").create_checkpoint()
    DeltaTable(f"{lake.root}/events").cleanup_metadata()  # as the vacuum does after weeks
    with pytest.raises(NoSuchVersionError):
        lake.read("events", at=begun)
    assert lake.read("events", at=datetime.now(UTC)).num_rows == 41


def test_appending_goes_on_after_an_erasure_and_counts_on(lake: Lake) -> None:
    lake.delete("events", "identifier_id", ["person-3"])
    lake.vacuum("events")
    assert not lake.append("events", events([3]), app_id="pump", sequence=3)
    assert lake.append("events", events([100]), app_id="pump", sequence=4)
    assert lake.read("events").num_rows == 33


def test_a_table_with_deletion_vectors_is_refused(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deltalake import DeltaTable
    from deltalake.table import ProtocolVersions

    protocol = ProtocolVersions(3, 7, ["deletionVectors"], ["deletionVectors"])
    monkeypatch.setattr(DeltaTable, "protocol", lambda _: protocol)
    with pytest.raises(DeletionVectorsError):
        lake.read("events")
