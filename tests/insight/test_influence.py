"""Networks: known ranks, planted communities, candidates who can carry word to others."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from zhiyin.insight import influence
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.given import ColumnsError


def planted(groups: int = 5, each: int = 40, seed: int = 1) -> tuple[pa.Table, list[str]]:
    """Groups with many links inside and few between; one hub in each that half of it links to."""
    rng = np.random.default_rng(seed)
    links = []
    hubs = [f"g{g}-00" for g in range(groups)]
    for g in range(groups):
        members = [f"g{g}-{i:02d}" for i in range(each)]
        for a in members:
            for b in rng.choice(members, 5, replace=False):
                links.append((a, b))
            if a != hubs[g] and rng.random() < 0.5:
                links.append((a, hubs[g]))
            if rng.random() < 0.2:
                links.append((a, f"g{rng.integers(groups)}-{rng.integers(each):02d}"))
    return pa.table({"from_id": [a for a, _ in links], "to_id": [b for _, b in links]}), hubs


def test_pagerank_is_the_one_that_can_be_solved_by_hand() -> None:
    rows = {"from_id": ["a", "b", "c", "d"], "to_id": ["b", "c", "a", "c"]}
    net = influence.fit(rows)
    links = np.zeros((4, 4))
    for a, b in ((0, 1), (1, 2), (2, 0), (3, 2)):
        links[b, a] = 1
    exact = np.linalg.solve(np.eye(4) - 0.85 * links, np.full(4, 0.15 / 4))
    assert np.allclose(net.rank, exact / exact.sum(), atol=1e-8)
    assert net.rank.sum() == pytest.approx(1)


def test_planted_communities_and_hubs_are_found() -> None:
    rows, hubs = planted()
    net = influence.fit(rows)
    names = net.customers.to_pylist()
    for g in range(5):
        inside = net.community[[n.startswith(f"g{g}-") for n in names]]
        assert np.bincount(inside).max() / len(inside) > 0.9
    assert net.modularity > 0.5
    top = net.score().column("customer_id").to_pylist()[:8]
    assert set(hubs) <= set(top)
    assert set(hubs) <= set(net.candidates().column("customer_id").to_pylist())
    assert "× the mean influence" in net.score().column("reasons").to_pylist()[0]


def test_candidates_are_heard_by_more_different_people_than_those_with_most_links() -> None:
    """One group talks so much among itself that its members have the most links of all."""
    rng = np.random.default_rng(4)
    rows, _ = planted()
    crowd = [f"g0-{i:02d}" for i in range(40)]
    extra = [(a, b) for a in crowd for b in rng.choice(crowd, 25, replace=False)]
    links = pa.concat_tables(
        [rows, pa.table({"from_id": [a for a, _ in extra], "to_id": [b for _, b in extra]})]
    )
    net = influence.fit(links, directed=False)
    chosen = net.candidates(5).column("customer_id").to_pylist()
    table = net.score()
    most = np.argsort(-np.array(table.column("neighbours").to_pylist()))[:5]
    naive = [table.column("customer_id")[int(i)].as_py() for i in most]
    assert _heard_by(net, chosen) > 1.5 * _heard_by(net, naive)


def _heard_by(net: influence.Network, speakers: list[str]) -> int:
    names = {n: i for i, n in enumerate(net.customers.to_pylist())}
    starts = net.links.indptr
    heard = [net.links.indices[starts[names[s]] : starts[names[s] + 1]] for s in speakers]
    return len(np.unique(np.concatenate(heard)))


def test_the_same_links_in_any_order_and_library_give_the_same_bits() -> None:
    rows, _ = planted()
    first = influence.fit(rows).score()
    mixed = rows.take(pa.array(np.random.default_rng(1).permutation(rows.num_rows)))
    for other in (mixed, rows.to_pandas(), pl.from_arrow(rows)):
        assert influence.fit(other).score().equals(first)


def test_poor_networks_are_refused_and_loops_left_out() -> None:
    with pytest.raises(NotEnoughHistoryError, match="no link"):
        influence.fit({"from_id": ["a", None], "to_id": ["a", "b"]})
    with pytest.raises(ColumnsError, match="'to_id' is missing"):
        influence.fit({"from_id": ["a"]})
    net = influence.fit(
        {"from_id": ["a", "a", "b"], "to_id": ["a", "b", "c"], "weight": [1.0, 2.0, -1.0]}
    )
    assert net.customers.to_pylist() == ["a", "b", "c"]
    assert net.links.nnz == 1
    assert any("2 rows left out" in n.en for n in net.notes)
