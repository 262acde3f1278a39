"""What a customer will bring in the next twelve months, with an interval and the reasons.

BG/NBD for how often, Gamma-Gamma for how much, and boosted trees (Tweedie, Poisson) that have
learned from windows of the same length; seven parts in ten are the trees' where the past says that
mixing them in is better. The total is brought halfway to the pace of the last quarter. All this is
learned and tested over a shorter horizon than a year (a year of truth is rarely there); its
correction is carried over to the twelve months of BG/NBD. The horizon is always finite: for a <= 1
the model's infinite sum does not exist. Naive baseline: the customer goes on spending at the rate
so far. Contracts: see `subscription`; costs, risk and what is not money: `worth`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.features.history import History
from zhiyin.insight import trees, value_inputs
from zhiyin.insight.answers import Answer
from zhiyin.insight.bgnbd import BgNbd, GammaGamma, Purchases, fit_bgnbd, fit_gamma_gamma
from zhiyin.insight.contract import (
    Floats,
    Frame,
    KnownUntil,
    Past,
    Reason,
    Words,
    horizon_for,
    known_until,
    remembered,
    score_table,
)
from zhiyin.insight.scorecard import Kind
from zhiyin.insight.tables import Tabular, known_history

PROMISED_DAYS = 365
HORIZONS = (365, 180, 90, 60, 30, 14)
TREE_SHARE = 0.7
SLICES = 4
LEAST_DAYS = 30  # of past before a window, and of a window
MOST_ROWS = 90_000  # customers times slices: below what LightGBM takes two threads for
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
    """What was fitted. `learned_days` is how long the windows were that the trees learned from.

    `deviance` of the revenue on the last horizon by share of the trees; `level` and `orders_level`
    bring the totals towards the last quarter's pace.
    """

    horizon_days: int
    frequency: BgNbd
    money: GammaGamma
    features: list[str]
    booster: str
    tree_share: float
    deviance: dict[str, float]
    counter: str = ""
    learned_days: float = 0.0
    level: float = 1.0
    orders_level: float = 1.0

    def inputs(self, frame: Frame) -> dict[str, Floats]:
        offered = value_inputs.inputs(frame, self.horizon_days)
        unknown = np.full(len(frame), np.nan)
        return {name: offered.get(name, unknown) for name in self.features}

    def expected(self, frame: Frame, days: float) -> Floats:
        """BG/NBD times Gamma-Gamma, alone."""
        orders = self.frequency.expected_purchases(purchases_seen(frame), days)
        return np.asarray(orders * self.money.expected_value(*spending(frame)))

    def predict(self, frame: Frame) -> Floats:
        """Revenue over the tested horizon: what the backtest judges."""
        plain = self.expected(frame, self.horizon_days)
        return self.level * self._mixed(plain, self.booster, frame)

    def orders(self, frame: Frame) -> Floats:
        """Days with a purchase over the tested horizon."""
        plain = self.frequency.expected_purchases(purchases_seen(frame), self.horizon_days)
        return self.orders_level * self._mixed(plain, self.counter, frame)

    def grown(self, frame: Frame, booster: str) -> Floats:
        """The trees alone. Their windows and the horizon are of the same proportions."""
        return trees.predicted(booster, _matrix(self.inputs(frame)))

    def _mixed(self, plain: Floats, booster: str, frame: Frame) -> Floats:
        if self.tree_share == 0:
            return plain
        both = (1 - self.tree_share) * plain + self.tree_share * self.grown(frame, booster)
        return np.asarray(both)

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
        mean (LMDI, Ang 2004). After these three stand the two habits that raise or lower the
        trees' part most.
        """
        seen = purchases_seen(frame)
        led = self._drivers(frame)
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
                *more,
            ]
            for o, e, a, p, more in zip(orders, each, returns, points, led, strict=True)
        ]  # fmt: skip

    def _drivers(self, frame: Frame) -> list[list[Reason]]:
        """The trees' part over the tested horizon, split by habit: their logarithms add up."""
        if self.tree_share == 0 or len(frame) == 0:
            return [[] for _ in range(len(frame))]
        parts = trees.contributions(self.booster, _matrix(self.inputs(frame)))
        usual = parts[:, -1]
        away = parts[:, :-1].sum(axis=1)
        mine, typical = np.exp(usual + away), np.exp(usual)
        near = np.abs(away) < 1e-9
        weight = np.where(near, mine, (mine - typical) / np.where(near, 1.0, away))
        money = parts[:, :-1] * (self.level * self.tree_share * weight)[:, None]
        return value_inputs.drivers(frame, self.features, money)

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
    """The question. `horizon` is what the backtest can check; the score promises 12 months.

    `trees` is how much they count, from 0 to 1; without it the past decides.
    """

    horizon: timedelta = timedelta(days=60)
    name: str = "value"
    kind: Kind = Kind.AMOUNT
    trees: float | None = None

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
        return _revenue(known, frame, self.horizon)

    def fit(self, history: Past, as_of: datetime) -> ValueModel:
        known = known_until(history, as_of)
        share, deviance = (self.trees, {}) if self.trees is not None else self._share(known, as_of)
        return self._fitted(known, as_of, share, deviance)

    def _fitted(
        self, known: KnownUntil, at: datetime, share: float, deviance: dict[str, float]
    ) -> ValueModel:
        """Everything from what was known before `at`; the trees only where they count."""
        frame, days = known.frame(at), self.horizon.days
        plain = ValueModel(
            days,
            fit_bgnbd(purchases_seen(frame)),
            fit_gamma_gamma(*spending(frame)),
            list(value_inputs.inputs(frame, days)), "", 0.0, deviance,
        )  # fmt: skip
        if share > 0:
            slices, learned = self._slices(known, at)
            booster, counter = self._trees(known, slices, learned)
            plain = msgspec.structs.replace(
                plain, booster=booster, counter=counter, tree_share=share,
                learned_days=learned / timedelta(days=1),
            )  # fmt: skip
        revenue = value_inputs.pace(frame, "revenue", days)
        orders = value_inputs.pace(frame, "orders", days)
        return msgspec.structs.replace(
            plain,
            level=value_inputs.level(plain.predict(frame), revenue),
            orders_level=value_inputs.level(plain.orders(frame), orders),
        )

    def _slices(self, known: KnownUntil, at: datetime) -> tuple[list[datetime], timedelta]:
        """Dates to learn from, and the length of their windows: the horizon's where the past before
        the window is about as long, else half of the past."""
        enough = known.first_sale() + 0.8 * self.horizon
        dates = known.snapshots(at - self.horizon, self.horizon / 2, SLICES)
        dates = [date for date in dates if date >= enough]
        if dates:
            return dates, self.horizon
        half = timedelta(days=(at - known.first_sale()).days // 2)
        return known.snapshots(at - half, half, 1), half

    def _trees(
        self, known: KnownUntil, slices: list[datetime], learned: timedelta
    ) -> tuple[str, str]:
        frames = [known.frame(at) for at in slices]
        rows = np.vstack([_matrix(value_inputs.inputs(f, learned.days)) for f in frames])
        revenue = np.concatenate([_revenue(known, f, learned) for f in frames])
        orders = np.concatenate([known.buyers(f.as_of, learned, "orders") for f in frames])
        if len(rows) > MOST_ROWS:
            kept = np.sort(np.random.default_rng(29).permutation(len(rows))[:MOST_ROWS])
            rows, revenue, orders = rows[kept], revenue[kept], orders[kept]
        slow = {
            "learning_rate": 0.03, "num_leaves": 6,
            "min_data_in_leaf": max(10, min(60, len(rows) // 50)),
        }  # fmt: skip
        return (
            trees.grow(rows, revenue, objective="tweedie", rounds=150, **slow),
            trees.grow(rows, orders, objective="poisson", rounds=150, **slow),
        )

    def _share(self, known: KnownUntil, as_of: datetime) -> tuple[float, dict[str, float]]:
        """Whether the trees count: decided on the last horizon, by models that end before it.

        Where the past is too short to judge on windows of that length, they count as usual: on
        three public shops shorter windows misjudged them (docs/benchmarks.md).
        """
        held, first = as_of - self.horizon, known.first_sale()
        if (as_of - first).days < 2 * LEAST_DAYS:
            return 0.0, {}
        if (held - first).days < 2 * LEAST_DAYS or self._slices(known, held)[1] < self.horizon:
            return TREE_SHARE, {}
        frame = known.frame(held)
        mixed = self._fitted(known, held, TREE_SHARE, {})
        actual = self.actual(known, frame)
        deviance = {}
        for share in (0.0, TREE_SHARE):
            model = msgspec.structs.replace(mixed, tree_share=share)
            deviance[f"{share:.1f}"] = tweedie_deviance(actual, model.predict(frame))
        best = min(deviance, key=lambda key: (deviance[key], key))
        return float(best), deviance


def _revenue(known: KnownUntil, frame: Frame, window: timedelta) -> Floats:
    """Net revenue in the window after a snapshot; who only returned counts as zero."""
    return np.maximum(known.buyers(frame.as_of, window, "revenue"), 0.0)


def fit(
    orders: Tabular | History, as_of: datetime, *, horizon: timedelta | None = None
) -> Answer[ValueModel]:
    """Learn from order lines what was known before a date; `.score()` answers for that date.

    Without a `horizon` (what the backtest can check) the longest of 365, 180, 90, 60, 30 and 14
    days is taken that the history allows. The score is of twelve months in any case.
    """
    past = remembered(known_history(orders))
    days = (as_of - past.span()[0]).days
    model = Value(horizon or horizon_for(days, HORIZONS)).fit(past, as_of)
    return Answer(model, past.frame(as_of))
