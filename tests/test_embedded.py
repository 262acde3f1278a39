"""The embedded PostgreSQL: shared by processes, stopped by the last, found after accidents."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from zhiyin import embedded


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One folder for all of these tests, since making a database takes seconds.

    Not in pytest's own folder, which each new run closes to the user that PostgreSQL runs as.
    """
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-tests-embedded 数据-"))
    yield folder
    embedded.stop(embedded.ensure(folder), even_if_used=True)
    shutil.rmtree(folder, ignore_errors=True)


def _postmaster(data: Path) -> int | None:
    try:
        return int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    except FileNotFoundError:
        return None


@pytest.mark.parametrize(
    ("gib", "buffers"), [(1, "256MB"), (8, "1024MB"), (24, "3072MB"), (512, "4096MB")]
)
def test_it_holds_an_eighth_of_the_memory_within_bounds(gib: int, buffers: str) -> None:
    assert embedded._buffers(gib * 1024**3) == buffers


def test_the_last_to_leave_stops_it_and_tidies_its_socket(data: Path) -> None:
    with embedded.running(data) as server:
        with embedded.running(data):
            pass
        assert psycopg.connect(server.dsn()).execute("select 1").fetchone() == (1,)
    assert _postmaster(data) is None
    assert not server.socket_folder.exists()


def test_a_connection_that_is_just_closing_does_not_keep_it_up(data: Path) -> None:
    with embedded.running(data) as server:
        late = psycopg.connect(server.dsn())
        closer = threading.Timer(0.3, late.close)
        closer.start()
    closer.join()
    assert _postmaster(data) is None


def test_somebody_elses_connection_keeps_it_up(data: Path) -> None:
    with embedded.running(data) as server:
        stranger = psycopg.connect(server.dsn())
    assert stranger.execute("select 1").fetchone() == (1,)
    stranger.close()
    assert embedded.stop(server)


def test_another_process_that_is_not_connected_keeps_it_up(data: Path) -> None:
    code = (
        "import sys, pathlib; from zhiyin import embedded;"
        "embedded.ensure(pathlib.Path(sys.argv[1])); print('here', flush=True); sys.stdin.read()"
    )
    with embedded.running(data) as server:
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(data)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "here\n"
    assert _postmaster(data) is not None
    other.kill()  # its hold ends with it, whatever way it went
    other.communicate()
    assert embedded.stop(server)


def test_it_comes_back_after_kill_9(data: Path) -> None:
    with embedded.running(data) as server, psycopg.connect(server.dsn()) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('知音')")
        connection.commit()
        pid = _postmaster(data)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    with embedded.running(data) as server, psycopg.connect(server.dsn()) as connection:
        assert connection.execute("select word from kept").fetchone() == ("知音",)
        connection.execute("drop table kept")


def test_it_comes_back_after_its_socket_was_tidied_away(data: Path) -> None:
    server = embedded.ensure(data)
    shutil.rmtree(server.socket_folder)
    begun = time.monotonic()
    with embedded.running(data) as again, psycopg.connect(again.dsn()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert time.monotonic() - begun < embedded.START_SECONDS
    embedded.stop(server, even_if_used=True)


def test_nobody_else_can_enter_the_socket_folder(data: Path) -> None:
    with embedded.running(data) as server:
        assert server.socket_folder.stat().st_mode & 0o777 == 0o700
        assert (data / "postgres").stat().st_mode & 0o777 == 0o700


def test_a_port_in_the_environment_is_not_asked(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    with embedded.running(data) as server, psycopg.connect(server.dsn()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
