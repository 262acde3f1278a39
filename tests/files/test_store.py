"""A folder and S3-compatible storage keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings

from zhiyin.files import store

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}  # fmt: skip


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket on a stand-in for S3 on this computer."""
    pytest.importorskip("obstore")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    import boto3

    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="zhiyin")
        yield "s3://zhiyin/some/where"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def kept(request: pytest.FixtureRequest, settings: LazySettings, tmp_path: Path) -> store.Store:
    place = str(tmp_path / "files") if request.param == "folder" else None
    settings.FILES_STORE = place or request.getfixturevalue("bucket")
    return store.configured()


def test_what_was_put_is_read_listed_and_removed(kept: store.Store, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4000
    source = tmp_path / "upload"
    source.write_bytes(data)
    kept.put("ab12", source)
    assert not source.exists()
    assert b"".join(kept.chunks("ab12")) == data
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert list(kept.names(before=soon)) == ["ab12"]
    assert list(kept.names(before=soon - timedelta(hours=1))) == []
    kept.remove("ab12")
    kept.remove("ab12")  # twice is no accident
    with pytest.raises(store.MissingError):
        kept.chunks("ab12")


def test_a_folder_on_another_disk_is_copied_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(self: Path, target: Path) -> None:
        raise OSError("cross-device")

    monkeypatch.setattr(Path, "rename", other_disk)
    source = tmp_path / "upload"
    source.write_bytes(b"x")
    kept = store.Folder(tmp_path / "files")
    kept.put("ab", source)
    assert b"".join(kept.chunks("ab")) == b"x" and not source.exists()
