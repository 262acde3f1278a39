"""`zhiyin collect`: takes events from the moment on that it says so, also after kill -9."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.collect import sdk
from tests.collect.processes import environment, free_port
from tests.collect.sdk import Sender
from zhiyin.collect.models import Received, WriteKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def key(transactional_db: None) -> WriteKey:
    return sdk.source()


@contextmanager
def collecting(port: int, data: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command, and what it said first."""
    words = ("collect", "--port", str(port), "--data", str(data), "--json")
    running = subprocess.Popen(
        [sys.executable, "-m", "zhiyin", *words], env={**environment(), "ZHIYIN_LANG": "en"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    try:
        line = running.stdout.readline()
        yield running, json.loads(line) if line else {}
    finally:
        running.terminate()
        running.communicate(timeout=30)


def test_it_takes_events_when_it_says_so_and_again_at_the_same_address_after_kill_9(
    key: WriteKey, tmp_path: Path
) -> None:
    port = free_port()
    sender = Sender(port, key.key)
    message = {"type": "track", "event": "x", "userId": "u1", "messageId": "1"}
    with collecting(port, tmp_path) as (running, said):
        assert said["url"] == f"http://127.0.0.1:{port}"
        assert sender.batch(message).status == 200
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        with collecting(port, tmp_path) as (_, again):
            assert again["url"] == said["url"]
            assert sender.batch(message).status == 200
    assert Received.objects.count() == 2


def test_it_does_not_go_elsewhere_where_its_port_is_taken(key: WriteKey, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with collecting(port, tmp_path) as (running, said):
            assert "url" not in said
            assert running.wait(30) != 0
