"""Personas: groups that were planted are found, and their names say what sets them apart."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from zhiyin.insight.contract import Frame, NotEnoughHistoryError
from zhiyin.insight.personas import Personas

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
