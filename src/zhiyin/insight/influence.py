"""Who carries word to others: rank in the network, communities, and candidates to speak for you.

    from zhiyin.insight import influence
    net = influence.fit(links)
    net.score()             # every customer: PageRank, community, reach, KOC candidate

`links` has from_id, to_id and optionally weight: who invited, referred, follows or answers whom.
PageRank is Brin and Page's (1998) by power iteration on a sparse matrix; communities are Louvain's
(Blondel and others 2008), visited in a fixed order, so that the same links give the same
communities. A KOC candidate is high in the whole network and first in the own community. Naive
baseline: who has most links.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
from scipy import sparse

from zhiyin.insight.communities import louvain, modularity
from zhiyin.insight.contract import Floats, NotEnoughHistoryError, Reason, Words
from zhiyin.insight.given import As, Flags, Integers, Rows, given, left_out_words

_DAMPING, _ROUNDS, _CLOSE = 0.85, 200, 1e-10
_CANDIDATE_SHARE = 0.05  # of the network
_FEWEST_FOLLOWERS = 3


@dataclass(frozen=True)
class Network:
    """One value a customer; `community` counts from 0, the largest first."""

    customers: pa.Array
    links: "sparse.csr_array[np.float64]"
    rank: Floats
    community: Integers
    modularity: float
    candidate: Flags
    notes: list[Words]

    def score(self) -> pa.Table:
        """customer_id, value (PageRank times the number of customers: 1 is the mean), community,
        links_in, links_out, neighbours (different people), candidate, reasons; highest first.
        """
        n = len(self.customers)
        value = self.rank * n
        into = np.bincount(self.links.indices, minlength=n)
        out = np.diff(self.links.indptr)
        neighbours = np.diff(self._undirected().indptr)
        table = pa.table(
            {
                "customer_id": self.customers,
                "value": pa.array(value),
                "community": pa.array(self.community),
                "links_in": pa.array(into.astype(np.int64)),
                "links_out": pa.array(out.astype(np.int64)),
                "neighbours": pa.array(neighbours.astype(np.int64)),
                "candidate": pa.array(self.candidate),
                "reasons": pa.array(
                    [self._reason(float(v), int(k), int(c)) for v, k, c in
                     zip(value, neighbours, self.community, strict=True)]
                ),
            }
        )  # fmt: skip
        return table.take(pa.array(np.lexsort((np.arange(n), -value))))

    def candidates(self, n: int = 20) -> pa.Table:
        """The first `n` KOC candidates."""
        table = self.score()
        return table.filter(table.column("candidate")).slice(0, n)

    def _undirected(self) -> "sparse.csr_array[np.float64]":
        both = sparse.csr_array(self.links + self.links.T)
        both.setdiag(0)
        both.eliminate_zeros()
        return both

    def _reason(self, value: float, neighbours: int, community: int) -> str:
        told = Reason(
            "rank",
            f"与 {neighbours:,} 人相连，影响力是平均的 {value:.1f} 倍，属于社群 {community + 1}",
            f"linked with {neighbours:,} people, {value:.1f}× the mean influence, community "
            f"{community + 1}",
            round(value, 2),
        )
        return msgspec.json.encode([told]).decode()


def fit(links: Rows, *, directed: bool = True) -> Network:
    """Learn from links; `directed` ones carry influence to `to_id`, others both ways.

    Links of a customer with himself and weights not above zero are left out. Raises
    NotEnoughHistoryError where no link is left, ColumnsError for missing columns.
    """
    taken = given(
        links,
        {"from_id": As.IDENTIFIER, "to_id": As.IDENTIFIER},
        optional={"weight": As.NUMBER},
    )
    both = pa.concat_arrays([taken.rows.column(c).combine_chunks() for c in ("from_id", "to_id")])
    ends = type(taken)(pa.table({"id": both}))
    customers, place = ends.coded("id")
    a, b = place[: len(taken)], place[len(taken) :]
    weight = taken.numbers("weight") if taken.has("weight") else np.ones(len(taken))
    good = (a != b) & (weight > 0)
    left_out = dict(taken.left_out)
    if not good.all():
        left_out["a link with oneself, or a weight not above zero"] = int((~good).sum())
    a, b, weight = a[good], b[good], weight[good]
    if len(a) == 0:
        raise NotEnoughHistoryError("there is no link between two customers")
    order = np.lexsort((weight, b, a))  # sums must not depend on the order of the rows
    n = len(customers)
    matrix = sparse.csr_array((weight[order], (a[order], b[order])), shape=(n, n))
    if not directed:
        matrix = sparse.csr_array(matrix + matrix.T)
    matrix.sum_duplicates()
    rank = pagerank(matrix)
    undirected = sparse.csr_array(matrix + matrix.T)
    community = louvain(undirected)
    candidate = _candidates(rank, community, undirected)
    value = modularity(undirected, community)
    return Network(
        customers, matrix, rank, community, value, candidate,
        _notes(n, matrix.nnz, community, value, candidate, left_out),
    )  # fmt: skip


def pagerank(links: "sparse.csr_array[np.float64]", damping: float = _DAMPING) -> Floats:
    """Adds up to 1. Who links to nobody passes on to everybody alike."""
    n = links.shape[0]
    out: Floats = np.asarray(links.sum(axis=1)).ravel()
    share = np.divide(1.0, out, out=np.zeros(n), where=out > 0)
    onward = sparse.csr_array(links.multiply(share[:, None]).T)
    rank = np.full(n, 1 / n)
    for _ in range(_ROUNDS):
        stuck = float(rank[out == 0].sum())
        new = damping * (onward @ rank + stuck / n) + (1 - damping) / n
        new /= new.sum()
        done = float(np.abs(new - rank).sum()) < _CLOSE
        rank = np.asarray(new)
        if done:
            break
    return rank


def _candidates(rank: Floats, community: Integers, links: "sparse.csr_array[np.float64]") -> Flags:
    """The first in each community of more than its mean size, as far as high in the whole too."""
    n = len(rank)
    known = np.diff(links.indptr) >= _FEWEST_FOLLOWERS
    high = rank >= np.quantile(rank, 1 - _CANDIDATE_SHARE)
    order = np.lexsort((np.arange(n), -rank))
    sizes = np.bincount(community)
    room = np.maximum(1, np.round(_CANDIDATE_SHARE / 5 * sizes)).astype(np.int64)
    taken = np.zeros(len(sizes), dtype=np.int64)
    chosen = np.zeros(n, dtype=np.bool_)
    for at in order:
        group = community[at]
        if known[at] and high[at] and taken[group] < room[group]:
            chosen[at] = True
            taken[group] += 1
    return chosen


def _notes(
    people: int, links: int, community: Integers, value: float, candidate: Flags,
    left_out: dict[str, int],
) -> list[Words]:  # fmt: skip
    groups, chosen = int(community.max()) + 1, int(candidate.sum())
    return [
        Words(
            f"{people:,} 人、{links:,} 条关系，{groups:,} 个社群（模块度 {value:.2f}），"
            f"{chosen:,} 位 KOC 候选人",
            f"{people:,} people, {links:,} links, {groups:,} communities (modularity {value:.2f}), "
            f"{chosen:,} KOC candidates",
        ),
        *left_out_words(left_out),
    ]
