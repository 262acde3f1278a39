"""Asks a virus scanner about a file: clamd over its socket, or any command.

The setting says which; without one nothing is scanned, and the screens say so. A scanner that
cannot be reached leaves the file waiting: it is not handed out before somebody has looked.
"""

from __future__ import annotations

import shlex
import socket
import struct
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

SECONDS = 120.0
Scanner = Callable[[Iterable[bytes]], str]


class ScannerError(Exception):
    """The scanner gave no verdict; the file waits and is asked about again."""


def scanner(setting: str | None = None) -> Scanner | None:
    """The scanner of this installation: gives the name of what it found, empty for clean."""
    place = settings.FILE_SCANNER if setting is None else setting
    if not place:
        return None
    scheme, _, rest = place.partition(":")
    if scheme == "clamd":
        return lambda chunks: _ask_clamd(rest, chunks)
    if scheme == "command" and shlex.split(rest):
        return lambda chunks: _ask_command(shlex.split(rest), chunks)
    raise ValueError("a scanner is written clamd:/path/to/socket, clamd://host:port or command:…")


def _ask_clamd(place: str, chunks: Iterable[bytes]) -> str:
    """clamd's INSTREAM: each piece with its length before it, an empty one at the end."""
    try:
        with closing(_connected(place)) as line:
            line.sendall(b"zINSTREAM\0")
            for chunk in chunks:
                line.sendall(struct.pack(">I", len(chunk)) + chunk)
            line.sendall(struct.pack(">I", 0))
            answer = b""
            while part := line.recv(4096):
                answer += part
    except OSError as error:
        raise ScannerError(str(error)) from error
    return _verdict(answer.decode(errors="replace").strip("\0\n "))


def _connected(place: str) -> socket.socket:
    if not place.startswith("//"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(SECONDS)
        line.connect(str(Path(place)))
        return line
    parts = urlsplit(place)
    return socket.create_connection((parts.hostname, parts.port or 3310), timeout=SECONDS)


def _verdict(answer: str) -> str:
    """`stream: OK`, or `stream: Eicar-Signature FOUND`."""
    said = answer.rpartition(": ")[2]
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")[:200]
    raise ScannerError(said[:200])


def _ask_command(command: list[str], chunks: Iterable[bytes]) -> str:
    """A command that reads the file from its input: 0 is clean, 1 infected, as clamscan has it."""
    try:
        done = subprocess.run(  # noqa: S603  (the operator's own setting, no shell)
            command, input=b"".join(chunks), capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScannerError(str(error)) from error
    if done.returncode == 0:
        return ""
    if done.returncode == 1:
        words = done.stdout.decode(errors="replace").split("\n", 1)[0].rpartition(": ")[2]
        return words.removesuffix(" FOUND").strip()[:200] or "infected"
    raise ScannerError(f"{command[0]} ended with {done.returncode}")
