"""Identifiers and links as arrays: names become places, and everything after is sums over them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from zhiyin.identity.edges import Codes, Effect, Mask, effects
from zhiyin.identity.kinds import Guards, KindRule


class UnknownIdentifierError(ValueError):
    """A link to an identifier that is not in the table."""


@dataclass(frozen=True)
class Links:
    """The links, their ends as places among the identifiers."""

    table: pa.Table
    a: Codes
    b: Codes
    effect: Codes
    seen: Codes  # microseconds

    def components(self, which: Mask, size: int) -> Codes:
        """A label for each identifier: those that these links connect have the same."""
        a, b = self.a[which], self.b[which]
        graph = coo_matrix((np.ones(len(a), bool), (a, b)), shape=(size, size))
        labels: Codes = connected_components(graph, directed=False)[1].astype(np.int64)
        return labels


@dataclass(frozen=True)
class Nodes:
    """The identifiers."""

    names: pa.Array
    kind: Codes
    rules: list[KindRule]  # by kind
    namespace: Codes  # a number for each pair of kind and namespace
    personal: Mask
    number: Codes

    def __len__(self) -> int:
        return len(self.names)

    def each(self, bound: str) -> Codes:
        """This bound of its kind, for each identifier."""
        return np.array([getattr(rule, bound) for rule in self.rules], np.int64)[self.kind]

    def with_lent_ones(self, links: Links, usable: Mask) -> Nodes:
        """A phone that is only "used by" people and joined to nobody is a carrier like a device."""
        joins = usable & (links.effect == Effect.JOINS) & (links.a != links.b)
        used = usable & (links.effect == Effect.ATTACHES) & self.personal[links.a]
        lent = np.zeros(len(self), bool)
        lent[links.b[used]] = True
        lent[links.a[joins]] = lent[links.b[joins]] = False
        return replace(self, personal=self.personal & ~lent)


def read_nodes(identifiers: pa.Table, guards: Guards) -> Nodes:
    """Identifiers (schema IDENTIFIERS) as arrays."""
    kinds = identifiers["kind"].combine_chunks().dictionary_encode()
    kind = kinds.indices.to_numpy().astype(np.int64)
    spaces = identifiers["namespace"].combine_chunks().dictionary_encode()
    rules = [guards.of(name) for name in kinds.dictionary.to_pylist()]
    return Nodes(
        identifiers["identifier"].combine_chunks(),
        kind,
        rules,
        spaces.indices.to_numpy().astype(np.int64) * len(rules) + kind,
        np.array([rule.personal for rule in rules], bool)[kind],
        identifiers["number"].to_numpy(),
    )


def read_links(nodes: Nodes, edges: pa.Table) -> Links:
    """Links (schema STATEMENTS) as arrays; each end must be among the nodes."""
    ends = []
    for name in ("a", "b"):
        places = pc.index_in(edges[name].combine_chunks(), value_set=nodes.names)
        if places.null_count:
            raise UnknownIdentifierError(f"{places.null_count} links to unknown identifiers")
        ends.append(places.to_numpy().astype(np.int64))
    a, b = ends
    seen = edges["seen_at"].cast(pa.int64()).to_numpy()
    return Links(edges, a, b, effects(edges, ~nodes.personal, a, b), seen)
