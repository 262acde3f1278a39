"""A standalone Spark cluster of one master and two workers on this machine, for as long as needed.

    python -m tests.engines.cluster COMMAND …    runs it with ZHIYIN_ENGINE=spark://…

Everything comes from the pyspark wheel: it has no start scripts, but its `spark-class` starts the
daemons. They listen on loopback only and ask for a secret. Nodes of a real cluster are not all in
one time zone; these are not either. Only what was started here is stopped.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zhiyin.lake.java import java_home

WORKERS = ("Asia/Kolkata", "America/St_Johns")
MEMORY = "1g"  # of each worker, all of it for its executor
PATIENCE_S = 90


@contextmanager
def cluster(memory: str = MEMORY) -> Iterator[dict[str, str]]:
    """The environment of whoever wants to use it, ZHIYIN_ENGINE with its address among it."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with tempfile.TemporaryDirectory(prefix="zhiyin-cluster-") as name:
        folder = Path(name)
        environment = {
            **os.environ,
            "JAVA_HOME": str(java_home()),
            "SPARK_HOME": str(home),
            "SPARK_CONF_DIR": str(_configured(folder, memory)),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_NO_DAEMONIZE": "1",
        }
        port = _free_port()
        address = f"spark://127.0.0.1:{port}"
        started: list[subprocess.Popen[bytes]] = []

        def start(daemon: str, zone: str, *arguments: str) -> None:
            command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{daemon}"]
            with (folder / f"{len(started)}.log").open("wb") as log:
                started.append(
                    subprocess.Popen(
                        [*command, "--host", "127.0.0.1", "--webui-port", "0", *arguments],
                        env={**environment, "TZ": zone},
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )

        try:
            start("master.Master", "UTC", "--port", str(port))
            _wait(folder, started, "I have been elected leader", 1)
            for zone in WORKERS:
                work = folder / zone.replace("/", "-")
                start("worker.Worker", zone, "-c", "1", "-m", memory, "-d", str(work), address)
            _wait(folder, started, "Registering worker", len(WORKERS))
            yield {**environment, "ZHIYIN_ENGINE": address}
        finally:
            for process in reversed(started):
                _stop(process)


def _configured(folder: Path, memory: str) -> Path:
    settings = {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secrets.token_hex(32),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": memory,
        "spark.sql.shuffle.partitions": str(4 * len(WORKERS)),
    }
    configuration = folder / "conf"
    configuration.mkdir(mode=0o700)
    lines = "".join(f"{name} {value}\n" for name, value in settings.items())
    (configuration / "spark-defaults.conf").write_text(lines)
    return configuration


def _wait(folder: Path, started: list[subprocess.Popen[bytes]], words: str, wanted: int) -> None:
    """Until the master's log has the words so often."""
    log = folder / "0.log"
    until = time.monotonic() + PATIENCE_S
    while log.read_text(errors="replace").count(words) < wanted:
        ended = [number for number, process in enumerate(started) if process.poll() is not None]
        if ended or time.monotonic() > until:
            told = (folder / f"{ended[0] if ended else 0}.log").read_text(errors="replace")
            raise RuntimeError(f"the cluster did not come up:\n{told[-3000:]}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The daemon with its executors, which are in its session."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, how)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    began = time.monotonic()
    with cluster() as environment:
        took = time.monotonic() - began
        told = f"{environment['ZHIYIN_ENGINE']}, {len(WORKERS)} workers, up in {took:.0f} s"
        print(told, file=sys.stderr)  # noqa: T201
        return subprocess.call(sys.argv[1:], env=environment)


if __name__ == "__main__":
    raise SystemExit(main())
