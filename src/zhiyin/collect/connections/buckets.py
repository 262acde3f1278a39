"""Files in a bucket of S3-compatible storage (Amazon S3, MinIO, Aliyun OSS and others).

Only endpoints whose host the operator opened are called, with the key that stands in the form and
never with one of the server's own. Reached through the extra `s3`. A file is known by its size and
entity tag, so one that is written again with the same content is not taken twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.connections import folders, hosts, listings
from zhiyin.collect.connections.forms import ConnectionForm, password
from zhiyin.collect.connections.pieces import Asked, Look, Piece, Where
from zhiyin.collect.connections.problems import Trouble

if TYPE_CHECKING:
    from obstore.store import S3Store

READ_S = 300


class BucketForm(ConnectionForm):
    """Which bucket, and the key to it."""

    secrets = ("secret",)
    goes_to = ("endpoint",)
    layout = (("endpoint", "region"), ("bucket", "folder"), ("access_key", "secret"), ("pattern",))

    endpoint = forms.CharField(
        label=_("Endpoint"), max_length=300,
        help_text=_("Such as https://s3.eu-central-1.amazonaws.com or "
                    "https://oss-cn-hangzhou.aliyuncs.com"),
    )  # fmt: skip
    region = forms.CharField(label=_("Region"), max_length=60, required=False)
    bucket = forms.CharField(label=_("Bucket"), max_length=120)
    folder = forms.CharField(
        label=_("Folder in the bucket"), max_length=500, required=False,
        help_text=_("Only files directly in it are read, such as exports/orders"),
    )  # fmt: skip
    access_key = forms.CharField(label=_("Access key"), max_length=200)
    secret = password(_("Secret key"), required=True)
    pattern = forms.CharField(
        label=_("File names"), max_length=120, initial="*", help_text=_("Such as orders-*.csv")
    )


@dataclass(frozen=True)
class Place:
    """Which files of which bucket."""

    endpoint: str
    bucket: str
    access_key: str
    region: str = ""
    folder: str = ""
    pattern: str = "*"

    @property
    def start(self) -> str:
        """What the names of its files begin with."""
        plain = self.folder.strip("/")
        return f"{plain}/" if plain else ""


def look(where: Where, secret: str) -> Look:
    """The files that would be taken in; raises `Trouble`."""
    place = msgspec.convert(where, Place)
    found = listings.new(_listed(place, _opened(place, secret)), place.pattern, {}, now=time.time())
    return folders.look_at([one.name for one, _cursor in found])


def pieces(asked: Asked) -> Iterator[Piece]:
    """What is new in the bucket; each file is fetched when it is its turn."""
    place = msgspec.convert(asked.where, Place)
    store = _opened(place, asked.secret)
    there = _listed(place, store)
    for one, reached in listings.new(there, place.pattern, asked.cursor, now=time.time()):
        path = asked.folder / "fetched"
        _fetch(store, place.start + one.name, path)
        yield Piece(path, one.name, reached)
        path.unlink()


def _opened(place: Place, secret: str) -> S3Store:
    parts = urlsplit(place.endpoint)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise Trouble(
            "Endpoint 应为 https://主机 这样的地址。",
            "The endpoint must be an address such as https://host.",
        )
    hosts.require_open(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    try:
        from obstore.store import S3Store
    except ModuleNotFoundError as error:
        raise Trouble(
            "读取对象存储需要安装附加组件：pip install zhiyin[s3]。",
            "Reading object storage needs the extra: pip install zhiyin[s3].",
        ) from error
    return S3Store(
        place.bucket,
        config={
            "endpoint": place.endpoint.rstrip("/"),
            "region": place.region or "us-east-1",
            "access_key_id": place.access_key,
            "secret_access_key": secret,
            "virtual_hosted_style_request": False,
        },
        client_options={
            "allow_http": parts.scheme == "http", "timeout": f"{READ_S}s",
            "connect_timeout": f"{hosts.CONNECT_S}s",
        },
        retry_config={"max_retries": 2},
    )  # fmt: skip


def _listed(place: Place, store: S3Store) -> Iterator[listings.There]:
    """Files directly in the folder."""
    import obstore
    from obstore.exceptions import BaseError

    try:
        found = obstore.list_with_delimiter(store, place.start or None)["objects"]
    except (BaseError, OSError) as error:
        raise _unreachable(error) from error
    for one in found:
        name = str(one["path"]).removeprefix(place.start)
        mark: list[int | str] = [one["size"], str(one["e_tag"])]
        yield listings.There(name, one["size"], one["last_modified"].timestamp(), mark)


def _fetch(store: S3Store, key: str, path: Path) -> None:
    """A file as a whole; what the limit of uploads does not allow is not fetched to its end."""
    import obstore
    from obstore.exceptions import BaseError

    written = 0
    try:
        with path.open("wb") as file:
            for part in obstore.get(store, key).stream():
                written += file.write(bytes(part))
                if written > settings.MAX_UPLOAD_BYTES:
                    return  # keeping it refuses it, and says why
    except (BaseError, OSError) as error:
        raise _unreachable(error) from error


def _unreachable(error: Exception) -> Trouble:
    """What kind of failure it is; never its text, which may hold the key."""
    kind = type(error).__name__
    return Trouble(
        f"读不到存储桶（{kind}）。请检查 Endpoint、区域、桶名、密钥和权限。",
        f"The bucket cannot be read ({kind}). Check endpoint, region, name, keys and permissions.",
    )
