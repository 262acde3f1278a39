"""The command `zhiyin up`: database, web, worker and pumps of one data folder, until Ctrl-C.

The children end with us, however we end; the database, if it outlives a kill -9, is joined again
by the next start. A child that falls over is started again.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from zhiyin.cli.children import Kept, Start
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import make_folder, opened

PORTS_TO_TRY = 50
READY_SECONDS = 60
LEAVING_SECONDS = 10
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Told:
    """What is printed with the address: fields for scripts, lines for people."""

    fields: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


def up(options: Namespace, output: Output) -> int:
    """Start everything and stay until told to stop."""
    with only_one(options.data, output) as free:
        if not free:
            return 0
        with opened(options.data):
            return serve(options, output)


@contextmanager
def only_one(data: Path, output: Output) -> Iterator[bool]:
    """Hold the data folder; where it runs already, say at which address instead."""
    make_folder(data)
    with (data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say_where(data / "up.json", output)
            yield False
            return
        (data / "up.json").unlink(missing_ok=True)
        yield True


def _say_where(note: Path, output: Output) -> None:
    try:
        address = json.loads(note.read_text())["url"]
    except (OSError, ValueError):
        raise Failure(
            t("另一个 zhiyin 正在启动或装入数据，请稍候。",
              "Another zhiyin is starting or loading here; wait for it.")
        ) from None  # fmt: skip
    output.result(
        {"url": address, "already": True}, t(f"已在运行：{address}", f"Already running: {address}")
    )


def serve(options: Namespace, output: Output, *, more: Told | None = None) -> int:
    """Web and worker on an open workspace; `more` is printed with the address."""
    more = more or Told()
    port = free_port(options.host, options.port)
    if port != options.port:
        output.say(
            t(
                f"端口 {options.port} 已被占用，改用 {port}。",
                f"Port {options.port} is taken; using {port}.",
            )
        )
    url = f"http://{_reachable(options.host)}:{port}"
    starts: dict[str, Start] = {
        "web": lambda: _web(options, port),
        "worker": lambda: child("zhiyin.worker"),
        **{f"pump {n}": _pump(n, options.pumps) for n in range(options.pumps)},
    }
    children = {name: Kept(start) for name, start in starts.items()}

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        _wait_until_ready(url, children["web"].process)
        (options.data / "up.json").write_text(json.dumps({"url": url, "pid": os.getpid()}))
        lines = [t(f"知音已就绪：{url}", f"Zhiyin is ready: {url}"), *more.lines]
        output.result({"url": url, "pid": os.getpid(), **more.fields}, "\n".join(lines))
        while True:
            time.sleep(0.5)
            _look_after(children, output)
    except KeyboardInterrupt:
        output.say(t("正在停止……", "Stopping…"))
        return 0
    finally:
        (options.data / "up.json").unlink(missing_ok=True)
        _stop([one.process for one in children.values()])


def stay_with(process: subprocess.Popen[bytes]) -> int:
    """Until the child ends, or we are told to stop; its exit code."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _stop([process])


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port that nobody listens on."""
    for port in range(wanted, wanted + PORTS_TO_TRY):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise Failure(t("没有空闲端口。", "No free port."))


def wait_for_port(host: str, port: int) -> None:
    """Until nobody listens there: SDKs know us by this number, so that another will not do.

    After a kill -9 and a new start, what the killed one started may take a moment to leave.
    """
    deadline = time.monotonic() + LEAVING_SECONDS
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Failure(
                        t(f"端口 {port} 不能使用：{error}", f"Port {port} cannot be used: {error}")
                    ) from error
            else:
                return
        time.sleep(0.1)


def wait_until_listening(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the child takes connections."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if probe.connect_ex((_reachable(host), port)) == 0:
                return
        time.sleep(0.05)
    raise Failure(t("事件接收接口没有起来，原因见上。", "It does not take events; see above."))


def _reachable(host: str) -> str:
    """Where a browser here finds what listens on `host`."""
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104


def _web(options: Namespace, port: int) -> subprocess.Popen[bytes]:
    return child(
        "uvicorn", "zhiyin.asgi:application", "--host", options.host, "--port", str(port),
        "--workers", str(options.workers), "--lifespan", "off", "--no-access-log",
        "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "5",
    )  # fmt: skip


def _pump(number: int, of: int) -> Start:
    return lambda: child("zhiyin.collect.pump.running", str(number), str(of))


def child(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A process of ours that ends with us."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        preexec_fn=_end_with_parent,
        start_new_session=True,
    )


def _end_with_parent() -> None:
    """Linux tells the child when its parent is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_ready(url: str, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise Failure(
                t("网页进程没有起来，原因见上。", "The web process did not start; see above.")
            )
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise Failure(t("网页进程没有应答。", "The web process does not answer."))


def _look_after(children: dict[str, Kept], output: Output) -> None:
    for name, one in children.items():
        wait_s = one.look()
        if wait_s == 0:
            output.say(t(f"{name} 停了，重新启动。", f"{name} stopped; starting it again."))
        elif wait_s is not None:
            output.say(
                t(
                    f"{name} 刚启动就停了，{wait_s:.0f} 秒后再启动。",
                    f"{name} stopped soon after its start; starting it again in {wait_s:.0f} s.",
                )
            )


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
