"""How much more a customer buys of a product in the weeks when it is cheaper.

For a customer and product the pieces bought are spread over the weeks in which the product was on
sale, in proportion to relative price to the power of the elasticity: a conditional (multinomial)
Poisson regression, in which how much he buys in all falls out. His elasticity is drawn towards that
of everybody (normal prior, its spread by EM). Weeks without any sale of a product have no price and
are left out.
"""

from dataclasses import dataclass

import numpy as np

from zhiyin.insight.contract import Floats, Words
from zhiyin.insight.given import Integers

_FEWEST_LINES = 30  # of a product
_MOVES = 0.03  # standard deviation of its log price
_CHUNK = 20_000  # pairs of customer and product at a time
_ROUNDS = 30


@dataclass(frozen=True)
class Elasticities:
    """One a customer, with its standard deviation; `overall` and `spread` are of all."""

    value: Floats
    sd: Floats
    overall: float
    spread: float
    pairs: int

    @property
    def sentence(self) -> Words:
        return Words(
            f"价格弹性平均 {self.overall:.2f}，客户之间标准差 {self.spread:.2f}"
            f"（{self.pairs:,} 对客户与商品）",
            f"mean price elasticity {self.overall:.2f}, standard deviation between customers "
            f"{self.spread:.2f} ({self.pairs:,} pairs of customer and product)",
        )


@dataclass(frozen=True)
class _Pairs:
    """Customer of each pair, its product, and pieces by pair and week (as triples)."""

    who: Integers
    product: Integers
    pair: Integers
    week: Integers
    pieces: Floats
    prices: Floats  # products x weeks: log of relative price, NaN without a sale


def learn_elasticities(
    who: Integers,
    what: Integers,
    day: Integers,
    quantity: Floats,
    price: Floats,
    people: int,
    products: int,
) -> Elasticities | None:
    """None where no product's price moves enough to tell."""
    pairs = _pairs(who, what, day, quantity, price, products)
    if pairs is None:
        return None
    beta, centre, variance = np.zeros(people), -1.0, 1.0
    beta += centre
    information = np.zeros(people)
    has = np.bincount(pairs.who, minlength=people) > 0
    for _ in range(_ROUNDS):
        slope, curve = _slopes(pairs, beta)
        information = curve + 1 / variance
        step = (slope - (beta - centre) / variance) / information
        beta = beta + np.clip(step, -1.0, 1.0)
        new_centre = float(np.average(beta[has], weights=curve[has] / information[has] + 1e-9))
        spread = (beta[has] - new_centre) ** 2 + 1 / information[has]
        new_variance = max(float(spread.mean()), 1e-4)
        done = abs(new_centre - centre) < 1e-4 and abs(new_variance - variance) < 1e-4 * variance
        centre, variance = new_centre, new_variance
        if done and float(np.abs(step).max()) < 1e-4:
            break
    value = np.where(has, beta, centre)
    sd = np.where(has, np.sqrt(1 / information), np.sqrt(variance))
    return Elasticities(value, sd, centre, float(np.sqrt(variance)), len(pairs.who))


def _pairs(
    who: Integers, what: Integers, day: Integers, quantity: Floats, price: Floats, products: int
) -> _Pairs | None:
    week = (day - day.min()) // 7
    weeks = int(week.max()) + 1
    cell = what * weeks + week
    pieces = np.bincount(cell, weights=quantity, minlength=products * weeks)
    money = np.bincount(cell, weights=quantity * price, minlength=products * weeks)
    paid = np.divide(money, pieces, out=np.full(len(money), np.nan), where=pieces > 0)
    logs = np.log(paid).reshape(products, weeks)
    enough = np.bincount(what, minlength=products) >= _FEWEST_LINES
    counts = np.maximum(np.isfinite(logs).sum(axis=1), 1)
    means = np.nansum(logs, axis=1) / counts
    moves = np.sqrt(np.nansum((logs - means[:, None]) ** 2, axis=1) / counts)
    useful = enough & (moves > _MOVES)
    if not useful.any():
        return None
    chosen = useful[what]
    key = who[chosen] * products + what[chosen]
    keys, pair = np.unique(key, return_inverse=True)
    spot, at = np.unique(pair * weeks + week[chosen], return_inverse=True)
    return _Pairs(
        keys // products,
        keys % products,
        spot // weeks,
        spot % weeks,
        np.asarray(np.bincount(at, weights=quantity[chosen]), dtype=np.float64),
        logs - means[:, None],
    )


def _slopes(pairs: _Pairs, beta: Floats) -> tuple[Floats, Floats]:
    """First and (negative) second derivative of the log likelihood by customer."""
    people = len(beta)
    n = len(pairs.who)
    total = np.bincount(pairs.pair, weights=pairs.pieces, minlength=n)
    seen = np.bincount(
        pairs.pair, weights=pairs.pieces * pairs.prices[pairs.product[pairs.pair], pairs.week],
        minlength=n,
    )  # fmt: skip
    mean, spread = np.empty(n), np.empty(n)
    for at in range(0, n, _CHUNK):
        part = slice(at, at + _CHUNK)
        x = pairs.prices[pairs.product[part]]
        known = np.isfinite(x)
        x = np.where(known, x, 0.0)
        weight = np.where(known, np.exp(np.clip(beta[pairs.who[part]][:, None] * x, -30, 30)), 0.0)
        weight /= weight.sum(axis=1, keepdims=True)
        mean[part] = (weight * x).sum(axis=1)
        spread[part] = (weight * x**2).sum(axis=1) - mean[part] ** 2
    slope = np.bincount(pairs.who, weights=seen - total * mean, minlength=people)
    curve = np.bincount(pairs.who, weights=total * spread, minlength=people)
    return np.asarray(slope, dtype=np.float64), np.asarray(curve, dtype=np.float64)
