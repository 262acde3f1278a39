"""Files of a bucket and of an SFTP server come in like those of a folder, from the right server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
from django.conf import settings

from tests.collect.connections import servers
from tests.collect.connections.others import HEADER, mapped, put
from zhiyin.accounts.models import User
from zhiyin.collect.connections import buckets, kinds, listings, running, services, sftp
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Connection, Run, Source
from zhiyin.customers.models import Order

FIRST = HEADER + "\n1001,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1\n"
SECOND = HEADER + "\n1002,2026-03-02 10:00,TEA-1,正山小种,1,88.00,C2\n"
Kind = Connection.Kind


@pytest.fixture(scope="module")
def storage() -> Iterator[servers.Bucket]:
    with servers.bucket() as made:
        yield made


@pytest.fixture
def bucket(storage: servers.Bucket, monkeypatch: pytest.MonkeyPatch) -> servers.Bucket:
    monkeypatch.setattr(settings, "SOURCE_HOSTS", ["127.0.0.1"])
    monkeypatch.setattr(listings, "QUIET_S", 0)
    for one in storage.client.list_objects_v2(Bucket=storage.name).get("Contents", ()):
        storage.client.delete_object(Bucket=storage.name, Key=one["Key"])
    return storage


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Sftp]:
    monkeypatch.setattr(settings, "SOURCE_HOSTS", ["127.0.0.1"])
    root = tmp_path / "sftp"
    root.mkdir()
    with servers.sftp(root) as made:
        yield made


def connected(
    source: Source, kind: Kind, where: dict[str, object], secret: str, by: User
) -> Connection:
    return services.create(
        source, kind, name="Exports", where=where, secret=secret, every_minutes=10, by=by
    )


def run(one: Connection) -> Run:
    one.refresh_from_db()
    done = running.run(one)
    assert done is not None, "it waits"
    return done


def test_files_of_a_bucket_come_in_each_once(
    source: Source, bucket: servers.Bucket, keeper: User
) -> None:
    bucket.put("shop/orders-1.csv", FIRST)
    bucket.put("shop/deeper/orders-9.csv", FIRST)
    bucket.put("orders-8.csv", FIRST)
    one = connected(source, Kind.BUCKET, bucket.where(folder="/shop/"), "key", keeper)
    assert kinds.of(one).look(one.where, "key").names == ["orders-1.csv"]
    mapped(run(one), keeper)
    bucket.put("shop/orders-2.csv", SECOND)
    done = run(one)
    assert (done.state, done.rows, done.loaded) == ("loaded", 1, 1)
    assert run(one).state == Run.State.NOTHING
    bucket.put("shop/orders-2.csv", SECOND)  # the same again: its tag says so
    assert run(one).state == Run.State.NOTHING
    bucket.put("shop/orders-2.csv", SECOND + FIRST.splitlines()[1] + "\n")
    assert (again := run(one)).rows == 2
    assert again.known == 2
    assert set(Order.objects.values_list("number", flat=True)) == {"1001", "1002"}


def test_what_is_wrong_with_a_bucket_is_said_without_the_key(bucket: servers.Bucket) -> None:
    with pytest.raises(Trouble, match="cannot be read") as told:
        buckets.look(bucket.where(bucket="nothing"), "s3cret-k3y")
    assert "s3cret" not in str(told.value.message)
    with pytest.raises(Trouble, match="endpoint"):
        buckets.look(bucket.where(endpoint="127.0.0.1:9"), "key")


def test_no_bucket_is_asked_at_a_host_that_is_not_open(
    bucket: servers.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SOURCE_HOSTS", ["s3.example"])
    for endpoint in (bucket.endpoint, "http://169.254.169.254", "https://s3.example.evil"):
        with pytest.raises(NotAllowed):
            buckets.look(bucket.where(endpoint=endpoint), "key")


def test_no_key_of_the_server_itself_is_used_for_a_bucket(
    bucket: servers.Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-server")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-server")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-the-server")
    store = buckets._opened(buckets.Place(bucket.endpoint, bucket.name, "theirs"), "their-secret")
    assert "of-the-server" not in str(store.config)


def test_files_of_an_sftp_server_come_in_each_once(
    source: Source, server: servers.Sftp, keeper: User
) -> None:
    put(server.root, "orders-1.csv", FIRST, age_s=120)
    (server.root / "folder.csv").mkdir()
    one = connected(source, Kind.SFTP, server.where(), servers.PASSWORD, keeper)
    assert kinds.of(one).look(one.where, servers.PASSWORD).names == ["orders-1.csv"]
    mapped(run(one), keeper)
    put(server.root, "orders-2.csv", SECOND)
    put(server.root, "orders-3.csv", FIRST, age_s=1)  # is still being written
    done = run(one)
    assert (done.state, done.rows, done.loaded) == ("loaded", 1, 1)
    assert run(one).state == Run.State.NOTHING
    assert set(Order.objects.values_list("number", flat=True)) == {"1001", "1002"}


def test_a_large_file_comes_whole(server: servers.Sftp, tmp_path: Path) -> None:
    text = HEADER + "\n" + "x" * 3_000_000
    put(server.root, "large.csv", text)
    place = sftp.Place(**server.where())  # type: ignore[arg-type]
    with sftp._opened(place, servers.PASSWORD) as files:
        sftp._fetch(files, "./large.csv", tmp_path / "here")
    assert (tmp_path / "here").read_text() == text


def test_a_server_with_another_key_is_told_of_and_gets_no_password(server: servers.Sftp) -> None:
    other = "SHA256:" + "A" * 43
    with pytest.raises(Trouble, match="another key") as told:
        sftp.look(server.where(fingerprint=other), servers.PASSWORD)
    assert server.fingerprint in told.value.message["zh"]
    assert server.tried == []


def test_a_test_without_a_fingerprint_shows_it_and_sends_nothing(server: servers.Sftp) -> None:
    found = sftp.look(server.where(fingerprint=""), servers.PASSWORD)
    assert found.names == [server.fingerprint]
    assert server.tried == []


def test_a_private_key_opens_the_server_instead_of_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SOURCE_HOSTS", ["127.0.0.1"])
    put(tmp_path, "orders.csv", FIRST)
    ours = asyncssh.generate_private_key("ssh-ed25519")
    with servers.sftp(tmp_path, allowed=ours.convert_to_public()) as server:
        secret = ours.export_private_key("openssh").decode()
        assert sftp.look(server.where(), secret).names == ["orders.csv"]
        with pytest.raises(Trouble, match="does not accept"):
            sftp.look(server.where(), "wrong")
        with pytest.raises(Trouble, match="cannot be read"):
            sftp.look(server.where(), "-----BEGIN nothing-----")
        with pytest.raises(Trouble, match="no such folder"):
            sftp.look(server.where(folder="nowhere"), secret)


def test_an_sftp_server_that_is_gone_or_not_open_says_so(server: servers.Sftp) -> None:
    with pytest.raises(Trouble, match="cannot be reached"):
        sftp.look(server.where(port=servers.free_port()), servers.PASSWORD)
    with pytest.raises(NotAllowed):
        sftp.look(server.where(host="localhost"), servers.PASSWORD)


@pytest.mark.parametrize("kind", [Kind.SFTP, Kind.BUCKET])
def test_a_saved_password_is_not_sent_to_another_server(
    kind: Kind, source: Source, keeper: User, bucket: servers.Bucket, server: servers.Sftp
) -> None:
    where = server.where() if kind == Kind.SFTP else bucket.where()
    one = connected(source, kind, where, "sealed", keeper)
    form_of = kinds.KINDS[kind].form
    same = {**where, "name": "x", "every_minutes": 10}
    assert form_of(same, one).is_valid()
    other = {"host": "evil.example"} if kind == Kind.SFTP else {"endpoint": "https://evil.example"}
    moved = form_of({**same, **other}, one)
    assert not moved.is_valid()
    assert form_of({**same, **other, "secret": "another"}, one).is_valid()
