"""Who was saved, and how many would have come back by themselves: the books on churn alerts.

Pure functions on two tables: the alerts that were raised (and who was left alone on purpose), and
the orders. Someone is back when he buys within the window after his alert. That is not yet saved:
the increment is what those who were treated did beyond those held out, with its interval. Without
a hold-out the model's own forecast stands in, and the sentence says so.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.contract import Floats, Words, microseconds
from zhiyin.insight.metrics import Span, wilson
from zhiyin.insight.tables import (
    BadTableError,
    Tabular,
    arrow,
    number_column,
    order_lines,
    text_column,
    time_column,
)

ALERTS = ("customer_id", "alerted_at", "risk", "held_out")


class State(StrEnum):
    """What became of an alert."""

    BACK = "back"
    GONE = "gone"
    OPEN = "open"


class Books(msgspec.Struct, frozen=True):
    """The account of a period. Rates are shares of closed alerts; money is of the window.

    `saved` and `revenue` are increments: beyond what would have come anyway.
    """

    window_days: int
    alerts: int
    open: int
    treated: int
    held_out: int
    back_treated: float
    back_expected: float
    saved: Span
    revenue: Span | None
    measured: bool
    sentence: Words


def states(alerts: Tabular, orders: Tabular, as_of: datetime, window: timedelta) -> pa.Table:
    """The state of every alert: customer_id, alerted_at, risk, held_out, state, back_at, revenue.

    An alert is open while its window lasts and nothing was bought. Orders on or after `as_of` are
    not known yet. Raises BadTableError for a risk outside 0 to 1, or two alerts of one customer
    whose windows overlap (one purchase must not be counted twice).
    """
    table = arrow(alerts, *ALERTS)
    ids = text_column(table, "customer_id")
    risk = number_column(table, "risk")
    wrong = (risk < 0) | (risk > 1)
    if wrong.any():
        raise BadTableError(f"row {int(np.argmax(wrong)) + 1}: risk is not between 0 and 1")
    began = np.asarray(time_column(table, "alerted_at").cast(pa.int64()))
    ends = began + int(window / timedelta(microseconds=1))
    _refuse_overlaps(ids, began, ends)
    first, spent = _bought(ids, began, np.minimum(ends, microseconds(as_of)), orders)
    back = first > 0
    state = np.where(
        back, State.BACK, np.where(ends <= microseconds(as_of), State.GONE, State.OPEN)
    )
    stamps = pa.array(np.where(back, first, 0), pa.int64(), mask=~back)
    return pa.table(
        {
            "customer_id": ids,
            "alerted_at": pa.array(began).cast(pa.timestamp("us", tz="UTC")),
            "risk": pa.array(risk),
            "held_out": pc.cast(table["held_out"].combine_chunks(), pa.bool_()),
            "state": pa.array([str(one) for one in state], pa.string()),
            "back_at": stamps.cast(pa.timestamp("us", tz="UTC")),
            "revenue": pa.array(spent),
        }
    )


def books(alerts: Tabular, orders: Tabular, as_of: datetime, window: timedelta) -> Books:
    """Close the books at a date: alerts whose window is over, treated against held out."""
    table = states(alerts, orders, as_of, window)
    ends = np.asarray(table["alerted_at"].cast(pa.int64())) + int(
        window / timedelta(microseconds=1)
    )
    over = ends <= microseconds(as_of)
    back = np.asarray(pc.equal(table["state"], str(State.BACK)).to_numpy()) & over
    held = np.asarray(table["held_out"].to_numpy(), dtype=bool)
    treated, left_alone = over & ~held, over & held
    n, m = int(treated.sum()), int(left_alone.sum())
    days = round(window / timedelta(days=1))
    if n == 0:
        nothing = Words(
            "还没有到期的预警，无法结算", "No alert has run its time yet: nothing to settle"
        )
        zero = Span(0.0, 0.0, 0.0)
        return Books(
            days, len(over), int((~over).sum()), 0, m, 0.0, 0.0, zero, None, False, nothing
        )
    rate = float(back[treated].mean())
    if m >= 2:
        expected = float(back[left_alone].mean())
        low, high = _difference(int(back[treated].sum()), n, int(back[left_alone].sum()), m)
    else:
        # the forecast's own uncertainty is that of n people with these risks
        chance = 1 - np.asarray(table["risk"].to_numpy())[treated]
        expected = float(chance.mean())
        half = 1.96 * float(np.sqrt(rate * (1 - rate) / n + (chance * (1 - chance)).sum() / n**2))
        low, high = rate - expected - half, rate - expected + half
    saved = Span(n * (rate - expected), n * low, n * high)
    spent = np.asarray(table["revenue"].to_numpy())
    revenue = _money(spent[treated], spent[left_alone]) if m >= 2 else None
    return Books(
        days, len(over), int((~over).sum()), n, m, rate, expected, saved, revenue, m >= 2,
        _sentence(n, m, rate, expected, saved, days),
    )  # fmt: skip


def _money(treated: Floats, left_alone: Floats) -> Span:
    """Revenue beyond the hold-out's, for all who were treated (Welch's interval)."""
    n, m = len(treated), len(left_alone)
    gain = float(treated.mean() - left_alone.mean())
    half = (
        1.96 * float(np.sqrt(treated.var(ddof=1) / n + left_alone.var(ddof=1) / m))
        if n > 1
        else 0.0
    )
    return Span(n * gain, n * (gain - half), n * (gain + half))


def _difference(back: int, n: int, back_alone: int, m: int) -> tuple[float, float]:
    """The interval of the difference of two shares (Newcombe 1998, method 10)."""
    hits, sizes = np.array([float(back), float(back_alone)]), np.array([float(n), float(m)])
    (low, low_alone), (high, high_alone) = wilson(hits, sizes)
    a, b = back / n, back_alone / m
    down = np.sqrt((a - low) ** 2 + (high_alone - b) ** 2)
    up = np.sqrt((high - a) ** 2 + (b - low_alone) ** 2)
    return float(a - b - down), float(a - b + up)


def _sentence(n: int, m: int, rate: float, expected: float, saved: Span, days: int) -> Words:
    base_zh, base_en = (
        (f"对照组 {m:,} 人回来 {expected:.0%}", f"{expected:.0%} of {m:,} held out")
        if m >= 2
        else (
            f"没有对照组，按模型预计回来 {expected:.0%}",
            f"{expected:.0%} forecast (no hold-out)",
        )
    )
    if saved.low > 0:
        zh = f"多挽回约 {saved.value:,.0f} 人（{saved.low:,.0f}–{saved.high:,.0f}）"
        en = f"about {saved.value:,.0f} saved ({saved.low:,.0f} to {saved.high:,.0f})"
    else:
        zh = f"还看不出挽回了人（{saved.low:,.0f}–{saved.high:,.0f}）"
        en = f"no effect to be seen yet ({saved.low:,.0f} to {saved.high:,.0f})"
    return Words(
        f"{n:,} 人处理后 {days} 天内回来 {rate:.0%}，{base_zh}：{zh}。",
        f"Of {n:,} treated, {rate:.0%} came back within {days} days, against {base_en}: {en}.",
    )


def _bought(
    ids: pa.Array, began: np.ndarray, until: np.ndarray, orders: Tabular
) -> tuple[np.ndarray, Floats]:
    """The moment of the first sale in each window (0 where there is none), and the net revenue."""
    lines = order_lines(orders)
    at = pc.index_in(lines["customer_id"], value_set=pc.unique(ids)).combine_chunks()
    known = np.asarray(pc.fill_null(at, -1).to_numpy(zero_copy_only=False))
    stamps = np.asarray(lines["ts_us"].to_numpy())
    pieces = np.asarray(lines["quantity"].to_numpy())
    amounts = np.asarray(pc.cast(lines["amount"], pa.float64()).to_numpy())
    owner = np.asarray(pc.index_in(ids, value_set=pc.unique(ids)).to_numpy(zero_copy_only=False))
    order = np.lexsort((stamps, known))
    known, stamps, pieces, amounts = known[order], stamps[order], pieces[order], amounts[order]
    begins, ends = (np.searchsorted(known, owner, side=side) for side in ("left", "right"))
    first, spent = np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids))
    for i, (lo, hi) in enumerate(zip(begins, ends, strict=True)):
        inside = slice(
            lo + np.searchsorted(stamps[lo:hi], began[i], side="right"),
            lo + np.searchsorted(stamps[lo:hi], until[i], side="left"),
        )
        sold = stamps[inside][pieces[inside] > 0]
        if len(sold):
            first[i] = sold[0]
            spent[i] = amounts[inside].sum()
    return first, spent


def _refuse_overlaps(ids: pa.Array, began: np.ndarray, ends: np.ndarray) -> None:
    codes = np.asarray(ids.dictionary_encode().indices)
    order = np.lexsort((began, codes))
    same = codes[order][1:] == codes[order][:-1]
    early = began[order][1:] < ends[order][:-1]
    clash = np.flatnonzero(same & early)
    if len(clash):
        raise BadTableError(
            f"row {order[clash[0] + 1] + 1}: a second alert for this customer before the window "
            "of the first is over"
        )
