"""A body that the disk cannot hold is refused before it is read."""

from __future__ import annotations

import asyncio
import shutil
from collections import namedtuple
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings

from zhiyin.collect.door import UploadDoor

Usage = namedtuple("Usage", "total used free")
GIGABYTE = 1024**3


def answer(length: int) -> list[MutableMapping[str, Any]]:
    """What the door sends for an upload of that length; the application behind it sends nothing."""
    sent: list[MutableMapping[str, Any]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "passed"})

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("the body is not read")

    headers = [(b"content-length", str(length).encode())]
    request = UploadDoor(behind)({"type": "http", "headers": headers}, receive, send)
    with ThreadPoolExecutor(1) as thread:  # a browser of another test may keep a loop in this one
        thread.submit(asyncio.run, request).result()
    return sent


def test_an_upload_that_fits_goes_through() -> None:
    assert answer(1000) == [{"type": "passed"}]


def test_an_upload_over_the_limit_is_told_to_be_split() -> None:
    sent = answer(settings.MAX_UPLOAD_BYTES + 1)
    assert sent[0]["status"] == 413
    assert "split" in sent[1]["body"].decode()


def test_two_gigabytes_on_a_small_disk_are_refused_before_they_arrive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 3 * GIGABYTE))
    sent = answer(2 * GIGABYTE)
    assert sent[0]["status"] == 507
    assert "磁盘空间不足" in sent[1]["body"].decode()
