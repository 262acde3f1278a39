"""Personas: groups that were planted are found, and their names say what sets them apart."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from zhiyin.insight.clusters import Method, grouped
from zhiyin.insight.contract import Frame, NotEnoughHistoryError, score_table
from zhiyin.insight.personas import PersonaModel, Personas, moved

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def planted(each: int = 150) -> tuple[Frame, pa.Table, np.ndarray]:
    """Four kinds of customers; the first are young, buy appliances and wait for discounts."""
    rng = np.random.default_rng(1)
    kind = np.repeat(np.arange(4), each)
    n = len(kind)

    def habit(typical: list[float]) -> np.ndarray:
        return np.array(typical)[kind] * rng.lognormal(0, 0.12, n)

    orders = np.maximum(1, np.round(habit([40, 40, 2, 2])))
    aov, recency = habit([50, 600, 600, 50]), habit([5, 5, 200, 200])
    ids = [f"c{i:04d}" for i in rng.permutation(n)]
    frame = pa.table(
        {
            "customer_id": ids,
            "orders": orders.astype(np.int64),
            "aov": aov,
            "recency_days": recency,
            "gross_revenue": orders * aov,
            "revenue": orders * aov,
            "items": (orders * 5).astype(np.int64),
            "products": np.maximum(1, orders * 2).astype(np.int64),
            "return_rate": np.zeros(n),
        }
    )
    attributes = pa.table(
        {
            "customer_id": ids,
            "age": np.where(kind == 0, rng.uniform(25, 35, n), rng.uniform(20, 70, n)),
            "top_category": np.where(kind == 0, "家电", np.where(rng.random(n) < 0.5, "书", "茶")),
            "discount_share": np.where(kind == 0, 0.8, 0.1) + rng.normal(0, 0.02, n),
        }
    )
    order = np.argsort(ids)
    return Frame.of(frame, AS_OF), attributes, kind[order]


def test_planted_kinds_are_found():
    frame, _, kind = planted()
    model = Personas().fit_frame(frame)
    label = model.assign(frame)
    assert len(model.personas) == 4
    pure = sum(np.bincount(kind[label == k]).max() for k in range(4)) / len(kind)
    assert pure > 0.95


def test_names_say_what_sets_a_group_apart():
    frame, attributes, kind = planted()
    model = Personas(attributes).fit_frame(frame)
    label = model.assign(frame, attributes)
    first = model.personas[int(np.bincount(label[kind == 0]).argmax())]
    assert first.name.zh.startswith("25–35 岁 · 常买家电")
    assert "价格敏感" in first.name.zh
    assert first.name.en.startswith("Aged 25–35 · buys 家电")


def test_price_sensitive_is_never_said_without_discounts_on_record():
    frame, _, _ = planted()
    assert not any("价格敏感" in p.name.zh for p in Personas().fit_frame(frame).personas)


def test_names_are_unique_and_sizes_add_up():
    frame, _, _ = planted()
    personas = Personas().fit_frame(frame).personas
    assert len({p.name.zh for p in personas}) == len({p.name.en for p in personas}) == len(personas)
    assert sum(p.size for p in personas) == len(frame)
    assert sum(p.revenue_share for p in personas) == pytest.approx(1)


def test_the_same_customers_get_the_same_personas_again():
    frame, attributes, _ = planted()
    again = Frame.of(frame.table.take(pa.array(np.arange(len(frame))[::-1])), AS_OF)
    assert Personas(attributes).fit_frame(frame) == Personas(attributes).fit_frame(again)


def test_too_few_customers_are_said():
    frame, _, _ = planted(each=5)
    with pytest.raises(NotEnoughHistoryError):
        Personas().fit_frame(frame)


def test_groups_that_go_on_keep_their_keys_and_names():
    frame, _, kind = planted()
    first = Personas().fit_frame(frame)
    rng = np.random.default_rng(4)
    moved_on = frame.table.set_column(
        frame.table.column_names.index("aov"), "aov",
        pa.array(frame.column("aov") * rng.lognormal(0, 0.1, len(frame))),
    )  # fmt: skip
    later = Frame.of(moved_on, AS_OF)
    # the revenue of the groups turns over, and with it the order in which they are found
    turned = later.table.set_column(
        later.table.column_names.index("revenue"), "revenue",
        pa.array(np.where(kind == 3, 1e7, later.column("revenue"))),
    )  # fmt: skip
    again = Personas(before=first).fit_frame(Frame.of(turned, AS_OF))
    assert [p.key for p in again.personas] != [p.key for p in first.personas]
    names = {p.key: p.name for p in first.personas}
    assert {p.key: p.name for p in again.personas} == names
    assert np.mean(again.assign(frame) == first.assign(frame)) > 0.95
    stayed = sum(move.customers for move in again.moves if move.before == move.after)
    assert stayed / len(frame) > 0.95
    assert sum(move.customers for move in again.moves) == len(frame)
    table = moved(first.score_frame(frame), again.score_frame(frame))
    assert sum(move.customers for move in table) == len(frame)


def test_a_group_that_is_new_gets_a_new_key_and_a_name_of_its_own():
    frame, _, kind = planted()
    known = Personas().fit_frame(frame.where(kind != 3))
    again = Personas(before=known).fit_frame(frame)
    assert len({p.key for p in again.personas}) == len(again.personas)
    assert len({p.name.zh for p in again.personas}) == len(again.personas)


def test_how_many_groups_is_decided_by_stability_and_shape():
    frame, _, _ = planted()
    model = Personas().fit_frame(frame)
    best = next(one for one in model.tried if one.groups == 4)
    assert best.stability > 0.95
    assert best.silhouette == max(one.silhouette for one in model.tried)
    assert all(p.stability > 0.9 for p in model.personas)


def test_a_gaussian_mixture_finds_groups_of_different_width():
    rng = np.random.default_rng(2)
    wide, narrow = rng.normal(0, 3, (400, 3)), rng.normal([7, 0, 0], 0.25, (400, 3))
    points = np.vstack([wide, narrow])
    truth = np.repeat([0, 1], 400)
    mixture, tried = grouped(points, [2], Method.MIXTURE)
    plain, _ = grouped(points, [2], Method.KMEANS)
    right = [max(np.mean(g.place(points) == truth), np.mean(g.place(points) != truth))
             for g in (mixture, plain)]  # fmt: skip
    assert right[0] > 0.98
    assert right[0] >= right[1]
    assert tried[0].bic is not None
    assert np.allclose(mixture.membership(points).sum(axis=1), 1)


def test_a_mixture_can_be_asked_for_and_scores_like_the_other():
    frame, _, kind = planted()
    model = Personas(method=Method.MIXTURE).fit_frame(frame)
    label = model.assign(frame)
    pure = sum(np.bincount(kind[label == k]).max() for k in np.unique(label)) / len(kind)
    assert pure > 0.9
    stored = msgspec.json.decode(msgspec.json.encode(model), type=PersonaModel)
    assert stored.score_frame(frame).equals(model.score_frame(frame))


def test_the_value_of_a_group_is_told_where_values_are_known():
    frame, _, _ = planted()
    values = score_table(frame.ids, frame.column("revenue") * 2)
    model = Personas(values=values).fit_frame(frame)
    for persona in model.personas:
        assert persona.value is not None
        assert persona.value > 0


def test_customers_who_are_all_the_same_are_one_group():
    frame, _, _ = planted(20)
    same = Frame.of(
        pa.table({name: (frame.table[name] if name == "customer_id"
                         else pa.array([frame.table[name][0].as_py()] * len(frame)))
                  for name in frame.table.column_names}),
        AS_OF,
    )  # fmt: skip
    model = Personas().fit_frame(same)
    assert [p.size for p in model.personas] == [len(same)]
