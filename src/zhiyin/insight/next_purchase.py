"""When a customer will buy next: a window of dates, and the chance of a purchase in 30 days.

Two clocks are mixed. BG/NBD knows the rate but no rhythm (while alive, waiting is memoryless but
for what we do not know of the rate). The personal gaps know the rhythm: they are taken as
log-normal, shrunk towards those of all customers as if each had seen three average gaps more, and
conditioned on the days already waited. How much each clock counts is chosen on the last 30 days
that are known, and the chance is calibrated there. The window is the middle half of the mixed
distribution: of those who buy again, half should do so inside it, and the backtest counts them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import ibis.expr.types as ir
import msgspec
import numpy as np
import pyarrow as pa
from scipy.special import ndtr

from zhiyin.insight.bgnbd import BgNbd, fit_bgnbd
from zhiyin.insight.calibration import Platt, fit_platt, log_loss
from zhiyin.insight.contract import (
    Floats,
    Frame,
    KnownUntil,
    NotEnoughHistoryError,
    Past,
    Words,
    aligned,
    known_until,
    microseconds,
    remembered,
    score_table,
)
from zhiyin.insight.rhythm import Rhythm, fit_rhythm
from zhiyin.insight.scorecard import Kind
from zhiyin.insight.value import purchases_seen

WINDOW = (0.25, 0.75)
FURTHEST_DAYS = 730.0


class NextPurchaseModel(msgspec.Struct, frozen=True, tag="next_purchase"):
    horizon_days: int
    frequency: BgNbd
    rhythm: Rhythm
    rhythm_share: float
    calibrated: Platt
    naive: Platt
    losses: dict[str, float]

    def arrives(self, frame: Frame, days: Floats | float) -> Floats:
        """P(the next purchase is within `days` | it comes)."""
        return _mixed(self.frequency, self.rhythm, self.rhythm_share, frame, days)

    def inputs(self, frame: Frame) -> dict[str, Floats]:
        return {n: frame.column(n) for n in ("recency_days", "mean_gap_days", "orders")}

    def predict(self, frame: Frame) -> Floats:
        raw = _log_odds(
            self.frequency.p_alive(purchases_seen(frame)) * self.arrives(frame, self.horizon_days)
        )
        return self.calibrated(raw)

    def baseline(self, frame: Frame) -> Floats:
        return self.naive(np.log1p(frame.column("recency_days")))

    def window(self, frame: Frame) -> tuple[Floats, Floats]:
        """Days from now in which the middle half of the next purchases falls."""
        return self._quantile(frame, WINDOW[0]), self._quantile(frame, WINDOW[1])

    def p_between(self, frame: Frame, start: Floats, end: Floats) -> Floats:
        """P(a next purchase comes, and falls within [start, end) days from now)."""
        mass = self.arrives(frame, end) - self.arrives(frame, start)
        return self.frequency.p_alive(purchases_seen(frame)) * mass

    def _quantile(self, frame: Frame, share: float) -> Floats:
        """Bisection on all customers at once; windows end after two years at the latest."""
        low, high = np.zeros(len(frame)), np.full(len(frame), FURTHEST_DAYS)
        for _ in range(24):
            middle = (low + high) / 2
            early = self.arrives(frame, middle) < share
            low, high = np.where(early, middle, low), np.where(early, high, middle)
        return np.asarray(high)

    def score_frame(self, frame: Frame, in_use: str = "model") -> pa.Table:
        """value: chance of a purchase in the horizon; low, high: the window, in days from as_of."""
        chance = self.predict(frame) if in_use == "model" else self.baseline(frame)
        start, end = (np.round(edge) for edge in self.window(frame))
        end = np.maximum(end, start + 1)
        inside = self.p_between(frame, start, end)
        told = [
            self._told(frame.as_of, float(s), float(e), float(p))
            for s, e, p in zip(start, end, inside, strict=True)
        ]
        return score_table(frame.ids, chance, start, end, told)

    def _told(self, as_of: datetime, start: float, end: float, inside: float) -> str:
        first = (as_of + timedelta(days=start)).date()
        last = (as_of + timedelta(days=end)).date()
        return msgspec.json.encode(
            [
                {
                    "feature": "window",
                    "zh": f"最可能在 {first} 到 {last} 之间再买（概率 {inside:.0%}）",
                    "en": f"most likely between {first} and {last} ({inside:.0%} chance)",
                    "from": first.isoformat(),
                    "to": last.isoformat(),
                    "probability": round(inside, 4),
                    "points": round(100 * inside, 1),
                }
            ]
        ).decode()

    def score(self, history: Past, as_of: datetime) -> pa.Table:
        return self.score_frame(remembered(history).frame(as_of))


class Coverage(msgspec.Struct, frozen=True):
    """How well the windows held: expected and actual share of customers who bought in theirs."""

    expected: float
    actual: float
    n: int

    def words(self) -> Words:
        return Words(
            f"预计 {self.expected:.1%} 的客户在给出的日期里回来，实际 {self.actual:.1%}",
            f"expected {self.expected:.1%} of customers to return within their dates; "
            f"{self.actual:.1%} did",
        )


def _mixed(
    frequency: BgNbd, rhythm: Rhythm, share: float, frame: Frame, days: Floats | float
) -> Floats:
    steady = frequency.p_next_within(purchases_seen(frame), days)
    mean, sd = rhythm.of(frame)
    waited = np.maximum(frame.column("recency_days"), 1e-3)
    past = ndtr((np.log(waited) - mean) / sd)
    until = ndtr((np.log(waited + days) - mean) / sd)
    left = 1 - past
    # far beyond any usual gap the rhythm says nothing more
    rhythmic = np.where(left > 1e-6, (until - past) / np.maximum(left, 1e-6), steady)
    return np.asarray((1 - share) * steady + share * rhythmic)


def _log_odds(probability: Floats) -> Floats:
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(p / (1 - p)))


@dataclass(frozen=True)
class NextPurchase:
    """The question: a purchase within the next 30 days, and when the next one comes."""

    horizon: timedelta = timedelta(days=30)
    name: str = "next_purchase"
    kind: Kind = Kind.PROBABILITY

    @property
    def baseline_name(self) -> Words:
        return Words("按未购天数排", "ordered by days since last purchase")

    @property
    def title(self) -> Words:
        return Words("下次购买", "Next purchase")

    @property
    def question(self) -> Words:
        d = self.horizon.days
        return Words(
            f"{d} 天内会不会再买，以及什么时候", f"Will a purchase come within {d} days, and when"
        )

    def asked(self, frame: Frame) -> Frame:
        return frame

    def actual(self, known: KnownUntil, frame: Frame) -> Floats:
        bought = known.buyers(frame.as_of, self.horizon, "orders") > 0
        return np.asarray(bought, dtype=np.float64)

    def fit(self, history: Past, as_of: datetime) -> NextPurchaseModel:
        known = known_until(history, as_of)
        held = known.snapshots(as_of - self.horizon, self.horizon, 1)
        if not held:
            raise NotEnoughHistoryError(
                f"next purchase needs {self.horizon.days + 30} days of history"
            )
        before = known.frame(held[0])
        bought = self.actual(known, before)
        if len(bought) < 50 or not 0 < bought.mean() < 1:
            raise NotEnoughHistoryError("next purchase needs customers who came and who did not")
        past_rate, past_rhythm = fit_bgnbd(purchases_seen(before)), fit_rhythm(before)
        alive = past_rate.p_alive(purchases_seen(before))
        losses, best = {}, (np.inf, 0.0, Platt(1.0, 0.0))
        for share in (0.0, 0.5, 1.0):
            raw = _log_odds(
                alive * _mixed(past_rate, past_rhythm, share, before, self.horizon.days)
            )
            platt = fit_platt(raw, bought)
            losses[f"{share:.1f}"] = loss = log_loss(platt(raw), bought)
            if loss < best[0]:
                best = (loss, share, platt)
        now = known.frame(as_of)
        return NextPurchaseModel(
            horizon_days=self.horizon.days,
            frequency=fit_bgnbd(purchases_seen(now)),
            rhythm=fit_rhythm(now),
            rhythm_share=best[1],
            calibrated=best[2],
            naive=fit_platt(np.log1p(before.column("recency_days")), bought),
            losses=losses,
        )

    def coverage(
        self, history: Past, lines: ir.Table, cutoffs: list[datetime], until: datetime
    ) -> Coverage:
        """Of all customers at each cut-off: who was expected in his window, and who came in it.

        Windows are cut where the known time ends, so late ones count with what can be known.
        """
        expected, actual = [], []
        past = remembered(history)
        for at in cutoffs:
            frame = past.frame(at)
            model = self.fit(past, at)
            room = (until - at) / timedelta(days=1)
            start, end = (np.minimum(np.round(edge), room) for edge in model.window(frame))
            end = np.minimum(np.maximum(end, start + 1), room)
            expected.append(model.p_between(frame, start, end))
            first = _first_sale_days(lines, frame, until)
            actual.append((first >= start) & (first < end))
        all_expected, all_actual = np.concatenate(expected), np.concatenate(actual)
        return Coverage(float(all_expected.mean()), float(all_actual.mean()), len(all_actual))


def _first_sale_days(lines: ir.Table, frame: Frame, until: datetime) -> Floats:
    """Days from the snapshot to the first sale after it; infinite where none came."""
    start, end = microseconds(frame.as_of), microseconds(until)
    sold = lines.filter((lines.quantity > 0) & (lines.ts_us >= start) & (lines.ts_us < end))
    first = cast(pa.Table, sold.group_by("customer_id").agg(us=sold.ts_us.min()).to_pyarrow())
    us = aligned(frame.ids, first, "us")
    return np.where(us > 0, (us - start) / 86_400e6, np.inf)
