"""Who buys only what is reduced, and how much each customer minds a price.

    from zhiyin.insight import promotion
    answer = promotion.fit(lines, as_of)
    answer.score()          # sensitivity and price elasticity of each customer

Both are judged within products: a customer is promotion-sensitive if he buys more under promotion
than others buy of the same products in the same months, elastic if he buys a product more when it
is cheaper than it usually is. A customer with few purchases is taken to be like all others (shrunk
by empirical Bayes), and the interval says how little is known of him. Naive baseline: everybody is
alike. An elasticity is what purchases show, no promise of what a new price would do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa
from scipy.special import expit, logit

from zhiyin.insight.compared import Compared, compared, in_use
from zhiyin.insight.contract import (
    DAY_US,
    Floats,
    NotEnoughHistoryError,
    Reason,
    Words,
)
from zhiyin.insight.elasticity import Elasticities, learn_elasticities
from zhiyin.insight.given import As, Flags, Given, Integers, Rows, given, left_out_words

_REDUCED = 0.97  # of the usual price, where no list price is given
_SEASON_DAYS = 28
_PRIOR_LINES = 20.0  # a product in a month counts as its mean until it has so many lines
_Z = 1.959964
_FEWEST = 50  # lines, and customers, to learn from


@dataclass(frozen=True)
class PromotionModel:
    """One value a customer, in the order of `customers`.

    `tendency` is the log-odds by which a customer buys reduced more than others, with its standard
    deviation; `usual` the share of all lines that are reduced.
    """

    as_of: datetime
    customers: pa.Array
    lines: Integers
    reduced: Integers
    tendency: Floats
    tendency_sd: Floats
    usual: float
    spread: float
    elasticities: Elasticities | None
    judged: Compared | None
    notes: list[Words]

    @property
    def in_use(self) -> Literal["model", "baseline"]:
        return in_use(self.judged)

    def score(self) -> pa.Table:
        """customer_id, value (share bought reduced where all others buy `usual`), low, high (95 %),
        lines, reduced, only_reduced (all of at least 5 lines, and surely above usual), elasticity,
        elasticity_low, elasticity_high (null without prices that move), reasons.

        Where customers are not found to differ, everybody has the usual share.
        """
        base = logit(np.clip(self.usual, 1e-6, 1 - 1e-6))
        model = self.in_use == "model"
        tendency = self.tendency if model else np.zeros(len(self.tendency))
        sd = self.tendency_sd if model else np.zeros(len(self.tendency))
        value, low, high = (expit(base + tendency + k * sd) for k in (0, -_Z, _Z))
        only = (self.reduced == self.lines) & (self.lines >= 5) & (low > self.usual)
        table = {
            "customer_id": self.customers,
            "value": pa.array(value),
            "low": pa.array(low),
            "high": pa.array(high),
            "lines": pa.array(self.lines),
            "reduced": pa.array(self.reduced),
            "only_reduced": pa.array(only),
        }
        nothing = pa.nulls(len(value), pa.float64())
        if self.elasticities is None:
            table |= dict.fromkeys(("elasticity", "elasticity_low", "elasticity_high"), nothing)
        else:
            e = self.elasticities
            table |= {
                "elasticity": pa.array(e.value),
                "elasticity_low": pa.array(e.value - _Z * e.sd),
                "elasticity_high": pa.array(e.value + _Z * e.sd),
            }
        table["reasons"] = pa.array([self._reason(i, float(v)) for i, v in enumerate(value)])
        return pa.table(table)

    def _reason(self, at: int, value: float) -> str:
        lines, reduced = int(self.lines[at]), int(self.reduced[at])
        points = round(100 * (value - self.usual), 1)
        told = Reason(
            "reduced",
            f"{lines:,} 行里 {reduced:,} 行在促销价，同类商品平均 {self.usual:.0%}",
            f"{reduced:,} of {lines:,} lines at a reduced price; usual is {self.usual:.0%}",
            points,
        )
        return msgspec.json.encode([told]).decode()


def fit(lines: Rows, as_of: datetime) -> PromotionModel:
    """Learn from order lines before `as_of`.

    `lines`: customer_id, product_id, at, quantity, price (paid for a piece), optionally list_price
    or promoted (yes or no). Without both, a price below 97 % of the usual one of the product (the
    median of its weeks) counts as reduced. Raises NotEnoughHistoryError, ColumnsError.
    """
    taken = given(
        lines,
        {
            "customer_id": As.IDENTIFIER,
            "product_id": As.IDENTIFIER,
            "at": As.MOMENT,
            "quantity": As.NUMBER,
            "price": As.NUMBER,
        },
        optional={"list_price": As.NUMBER, "promoted": As.FLAG},
        before=as_of,
    )
    good = (taken.numbers("quantity") > 0) & (taken.numbers("price") > 0)
    left_out = dict(taken.left_out)
    if not good.all():
        left_out["quantity or price is not above zero"] = int((~good).sum())
    kept = Given(taken.rows.filter(pa.array(good)).combine_chunks(), left_out)
    if len(kept) < _FEWEST:
        raise NotEnoughHistoryError(
            f"promotions need {_FEWEST} order lines before {as_of:%Y-%m-%d}"
        )
    return _learned(_sorted(kept), as_of)


@dataclass(frozen=True)
class Lines:
    """Order lines by place of customer and product, oldest first."""

    customers: pa.Array
    products: pa.Array
    who: Integers
    what: Integers
    day: Integers
    quantity: Floats
    price: Floats
    reduced: Flags
    left_out: dict[str, int]


def _sorted(kept: Given) -> Lines:
    customers, who = kept.coded("customer_id")
    products, what = kept.coded("product_id")
    at, quantity, price = kept.moments("at"), kept.numbers("quantity"), kept.numbers("price")
    if kept.has("promoted"):
        reduced = kept.flags("promoted")
    elif kept.has("list_price"):
        reduced = price < kept.numbers("list_price") * 0.995
    else:
        reduced = price < _REDUCED * usual_prices(what, at // DAY_US, price, len(products))[what]
    order = np.lexsort((reduced, price, quantity, what, who, at))
    day = at // DAY_US
    return Lines(
        customers, products, who[order], what[order], day[order], quantity[order], price[order],
        reduced[order], kept.left_out,
    )  # fmt: skip


def usual_prices(what: Integers, day: Integers, price: Floats, products: int) -> Floats:
    """The median over the weeks of each product's mean price.

    Each week counts once: where much is sold under promotion, the median line is a reduced one.
    """
    week = (day - day.min()) // 7
    cells, place = np.unique(what * (int(week.max()) + 1) + week, return_inverse=True)
    order = np.lexsort((price, place))
    total = np.bincount(place[order], weights=price[order])
    weekly = total / np.bincount(place)
    product = cells // (int(week.max()) + 1)
    order = np.lexsort((weekly, product))
    counts = np.bincount(product, minlength=products)
    ends = np.cumsum(counts)
    middle = np.maximum(ends - counts + counts // 2, 0)
    return np.asarray(weekly[order][np.minimum(middle, len(weekly) - 1)])


def _learned(lines: Lines, as_of: datetime) -> PromotionModel:
    reduced = lines.reduced.astype(np.float64)
    expected = _expected(lines, np.ones(len(reduced), dtype=np.bool_))
    people = len(lines.customers)
    tendency, sd, spread = shrunk_log_odds(lines.who, reduced, expected, people)
    counts = np.bincount(lines.who, minlength=people)
    times = np.bincount(lines.who, weights=reduced, minlength=people).astype(np.int64)
    judged = _judged(lines)
    elasticities = learn_elasticities(
        lines.who, lines.what, lines.day, lines.quantity, lines.price, people, len(lines.products)
    )
    notes = _notes(lines, float(reduced.mean()), judged, elasticities)
    return PromotionModel(
        as_of, lines.customers, counts, times, tendency, sd, float(reduced.mean()), spread,
        elasticities, judged, notes,
    )  # fmt: skip


def _expected(lines: Lines, learn: Flags) -> Floats:
    """Log-odds that a line of this product in this month is reduced, from the lines to learn from.

    Shrunk from the month of the product to the product, and from there to all.
    """
    reduced = lines.reduced.astype(np.float64)
    overall = float(np.clip(reduced[learn].mean() if learn.any() else 0.5, 0.005, 0.995))
    products = len(lines.products)
    n = np.bincount(lines.what[learn], minlength=products)
    share = np.bincount(lines.what[learn], weights=reduced[learn], minlength=products)
    by_product = (share + _PRIOR_LINES * overall) / (n + _PRIOR_LINES)
    month = lines.day // _SEASON_DAYS
    month = month - month.min()
    months = int(month.max()) + 1
    cell = lines.what * months + month
    cells, place = np.unique(cell, return_inverse=True)
    n = np.bincount(place[learn], minlength=len(cells))
    share = np.bincount(place[learn], weights=reduced[learn], minlength=len(cells))
    prior = by_product[cells // months]
    by_month = (share + _PRIOR_LINES * prior) / (n + _PRIOR_LINES)
    return np.asarray(logit(np.clip(by_month, 0.005, 0.995))[place])


def shrunk_log_odds(
    who: Integers, happened: Floats, expected: Floats, people: int
) -> tuple[Floats, Floats, float]:
    """Each person's own log-odds beside the expected: posterior mode, its sd, and the prior sd.

    happened ~ Bernoulli(logit⁻¹(expected + θ)), θ ~ N(0, τ²); θ by Newton's method, τ² by the EM
    steps of its Laplace approximation.
    """
    theta: Floats = np.zeros(people)
    variance: float = 1.0
    information: Floats = np.ones(people)
    for _ in range(40):
        for _ in range(3):
            p = expit(expected + theta[who])
            slope = np.bincount(who, weights=happened - p, minlength=people) - theta / variance
            curve = np.bincount(who, weights=p * (1 - p), minlength=people)
            information = np.asarray(curve + 1 / variance, dtype=np.float64)
            theta = np.asarray(theta + np.clip(slope / information, -1.0, 1.0))
        seen = np.bincount(who, minlength=people) > 0
        now = float(np.mean(theta[seen] ** 2 + 1 / information[seen]))
        if abs(now - variance) < 1e-5 * variance:
            break
        variance = max(now, 1e-6)
    return theta, np.sqrt(1 / information), float(np.sqrt(variance))


def _judged(lines: Lines) -> Compared | None:
    """Log loss of the last quarter of lines: each customer's own tendency against everybody's."""
    cut = np.quantile(lines.day, 0.75)
    before = lines.day < cut
    if before.sum() < _FEWEST or (~before).sum() < _FEWEST:
        return None
    reduced = lines.reduced.astype(np.float64)
    if reduced.min() == reduced.max():
        return None
    expected = _expected(lines, before)
    people = len(lines.customers)
    tendency, _, _ = shrunk_log_odds(lines.who[before], reduced[before], expected[before], people)
    later = ~before & (np.bincount(lines.who[before], minlength=people) > 0)[lines.who]
    if later.sum() < _FEWEST:
        return None

    def loss(margin: Floats) -> Floats:
        """Mean log loss of each customer who bought again."""
        p = np.clip(expit(margin), 1e-9, 1 - 1e-9)
        y = reduced[later]
        each = -(y * np.log(p) + (1 - y) * np.log(1 - p))
        n = np.bincount(lines.who[later], minlength=people)
        total = np.bincount(lines.who[later], weights=each, minlength=people)
        return np.asarray(total[n > 0] / n[n > 0])

    own = (expected + tendency[lines.who])[later]
    return compared(
        Words("后四分之一订单行的对数损失", "log loss of the last quarter of lines"),
        (Words("每位客户的促销倾向", "each customer's tendency"), loss(own)),
        (Words("所有人一样", "everybody alike"), loss(expected[later])),
        better="lower",
    )


def _notes(
    lines: Lines, usual: float, judged: Compared | None, elasticities: Elasticities | None
) -> list[Words]:
    notes = [
        Words(f"{usual:.0%} 的订单行在促销价", f"{usual:.0%} of order lines are at a reduced price")
    ]
    if judged is not None:
        notes.append(judged.sentence)
    else:
        notes.append(
            Words("订单太少，无从比较，所有人按一样对待。",
                  "Too few orders to compare; everybody is taken to be alike.")
        )  # fmt: skip
    notes.append(
        elasticities.sentence
        if elasticities is not None
        else Words("价格几乎不变，估不出价格弹性。",
                   "Prices hardly move, so an elasticity cannot be told.")
    )  # fmt: skip
    return notes + left_out_words(lines.left_out)
