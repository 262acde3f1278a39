"""The only way out by HTTP. A house test keeps every other module from opening one of its own.

The name is looked up once, every address behind it is judged, and the connection goes to the
address that was judged: a name that changes its answer between check and use (DNS rebinding) wins
nothing. The certificate is checked against the name. Redirects are not followed, proxies of the
environment are not asked, time and size are bounded as a whole, and the answer of the other side
is for the program that asked, never for a screen.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from django.conf import settings

from zhiyin import __version__
from zhiyin.connect import addresses
from zhiyin.connect.addresses import Address, Policy, Target
from zhiyin.connect.reasons import FailedError, Reason, RefusedError

AGENT = f"Zhiyin/{__version__}"
MOST_ADDRESSES = 3  # of one name are tried, one after the other

Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Limits:
    """How long and how much, in all."""

    connect_seconds: float = 5.0
    total_seconds: float = 15.0
    request_bytes: int = 1_000_000
    answer_bytes: int = 64_000


@dataclass(frozen=True)
class Answer:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int


@dataclass(frozen=True)
class Way:
    """A target with the addresses that were judged and found good."""

    target: Target
    addresses: tuple[Address, ...]


@dataclass
class _Deadline:
    """The end of the whole affair, however many steps it takes."""

    seconds: float
    begun: float = field(default_factory=time.monotonic)

    def left(self, at_most: float | None = None) -> float:
        """Seconds until then; raises where there are none."""
        left = self.begun + self.seconds - time.monotonic()
        if left <= 0:
            raise FailedError(Reason.TIMEOUT)
        return left if at_most is None else min(left, at_most)

    @property
    def milliseconds(self) -> int:
        return round((time.monotonic() - self.begun) * 1000)


def look_up(host: str, port: int) -> Sequence[str]:
    """All addresses behind a name, as the system's resolver tells them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check(url: str, *, policy: Policy, resolver: Resolver = look_up, seconds: float = 5.0) -> Way:
    """Where this URL leads now, if it may be called; else `RefusedError` or `FailedError`."""
    target = addresses.read(url)
    policy.check_target(target)
    found = _addresses(target, resolver, seconds)
    policy.check_addresses(target, found)
    return Way(target, found)


def send(
    method: str,
    url: str,
    *,
    policy: Policy,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    limits: Limits = Limits(),
    resolver: Resolver = look_up,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request and return the answer, whatever its status."""
    if len(body) > limits.request_bytes:
        raise RefusedError(Reason.TOO_LARGE)
    deadline = _Deadline(limits.total_seconds)
    way = check(url, policy=policy, resolver=resolver, seconds=deadline.left())
    try:
        with closing(_connected(way, deadline, limits)) as line:
            secured = _secured(line, way.target, deadline, trust)
            with closing(secured):
                return _exchange(secured, way.target, method, headers or {}, body, deadline, limits)
    except ssl.SSLCertVerificationError as error:
        raise FailedError(Reason.TLS) from error
    except TimeoutError as error:
        raise FailedError(Reason.TIMEOUT) from error
    except ssl.SSLError as error:
        raise FailedError(Reason.TLS) from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise FailedError(Reason.PROTOCOL) from error


def _addresses(target: Target, resolver: Resolver, seconds: float) -> tuple[Address, ...]:
    if target.literal is not None:
        return (target.literal,)
    told: list[Sequence[str]] = []

    def ask() -> None:
        try:
            told.append(resolver(target.host, target.port))
        except OSError:
            told.append(())

    # The system's resolver knows no timeout: it is asked aside and left alone when it is late.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if not told:
        raise FailedError(Reason.TIMEOUT)
    if not told[0]:
        raise FailedError(Reason.NO_NAME)
    return tuple(ipaddress.ip_address(text) for text in told[0])


def _connected(way: Way, deadline: _Deadline, limits: Limits) -> socket.socket:
    """A connection to one of the judged addresses and to nothing else."""
    for address in way.addresses[:MOST_ADDRESSES]:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            line.settimeout(deadline.left(limits.connect_seconds))
            line.connect((str(address), way.target.port))
        except OSError:
            line.close()
        else:
            return line
    raise FailedError(Reason.NO_CONNECTION)


def _secured(
    line: socket.socket, target: Target, deadline: _Deadline, trust: ssl.SSLContext | None
) -> socket.socket:
    if target.scheme == "http":
        return line
    line.settimeout(deadline.left())
    return (trust or trusted()).wrap_socket(line, server_hostname=target.host)


def trusted() -> ssl.SSLContext:
    """The certificates that are believed: the system's, and the operator's own authority."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.EGRESS_CA:
        context.load_verify_locations(settings.EGRESS_CA)
    return context


def _exchange(
    line: socket.socket,
    target: Target,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    deadline: _Deadline,
    limits: Limits,
) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = _Line(line, deadline)
    connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
    named = {"host": target.authority, "user-agent": AGENT, "accept-encoding": "identity",
             "connection": "close", "content-length": str(len(body))}  # fmt: skip
    for name, value in {**{k.lower(): v for k, v in headers.items()}, **named}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    with closing(connection.getresponse()) as found:
        content = found.read(limits.answer_bytes + 1)
    if len(content) > limits.answer_bytes:
        raise FailedError(Reason.TOO_LARGE)
    told = {name.lower(): value for name, value in found.getheaders()}
    return Answer(found.status, told, content, deadline.milliseconds)


class _Line:
    """As much of a socket as `http.client` asks for, each wait bounded by the deadline.

    A timeout of the socket alone starts anew with every byte: a host that sends one a minute would
    hold us for ever.
    """

    def __init__(self, line: socket.socket, deadline: _Deadline) -> None:
        self._line, self._deadline = line, deadline

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(self._deadline.left())
        self._line.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._line, self._deadline))

    def close(self) -> None:
        """The socket belongs to `send`, which closes it."""


class _Reader(io.RawIOBase):
    """Bytes from the socket until the deadline."""

    def __init__(self, line: socket.socket, deadline: _Deadline) -> None:
        self._line, self._deadline = line, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        self._line.settimeout(self._deadline.left())
        return self._line.recv_into(buffer)  # type: ignore[arg-type]
