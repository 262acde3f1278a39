"""Who renews, and what a contract still brings: the shifted-beta-geometric model, per plan.

Fader, Hardie (2007), "How to Project Customer Retention". Each customer ends at each renewal with a
chance of his own, theta ~ Beta(alpha, beta); those of high theta leave early, so that the retention
of those who stay rises by itself. The naive baseline is one retention rate for all ages, which
undervalues old customers. The horizon is finite: a number of periods. Only what was known at the
date is used: a contract that ended later is still running.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import minimize
from scipy.special import betaln, digamma

from zhiyin.insight import metrics
from zhiyin.insight.contract import (
    DAY_US,
    Floats,
    NotEnoughHistoryError,
    Reason,
    microseconds,
    score_table,
)
from zhiyin.insight.metrics import Span, spanned
from zhiyin.insight.tables import (
    BadTableError,
    Tabular,
    arrow,
    number_column,
    text_column,
    time_column,
)
from zhiyin.insight.threads import one_thread

NEEDED = ("customer_id", "started_at", "ended_at", "fee")
FEWEST_ENDED = 20
INTERVAL = (0.1, 0.9)  # eight customers in ten end up inside
EVERYBODY = ""


class Sbg(msgspec.Struct, frozen=True):
    """Fitted parameters, and the constant rate that is the naive baseline."""

    alpha: float
    beta: float
    constant: float
    ended: int

    def survival(self, periods: Floats | float) -> Floats:
        """S(t): the share that is still there after t renewals."""
        t = np.asarray(periods, dtype=np.float64)
        return np.asarray(np.exp(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta)))

    def stays(self, renewed: Floats, more: Floats | float) -> Floats:
        """P(renews `more` times more | has renewed `renewed` times)."""
        n, k = np.asarray(renewed, dtype=np.float64), np.asarray(more, dtype=np.float64)
        return np.asarray(
            np.exp(betaln(self.alpha, self.beta + n + k) - betaln(self.alpha, self.beta + n))
        )


def fit_sbg(renewed: Floats, ended: Floats) -> Sbg:
    """Maximum likelihood. `renewed`: renewals made; `ended`: 1 who then did not renew, 0 who may.

    Raises NotEnoughHistoryError with fewer than 20 who ended, or where nobody ever renewed.
    """
    gone = int(ended.sum())
    if gone < FEWEST_ENDED:
        raise NotEnoughHistoryError(
            f"{FEWEST_ENDED} ended contracts are needed to learn who renews; there are {gone}"
        )
    if not np.any(renewed > 0):
        raise NotEnoughHistoryError("nobody has ever renewed: there is nothing to project")
    pairs, counts = np.unique(np.column_stack([renewed, ended]), axis=0, return_counts=True)
    n, out, weight = pairs[:, 0], pairs[:, 1], counts.astype(np.float64)
    total = float(weight.sum())

    def loss(theta: Floats) -> tuple[float, Floats]:
        a, b = np.exp(theta)
        # ended after n renewals: B(a + 1, b + n); still there: B(a, b + n)
        value = weight @ (betaln(a + out, b + n) - betaln(a, b))
        both = digamma(a + out + b + n)
        g_a = weight @ (digamma(a + out) - both - digamma(a) + digamma(a + b))
        g_b = weight @ (digamma(b + n) - both - digamma(b) + digamma(a + b))
        return -float(value) / total, -np.array([g_a * a, g_b * b]) / total

    with one_thread():
        found = minimize(
            loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-8, 12), (-8, 12)],
            options={"ftol": 1e-14, "gtol": 1e-9},
        )  # fmt: skip
    alpha, beta = (float(v) for v in np.exp(found.x))
    decisions = float((n * weight).sum()) + gone
    return Sbg(alpha, beta, gone / decisions, gone)


@dataclass(frozen=True)
class Contracts:
    """Contracts as they were known at a date: one entry a contract, ended or running."""

    rows: npt.NDArray[np.int64]
    ids: pa.Array
    plan: list[str]
    renewed: Floats
    ended: Floats
    fee: Floats

    def __len__(self) -> int:
        return len(self.renewed)

    def running(self) -> "Contracts":
        """Those that have not ended."""
        on = self.ended == 0
        plan = [p for p, still in zip(self.plan, on, strict=True) if still]
        return Contracts(
            self.rows[on], self.ids.filter(pa.array(on)), plan, self.renewed[on],
            self.ended[on], self.fee[on],
        )  # fmt: skip


def contracts(table: Tabular, as_of: datetime, period_days: float) -> Contracts:
    """Read contracts as of a date: `customer_id`, `started_at`, `ended_at` (empty while it runs),
    `fee` (of one period), and `plan` if there is one.

    Raises BadTableError with the row that ends before it starts or has a negative fee.
    """
    if period_days <= 0:
        raise BadTableError("a period has more than 0 days")
    found = arrow(table, *NEEDED)
    ids, fee = text_column(found, "customer_id"), number_column(found, "fee")
    start = np.asarray(time_column(found, "started_at").cast(pa.int64()))
    ends = pc.cast(found.column("ended_at").combine_chunks(), pa.timestamp("us", tz="UTC"))
    end = np.asarray(
        pc.fill_null(ends.cast(pa.int64()), np.iinfo(np.int64).max).to_numpy(zero_copy_only=False)
    )
    for wrong, why in (
        (end < start, "ended_at is before started_at"),
        (fee < 0, "fee is negative"),
    ):
        if wrong.any():
            raise BadTableError(f"row {int(np.argmax(wrong)) + 1}: {why}")
    now = microseconds(as_of)
    known = start < now
    until = np.minimum(end, now)[known]
    gone = end[known] < now
    lasted = (until - start[known]) / (period_days * DAY_US)
    # who ends on the day of a renewal has not renewed that time
    renewed = np.where(gone, np.maximum(np.ceil(lasted - 1e-9) - 1, 0.0), np.floor(lasted))
    plans = (
        pc.fill_null(pc.cast(found.column("plan"), pa.string()), EVERYBODY).to_pylist()
        if "plan" in found.column_names
        else [EVERYBODY] * found.num_rows
    )
    return Contracts(
        np.flatnonzero(known),
        ids.filter(pa.array(known)),
        [p for p, k in zip(plans, known, strict=True) if k],
        renewed,
        gone.astype(np.float64),
        fee[known],
    )


class SubscriptionModel(msgspec.Struct, frozen=True, tag="subscription"):
    """One curve a plan; a plan with few ended contracts has everybody's (key "")."""

    period_days: float
    curves: dict[str, Sbg]

    def curve(self, plan: str) -> Sbg:
        return self.curves.get(plan, self.curves[EVERYBODY])

    def stays(self, known: Contracts, periods: int) -> Floats:
        """P(still there after so many periods), one entry a contract; 0 for those that ended."""
        return self._each(known, lambda curve, n: curve.stays(n, periods)) * (1 - known.ended)

    def constant(self, known: Contracts, periods: int) -> Floats:
        """The same by the naive baseline: one rate at any age."""
        rate = self.curves[EVERYBODY].constant
        return np.full(len(known), (1 - rate) ** periods) * (1 - known.ended)

    def score(self, known: Contracts, periods: int) -> pa.Table:
        """Fees of the next `periods` periods: mean, 80 % interval, reasons; running ones only."""
        open_ = known.running()
        each = np.array([self.stays(open_, k) for k in range(1, periods + 1)]).reshape(periods, -1)
        count = each.sum(axis=0)
        # paid at least k times with probability each[k - 1], which falls with k
        low, high = ((each >= 1 - share).sum(axis=0) for share in INTERVAL)
        told = [
            msgspec.json.encode(self._reasons(plan, n, next_, fee)).decode()
            for plan, n, next_, fee in zip(
                open_.plan, open_.renewed, each[0], open_.fee, strict=True
            )
        ]
        fee = open_.fee
        return score_table(open_.ids, count * fee, low * fee, high * fee, told)

    def _reasons(self, plan: str, renewed: float, next_: float, fee: float) -> list[Reason]:
        usual = 1 - self.curves[EVERYBODY].constant
        zh, en = (f"「{plan}」", f" of {plan}") if plan in self.curves and plan else ("", "")
        return [
            Reason("renewed", f"已续约 {renewed:,.0f} 次，{zh}这样的客户下次续约的概率 {next_:.0%}",
                   f"renewed {renewed:,.0f} times; customers{en} like that renew with {next_:.0%}",
                   round(100 * (float(next_) - usual), 1)),
            Reason("fee", f"每期 {fee:,.2f}", f"{fee:,.2f} a period", 0.0),
        ]  # fmt: skip

    def _each(self, known: Contracts, ask: Callable[[Sbg, Floats], Floats]) -> Floats:
        answer = np.zeros(len(known))
        plans = np.array(known.plan)
        for plan in sorted(set(known.plan)):
            inside = plans == plan
            answer[inside] = ask(self.curve(plan), known.renewed[inside])
        return answer


