"""A fitted recommender: lists for one customer in milliseconds, or for everybody in batches.

Scores come from `scoring`, the reasons from the same numbers: "because you bought" names the
products whose contribution to this very score was largest. Rules take away, diversity spreads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa
from scipy import sparse

from zhiyin.insight.compared import Compared, in_use
from zhiyin.insight.contract import Floats, Reason, Words, microseconds
from zhiyin.insight.given import Flags, Integers, places
from zhiyin.insight.recommend.content import LikePeople
from zhiyin.insight.recommend.diversity import spread_out
from zhiyin.insight.recommend.ratings import Matrix, Numbers, Ratings
from zhiyin.insight.recommend.rules import NO_RULES, Rules
from zhiyin.insight.recommend.scoring import Scorer

_BATCH = 512  # customers at a time: their scores for all products are held
_CANDIDATES = 5  # times as many as asked for are looked at when a list is spread out


class Source(StrEnum):
    """Where an offer comes from."""

    HISTORY = "history"  # from what the customer has
    NEW = "new"  # a product that nobody has yet, like what the customer has
    PEOPLE = "people"  # from people like this one, who has no history
    POPULAR = "popular"


class Suggestion(msgspec.Struct, frozen=True):
    """One offer; `because` holds the products behind it, the strongest first."""

    product_id: str
    rank: int
    score: float
    source: Source
    because: list[str]
    reason: Words


@dataclass(frozen=True)
class Recommender:
    """What was learned before `as_of`. `products` holds the known ones first, then the new."""

    as_of: datetime
    method: Literal["ease", "als"]
    ratings: Ratings
    strengths: Floats
    products: pa.Array
    scorer: Scorer
    popular: Floats
    people: LikePeople | None
    names: dict[str, str]
    judged: Compared | None
    notes: list[Words]
    likes_by_product: "sparse.csc_array[np.float64]"
    _allowed: dict[Rules, Flags] = field(default_factory=dict, repr=False)

    @cached_property
    def _at(self) -> dict[str, int]:
        return {c: i for i, c in enumerate(self.ratings.customers.to_pylist())}

    @cached_property
    def _starts(self) -> Integers:
        return self.ratings.starts()

    @cached_property
    def _profiles(self) -> Matrix:
        return self.ratings.matrix(self.strengths)

    @property
    def in_use(self) -> Literal["model", "baseline"]:
        """Popularity is served where the model was not found better than it."""
        return in_use(self.judged)

    def suggest(
        self, customer_id: str, n: int = 10, *, rules: Rules = NO_RULES, diversity: float = 0.0
    ) -> list[Suggestion]:
        """Up to `n` offers for one customer, also for one that is not known.

        `diversity` from 0 (none) to 1: how much an offer must differ from those above it.
        """
        if not rules.may_receive(customer_id):
            return []
        at = self._at.get(customer_id, -1)
        scores, source = self._one(customer_id, at, rules)
        return self._list(at, scores, source, n, rules, diversity)

    def score(
        self,
        customers: Sequence[str] | None = None,
        n: int = 10,
        *,
        rules: Rules = NO_RULES,
        diversity: float = 0.0,
    ) -> pa.Table:
        """Lists for many customers (all known ones by default), for a campaign.

        Columns: customer_id, rank (from 1), product_id, score, source, because (list of products),
        reasons (JSON, as every score of this room has them).
        """
        asked = self.ratings.customers.to_pylist() if customers is None else list(customers)
        asked = [c for c in asked if rules.may_receive(c)]
        batches = [_table(part) for part in self._batches(asked, n, rules, diversity)]
        return pa.concat_tables(batches) if batches else _table([])

    def _batches(
        self, asked: list[str], n: int, rules: Rules, diversity: float
    ) -> Iterator[list[tuple[str, list[Suggestion]]]]:
        for start in range(0, len(asked), _BATCH):
            part = asked[start : start + _BATCH]
            personal = [c for c in part if c in self._at and self._is_personal(c, rules)]
            at = np.array([self._at[c] for c in personal], dtype=np.int64)
            many = self.scorer.scores(self._profiles[at]) if len(at) else np.zeros((0, 0))
            scored = dict(zip(personal, many, strict=True))
            yield [
                (
                    customer,
                    self._list(
                        self._at[customer], scored[customer], Source.HISTORY, n, rules, diversity
                    )
                    if customer in scored
                    else self.suggest(customer, n, rules=rules, diversity=diversity),
                )
                for customer in part
            ]

    def _list(
        self, at: int, scores: Numbers, source: Source, n: int, rules: Rules, diversity: float
    ) -> list[Suggestion]:
        left = np.where(self._is_allowed(rules), scores, -np.inf)
        left[self._withheld(at, rules)] = -np.inf
        chosen = self._choose(left, n, diversity)
        if rules.new_places and source is Source.HISTORY:
            chosen = self._with_new(chosen, left, n, rules.new_places)
        return self._told(chosen, left, source, self._profile(at))

    def _is_personal(self, customer_id: str, rules: Rules) -> bool:
        return self.in_use == "model" and customer_id not in rules.not_personalised

    def _one(self, customer_id: str, at: int, rules: Rules) -> tuple[Numbers, Source]:
        if at >= 0 and self._is_personal(customer_id, rules):
            return self.scorer.scores(self._profile(at))[0], Source.HISTORY
        if at < 0 and self.people is not None and customer_id not in rules.not_personalised:
            person = int(places(pa.array([customer_id]), self.people.described.ids)[0])
            if person >= 0:
                known = self.people.scores(person)
                padded = np.zeros(len(self.products))
                padded[: len(known)] = known
                return padded, Source.PEOPLE
        return self.popular, Source.POPULAR

    def _rows(self, at: int) -> slice:
        return slice(int(self._starts[at]), int(self._starts[at + 1])) if at >= 0 else slice(0, 0)

    def _profile(self, at: int) -> Matrix:
        """One customer's products in the order of his rows, the newest last."""
        rows = self._rows(at)
        values, what = self.strengths[rows], self.ratings.what[rows]
        shape = (1, len(self.ratings.products))
        return sparse.csr_array((values, what.copy(), [0, len(what)]), shape=shape)

    def _withheld(self, at: int, rules: Rules) -> Integers:
        """The products that this customer must not be offered again now."""
        rows = self._rows(at)
        what = self.ratings.what[rows]
        if rules.again_after is None:
            return what
        recent = self.ratings.when_us[rows] > microseconds(self.as_of - rules.again_after)
        return np.asarray(what[recent], dtype=np.int64)

    def _is_allowed(self, rules: Rules) -> Flags:
        if rules not in self._allowed:
            if len(self._allowed) >= 64:
                self._allowed.clear()
            allowed = [rules.allows(p) for p in self.products.to_pylist()]
            self._allowed[rules] = np.array(allowed, dtype=np.bool_)
        return self._allowed[rules]

    def _choose(self, scores: Numbers, n: int, diversity: float) -> Integers:
        most = min(n * _CANDIDATES if diversity > 0 else n, len(scores))
        if most == 0:
            return np.zeros(0, dtype=np.int64)
        best = np.argpartition(-scores, most - 1)[:most]
        # equal scores stand in the order of the catalogue, whatever the partition did
        edge = scores[best].min()
        if np.isfinite(edge):
            best = np.flatnonzero(scores >= edge)
        best = best[np.isfinite(scores[best])]
        best = best[np.lexsort((best, -scores[best]))][:most]
        if diversity > 0:
            best = spread_out(best, scores[best], self.likes_by_product, n, diversity)
        return np.asarray(best[:n], dtype=np.int64)

    def _with_new(self, chosen: Integers, scores: Numbers, n: int, places: int) -> Integers:
        """The last `places` given to the best new products, unless they are there already."""
        known = len(self.ratings.products)
        fresh = known + np.argsort(-scores[known:], kind="stable")[:places]
        fresh = fresh[scores[fresh] > 0]
        fresh = fresh[~np.isin(fresh, chosen)][: max(0, places - int((chosen >= known).sum()))]
        kept = chosen[: n - len(fresh)]
        return np.concatenate([kept, fresh]).astype(np.int64)

    def _told(
        self, chosen: Integers, scores: Numbers, source: Source, profile: Matrix
    ) -> list[Suggestion]:
        known = len(self.ratings.products)
        told = []
        for rank, product in enumerate(chosen.tolist(), start=1):
            because: list[str] = []
            where = source
            if source is Source.HISTORY:
                where = Source.NEW if product >= known else Source.HISTORY
                because = self._because(profile, product)
            told.append(
                Suggestion(
                    self.products[product].as_py(), rank, float(scores[product]), where, because,
                    self._reason(where, because),
                )
            )  # fmt: skip
        return told

    def _because(self, profile: Matrix, product: int) -> list[str]:
        """Up to two products that speak for this one, the second at least half as loudly."""
        parts = self.scorer.contributions(profile, product)
        strongest = np.argsort(-parts, kind="stable")[:2]
        if len(strongest) == 0 or parts[strongest[0]] <= 0:
            return []
        loud = [int(i) for i in strongest if parts[i] >= 0.5 * parts[strongest[0]]]
        return [self.ratings.products[int(profile.indices[i])].as_py() for i in loud]

    def _reason(self, source: Source, because: list[str]) -> Words:
        named = [self.names.get(p, p) for p in because]
        zh, en = "、".join(named), " and ".join(named)
        if source is Source.HISTORY and because:
            return Words(f"因为买过 {zh}", f"because of {en}")
        if source is Source.NEW and because:
            return Words(f"新品，和买过的 {zh} 相近", f"new, and like {en}")
        if source is Source.PEOPLE:
            return Words("情况相近的客户常买", "often bought by people alike")
        return Words("大家常买", "popular with everybody")


def _table(lists: list[tuple[str, list[Suggestion]]]) -> pa.Table:
    flat = [(customer, one) for customer, offers in lists for one in offers]
    reasons = [
        msgspec.json.encode(
            [Reason(one.source.value, one.reason.zh, one.reason.en, one.score)]
        ).decode()
        for _, one in flat
    ]
    return pa.table(
        {
            "customer_id": pa.array([c for c, _ in flat], pa.string()),
            "rank": pa.array([one.rank for _, one in flat], pa.int32()),
            "product_id": pa.array([one.product_id for _, one in flat], pa.string()),
            "score": pa.array([one.score for _, one in flat], pa.float64()),
            "source": pa.array([one.source.value for _, one in flat], pa.string()),
            "because": pa.array([one.because for _, one in flat], pa.list_(pa.string())),
            "reasons": pa.array(reasons, pa.string()),
        }
    )
