"""Implicit ALS: a few dozen factors a product, for catalogues too large for EASE.

Hu, Koren and Volinsky (2008): confidence 1 + α·weight on what a customer has, 1 on all else. Each
half-step solves for all customers (or products) at once by conjugate gradients (Takács, Pilászy and
Tikk 2011), which needs two sparse products a step and no loop over customers.
"""

from dataclasses import dataclass

import numpy as np

from zhiyin.insight.contract import Floats
from zhiyin.insight.recommend.ratings import Matrix

_CHUNK = 1_000_000  # entries of the matrix at a time: their factors are held side by side


@dataclass(frozen=True)
class Als:
    """Product factors and what it takes to find a customer's factors from a profile."""

    factors: Floats
    confidence: float
    ridge: float

    def tastes(self, profiles: Matrix) -> Floats:
        """Factors of customers from what they have; new customers need no new training."""
        return _solve(profiles, self.factors, self.confidence, self.ridge, steps=12)

    def scores(self, profiles: Matrix) -> Floats:
        return np.asarray(self.tastes(profiles) @ self.factors.T)

    def contributions(self, profile: Matrix, product: int) -> Floats:
        """What each product of one profile adds to the score of `product` (their section 5)."""
        mine = self.factors[profile.indices]
        trust = 1 + self.confidence * profile.data
        whole = self.factors.T @ self.factors + self.ridge * np.eye(self.factors.shape[1])
        whole += (mine * (trust - 1)[:, None]).T @ mine
        return np.asarray((mine @ np.linalg.solve(whole, self.factors[product])) * trust)


def fit_als(
    likes: Matrix,
    *,
    factors: int = 64,
    confidence: float = 20.0,
    ridge: float = 10.0,
    rounds: int = 12,
    seed: int = 5,
) -> Als:
    """Alternate between customers and products `rounds` times."""
    rng = np.random.default_rng(seed)
    products = rng.normal(0, 0.1 / np.sqrt(factors), (likes.shape[1], factors))
    people = np.zeros((likes.shape[0], factors))
    turned = likes.T.tocsr()
    for _ in range(rounds):
        people = _solve(likes, products, confidence, ridge, steps=3, start=people)
        products = _solve(turned, people, confidence, ridge, steps=3, start=products)
    return Als(products, confidence, ridge)


def _solve(
    has: Matrix,
    others: Floats,
    confidence: float,
    ridge: float,
    *,
    steps: int,
    start: Floats | None = None,
) -> Floats:
    """(YᵀY + Yᵀ(Cᵤ − I)Y + λI) xᵤ = YᵀCᵤpᵤ for every row u, by conjugate gradients."""
    x = np.zeros((has.shape[0], others.shape[1])) if start is None else start.copy()
    whole = others.T @ others + ridge * np.eye(others.shape[1])
    wanted = _scaled(has, 1 + confidence * has.data) @ others

    def times(v: Floats) -> Floats:
        return np.asarray(
            v @ whole + _scaled(has, confidence * has.data * _dots(has, v, others)) @ others
        )

    residual = wanted - times(x)
    direction = residual.copy()
    size = (residual**2).sum(axis=1)
    for _ in range(steps):
        pushed = times(direction)
        along = (direction * pushed).sum(axis=1)
        step = np.divide(size, along, out=np.zeros_like(size), where=along > 1e-20)
        x += step[:, None] * direction
        residual -= step[:, None] * pushed
        now = (residual**2).sum(axis=1)
        turn = np.divide(now, size, out=np.zeros_like(size), where=size > 1e-20)
        direction = residual + turn[:, None] * direction
        size = now
    return x


def _scaled(has: Matrix, data: Floats) -> Matrix:
    return type(has)((data, has.indices, has.indptr), shape=has.shape)


def _dots(has: Matrix, v: Floats, others: Floats) -> Floats:
    """v of the row times the others of the column, for every entry."""
    row = np.repeat(np.arange(has.shape[0]), np.diff(has.indptr))
    dots = np.empty(len(row))
    for at in range(0, len(row), _CHUNK):
        part = slice(at, at + _CHUNK)
        dots[part] = np.einsum("ij,ij->i", v[row[part]], others[has.indices[part]])
    return dots
