"""Files in a folder of an SFTP server.

The server's key is pinned: without one the test shows the fingerprint that the server gives, and
nothing secret is sent to a server that shows another. Only hosts that the operator opened are
called.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import paramiko
from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.connections import folders, hosts, listings
from zhiyin.collect.connections.forms import ConnectionForm, password, port
from zhiyin.collect.connections.pieces import Asked, Look, Piece, Where
from zhiyin.collect.connections.problems import Trouble

USUAL_PORT = 22
READ_S = 120
_KEY = "-----BEGIN"
_PRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class SftpForm(ConnectionForm):
    """Which folder of which server, who we are there, and who the server is."""

    secrets = ("private_key", "secret")
    goes_to = ("host", "port", "fingerprint")
    layout = (
        ("host", "port"), ("folder", "pattern"), ("user", "secret"), ("private_key",),
        ("fingerprint",),
    )  # fmt: skip

    host = forms.CharField(label=_("Host"), max_length=200)
    port = port()
    folder = forms.CharField(label=_("Folder on the server"), max_length=500, initial=".")
    pattern = forms.CharField(
        label=_("File names"), max_length=120, initial="*", help_text=_("Such as orders-*.csv")
    )
    user = forms.CharField(label=_("Account"), max_length=120)
    secret = password()
    private_key = forms.CharField(
        label=_("Private key instead of a password"), max_length=10_000, required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    fingerprint = forms.RegexField(
        _PRINT, label=_("Fingerprint of the server's key"), max_length=60, required=False,
        help_text=_("Leave it empty and test: what the server shows is told. Compare it with what "
                    "its operator says."),
    )  # fmt: skip

    def where(self) -> Where:
        """Where to read; port 0 is the usual one."""
        return {**super().where(), "port": self.cleaned_data["port"] or 0}

    def undecided(self, look: Look) -> tuple[str, str] | None:
        """Nothing is kept whose server nobody has vouched for."""
        if self.cleaned_data["fingerprint"]:
            return None
        return "fingerprint", gettext("Enter the fingerprint once you have compared it.")


@dataclass(frozen=True)
class Place:
    """Which files of which server; `fingerprint` is that of its key."""

    host: str
    user: str
    port: int = 0
    folder: str = "."
    pattern: str = "*"
    fingerprint: str = ""


def look(where: Where, secret: str) -> Look:
    """The files that would be taken in, or the server's fingerprint where none is known yet."""
    place = msgspec.convert(where, Place)
    if not place.fingerprint:
        with _line(place) as line:
            shown = fingerprint_of(line.get_remote_server_key())
        return Look(
            gettext("The server can be reached. Nothing was sent to it yet."),
            heading=gettext("It shows the key"), names=[shown],
        )  # fmt: skip
    with _opened(place, secret) as files:
        found = listings.new(_listed(place, files), place.pattern, {}, now=time.time())
        return folders.look_at([one.name for one, _cursor in found])


def pieces(asked: Asked) -> Iterator[Piece]:
    """What is new in the folder; each file is fetched when it is its turn."""
    place = msgspec.convert(asked.where, Place)
    with _opened(place, asked.secret) as files:
        there = _listed(place, files)
        for one, reached in listings.new(there, place.pattern, asked.cursor, now=time.time()):
            path = asked.folder / "fetched"
            _fetch(files, f"{place.folder}/{one.name}", path)
            yield Piece(path, one.name, reached)
            path.unlink()


def fingerprint_of(key: paramiko.PKey) -> str:
    """As `ssh-keygen -l` writes it."""
    digest = hashlib.sha256(key.asbytes()).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@contextmanager
def _line(place: Place) -> Iterator[paramiko.Transport]:
    """An encrypted line to whoever answers; who that is has not been looked at."""
    number = place.port or USUAL_PORT
    hosts.require_open(place.host, number)
    try:
        plain = socket.create_connection((place.host, number), timeout=hosts.CONNECT_S)
        line = paramiko.Transport(plain)
        line.banner_timeout = line.handshake_timeout = line.auth_timeout = hosts.CONNECT_S
        line.start_client(timeout=hosts.CONNECT_S)
    except (OSError, paramiko.SSHException, EOFError) as error:
        raise _unreachable(error) from error
    try:
        yield line
    finally:
        line.close()


@contextmanager
def _opened(place: Place, secret: str) -> Iterator[paramiko.SFTPClient]:
    with _line(place) as line:
        shown = fingerprint_of(line.get_remote_server_key())
        if not hmac.compare_digest(shown, place.fingerprint):
            raise Trouble(
                f"服务器出示的密钥指纹是 {shown}，与保存的不同，没有发送密码。"
                "请向服务器管理员核实。",
                f"The server shows another key, {shown}. The password was not sent. Ask whoever "
                "runs it.",
            )
        try:
            if secret.lstrip().startswith(_KEY):
                line.auth_publickey(place.user, _private_key(secret))
            else:
                line.auth_password(place.user, secret, fallback=False)
            files = paramiko.SFTPClient.from_transport(line)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise Trouble(
                f"服务器不接受这个账号（{type(error).__name__}）。请检查账号、密码或私钥。",
                f"The server does not accept the account ({type(error).__name__}). Check account, "
                "password or key.",
            ) from error
        assert files is not None
        files.get_channel().settimeout(READ_S)
        with files:
            yield files


def _private_key(text: str) -> paramiko.PKey:
    """A key of whichever kind; what has none of their shapes is told of."""
    last: Exception | None = None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.strip() + "\n"))
        except (paramiko.SSHException, ValueError, IndexError, NotImplementedError) as error:
            last = error
    raise Trouble(
        "私钥无法读取。请粘贴没有口令的 OpenSSH 或 PEM 私钥。",
        "The private key cannot be read. Paste an OpenSSH or PEM key without a passphrase.",
    ) from last


def _listed(place: Place, files: paramiko.SFTPClient) -> list[listings.There]:
    """Files directly in the folder; links and folders are left."""
    try:
        found = files.listdir_attr(place.folder)
    except (OSError, paramiko.SSHException, EOFError) as error:
        raise Trouble(
            f"服务器上没有这个文件夹，或账号无权读取（{type(error).__name__}）。",
            "There is no such folder on the server, or the account may not read it "
            f"({type(error).__name__}).",
        ) from error
    return [
        listings.There(one.filename, one.st_size or 0, one.st_mtime or 0,
                       [one.st_size or 0, one.st_mtime or 0])
        for one in found
        if stat.S_ISREG(one.st_mode or 0)
    ]  # fmt: skip


def _fetch(files: paramiko.SFTPClient, name: str, path: Path) -> None:
    """A file as a whole; what the limit of uploads does not allow is not fetched to its end."""
    written = 0
    try:
        with files.open(name, "rb") as there, path.open("wb") as here:
            there.prefetch(max_concurrent_requests=32)
            while part := there.read(1 << 18):
                written += here.write(part)
                if written > settings.MAX_UPLOAD_BYTES:
                    return  # keeping it refuses it, and says why
    except (OSError, paramiko.SSHException, EOFError) as error:
        raise _unreachable(error) from error


def _unreachable(error: Exception) -> Trouble:
    kind = type(error).__name__
    return Trouble(
        f"连不上 SFTP 服务器（{kind}）。请检查地址、端口和网络。",
        f"The SFTP server cannot be reached ({kind}). Check its address, port and network.",
    )
