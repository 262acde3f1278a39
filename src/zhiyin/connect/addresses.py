"""Which addresses may be called: reading a URL strictly, and judging the networks behind a name.

Pure: no lookup, no connection. Whatever two programs could read differently (credentials,
backslashes, octal and decimal numbers, other scripts, a dot at the end) is refused, not repaired.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from zhiyin.connect.reasons import Reason, RefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST = 2000
PORTS = frozenset({443, 8443})
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<place>[^/?#\\\s]*)"
    r"(?P<path>(?:[/?][A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?)"
)
_PLACE = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>\d{1,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
# Names that stand for this machine or this network, whatever a resolver says of them.
_LOCAL_NAMES = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp",
                "home.arpa", "private")  # fmt: skip


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# IANA's registries of special-purpose addresses; nothing public lives there.
_SPECIAL = _networks(
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
    # An IPv4 address in IPv6 clothes (NAT64, Teredo, 6to4) would pass by the list above.
    "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    "2620:4f:8000::/48",
    # Azure answers every machine of its network here; Alibaba's lies in 100.64.0.0/10.
    "168.63.129.16/32",
)  # fmt: skip
_GLOBAL_SIX = ipaddress.IPv6Network("2000::/3")
# The services in which clouds keep a machine's credentials: opened by a number, never by a name.
_METADATA = _networks("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32",
                      "168.63.129.16/32", "192.0.0.192/32")  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Where a URL leads, as read by us and nobody else."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None = None  # the host is an address and no name

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if isinstance(self.literal, ipaddress.IPv6Address) else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


@dataclass(frozen=True)
class Pattern:
    """A host, a host with all below it, or a network."""

    host: str = ""
    below: bool = False
    network: Network | None = None

    def fits_name(self, host: str) -> bool:
        if not self.host:
            return False
        return host.endswith(f".{self.host}") if self.below else host == self.host

    def fits_address(self, address: Address) -> bool:
        return self.network is not None and address in self.network


@dataclass(frozen=True)
class Opening:
    """An exception that the operator of the server makes: this host or network, on this port."""

    pattern: Pattern
    port: int | None = None
    plain: bool = False  # http without TLS

    def fits(self, target: Target) -> bool:
        if self.plain is not (target.scheme == "http"):
            return False
        if self.port is None and target.port not in ({80} if self.plain else PORTS):
            return False
        return self.port in (None, target.port)


@dataclass(frozen=True)
class Policy:
    """What may go out: public addresses by https, the operator's openings, the house's own lists.

    `denied` and `only` are kept on the screen; they narrow. Only `openings`, which stand in the
    server's environment, widen.
    """

    openings: tuple[Opening, ...] = ()
    denied: tuple[Pattern, ...] = ()
    only: tuple[Pattern, ...] = ()

    def check_target(self, target: Target) -> None:
        """Judge what can be judged before the name is looked up."""
        opened = [one for one in self.openings if one.fits(target)]
        named = any(one.pattern.fits_name(target.host) for one in opened)
        numbered = any(one.pattern.network is not None for one in opened)
        if target.scheme != "https" and not (named or numbered):
            raise RefusedError(Reason.SCHEME)
        if target.port not in PORTS and not (named or numbered):
            raise RefusedError(Reason.PORT)
        if target.literal is None and not named and _is_local(target.host):
            raise RefusedError(Reason.NOT_PUBLIC)
        if any(one.fits_name(target.host) for one in self.denied):
            raise RefusedError(Reason.DENIED)

    def check_addresses(self, target: Target, addresses: Iterable[Address]) -> None:
        """Judge every address behind the name: one bad one among good ones refuses them all."""
        listed = any(one.fits_name(target.host) for one in self.only)
        for address in addresses:
            if not self._reaches(target, address):
                raise RefusedError(Reason.NOT_PUBLIC)
            if any(one.fits_address(address) for one in self.denied):
                raise RefusedError(Reason.DENIED)
            inside = any(one.fits_address(address) for one in self.only)
            if self.only and not (listed or inside):
                raise RefusedError(Reason.NOT_LISTED)

    def _reaches(self, target: Target, address: Address) -> bool:
        opened = [one for one in self.openings if one.fits(target)]
        if any(one.pattern.fits_address(address) for one in opened):
            return True
        if any(one.pattern.fits_name(target.host) for one in opened):
            return not any(address in network for network in _METADATA)
        usual = target.scheme == "https" and target.port in PORTS
        return usual and is_public(address)


def read(url: str) -> Target:
    """The parts of an address; raises `RefusedError` for whatever is not plain."""
    found = _URL.fullmatch(url) if len(url) <= LONGEST and url.isascii() else None
    if found is None:
        raise RefusedError(Reason.ADDRESS)
    if found["scheme"] not in ("https", "http"):
        raise RefusedError(Reason.SCHEME)
    if "@" in found["place"]:
        raise RefusedError(Reason.CREDENTIALS)
    place = _PLACE.fullmatch(found["place"])
    if place is None:
        raise RefusedError(Reason.HOST)
    port = int(place["port"] or (443 if found["scheme"] == "https" else 80))
    if not 0 < port < 65536:
        raise RefusedError(Reason.PORT)
    path = found["path"]
    host, literal = _host(place["host"], place["six"])
    return Target(
        found["scheme"], host, port, path if path.startswith("/") else f"/{path}", literal
    )


def _host(name: str | None, six: str | None) -> tuple[str, Address | None]:
    if name is None:
        return _literal(ipaddress.IPv6Address, str(six))
    host = name.lower()
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):  # 2130706433, 0x7f.1 and 0177.0.0.1 are addresses to some
        return _literal(ipaddress.IPv4Address, host)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise RefusedError(Reason.HOST)
    return host, None


def _literal(
    kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address], text: str
) -> tuple[str, Address]:
    try:
        address = kind(text)
    except ValueError as error:
        raise RefusedError(Reason.HOST) from error
    return str(address), address


def _is_local(host: str) -> bool:
    return "." not in host or any(host.endswith(f".{name}") for name in _LOCAL_NAMES)


def is_public(address: Address) -> bool:
    """Whether an address belongs to a machine on the public internet."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_SIX:
        return False  # also ::1, ::ffff:127.0.0.1 and all others that wrap an IPv4 address in ::/8
    return address.is_global and not any(address in network for network in _SPECIAL)


def read_pattern(text: str) -> Pattern:
    """`hooks.example.com`, `*.example.com` or `198.51.100.0/24`; else `ValueError`."""
    written = text.strip().lower()
    try:
        return Pattern(network=ipaddress.ip_network(written))
    except ValueError:
        below = written.startswith("*.")
        host, literal = _host(written.removeprefix("*."), None)
        if literal is not None:
            raise
        return Pattern(host=host, below=below)


def read_opening(text: str) -> Opening:
    """`[http://]host-or-network[:port]`, as the operator writes it; else `ValueError`."""
    written = text.strip()
    plain = written.startswith("http://")
    written = written.removeprefix("http://").removeprefix("https://")
    found = re.fullmatch(r"(?:\[(?P<six>[^\]]+)\]|(?P<rest>[^:]+))(?::(?P<port>\d{1,5}))?", written)
    if found is None:
        raise ValueError(f"cannot be read: {text!r}")
    port = int(found["port"]) if found["port"] else None
    try:
        return Opening(read_pattern(found["six"] or found["rest"]), port, plain)
    except RefusedError as error:
        raise ValueError(f"cannot be read: {text!r}") from error
