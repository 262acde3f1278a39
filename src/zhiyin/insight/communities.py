"""Louvain's communities: groups with more links inside than a random network would have.

Blondel, Guillaume, Lambiotte and Lefebvre (2008). Nodes are visited in a fixed order that mixes
them, ties go to the lowest number, so the same network always falls apart the same way. A network
of a million links takes some ten seconds; it needs no further package.
"""

import numpy as np
from scipy import sparse

from zhiyin.insight.contract import Floats
from zhiyin.insight.given import Integers

_LEVELS, _PASSES = 20, 30
_GAIN = 1e-12


def louvain(links: "sparse.csr_array[np.float64]") -> Integers:
    """A community for each node of a symmetric network, numbered from 0, the largest first."""
    graph = sparse.csr_array(links)
    member = np.arange(graph.shape[0])
    for level in range(_LEVELS):
        community, moved = _moved(graph, seed=level)
        if not moved:
            break
        _, community = np.unique(community, return_inverse=True)
        member = community[member]
        n = int(community.max()) + 1
        gather = sparse.csr_array(
            (np.ones(len(community)), (community, np.arange(len(community)))),
            shape=(n, len(community)),
        )
        graph = sparse.csr_array(gather @ graph @ gather.T)
    return _by_size(member)


def modularity(links: "sparse.csr_array[np.float64]", community: Integers) -> float:
    """Share of links inside communities less that of a random network with the same degrees."""
    total = float(links.sum())
    if total == 0:
        return 0.0
    degree: Floats = np.asarray(links.sum(axis=1)).ravel()
    row = np.repeat(np.arange(links.shape[0]), np.diff(links.indptr))
    inside = float(links.data[community[row] == community[links.indices]].sum())
    of_group = np.bincount(community, weights=degree)
    return inside / total - float((of_group**2).sum()) / total**2


def _moved(graph: "sparse.csr_array[np.float64]", seed: int) -> tuple[Integers, bool]:
    """Each node to the neighbouring community that gains most, until none moves."""
    n = graph.shape[0]
    degree: list[float] = np.asarray(graph.sum(axis=1)).ravel().tolist()
    total = sum(degree)
    community = list(range(n))
    if total == 0:
        return np.arange(n), False
    weight_of = degree.copy()
    starts, ends = graph.indptr.tolist(), graph.indices.tolist()
    values = graph.data.tolist()
    order = np.random.default_rng(seed).permutation(n).tolist()
    ever = False
    for _ in range(_PASSES):
        changed = False
        for node in order:
            own, mine = community[node], degree[node]
            near: dict[int, float] = {own: 0.0}
            for at in range(starts[node], starts[node + 1]):
                other = ends[at]
                if other != node:
                    group = community[other]
                    near[group] = near.get(group, 0.0) + values[at]
            weight_of[own] -= mine
            best, gain = own, near[own] - weight_of[own] * mine / total
            for group, linked in near.items():
                now = linked - weight_of[group] * mine / total
                if now > gain + _GAIN or (now > gain - _GAIN and group < best and group != own
                                          and best != own):  # fmt: skip
                    best, gain = group, now
            weight_of[best] += mine
            if best != own:
                community[node] = best
                changed = ever = True
        if not changed:
            break
    return np.array(community, dtype=np.int64), ever


def _by_size(member: Integers) -> Integers:
    counts = np.bincount(member)
    order = np.lexsort((np.arange(len(counts)), -counts))
    number = np.empty(len(counts), dtype=np.int64)
    number[order] = np.arange(len(counts))
    return np.asarray(number[member], dtype=np.int64)
