"""Personas: groups of customers who buy alike, named from what sets each apart in the data.

K-means (or a Gaussian mixture) on the logarithms of a few spending habits, standardised at the fit;
how many groups, and which group is which again after a new fit, is decided by `clusters`. A group
that goes on keeps its number and its name, and `moves` says who went where since last time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.clusters import Candidate, Grouping, Labels, Method, grouped, matched
from zhiyin.insight.contract import (
    Floats,
    Frame,
    NotEnoughHistoryError,
    Past,
    Reason,
    Words,
    aligned,
    remembered,
    score_table,
)
from zhiyin.insight.persona_names import named
from zhiyin.insight.threads import one_thread

GROUPS = range(4, 9)
FEWEST = 40


class Persona(msgspec.Struct, frozen=True):
    """One group: its name, its size and its key numbers (medians).

    `key` stays the same as long as the group goes on; `stability` is how well it comes back when
    half of the customers are drawn anew (Jaccard, 1 is always).
    """

    key: int
    name: Words
    size: int
    share: float
    orders: float
    order_value: float
    recency_days: float
    revenue: float
    revenue_share: float
    stability: float = 1.0
    value: float | None = None


class PersonaMove(msgspec.Struct, frozen=True):
    """How many went from one group to another since the fit before."""

    before: int
    after: int
    customers: int


class PersonaModel(msgspec.Struct, frozen=True, tag="personas"):
    habits: list[str]
    mean: list[float]
    spread: list[float]
    centres: list[list[float]]
    silhouette: dict[str, float]
    personas: list[Persona]
    weights: list[float] = []
    precisions: list[list[list[float]]] = []
    tried: list[Candidate] = []
    moves: list[PersonaMove] = []

    @property
    def grouping(self) -> Grouping:
        return Grouping(self.centres, self.weights, self.precisions)

    def points(self, frame: Frame, attributes: pa.Table | None = None) -> Floats:
        """The habits in standard deviations from everybody at the fit, held within three."""
        found = habits(frame, attributes)
        columns = [found.get(h, np.full(len(frame), m))
                   for h, m in zip(self.habits, self.mean, strict=True)]  # fmt: skip
        return np.clip((np.column_stack(columns) - self.mean) / self.spread, -3, 3)

    def assign(self, frame: Frame, attributes: pa.Table | None = None) -> Labels:
        """The key of each customer's group."""
        keys = np.array([persona.key for persona in self.personas], dtype=np.int64)
        return keys[self.grouping.place(self.points(frame, attributes))]

    def score_frame(self, frame: Frame, attributes: pa.Table | None = None) -> pa.Table:
        label = self.assign(frame, attributes)
        told = {
            p.key: msgspec.json.encode([Reason("persona", p.name.zh, p.name.en, 0.0)]).decode()
            for p in self.personas
        }
        values = label.astype(np.float64)
        return score_table(frame.ids, values, reasons=[told[int(i)] for i in label])

    def score(self, history: Past, as_of: datetime) -> pa.Table:
        return self.score_frame(remembered(history).frame(as_of))


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
    """The question. `attributes` may hold age, top_category and discount_share by customer_id.

    `before` is the last fit: groups that go on keep their keys and names. `values` is a score
    table of what each customer will bring, for the value of a group.
    """

    attributes: pa.Table | None = None
    before: PersonaModel | None = None
    values: pa.Table | None = None
    method: Method = Method.KMEANS
    name: str = "personas"

    def fit(self, history: Past, as_of: datetime) -> PersonaModel:
        return self.fit_frame(remembered(history).frame(as_of))

    def fit_frame(self, frame: Frame) -> PersonaModel:
        if len(frame) < FEWEST:
            raise NotEnoughHistoryError("personas need at least forty customers")
        # one thread: the same sums to the last bit, and no waiting for a busy second core
        with one_thread():
            return self._fitted(frame)

    def _fitted(self, frame: Frame) -> PersonaModel:
        found = habits(frame, self.attributes)
        rows = np.column_stack(list(found.values()))
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        spread = np.where(spread > 1e-12, spread, 1.0)
        # outliers would become personas of one: hold each habit within three deviations
        z = np.clip((rows - mean) / spread, -3, 3)
        grouping, tried = grouped(z, GROUPS, self.method)
        label = grouping.place(z)
        # a fixed order: the group with the most revenue first; a group without members goes
        revenue = np.bincount(label, frame.column("revenue"), minlength=len(grouping.centres))
        order = np.argsort(-revenue, kind="stable")
        grouping = grouping.ordered(order[np.isin(order, np.unique(label))])
        label = grouping.place(z)
        continued, moves = self._continued(frame, label, len(grouping.centres))
        keys = _keys(continued, len(grouping.centres), self.before)
        kept = {k: self._old(key).name for k, key in continued.items()}
        age = _attribute(frame, self.attributes, "age")
        names = named(label, z, list(found), age, _categories(frame, self.attributes), kept)
        steady = _stability(z, label, grouping, self.method)
        personas = _described(frame, label, names, keys, steady, self.values)
        moved = [PersonaMove(before, keys[after], n) for (before, after), n in moves.items()]
        return PersonaModel(
            list(found), mean.tolist(), spread.tolist(), grouping.centres,
            {str(one.groups): one.silhouette for one in tried}, personas,
            grouping.weights, grouping.precisions, tried, moved,
        )  # fmt: skip

    def _continued(
        self, frame: Frame, label: Labels, count: int
    ) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
        """Which old key each group continues, and how many are in each pair (old key, group)."""
        if self.before is None:
            return {}, {}
        keys = [persona.key for persona in self.before.personas]
        then = self.before.grouping.place(self.before.points(frame, self.attributes))
        pairs, counted = np.unique(np.column_stack([then, label]), axis=0, return_counts=True)
        moves = {(keys[a], int(b)): int(n) for (a, b), n in zip(pairs, counted, strict=True)}
        same = matched(then, label, len(keys), count)
        return {group: keys[old] for group, old in same.items()}, moves

    def _old(self, key: int) -> Persona:
        assert self.before is not None
        return next(persona for persona in self.before.personas if persona.key == key)


