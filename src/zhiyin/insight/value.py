"""What a customer will bring in the next twelve months, with an interval and the reasons.

BG/NBD for how often, Gamma-Gamma for how much, and boosted trees (Tweedie) where the past says that
mixing them in is better. The mixture is learned and tested over a shorter horizon than a year (a
year of truth is rarely there); its correction is carried over to the twelve months of BG/NBD. The
horizon is always finite: for a <= 1 the model's infinite sum does not exist. Naive baseline: the
customer goes on spending at the average rate so far.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight import trees
from zhiyin.insight.bgnbd import BgNbd, GammaGamma, Purchases, fit_bgnbd, fit_gamma_gamma
from zhiyin.insight.contract import (
    Floats,
    Frame,
    KnownUntil,
    Past,
    Reason,
    Words,
    known_until,
    remembered,
    score_table,
)
from zhiyin.insight.reasons import design
from zhiyin.insight.scorecard import Kind

PROMISED_DAYS = 365
INTERVAL = (0.1, 0.9)  # eight customers in ten end up inside
DRAWS = 200
_CHUNK = 5_000
_CORRECTION = (0.2, 5.0)  # how far the trees may move a twelve-month value


def purchases_seen(frame: Frame) -> Purchases:
    """What BG/NBD needs, in whole UTC days; several orders on a day are one purchase."""
    first, last = frame.days("first_order_us"), frame.days("last_order_us")
    today = np.floor(frame.as_of.timestamp() / 86_400)
    return Purchases(frame.column("order_days") - 1, last - first, today - first)


def spending(frame: Frame) -> tuple[Floats, Floats]:
    """Days with a purchase, and net revenue on such a day (returns taken off, never below 0)."""
    days = frame.column("order_days")
    return days, np.maximum(frame.column("revenue"), 0.0) / days


class ValueModel(msgspec.Struct, frozen=True, tag="value"):
    horizon_days: int
    frequency: BgNbd
    money: GammaGamma
    features: list[str]
    booster: str
    tree_share: float
    deviance: dict[str, float]

    def inputs(self, frame: Frame) -> dict[str, Floats]:
        offered = design(frame)
        unknown = np.full(len(frame), np.nan)
        return {name: offered.get(name, unknown) for name in self.features}

    def expected(self, frame: Frame, days: float) -> Floats:
        """BG/NBD times Gamma-Gamma, alone."""
        orders = self.frequency.expected_purchases(purchases_seen(frame), days)
        return np.asarray(orders * self.money.expected_value(*spending(frame)))

    def predict(self, frame: Frame) -> Floats:
        """Revenue over the tested horizon: what the backtest judges."""
        plain = self.expected(frame, self.horizon_days)
        if self.tree_share == 0:
            return plain
        grown = trees.predicted(self.booster, _matrix(self.inputs(frame)))
        return np.asarray((1 - self.tree_share) * plain + self.tree_share * grown)

    def baseline(self, frame: Frame) -> Floats:
        return _naive(frame, self.horizon_days, self.horizon_days)

    def correction(self, frame: Frame) -> Floats:
        plain = np.maximum(self.expected(frame, self.horizon_days), 1e-9)
        return np.clip(self.predict(frame) / plain, *_CORRECTION)

    def yearly(self, frame: Frame) -> tuple[Floats, Floats, Floats]:
        """Expected value over twelve months and its 80 % interval.

        The interval is predictive: purchases and their sums are drawn from the exact posterior of
        both models, 200 times a customer, and the middle 80 % is taken.
        """
        factor = self.correction(frame)
        value = self.expected(frame, PROMISED_DAYS) * factor
        seen, (count, mean) = purchases_seen(frame), spending(frame)
        low, high = np.zeros(len(frame)), np.zeros(len(frame))
        rng = np.random.default_rng(11)
        for start in range(0, len(frame), _CHUNK):
            part = slice(start, start + _CHUNK)
            bought = self.frequency.simulate(
                Purchases(*(v[part] for v in seen)), PROMISED_DAYS, DRAWS, rng
            )
            sums = self.money.simulate(count[part], mean[part], bought, rng)
            low[part], high[part] = np.quantile(sums, INTERVAL, axis=1)
        return value, np.minimum(low * factor, value), np.maximum(high * factor, value)

    def explain(self, frame: Frame) -> list[list[Reason]]:
        """What drives the value, in money against the typical customer.

        The value is a product (chance of buying again x orders if so x value of an order x
        correction); the difference to the typical product is split exactly by the logarithmic
        mean (LMDI, Ang 2004).
        """
        seen = purchases_seen(frame)
        returns = np.maximum(self.frequency.p_buys(seen, PROMISED_DAYS), 1e-12)
        orders = self.frequency.expected_purchases(seen, PROMISED_DAYS)
        each = self.money.expected_value(*spending(frame))
        factors = np.column_stack([returns, orders / returns, each, self.correction(frame)])
        logs = np.log(np.maximum(factors, 1e-12))
        typical = logs.mean(axis=0)
        value, reference = np.exp(logs.sum(axis=1)), float(np.exp(typical.sum()))
        ratio = np.log(value / reference)
        near = np.abs(ratio) < 1e-9
        weight = np.where(near, value, (value - reference) / np.where(near, 1.0, ratio))
        points = weight[:, None] * (logs - typical)
        return [
            [
                Reason("expected_orders", f"预计 12 个月再买 {o:.1f} 次",
                       f"{o:.1f} more orders expected in 12 months", round(float(p[1]), 2)),
                Reason("order_value", f"每次约 {e:,.0f}", f"about {e:,.0f} each",
                       round(float(p[2]), 2)),
                Reason("returns", f"12 个月内再买的概率 {a:.0%}",
                       f"{a:.0%} chance of buying again within 12 months",
                       round(float(p[0]), 2)),
            ]
            for o, e, a, p in zip(orders, each, returns, points, strict=True)
        ]  # fmt: skip

    def explain_baseline(self, frame: Frame) -> list[list[Reason]]:
        """One reason: the spending so far. Points are the difference to the mean."""
        value = _naive(frame, self.horizon_days, PROMISED_DAYS)
        spent = zip(frame.column("revenue"), frame.column("tenure_days"), strict=True)
        return [
            [Reason("revenue", f"{days:,.0f} 天里消费 {money:,.0f}，按这个速度推算",
                    f"spent {money:,.0f} in {days:,.0f} days; carried on at this rate",
                    round(float(v), 2))]
            for (money, days), v in zip(spent, value - value.mean(), strict=True)
        ]  # fmt: skip

    def score_frame(self, frame: Frame, in_use: str = "model") -> pa.Table:
        """Twelve months; the baseline has no interval, and none is made up."""
        if in_use == "model":
            value, low, high = self.yearly(frame)
            told = [msgspec.json.encode(r).decode() for r in self.explain(frame)]
            return score_table(frame.ids, value, low, high, told)
        told = [msgspec.json.encode(r).decode() for r in self.explain_baseline(frame)]
        value = _naive(frame, self.horizon_days, PROMISED_DAYS)
        return score_table(frame.ids, value, reasons=told)

    def score(self, history: Past, as_of: datetime) -> pa.Table:
        return self.score_frame(remembered(history).frame(as_of))


def _naive(frame: Frame, tested_days: int, days: float) -> Floats:
    """The spending rate so far, carried on. New customers count as known for one horizon."""
    known = np.maximum(frame.column("tenure_days"), float(tested_days))
    return np.asarray(np.maximum(frame.column("revenue"), 0.0) / known * days)


def _matrix(inputs: dict[str, Floats]) -> Floats:
    return np.column_stack(list(inputs.values()))


def tweedie_deviance(actual: Floats, predicted: Floats, power: float = 1.5) -> float:
    """Proper score for the mean of an amount that is often exactly zero."""
    mu = np.maximum(predicted, 1e-6)
    terms = (
        actual ** (2 - power) / ((1 - power) * (2 - power))
        - actual * mu ** (1 - power) / (1 - power)
        + mu ** (2 - power) / (2 - power)
    )
    return float(2 * np.mean(terms))


@dataclass(frozen=True)
class Value:
    """The question. `horizon` is what the backtest can check; the score promises 12 months."""

    horizon: timedelta = timedelta(days=60)
    name: str = "value"
    kind: Kind = Kind.AMOUNT

    @property
    def baseline_name(self) -> Words:
        return Words("照目前的速度花下去", "spending goes on at the rate so far")

    @property
    def title(self) -> Words:
        return Words("12 个月价值", "12-month value")

    @property
    def question(self) -> Words:
        d = self.horizon.days
        return Words(
            f"未来 12 个月会带来多少收入（回测 {d} 天）",
            f"Revenue over the next 12 months (backtested over {d} days)",
        )

    def asked(self, frame: Frame) -> Frame:
        return frame

    def actual(self, known: KnownUntil, frame: Frame) -> Floats:
        """Net revenue of the horizon; a customer who only returned counts as zero."""
        return np.maximum(known.buyers(frame.as_of, self.horizon, "revenue"), 0.0)

    def fit(self, history: Past, as_of: datetime) -> ValueModel:
        known = known_until(history, as_of)
        share, deviance = self._mixture(known, as_of)
        slices = known.snapshots(as_of - self.horizon, self.horizon / 2, 3)
        frequency, money = self._rates(known.frame(as_of))
        features, booster = self._trees(known, slices) if slices and share > 0 else ([], "")
        if not features:
            features = list(design(known.frame(as_of)))
        return ValueModel(self.horizon.days, frequency, money, features, booster, share, deviance)

    def _rates(self, frame: Frame) -> tuple[BgNbd, GammaGamma]:
        return fit_bgnbd(purchases_seen(frame)), fit_gamma_gamma(*spending(frame))

    def _trees(self, known: KnownUntil, slices: list[datetime]) -> tuple[list[str], str]:
        frames = [known.frame(at) for at in slices]
        target = np.concatenate([self.actual(known, f) for f in frames])
        offered = [design(f) for f in frames]
        features = list(offered[0])
        rows = np.vstack([_matrix(o) for o in offered])
        return features, trees.grow(rows, target, objective="tweedie")

    def _mixture(self, known: KnownUntil, as_of: datetime) -> tuple[float, dict[str, float]]:
        """How much the trees count: decided on the last horizon, by models that end before it."""
        held = as_of - self.horizon
        slices = known.snapshots(held - self.horizon, self.horizon / 2, 3)
        if not slices:
            return 0.0, {}
        frame = known.frame(held)
        features, booster = self._trees(known, slices)
        frequency, money = self._rates(frame)
        actual = self.actual(known, frame)
        deviance = {}
        for share in (0.0, 0.5, 1.0):
            model = ValueModel(self.horizon.days, frequency, money, features, booster, share, {})
            deviance[f"{share:.1f}"] = tweedie_deviance(actual, model.predict(frame))
        best = min(deviance, key=lambda key: (deviance[key], key))
        return float(best), deviance
