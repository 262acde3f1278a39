"""Learns the recommender, and finds out on each customer's last product whether it is any good.

The last product of each customer is set aside, everything is learned from the rest, and the whole
catalogue is ranked. That chooses the settings and says whether popularity is beaten; customers are
halved, so that the half that chose never judges. (A cut at one date leaves too few customers with a
past: 19 in MovieLens small.)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from zhiyin.insight.compared import Compared, compared
from zhiyin.insight.contract import Floats, Words
from zhiyin.insight.given import Flags, Integers, Rows, left_out_words
from zhiyin.insight.recommend import ease
from zhiyin.insight.recommend.als import fit_als
from zhiyin.insight.recommend.content import Described, describe, inherited, like_people
from zhiyin.insight.recommend.ease import fit_ease
from zhiyin.insight.recommend.ranking import ndcg, ranks
from zhiyin.insight.recommend.ratings import Matrix, Numbers, Ratings, read_ratings
from zhiyin.insight.recommend.scoring import AlsScorer, EaseScorer, Scorer
from zhiyin.insight.recommend.serving import Recommender
from zhiyin.insight.threads import one_thread

_ONE_THREAD_BELOW = 100_000  # rows
_FEWEST_JUDGES = 30
_BATCH = 512


@dataclass(frozen=True)
class Settings:
    """`method`: "auto" is EASE up to 20,000 products. The grids are tried, not believed."""

    method: Literal["auto", "ease", "als"] = "auto"
    ridges: tuple[float, ...] = (150.0, 500.0, 1_500.0)
    half_lives: tuple[float, ...] = (2.0, 6.0, 20.0, float("inf"))
    factors: int = 64
    confidence: float = 20.0
    most_judges: int = 4_000


@dataclass(frozen=True)
class _Chosen:
    ridge: float
    half_life: float
    judged: Compared | None


def fit(
    ratings: Rows,
    as_of: datetime,
    *,
    products: Rows | None = None,
    people: Rows | None = None,
    settings: Settings = Settings(),
) -> Recommender:
    """Learn from rows before `as_of`.

    `ratings`: customer_id, product_id, at, optionally weight (what is not above zero is left out).
    `products`: product_id and any attributes; `name` is used in reasons. `people`: customer_id and
    any attributes. Raises NotEnoughHistoryError without a row, ColumnsError for a missing column.
    """
    known = read_ratings(ratings, as_of)
    described = describe(products, "product_id") if products is not None else None
    method = _method(settings, len(known.products))
    if len(known) < _ONE_THREAD_BELOW:
        with one_thread():
            return _fitted(known, described, people, as_of, method, settings)
    return _fitted(known, described, people, as_of, method, settings)


def _method(settings: Settings, products: int) -> Literal["ease", "als"]:
    if settings.method == "auto":
        return "ease" if products <= ease.MOST_PRODUCTS else "als"
    return settings.method


def _fitted(
    known: Ratings,
    described: Described | None,
    people: Rows | None,
    as_of: datetime,
    method: Literal["ease", "als"],
    settings: Settings,
) -> Recommender:
    chosen = _choose(known, method, settings)
    new = pa.array([], pa.string())
    inherits: Matrix = sparse.csr_array((0, len(known.products)))
    if described is not None:
        new = described.ids.filter(pc.invert(pc.is_in(described.ids, value_set=known.products)))
        inherits = inherited(described, known.products, new)
    popular = np.r_[known.buyers() / len(known.customers), np.zeros(len(new))]
    return Recommender(
        as_of=as_of,
        method=method,
        ratings=known,
        strengths=known.strengths(chosen.half_life),
        products=pa.concat_arrays([known.products, new]),
        scorer=_learned(known, method, chosen.ridge, settings, inherits),
        popular=popular,
        people=like_people(describe(people, "customer_id"), known) if people is not None else None,
        names=described.names if described is not None else {},
        judged=chosen.judged,
        notes=_notes(known, method, chosen, len(new)),
        likes_by_product=known.likes().tocsc(),
    )


def _learned(
    known: Ratings, method: Literal["ease", "als"], ridge: float, settings: Settings, new: Matrix
) -> Scorer:
    if method == "ease":
        return EaseScorer(fit_ease(known.likes(), ridge), new)
    model = fit_als(known.likes(), factors=settings.factors, confidence=settings.confidence)
    return AlsScorer(model, new)


def _choose(known: Ratings, method: Literal["ease", "als"], settings: Settings) -> _Chosen:
    """Settings by the even customers, the verdict by the odd ones."""
    middle = settings.ridges[len(settings.ridges) // 2]
    kept, customers, wanted = last_out(known, settings.most_judges)
    if len(customers) < _FEWEST_JUDGES:
        return _Chosen(middle, float("inf"), None)
    chooses = np.arange(len(customers)) % 2 == 0
    none: Matrix = sparse.csr_array((0, len(known.products)))
    best: tuple[float, float, float] = (-1.0, middle, float("inf"))
    gained: Floats = np.zeros(0)
    for ridge in settings.ridges if method == "ease" else (middle,):
        scorer = _learned(kept, method, ridge, settings, none)
        for half_life in settings.half_lives:
            value = ndcg(_ranks(scorer, kept, half_life, customers, wanted))
            if (mean := float(value[chooses].mean())) > best[0]:
                best, gained = (mean, ridge, half_life), value
    naive = ndcg(_popular_ranks(kept, customers, wanted))
    names = _METHODS[method], Words("大家常买的", "what is popular")
    judged = compared(
        Words("最后一件商品的 NDCG@10", "NDCG@10 of the last product"),
        (names[0], gained[~chooses]),
        (names[1], naive[~chooses]),
    )
    return _Chosen(best[1], best[2], judged)


_METHODS = {"ease": Words("EASE", "EASE"), "als": Words("隐式 ALS", "implicit ALS")}


def last_out(known: Ratings, most: int | None = None) -> tuple[Ratings, Integers, Integers]:
    """Set the newest product of each customer with three or more aside.

    Returns the rest, those customers, and the product set aside for each. With `most`, that many
    customers spread evenly over all.
    """
    starts = known.starts()
    customers = np.flatnonzero(np.diff(starts) >= 3)
    if most is not None and len(customers) > most:
        customers = customers[np.linspace(0, len(customers) - 1, most).astype(np.int64)]
    last = starts[customers + 1] - 1
    keep: Flags = np.ones(len(known), dtype=np.bool_)
    keep[last] = False
    return known.part(keep), customers, known.what[last]


def _ranks(
    scorer: Scorer, kept: Ratings, half_life: float, customers: Integers, wanted: Integers
) -> Floats:
    profiles = kept.matrix(kept.strengths(half_life))
    found = []
    for at in range(0, len(customers), _BATCH):
        part = profiles[customers[at : at + _BATCH]]
        found.append(_unseen_ranks(scorer.scores(part), part, wanted[at : at + _BATCH]))
    return np.concatenate(found)


def _popular_ranks(kept: Ratings, customers: Integers, wanted: Integers) -> Floats:
    popular, has = kept.buyers(), kept.likes()
    found = []
    for at in range(0, len(customers), _BATCH):
        part = has[customers[at : at + _BATCH]]
        scores = np.tile(popular, (part.shape[0], 1))
        found.append(_unseen_ranks(scores, part, wanted[at : at + _BATCH]))
    return np.concatenate(found)


def _unseen_ranks(scores: Numbers, has: Matrix, wanted: Integers) -> Floats:
    row = np.repeat(np.arange(has.shape[0]), np.diff(has.indptr))
    scores[row, has.indices] = -np.inf
    return ranks(scores, wanted)


def _notes(
    known: Ratings, method: Literal["ease", "als"], chosen: _Chosen, new: int
) -> list[Words]:
    pairs, customers, products = len(known), len(known.customers), len(known.products)
    notes = [
        Words(
            f"{_METHODS[method].zh}，{customers:,} 位客户、{products:,} 种商品、{pairs:,} 条记录",
            f"{_METHODS[method].en} on {customers:,} customers, {products:,} products, "
            f"{pairs:,} records",
        )
    ]
    if chosen.judged is None:
        notes.append(
            Words(
                f"买过 3 种以上商品的客户不足 {_FEWEST_JUDGES} 位，无从比较，现在用大家常买的。",
                f"Fewer than {_FEWEST_JUDGES} customers have three products or more, so nothing "
                "can be compared; what is popular is in use.",
            )
        )
    else:
        notes.append(chosen.judged.sentence)
    if new:
        notes.append(
            Words(f"{new:,} 种新品按属性归到相近商品", f"{new:,} new products by their attributes")
        )
    return notes + left_out_words(known.left_out)
