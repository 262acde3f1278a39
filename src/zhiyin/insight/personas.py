"""Personas: groups of customers who buy alike, named from what sets each apart in the data.

K-means on the logarithms of a few spending habits, standardised at the fit; the number of groups
(4 to 8) is the one with the best silhouette on a sample. A name is built from the strongest
deviations of the group from everybody: spending words always, age and favourite category where
attributes are given, "price-sensitive" only where discounts were recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from zhiyin.insight.contract import (
    Floats,
    Frame,
    NotEnoughHistoryError,
    Past,
    Reason,
    Words,
    remembered,
    score_table,
)
from zhiyin.insight.threads import one_thread

GROUPS = range(4, 9)
SAMPLE = 2_000  # the silhouette needs all pairs
FIT_ROWS = 50_000
_NOTABLE = 0.35  # standard deviations away from everybody before a word is used
_PARTS = 3
Labels = npt.NDArray[np.int64]

_WORDS: dict[str, tuple[Words, Words]] = {  # habit → (word when low, word when high)
    "rate": (Words("低频", "rare"), Words("高频", "frequent")),
    "basket": (Words("小额订单", "small orders"), Words("大额订单", "large orders")),
    "recency": (Words("最近活跃", "active lately"), Words("久未购买", "long absent")),
    "unit_price": (Words("偏爱低单价", "low-priced items"), Words("偏爱高单价", "costly items")),
    "variety": (Words("品类专一", "few products"), Words("品类广泛", "many products")),
    "returns": (Words("很少退货", "rarely return"), Words("常退货", "often return")),
    "discount": (Words("不看折扣", "ignore discounts"), Words("价格敏感", "price-sensitive")),
}  # fmt: skip


class Persona(msgspec.Struct, frozen=True):
    """One group: its name, its size and its key numbers (medians)."""

    key: int
    name: Words
    size: int
    share: float
    orders: float
    order_value: float
    recency_days: float
    revenue: float
    revenue_share: float


class PersonaModel(msgspec.Struct, frozen=True, tag="personas"):
    habits: list[str]
    mean: list[float]
    spread: list[float]
    centres: list[list[float]]
    silhouette: dict[str, float]
    personas: list[Persona]

    def assign(self, frame: Frame, attributes: pa.Table | None = None) -> Labels:
        found = habits(frame, attributes)
        columns = [found.get(h, np.full(len(frame), m))
                   for h, m in zip(self.habits, self.mean, strict=True)]  # fmt: skip
        z = (np.column_stack(columns) - self.mean) / self.spread
        return _nearest(z, np.array(self.centres))

    def score_frame(self, frame: Frame, attributes: pa.Table | None = None) -> pa.Table:
        label = self.assign(frame, attributes)
        told = [
            msgspec.json.encode([Reason("persona", p.name.zh, p.name.en, 0.0)]).decode()
            for p in self.personas
        ]
        return score_table(frame.ids, label.astype(np.float64), reasons=[told[i] for i in label])

    def score(self, history: Past, as_of: datetime) -> pa.Table:
        return self.score_frame(remembered(history).frame(as_of))


def _nearest(z: Floats, centres: Floats) -> Labels:
    apart = ((z[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(np.argmin(apart, axis=1), dtype=np.int64)


def habits(frame: Frame, attributes: pa.Table | None = None) -> dict[str, Floats]:
    """The spending habits on a log scale; a discount share only where one was recorded."""
    orders = frame.column("orders")
    found = {
        "rate": np.log(orders),
        "basket": np.log1p(np.maximum(frame.column("aov"), 0.0)),
        "recency": np.log1p(frame.column("recency_days")),
        "unit_price": np.log1p(
            np.maximum(frame.column("gross_revenue"), 0.0) / np.maximum(frame.column("items"), 1.0)
        ),
        "variety": np.log1p(frame.column("products") / orders),
    }
    returned = frame.column("return_rate")
    if np.mean(returned > 0) > 0.02:
        found["returns"] = np.log1p(10 * np.clip(returned, 0.0, 1.0))
    discount = _attribute(frame, attributes, "discount_share")
    if discount is not None and np.nanstd(discount) > 0:
        found["discount"] = np.where(np.isfinite(discount), discount, np.nanmean(discount))
    return found


def _attribute(frame: Frame, attributes: pa.Table | None, name: str) -> Floats | None:
    """A numeric attribute in the order of the frame; NaN where it is unknown."""
    if attributes is None or name not in attributes.column_names:
        return None
    at = pc.index_in(frame.ids, value_set=attributes.column("customer_id").combine_chunks())
    values = pc.cast(attributes.column(name), pa.float64()).combine_chunks().take(at)
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _categories(frame: Frame, attributes: pa.Table | None) -> list[str | None]:
    if attributes is None or "top_category" not in attributes.column_names:
        return []
    at = pc.index_in(frame.ids, value_set=attributes.column("customer_id").combine_chunks())
    return list(attributes.column("top_category").combine_chunks().take(at).to_pylist())


@dataclass(frozen=True)
class Personas:
    """`attributes` may hold age, top_category and discount_share beside customer_id."""

    attributes: pa.Table | None = None
    name: str = "personas"

    def fit(self, history: Past, as_of: datetime) -> PersonaModel:
        return self.fit_frame(remembered(history).frame(as_of))

    def fit_frame(self, frame: Frame) -> PersonaModel:
        if len(frame) < 40:
            raise NotEnoughHistoryError("personas need at least forty customers")
        # one thread: the same sums to the last bit, and no waiting for a busy second core
        with one_thread():
            return self._fitted(frame)

    def _fitted(self, frame: Frame) -> PersonaModel:
        found = habits(frame, self.attributes)
        rows = np.column_stack(list(found.values()))
        # outliers would become personas of one: hold each habit within three deviations
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        spread = np.where(spread > 1e-12, spread, 1.0)
        z = np.clip((rows - mean) / spread, -3, 3)
        rng = np.random.default_rng(5)
        learned = z[np.sort(rng.permutation(len(z))[:FIT_ROWS])]
        sample = z[np.sort(rng.permutation(len(z))[:SAMPLE])]
        silhouette, best = {}, (-2.0, np.zeros((0, 0)))
        for k in GROUPS:
            centres = KMeans(k, n_init=4, random_state=3).fit(learned).cluster_centers_
            label = _nearest(sample, centres)
            quality = float(silhouette_score(sample, label)) if len(np.unique(label)) > 1 else -1.0
            silhouette[str(k)] = quality
            if quality > best[0]:
                best = (quality, centres)
        label = _nearest(z, best[1])
        # a fixed order: the group with the most revenue first
        revenue = np.bincount(label, frame.column("revenue"), minlength=len(best[1]))
        centres = best[1][np.argsort(-revenue, kind="stable")]
        centres = centres[np.isin(np.arange(len(centres)), np.unique(_nearest(z, centres)))]
        label = _nearest(z, centres)
        names = self._names(frame, label, z, list(found))
        personas = _described(frame, label, names)
        return PersonaModel(
            list(found), mean.tolist(), spread.tolist(), centres.tolist(), silhouette, personas
        )

    def _names(self, frame: Frame, label: Labels, z: Floats, names: list[str]) -> list[Words]:
        """Unique names: parts are added until no two groups share one."""
        age = _attribute(frame, self.attributes, "age")
        categories = _categories(frame, self.attributes)
        parts: list[list[Words]] = []
        for k in range(int(label.max()) + 1):
            inside = label == k
            away = z[inside].mean(axis=0)
            order = np.argsort(-np.abs(away), kind="stable")
            ranked = [_WORDS[names[j]][int(away[j] > 0)] for j in order if abs(away[j]) > _NOTABLE]
            weaker = [_WORDS[names[j]][int(away[j] > 0)] for j in order if abs(away[j]) <= _NOTABLE]
            known = [_age_band(age, inside), _favourite(categories, inside)]
            first = [w for w in known if w is not None]
            parts.append(first + (ranked or [Words("普通顾客", "average customers")]) + weaker)
        return _unique(parts)


def _unique(parts: list[list[Words]]) -> list[Words]:
    def joined(words: list[Words]) -> Words:
        en = " · ".join(w.en for w in words)
        return Words(" · ".join(w.zh for w in words), en[:1].upper() + en[1:])

    lengths = [min(_PARTS, len(p)) for p in parts]
    while True:
        names = [joined(p[:n]) for p, n in zip(parts, lengths, strict=True)]
        clashing = [i for i, name in enumerate(names) if names.count(name) > 1]
        longer = [i for i in clashing if lengths[i] < len(parts[i])]
        if not longer:
            break
        for i in longer:
            lengths[i] += 1
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        seen[name.zh] = seen.get(name.zh, 0) + 1
        if seen[name.zh] > 1:
            names[i] = Words(f"{name.zh} {seen[name.zh]}", f"{name.en} {seen[name.zh]}")
    return names


def _age_band(age: Floats | None, inside: npt.NDArray[np.bool_]) -> Words | None:
    """The middle half of the ages, to fives, where the group differs or is narrower than all."""
    if age is None:
        return None
    known, everyone = age[inside & np.isfinite(age)], age[np.isfinite(age)]
    if len(known) < 20:
        return None
    shifted = abs(known.mean() - everyone.mean()) > _NOTABLE * max(float(everyone.std()), 1e-9)
    if not shifted and known.std() > 0.8 * everyone.std():
        return None
    low, high = np.quantile(known, [0.25, 0.75])
    a, b = int(5 * np.floor(low / 5)), int(5 * np.ceil(high / 5))
    return Words(f"{a}–{b} 岁", f"aged {a}–{b}")


def _favourite(categories: list[str | None], inside: npt.NDArray[np.bool_]) -> Words | None:
    """A category that the group buys clearly more than everybody."""
    known = [c for c in categories if c]
    mine = [c for c, i in zip(categories, inside, strict=True) if i and c] if categories else []
    if len(mine) < 20:
        return None
    best = max(sorted(set(mine)), key=lambda c: mine.count(c) / known.count(c))
    share, usual = mine.count(best) / len(mine), known.count(best) / len(known)
    if share < 0.25 or share < 1.3 * usual:
        return None
    return Words(f"常买{best}", f"buys {best}")


def _described(frame: Frame, label: Labels, names: list[Words]) -> list[Persona]:
    revenue = frame.column("revenue")
    total = float(np.maximum(revenue, 0).sum()) or 1.0

    def middle(column: str) -> Callable[[npt.NDArray[np.bool_]], float]:
        values = frame.column(column)
        return lambda inside: float(np.median(values[inside]))

    orders, basket, recency, spent = map(middle, ("orders", "aov", "recency_days", "revenue"))
    described = []
    for k, name in enumerate(names):
        inside = label == k
        held = float(np.maximum(revenue[inside], 0).sum()) / total
        described.append(
            Persona(
                k, name, int(inside.sum()), float(inside.mean()), orders(inside), basket(inside),
                recency(inside), spent(inside), held,
            )
        )  # fmt: skip
    return described