def moved(before: pa.Table, after: pa.Table) -> list[PersonaMove]:
    """Who went where between two score tables of personas; new customers are left out."""
    at = pc.index_in(after["customer_id"], value_set=before["customer_id"].combine_chunks())
    both = pa.table({"before": before["value"].take(at), "after": after["value"]}).drop_null()
    counted = both.group_by(["before", "after"]).aggregate([([], "count_all")]).to_pylist()
    found = [PersonaMove(int(c["before"]), int(c["after"]), c["count_all"]) for c in counted]
    return sorted(found, key=lambda move: (move.before, move.after))


def _keys(continued: dict[int, int], count: int, before: PersonaModel | None) -> list[int]:
    """The key of each group: the old one, or the next that was never used."""
    used = [persona.key for persona in before.personas] if before is not None else []
    following = max(used, default=-1) + 1
    keys = []
    for group in range(count):
        if group in continued:
            keys.append(continued[group])
        else:
            keys.append(following)
            following += 1
    return keys


def _stability(z: Floats, label: Labels, grouping: Grouping, method: Method) -> list[float]:
    """Of each group: the share of members in common with its likeness from half of the points."""
    count = len(grouping.centres)
    rng = np.random.default_rng(11)
    half = np.sort(rng.permutation(len(z))[: min(len(z) // 2, 3_000)])
    again, _ = grouped(z[half], [count], method)
    shown = np.sort(rng.permutation(len(z))[:6_000])
    other = again.place(z[shown])
    same = matched(other, label[shown], len(again.centres), count)
    steady = []
    for group in range(count):
        mine = label[shown] == group
        theirs = other == same.get(group, -1)
        either = int((mine | theirs).sum())
        steady.append(float((mine & theirs).sum() / either) if either else 0.0)
    return steady


def _described(
    frame: Frame,
    label: Labels,
    names: list[Words],
    keys: list[int],
    stability: list[float],
    values: pa.Table | None,
) -> list[Persona]:
    revenue = frame.column("revenue")
    total = float(np.maximum(revenue, 0).sum()) or 1.0

    def middle(column: str) -> Callable[[npt.NDArray[np.bool_]], float]:
        values = frame.column(column)
        return lambda inside: float(np.median(values[inside]))

    orders, basket, recency, spent = map(middle, ("orders", "aov", "recency_days", "revenue"))
    ahead = None if values is None else aligned(frame.ids, values, "value")
    described = []
    for k, name in enumerate(names):
        inside = label == k
        held = float(np.maximum(revenue[inside], 0).sum()) / total
        described.append(
            Persona(
                keys[k], name, int(inside.sum()), float(inside.mean()), orders(inside),
                basket(inside), recency(inside), spent(inside), held, stability[k],
                None if ahead is None else float(ahead[inside].mean()),
            )
        )  # fmt: skip
    return described
