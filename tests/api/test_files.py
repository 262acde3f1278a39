"""/files over HTTP: attached, listed, read and taken off, each by the record's rights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.files import samples
from tests.files.desk import Desk
from zhiyin.accounts.models import User


@pytest.fixture
def desk(db: None, settings: LazySettings, tmp_path: Path) -> Desk:
    settings.FILES_STORE = str(tmp_path / "files")
    return Desk()


def _attach(desk: Desk, by: User, data: bytes = samples.PDF, **more: str) -> Any:
    body = {"record_type": "customer", "record_id": str(desk.customer.pk),
            "file": SimpleUploadedFile("a.pdf", data), **more}  # fmt: skip
    return desk.client(by).post("/api/v1/files", body)


def test_a_file_is_attached_listed_and_read(desk: Desk) -> None:
    made = _attach(desk, desk.owner)
    assert made.status_code == 201, made.json()["errors"]
    one = made.json()
    assert (one["kind"], one["name"], one["scan"]) == ("pdf", "a.pdf", "none")
    asked = f"/api/v1/files?record_type=customer&record_id={desk.customer.pk}"
    assert [file["id"] for file in desk.client(desk.reader).get(asked).json()["items"]] == [
        one["id"]
    ]
    client = desk.client(desk.reader)
    assert client.get(f"/api/v1/files/{one['id']}").json() == one
    answer = client.get(client.post(f"/api/v1/files/{one['id']}/link").json()["url"])
    assert b"".join(answer.streaming_content) == samples.PDF


def test_a_file_is_taken_off_and_comes_back(desk: Desk) -> None:
    one = _attach(desk, desk.owner).json()
    client, address = desk.client(desk.owner), f"/api/v1/files/{one['id']}"
    assert client.delete(address).json()["deleted_at"]
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/restore").status_code == 200
    assert client.get(address).status_code == 200


def test_another_record_and_another_role_are_refused(desk: Desk) -> None:
    one = _attach(desk, desk.owner).json()
    address = f"/api/v1/files/{one['id']}"
    stranger = desk.client(desk.stranger)
    for found in (stranger.get(address), stranger.delete(address), stranger.post(f"{address}/link"),
                  stranger.post(f"{address}/restore"), _attach(desk, desk.stranger)):  # fmt: skip
        assert found.status_code == 404
    assert _attach(desk, desk.reader).status_code == 403
    assert _attach(desk, desk.colleague).status_code == 403
    assert desk.client(desk.colleague).delete(address).status_code == 403
    assert desk.client(desk.owner).get(address).status_code == 200


def test_what_is_too_large_or_unknown_is_refused_in_both_languages(
    desk: Desk, settings: LazySettings
) -> None:
    assert _attach(desk, desk.owner, owner="x").status_code == 422  # no such field
    settings.MAX_FILE_BYTES = 10
    found = _attach(desk, desk.owner)
    assert found.status_code == 413 and found.json()["texts"]["zh"]["title"] == "文件太大"
    settings.MAX_FILE_BYTES, settings.MAX_RECORD_FILES_BYTES = 10**6, 1
    assert _attach(desk, desk.owner).status_code == 422
