"""People out of links that cannot all hold: the strongest link first, each if nothing is against.

Kruskal's algorithm (1956) with refusals: links are taken in an order that depends on the links
alone, and one that would put two people into one (two identity cards, a pair that was kept apart,
more than a person can have) is held back and told. What is allowed for a group is allowed for each
part of it, so a cell in which no bound is broken comes out as its plain connected component, and
only the others need this slower road.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Held(StrEnum):
    """Why a link does not count."""

    APART = "kept apart"
    TOO_MANY = "more of one kind than a person has"
    TOO_LARGE = "more identifiers than a person has"
    SWITCHED = "used by somebody else since"
    PUBLIC = "an identifier that many share"


Scope = str  # a kind, or a kind and a namespace


Bounds = tuple[tuple[Scope, int], ...]  # what a node counts towards, and how many may be


@dataclass
class _Group:
    members: list[int]
    counts: Counter[Scope]
    foes: set[int] = field(default_factory=set)  # nodes that may not come in


class Grouping:
    """Nodes, each alone at first, and the groups that they become."""

    def __init__(
        self, nodes: Sequence[Bounds], apart: Iterable[tuple[int, int]], largest: int
    ) -> None:
        self._largest = largest
        self._bounds = {scope: bound for node in nodes for scope, bound in node}
        self._group = [
            _Group([place], Counter(scope for scope, _ in node)) for place, node in enumerate(nodes)
        ]
        for a, b in apart:
            self._group[a].foes.add(b)
            self._group[b].foes.add(a)

    def take(self, a: int, b: int) -> Held | None:
        """Make one group of two if nothing speaks against it; else say what does."""
        one, other = self._group[a], self._group[b]
        if one is other:
            return None
        if len(one.members) > len(other.members):
            one, other = other, one
        held = self._against(one, other)
        if held is None:
            self._unite(one, other)
        return held

    def labels(self) -> list[int]:
        """For each node the first member of its group."""
        first = {id(group): min(group.members) for group in self._group}
        return [first[id(group)] for group in self._group]

    def _against(self, one: _Group, other: _Group) -> Held | None:
        if any(member in other.foes for member in one.members):
            return Held.APART
        for scope, count in one.counts.items():
            there = other.counts.get(scope)
            if there and count + there > self._bounds[scope]:
                return Held.TOO_MANY
        if len(one.members) + len(other.members) > self._largest:
            return Held.TOO_LARGE
        return None

    def _unite(self, one: _Group, other: _Group) -> None:
        other.members += one.members
        other.counts.update(one.counts)
        other.foes |= one.foes
        for member in one.members:
            self._group[member] = other