class Projection(msgspec.Struct, frozen=True):
    """What came of a projection: who stayed, against the constant rate, at one date."""

    as_of_us: int
    periods: int
    n: int
    stayed: float
    predicted: float
    constant: float
    log_loss: Span
    log_loss_constant: float
    gain: Span


def fit(table: Tabular, as_of: datetime, *, period_days: float) -> SubscriptionModel:
    """Learn one curve for everybody and one for each plan with 20 ended contracts or more."""
    return fit_contracts(contracts(table, as_of, period_days), period_days)


def fit_contracts(known: Contracts, period_days: float) -> SubscriptionModel:
    curves = {EVERYBODY: fit_sbg(known.renewed, known.ended)}
    plans = np.array(known.plan)
    for plan in sorted(set(known.plan) - {EVERYBODY}):
        inside = plans == plan
        try:
            curves[plan] = fit_sbg(known.renewed[inside], known.ended[inside])
        except NotEnoughHistoryError:
            continue
    return SubscriptionModel(period_days, curves)


def checked(table: Tabular, as_of: datetime, periods: int, *, period_days: float) -> Projection:
    """Fit at a date, and look `periods` periods later who of those running then had stayed."""
    if periods < 1:
        raise BadTableError("a projection is checked over one period or more")
    until = as_of + timedelta(days=periods * period_days)
    then, later = (contracts(table, at, period_days) for at in (as_of, until))
    running = then.ended == 0
    if not running.any():
        raise NotEnoughHistoryError(f"no contract was running on {as_of:%Y-%m-%d}")
    model = fit_contracts(then, period_days)
    still = later.ended[np.isin(later.rows, then.rows)] == 0
    stayed = still[running].astype(np.float64)
    said, flat = model.stays(then, periods)[running], model.constant(then, periods)[running]
    weights = metrics.poisson_weights(len(stayed), 300, seed=5)
    ours, theirs = (metrics.log_loss(p, stayed)(weights) for p in (said, flat))
    return Projection(
        microseconds(as_of), periods, len(stayed), float(stayed.mean()), float(said.mean()),
        float(flat.mean()), spanned(ours), float(theirs[0]), spanned(theirs - ours),
    )  # fmt: skip
