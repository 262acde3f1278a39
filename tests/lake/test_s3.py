"""The same lake on S3-compatible storage, where nobody holds a lock and others write at once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.lake.rows import events, lines
from tests.lake.traces import holds
from zhiyin.lake import Lake, NoSuchVersionError, Problem, VanishedError, vacuuming
from zhiyin.lake.engine import open_engine

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OPTIONS = {"AWS_ALLOW_HTTP": "true"}
APPENDER = """
import sys
from tests.lake.rows import events
from tests.lake.test_s3 import OPTIONS
from zhiyin.lake import Lake
root, app_id, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
lake = Lake(root, OPTIONS)
new = sum(
    lake.append("events", events([number, number + 100_000]), app_id=app_id, sequence=number)
    for number in range(first, first + count)
)
print(new)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A stand-in for S3 in a process of its own, with a bucket; gives a client of it.

    Not a thread of this one: delta-rs keeps Python waiting where it opens an object to write.
    """
    pytest.importorskip("moto.server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    moto = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    import boto3

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
        }.items():
            patch.setenv(name, value)
        client = boto3.client("s3", endpoint_url=address)
        _wait_for(port)
        client.create_bucket(Bucket="lake")
        yield client
    moto.terminate()
    moto.wait()


def _wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")


@pytest.fixture
def lake(server: Any) -> Lake:
    lake = Lake(f"s3://lake/{uuid4()}", OPTIONS)
    for sequence in range(3):
        numbers = range(sequence * 10, sequence * 10 + 10)
        lake.append("events", events(numbers), app_id="pump", sequence=sequence)
    return lake


def ids(lake: Lake) -> list[str]:
    return sorted(lake.read("events", ["event_id"])["event_id"].to_pylist())


ALL = sorted(f"event-{number}" for number in range(30))


def processes(lake: Lake, *given: tuple[str, int, int]) -> list[int]:
    """Append from several processes at once; how many rows of batches each brought in anew."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDER, lake.root, app_id, str(first), str(count)],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": "src"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for app_id, first, count in given
    ]
    return [int(one.communicate(timeout=300)[0]) for one in running]


def test_rows_are_appended_once_and_read_now_and_as_they_were(lake: Lake) -> None:
    assert ids(lake) == ALL
    before = lake.version("events")
    assert not lake.append("events", events([5]), app_id="pump", sequence=2)
    assert lake.append("events", events([30]), app_id="pump", sequence=3)
    assert lake.read("events", at=before).num_rows == 30
    assert lake.read("events", where={"identifier_id": "person-2"}).num_rows == 6
    assert lake.read("events", where={"received_day": date(2026, 1, 1)}).num_rows == 16
    with pytest.raises(NoSuchVersionError):
        lake.read("events", at=datetime.now(UTC) - timedelta(days=1))
    with open_engine(lake) as engine:
        assert engine.table("events").count().execute() == 31


def test_compaction_and_verification(lake: Lake) -> None:
    before = lake.version("events")
    done = lake.compact("events")
    assert (done.days, done.rows, done.files) == (2, 30, 2)
    assert lake.compact("events").days == 0
    assert ids(lake) == ALL
    assert list(lake.verify("events")) == []
    assert lake.read("events", at=before).num_rows == 30
    lake.vacuum("events")
    assert ids(lake) == ALL and len(lake.uris("events")) == 2


def test_what_is_missing_is_found(lake: Lake, server: Any) -> None:
    uri = lake.uris("events")[0].removeprefix("s3://lake/")
    server.delete_object(Bucket="lake", Key=uri)
    assert [one.problem for one in lake.verify("events")] == [Problem.MISSING]
    with pytest.raises(VanishedError):
        lake.read("events", where={"identifier_id": ["person-0", "person-1"]})
    with pytest.raises(VanishedError):
        lake.read("events")


def test_who_is_erased_is_in_no_object(lake: Lake, server: Any) -> None:
    lake.append("order_lines", lines(range(10)), app_id="pump", sequence=1)
    lake.compact("events", day=date(2026, 1, 1))
    prefix = lake.root.removeprefix("s3://lake/") + "/"

    def hits() -> list[str]:
        pages = server.get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix=prefix)
        keys = [one["Key"] for page in pages for one in page["Contents"]]
        return [
            key for key in keys
            if holds(key, server.get_object(Bucket="lake", Key=key)["Body"].read(), b"person-3")
        ]  # fmt: skip

    assert hits()
    receipt = lake.erase(["person-3"], now=NOW)
    assert hits() == []
    assert receipt.rows_erased == 6 + 2
    assert [(one.rows_left, one.files_unswept) for one in receipt.tables] == [(0, 0)] * 2
    with pytest.raises(VanishedError):
        lake.read("events", at=2)
    lake.append("events", events([103, 104]), app_id="pump", sequence=9)
    assert hits() == []
    assert lake.read("events").num_rows == 25


def test_two_processes_append_at_once_and_nothing_is_lost(lake: Lake) -> None:
    assert processes(lake, ("a", 1000, 10), ("b", 2000, 10)) == [10, 10]
    expected = [number for first in (1000, 2000) for number in range(first, first + 10)]
    late = [number + 100_000 for number in expected]
    assert ids(lake) == sorted([*ALL, *(f"event-{number}" for number in [*expected, *late])])
    assert list(lake.verify("events")) == []


def test_two_processes_that_append_the_same_bring_it_in_once(lake: Lake) -> None:
    """As where a worker that was thought dead is still at it."""
    new = processes(lake, ("same", 1000, 10), ("same", 1000, 10))
    assert sum(new) == 10
    numbers = [*range(1000, 1010), *range(101_000, 101_010)]
    assert ids(lake) == sorted([*ALL, *(f"event-{number}" for number in numbers)])
    assert list(lake.verify("events")) == []
    assert vacuuming.unswept(lake._storage, "events") == 0  # who lost took its files back


def test_compaction_and_erasure_beside_a_process_that_appends(lake: Lake) -> None:
    brought: list[int] = []
    appending = threading.Thread(target=lambda: brought.extend(processes(lake, ("a", 1000, 12))))
    appending.start()
    other = Lake(lake.root, OPTIONS)
    while appending.is_alive():
        other.compact("events")
    other.erase(["person-3"], now=NOW)
    other.compact("events")
    assert brought == [12]
    numbers = [*range(30), *range(1000, 1012), *range(101_000, 101_012)]
    assert ids(lake) == sorted(f"event-{number}" for number in numbers if number % 5 != 3)
    assert list(lake.verify("events")) == []


def test_vacuum_leaves_files_of_who_is_about_to_commit(
    lake: Lake, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lake.root.removeprefix("s3://lake/") + "/events/received_day=2026-01-01"
    server.put_object(Bucket="lake", Key=f"{folder}/part-uncommitted.zstd.parquet", Body=b"PAR1")
    lake.vacuum("events")
    assert vacuuming.unswept(lake._storage, "events") == 1
    assert ids(lake) == ALL
    monkeypatch.setattr(vacuuming, "ORPHANS", timedelta(0))  # a day later
    lake.vacuum("events")
    assert vacuuming.unswept(lake._storage, "events") == 0
    assert ids(lake) == ALL
