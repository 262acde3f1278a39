"""Every route of the product with its gate, as the URL resolver knows them.

The permission matrix, its test and its page in the documentation are made from this list, so no
route can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.urls import URLPattern, URLResolver, get_resolver

from zhiyin.accounts.doors import is_closed
from zhiyin.accounts.gate import Gate, endpoint_of, gate_for

PAGE_METHODS = ("GET", "POST")


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    name: str  # with its namespace, as `reverse` takes it
    address: str
    method: str
    arguments: frozenset[str]
    gate: Gate | None
    closed: bool

    @property
    def permission(self) -> str | None:
        """What the method needs; None for everybody."""
        return self.gate.permission(self.method) if self.gate else None

    @property
    def is_public(self) -> bool:
        return self.gate is not None and self.permission is None


def routes() -> list[Route]:
    """All of them, by address and method."""
    found = set(_below(get_resolver(), _Prefix()))  # ninja lists a path once an operation
    return sorted(found, key=lambda route: (route.address, route.method))


@lru_cache(maxsize=1)
def endpoint_permissions() -> tuple[str, ...]:
    """What the endpoints of the API ask for; they stand still while the server runs."""
    gates = [one for one in routes() if one.name.startswith("api:") and one.gate is not None]
    asked = {one.permission for one in gates} | {
        each for one in gates if one.gate is not None for each in one.gate.also
    }
    return tuple(sorted(one for one in asked if one is not None))


@dataclass(frozen=True)
class _Prefix:
    """What the includes above a route add to it."""

    address: str = ""
    namespaces: tuple[str, ...] = ()
    arguments: frozenset[str] = frozenset()

    def then(self, entry: URLPattern | URLResolver) -> _Prefix:
        namespace = entry.namespace if isinstance(entry, URLResolver) else None
        return _Prefix(
            self.address + str(entry.pattern),
            (*self.namespaces, namespace) if namespace else self.namespaces,
            self.arguments | set(entry.pattern.regex.groupindex),
        )


def _below(resolver: URLResolver, prefix: _Prefix) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _below(entry, prefix.then(entry))
        elif isinstance(entry, URLPattern):
            yield from _methods(entry, prefix.then(entry))


def _methods(entry: URLPattern, whole: _Prefix) -> Iterator[Route]:
    view: Callable[..., object] = entry.callback
    endpoint = endpoint_of(view)
    methods = (
        sorted({method for o in endpoint.operations for method in o.methods})
        if endpoint is not None
        else PAGE_METHODS
    )
    for method in methods:
        yield Route(
            name=":".join((*whole.namespaces, entry.name or "")),
            address=f"/{whole.address}",
            method=method,
            arguments=whole.arguments,
            gate=gate_for(view, entry.name, method),
            closed=is_closed(view, entry.name),
        )
