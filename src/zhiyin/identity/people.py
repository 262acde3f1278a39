"""Who is one person, from identifiers and the links that hold between them.

The answer depends on nothing but these two tables. Links between personal identifiers make people:
scipy finds their connected components, and those in which a bound is broken are taken apart again
(`guarded`). Carriers join nobody and go to whoever used them last (`carriers`). Give it everything,
or whole cells with a column `public` (`public_ones`), and each cell comes out the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.identity.carriers import held_by
from zhiyin.identity.edges import RULES, Codes, Effect, Mask
from zhiyin.identity.guarded import Bounds, Grouping, Held
from zhiyin.identity.kinds import Guards
from zhiyin.identity.network import Links, Nodes, read_links, read_nodes

STANDING = pa.schema(
    [
        pa.field("identifier", pa.string(), nullable=False),
        pa.field("customer", pa.string()),  # none: a device that nobody is known to use
        # What is decided together: personal identifiers that links reach, also held ones, or
        # carriers that are linked to each other.
        pa.field("cell", pa.string(), nullable=False),
        pa.field("public", pa.bool_(), nullable=False),
    ]
)
HELD = pa.schema(
    [pa.field("edge", pa.string(), nullable=False), pa.field("why", pa.string(), nullable=False)]
)


@dataclass(frozen=True)
class People:
    """The answer: each identifier's customer and cell, and the links that were held back."""

    standing: pa.Table
    held: pa.Table


def resolve(identifiers: pa.Table, edges: pa.Table, guards: Guards) -> People:
    """Whose each identifier is. `edges` are live ones (`edges.live`)."""
    nodes = read_nodes(identifiers, guards)
    links = read_links(nodes, edges)
    if "public" in identifiers.column_names:
        public: Mask = identifiers["public"].to_numpy()
    else:
        public = _public(nodes, links)
    apart = links.effect == Effect.KEEPS_APART
    shared = ~apart & (public[links.a] | public[links.b])
    usable = ~apart & ~shared
    nodes = nodes.with_lent_ones(links, usable)
    joins = usable & (links.effect == Effect.JOINS)
    alike = usable & (nodes.personal[links.a] == nodes.personal[links.b])
    cell = links.components(joins | (alike & ~nodes.personal[links.a]), len(nodes))
    person, why = _taken_apart(nodes, links, joins, cell, guards)
    carried = held_by(nodes, links, usable & ~joins, person)
    why.update(carried.held)
    why.update(dict.fromkeys(np.flatnonzero(shared).tolist(), Held.PUBLIC))
    customer = _customers(identifiers, nodes, carried.person, nodes.personal & ~public)
    first = np.unique(cell, return_index=True)[1] if len(nodes) else cell
    cells = nodes.names.take(pa.array(first[cell]))
    places = sorted(why)
    told = [
        links.table["edge"].combine_chunks().take(pa.array(places, pa.int64())),
        pa.array([why[place].value for place in places], pa.string()),
    ]
    standing = pa.table([nodes.names, customer, cells, pa.array(public)], schema=STANDING)
    return People(standing, pa.table(told, schema=HELD))


def public_ones(identifiers: pa.Table, edges: pa.Table, guards: Guards) -> Mask:
    """Which identifiers link nobody because too many share them; needs all their links."""
    nodes = read_nodes(identifiers, guards)
    return _public(nodes, read_links(nodes, edges))


def _public(nodes: Nodes, links: Links) -> Mask:
    """Identifiers with more personal neighbours than their kind has in one person's hands."""
    near = (links.effect != Effect.KEEPS_APART) & (links.a != links.b)
    ends = np.concatenate([links.a[near], links.b[near]])
    others = np.concatenate([links.b[near], links.a[near]])
    personal = nodes.personal[others]
    size = max(len(nodes), 1)
    pairs = np.unique(ends[personal] * size + others[personal])
    return np.bincount(pairs // size, minlength=len(nodes)) > nodes.each("most_neighbours")


def _contested(nodes: Nodes, links: Links, cell: Codes, guards: Guards) -> Mask:
    """Personal identifiers in cells in which something may have to be held back."""
    own = np.flatnonzero(nodes.personal)
    count = int(cell.max()) + 1 if len(cell) else 0
    contested = np.bincount(cell[own], minlength=count) > guards.largest_person
    for label, bound in (
        (nodes.kind, nodes.each("most")),
        (nodes.namespace, nodes.each("most_in_namespace")),
    ):
        width = int(label.max()) + 1 if len(label) else 1
        _, group, members = np.unique(
            cell[own] * width + label[own], return_inverse=True, return_counts=True
        )
        contested[cell[own][members[group] > bound[own]]] = True
    apart = links.effect == Effect.KEEPS_APART
    torn = cell[links.a[apart]]
    contested[torn[torn == cell[links.b[apart]]]] = True
    return nodes.personal & contested[cell]


def _taken_apart(
    nodes: Nodes, links: Links, joins: Mask, cell: Codes, guards: Guards
) -> tuple[Codes, dict[int, Held]]:
    """A label for each identifier's person: its cell, or what `guarded` leaves of it."""
    slow = _contested(nodes, links, cell, guards)
    if not slow.any():
        return cell, {}
    places = np.flatnonzero(slow)
    local = np.full(len(nodes), -1)
    local[places] = np.arange(len(places))
    most, in_namespace = nodes.each("most"), nodes.each("most_in_namespace")
    bounds: list[Bounds] = [
        (
            (f"kind {nodes.kind[place]}", int(most[place])),
            (f"namespace {nodes.namespace[place]}", int(in_namespace[place])),
        )
        for place in places
    ]
    apart = (links.effect == Effect.KEEPS_APART) & slow[links.a] & slow[links.b]
    pairs = zip(local[links.a[apart]].tolist(), local[links.b[apart]].tolist(), strict=True)
    grouping = Grouping(bounds, pairs, guards.largest_person)
    held: dict[int, Held] = {}
    for edge in _strongest_first(links, joins & slow[links.a]):
        refused = grouping.take(int(local[links.a[edge]]), int(local[links.b[edge]]))
        if refused is not None:
            held[int(edge)] = refused
    person = cell.copy()
    above = int(cell.max()) + 1  # labels of people never meet labels of cells
    person[places] = above + np.array(grouping.labels(), np.int64)
    return person, held


def _strongest_first(links: Links, which: Mask) -> Codes:
    """By rule, probability and age; ids of links decide between equals."""
    places = np.flatnonzero(which)
    edges = links.table.take(pa.array(places))
    names = edges["rule"].combine_chunks().dictionary_encode()
    ranks = np.array([RULES[name].rank for name in names.dictionary.to_pylist()], np.int64)
    rank = ranks[names.indices.to_numpy()] if len(edges) else np.zeros(0, np.int64)
    ids = pc.rank(edges["edge"].combine_chunks(), tiebreaker="first").to_numpy()
    order = np.lexsort((ids, links.seen[places], -edges["probability"].to_numpy(), rank))
    strongest: Codes = places[order]
    return strongest


def _customers(identifiers: pa.Table, nodes: Nodes, person: Codes, giving: Mask) -> pa.Array:
    """The customer of each: that of the person's oldest personal identifier, if there is one."""
    places = np.flatnonzero(giving)
    order = places[np.lexsort((nodes.number[places], person[places]))]
    people, firsts = np.unique(person[order], return_index=True)
    oldest = np.full(int(person.max()) + 1 if len(person) else 0, -1)
    oldest[people] = order[firsts]
    giver = oldest[person]
    own = identifiers["own_customer"].combine_chunks()
    return own.take(pa.array(giver, pa.int64(), mask=giver < 0))
