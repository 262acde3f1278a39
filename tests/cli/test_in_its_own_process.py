"""The command as a stranger runs it: other folder, other home, no terminal, kill -9."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.cli.terminal import environment, zhiyin
from zhiyin import embedded
from zhiyin.cli import serve
from zhiyin.cli.workspace import make_folder
from zhiyin.lake import Lake

ROOT = Path(__file__).parents[2]
RETAIL = ROOT / "examples" / "online_retail" / "online_retail.parquet"
IN_THE_LAKE = ["sale", "return", "fee"]
QUEUE = """
import sys
from pathlib import Path
from zhiyin.cli.workspace import opened
with opened(Path(sys.argv[1])):
    from zhiyin.cli.users import system_user
    from zhiyin.collect import files, services, tasks
    by = system_user()
    one = services.begin(files.read_chunks(Path(sys.argv[2])), file_name="orders.csv", by=by)
    services.check(one, by=by)
    tasks.begin(one, "load", by=by)
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a space and Chinese characters; its server runs for the whole module.

    Not in pytest's own folder, which each new run closes to the user that PostgreSQL runs as.
    """
    place = Path(tempfile.mkdtemp(prefix="zhiyin-tests-my files 知音-"))
    (place / "home").mkdir()
    (place / "elsewhere").mkdir()
    server = embedded.ensure(place / "数据 data")
    yield place
    embedded.stop(server, even_if_used=True)
    shutil.rmtree(place, ignore_errors=True)


def test_everything_is_kept_in_the_data_folder(place: Path, orders: Path) -> None:
    answer = zhiyin("import", orders, "--json", "--data", place / "数据 data",
                    cwd=place / "elsewhere", home=place / "home")  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.json()["loaded"] == 3
    assert not list((place / "elsewhere").iterdir())
    assert not list((place / "home").iterdir())
    kept = {path.name for path in (place / "数据 data").iterdir()}
    assert {"postgres", "lake", "imports", "secrets"} <= kept
    secrets = place / "数据 data" / "secrets"
    assert not [path.name for path in secrets.iterdir() if path.stat().st_mode & 0o077]


def test_a_file_as_data_folder_is_told_not_traced(place: Path, orders: Path) -> None:
    answer = zhiyin("doctor", "--json", "--data", orders,
                    cwd=place / "elsewhere", home=place / "home")  # fmt: skip
    assert answer.code == 5
    assert "Traceback" not in answer.err
    assert not answer.json()["well"]


def test_the_next_port_is_used_where_one_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < serve.free_port("127.0.0.1", port) < port + serve.PORTS_TO_TRY


def test_a_new_data_folder_is_for_nobody_elses_eyes(tmp_path: Path) -> None:
    make_folder(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_an_import_goes_on_after_kill_9_of_everything(place: Path, tmp_path: Path) -> None:
    data = place / "数据 data"
    lines = _retail(tmp_path / "orders.csv", 90_000)
    home, cwd = place / "home", place / "elsewhere"
    queue = [sys.executable, "-c", QUEUE, str(data), str(tmp_path / "orders.csv")]
    with _up(data, home, cwd) as victims:
        subprocess.run(queue, cwd=cwd, env=environment(home), check=True, timeout=120)
        _wait_for(data, "state = 'loading'", "select 1 from customers_order where batch = i.id")
        for pid in victims():
            with suppress(ProcessLookupError):  # a child of the database that just ended
                os.kill(pid, signal.SIGKILL)
    assert _state(data) == "loading", "it was over before the kill; take more lines"
    with _up(data, home, cwd):
        _wait_for(data, "state = 'loaded'")
    with _ask(data) as connection:
        row = connection.execute(
            "select i.id::text, i.loaded + i.known, count(l.*),"
            " count(l.*) filter (where l.kind = any(%s)),"
            " sum(l.amount) filter (where l.kind = any(%s))"
            " from collect_import i join customers_orderline l on l.batch = i.id"
            " where i.file_name = 'orders.csv' and i.rows = %s group by i.id",
            [IN_THE_LAKE, IN_THE_LAKE, lines],
        ).fetchone()
    assert row is not None
    batch, accounted, rows, trade, amount = row
    assert accounted == rows, "every line that was told as loaded is there, once"
    kept = Lake(str(data / "lake")).read("order_lines", ["amount"], where={"batch": batch})
    assert (kept.num_rows, sum(kept["amount"].to_pylist())) == (trade, amount)


@pytest.mark.slow
def test_a_pump_that_is_killed_twice_within_seconds_ends_nothing_and_comes_again(
    place: Path,
) -> None:
    with _up(place / "数据 data", place / "home", place / "elsewhere") as victims:
        up = victims()[0]
        for _ in range(2):
            os.kill(_pump_of(up), signal.SIGKILL)
        assert _pump_of(up)
        os.kill(up, 0)
        assert b"uvicorn" in b"".join(_words(pid) for pid in _children(up))


def _pump_of(up: int) -> int:
    """The pump that runs for it, once there is one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for pid in _children(up):
            if b"zhiyin.collect.pump.running" in _words(pid):
                return pid
        time.sleep(0.02)
    raise AssertionError("no pump came")


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@contextmanager
def _up(data: Path, home: Path, cwd: Path) -> Iterator[Callable[[], list[int]]]:
    """`zhiyin up`; gives the ids of everything that runs for it, the database included."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "zhiyin", "up", "--json", "--port", str(port), "--data", str(data)],
        cwd=cwd, env=environment(home), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        with urlopen(told["url"] + "/healthz") as answer:
            assert answer.status == 200

        def victims() -> list[int]:
            database = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
            return [process.pid, *_children(process.pid), database, *_children(database)]

        yield victims
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


@contextmanager
def _ask(data: Path) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    server = embedded.ensure(data)
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            yield connection
    finally:
        embedded.stop(server)


def _state(data: Path) -> object:
    with _ask(data) as connection:
        row = connection.execute(
            "select state from collect_import order by created_at desc limit 1"
        ).fetchone()
        return row and row[0]


def _wait_for(data: Path, state: str, also: str = "select 1", seconds: float = 300) -> None:
    asked = (
        "select exists (select 1 from collect_import i where i.file_name = 'orders.csv'"
        f" and i.rows > 1000 and i.{state} and exists ({also}))"
    )
    deadline = time.monotonic() + seconds
    with _ask(data) as connection:
        while connection.execute(asked).fetchone() != (True,):
            assert time.monotonic() < deadline, f"{state} never came"
            time.sleep(0.02)


def _retail(target: Path, lines: int) -> int:
    table = pq.read_table(RETAIL).slice(0, lines)
    pyarrow.csv.write_csv(table, target)
    return int(table.num_rows)
