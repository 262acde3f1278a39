"""How healthy a business account is: depth and breadth of use, trend, tickets, renewal.

A score from 0 to 100 that adds up from stated parts, because a customer-success manager has to be
able to argue with it. What is not known of an account drops out and the rest counts for more; the
answer says so. Where past renewals are known, `learned` asks the contest whether a model of the
same parts tells them apart better than the stated weights do.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight import contest, leads, metrics
from zhiyin.insight.contract import (
    DAY_US,
    Floats,
    NotEnoughHistoryError,
    Reason,
    Words,
    microseconds,
    score_table,
)
from zhiyin.insight.labels import labelled
from zhiyin.insight.leads import Leads
from zhiyin.insight.metrics import Span, spanned
from zhiyin.insight.rivals import Kind
from zhiyin.insight.tables import BadTableError, Tabular, arrow, text_column

FACTS = (
    "seats", "active_users", "features_used", "features_offered", "usage_30d", "usage_before_30d",
    "tickets_90d", "urgent_90d", "satisfaction",
)  # fmt: skip


class Part(StrEnum):
    """What health is made of."""

    DEPTH = "depth"
    BREADTH = "breadth"
    TREND = "trend"
    TICKETS = "tickets"
    RENEWAL = "renewal"


class Grade(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


NAMES: dict[Part, Words] = {
    Part.DEPTH: Words("使用深度", "Depth of use"),
    Part.BREADTH: Words("使用广度", "Breadth of use"),
    Part.TREND: Words("使用趋势", "Trend of use"),
    Part.TICKETS: Words("工单", "Tickets"),
    Part.RENEWAL: Words("续约", "Renewal"),
}


class Weights(msgspec.Struct, frozen=True):
    """Points of each part; they need not add up to 100. Grades are cut at `green` and `amber`."""

    depth: float = 30
    breadth: float = 15
    trend: float = 25
    tickets: float = 20
    renewal: float = 10
    green: float = 70
    amber: float = 40

    def __post_init__(self) -> None:
        if min(self.of(part) for part in Part) < 0 or sum(self.of(part) for part in Part) <= 0:
            raise BadTableError("weights are 0 or more, and not all 0")

    def of(self, part: Part) -> float:
        return float(getattr(self, part))


def score(accounts: Tabular, as_of: datetime, weights: Weights | None = None) -> pa.Table:
    """The health of each account at a date, one row each.

    `accounts` has account_id, any of `FACTS` (counts of the 30 or 90 days before the date;
    `satisfaction` from 0 to 1) and `renews_at`. Columns of the answer: customer_id (the account),
    value (0 to 100), low, high (empty), reasons, grade, one column a part (its points; empty where
    unknown). Raises BadTableError with the row of a negative count, or of more active users than
    seats by a factor of ten (a mistake of units).
    """
    used = weights or Weights()
    table = arrow(accounts, "account_id")
    parts = measured(table, as_of)
    known = np.column_stack([np.isfinite(parts[part]) for part in Part])
    weight = np.array([used.of(part) for part in Part]) * known
    total = weight.sum(axis=1)
    if len(total) and not np.any(total > 0):
        raise NotEnoughHistoryError("nothing is known of any account")
    share = np.divide(weight, total[:, None], out=np.zeros_like(weight), where=total[:, None] > 0)
    points = 100 * share * np.nan_to_num(np.column_stack([parts[part] for part in Part]))
    health = np.where(total > 0, points.sum(axis=1), np.nan)
    grade = np.where(
        health >= used.green, Grade.GREEN, np.where(health >= used.amber, Grade.AMBER, Grade.RED)
    )
    told = _reasons(table, as_of, points, 100 * share, known)
    ids = text_column(table, "account_id")
    scores = score_table(ids, health, reasons=told)
    scores = scores.append_column("grade", pa.array([str(one) for one in grade], pa.string()))
    for at, part in enumerate(Part):
        column = pa.array(points[:, at], pa.float64(), mask=~known[:, at])
        scores = scores.append_column(str(part), column)
    return scores


def measured(table: pa.Table, as_of: datetime) -> dict[Part, Floats]:
    """Each part from 0 (bad) to 1 (good); NaN where what it needs is not known."""
    fact = _facts(table)
    seats, active = fact("seats"), fact("active_users")
    mixed_up = active > 10 * seats
    if mixed_up.any():
        raise BadTableError(f"row {int(np.argmax(mixed_up)) + 1}: ten times more users than seats")
    before, now = fact("usage_before_30d"), fact("usage_30d")
    # ten uses more on both sides: from 1 to 3 is not a tripling
    growth = np.log((now + 10) / (before + 10))
    a_seat = (fact("tickets_90d") + 3 * fact("urgent_90d")) / np.maximum(seats, 1)
    happy = fact("satisfaction")
    calm = 1 / (1 + 4 * a_seat)
    days = renewal_days(table, as_of)
    return {
        Part.DEPTH: np.clip(_ratio(active, seats), 0, 1),
        Part.BREADTH: np.clip(_ratio(fact("features_used"), fact("features_offered")), 0, 1),
        Part.TREND: np.clip(0.5 + growth, 0, 1),
        Part.TICKETS: np.where(np.isfinite(happy), (calm + happy) / 2, calm),
        # close to its end a contract is in question; past it, it has not been renewed
        Part.RENEWAL: np.clip(days / 180, 0, 1),
    }


def renewal_days(table: pa.Table, as_of: datetime) -> Floats:
    """Days until the renewal; negative once it is over; NaN where none is known."""
    if "renews_at" not in table.column_names:
        return np.full(table.num_rows, np.nan)
    at = pc.cast(table.column("renews_at").combine_chunks(), pa.timestamp("us", tz="UTC"))
    us = pc.cast(at.cast(pa.int64()), pa.float64()).to_numpy(zero_copy_only=False)
    return (np.asarray(us, dtype=np.float64) - microseconds(as_of)) / DAY_US


def learned(
    accounts: Tabular,
    as_of: datetime,
    label: str,
    *,
    kinds: Iterable[Kind] = tuple(Kind),
    repeats: int = contest.REPEATS,
) -> "Learned":
    """Ask whether a model of the same parts is better than the stated weights.

    `accounts` are past accounts as they were at `as_of`, with a label that says who then renewed
    (its positive value: yes, true, 1, renewed). The models are judged on rows not seen; `kinds` and
    `repeats` are those of `leads.fit`.
    """
    table = arrow(accounts, "account_id", label)
    parts = measured(table.drop_columns(label), as_of)
    offered = pa.table({str(part): pa.array(parts[part]) for part in Part})
    told = table.column(label)
    values = pc.unique(pc.cast(told, pa.string())).to_pylist()
    positive = "renewed" if "renewed" in values else None
    offered = offered.append_column(label, told)
    fitted = leads.fit(offered, label, positive=positive, kinds=kinds, repeats=repeats)
    assert fitted.contest is not None
    known = labelled(table, label, positive)
    health = score(known.table, as_of)["value"].to_numpy(zero_copy_only=False)
    weights = metrics.poisson_weights(len(known.happened), 300, seed=3)
    stated = spanned(metrics.auc(np.nan_to_num(health, nan=50.0), known.happened)(weights))
    best = fitted.contest.standings[0].auc
    better = best.low > stated.value
    zh = "按学到的权重用" if better else "学到的模型没有明显更好，继续用写明的权重"
    en = "use the learned one" if better else "not clearly better: the stated weights stay in use"
    return Learned(
        fitted, stated, best, better,
        Words(
            f"写明的权重 AUC {stated.value:.3f}，学到的 {best.value:.3f}；{zh}。",
            f"Stated weights have an AUC of {stated.value:.3f}, learned {best.value:.3f}: {en}.",
        ),
    )  # fmt: skip


class Learned(msgspec.Struct, frozen=True):
    """The learned model, and both AUCs on past renewals."""

    model: Leads
    stated: Span
    best: Span
    better: bool
    sentence: Words


def _facts(table: pa.Table) -> Callable[[str], Floats]:
    """Facts as floats, unknown as NaN; a negative count is refused."""

    def fact(name: str) -> Floats:
        if name not in table.column_names:
            return np.full(table.num_rows, np.nan)
        try:
            values = pc.cast(table.column(name), pa.float64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise BadTableError(f"{name} holds something else than numbers: {error}") from error
        numbers = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
        if np.any(numbers < 0):
            raise BadTableError(f"row {int(np.argmax(numbers < 0)) + 1}: {name} is negative")
        return numbers

    return fact


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def _reasons(
    table: pa.Table, as_of: datetime, points: Floats, most: Floats, known: np.ndarray
) -> list[str]:
    """The parts as sentences, those that cost the most points first; then what is unknown."""
    fact, days = _facts(table), renewal_days(table, as_of)
    facts = {name: fact(name) for name in FACTS}
    lost = np.where(known, most - points, -1.0)
    told = []
    for i in range(table.num_rows):
        row = {name: float(values[i]) for name, values in facts.items()}
        reasons = [
            Reason(part, *_sentence(part, row, float(days[i])), round(float(points[i, at]), 1))
            for at in np.argsort(-lost[i], kind="stable")
            for part in [list(Part)[at]]
            if known[i, at]
        ]
        missing = [NAMES[part] for at, part in enumerate(Part) if not known[i, at]]
        if missing:
            zh, en = "、".join(m.zh for m in missing), ", ".join(m.en.lower() for m in missing)
            zh, en = f"未知，不计分：{zh}", f"not known, left out: {en}"
            reasons.append(Reason("unknown", zh, en, 0.0))
        told.append(msgspec.json.encode(reasons).decode())
    return told


def _sentence(part: Part, row: dict[str, float], days: float) -> tuple[str, str]:
    if part == Part.DEPTH:
        return (
            f"{row['seats']:,.0f} 个席位中 {row['active_users']:,.0f} 人在用",
            f"{row['active_users']:,.0f} of {row['seats']:,.0f} seats in use",
        )
    if part == Part.BREADTH:
        return (
            f"用了 {row['features_offered']:,.0f} 项功能中的 {row['features_used']:,.0f} 项",
            f"{row['features_used']:,.0f} of {row['features_offered']:,.0f} features in use",
        )
    if part == Part.TREND:
        return (
            f"近 30 天使用 {row['usage_30d']:,.0f} 次，之前 {row['usage_before_30d']:,.0f} 次",
            f"{row['usage_30d']:,.0f} uses in 30 days, {row['usage_before_30d']:,.0f} before",
        )
    if part == Part.TICKETS:
        return (
            f"近 90 天 {row['tickets_90d']:,.0f} 张工单，其中紧急 {row['urgent_90d']:,.0f} 张",
            f"{row['tickets_90d']:,.0f} tickets in 90 days, {row['urgent_90d']:,.0f} urgent",
        )
    if days < 0:
        return f"合同 {-days:,.0f} 天前到期未续", f"ran out {-days:,.0f} days ago, not renewed"
    return f"还有 {days:,.0f} 天续约", f"{days:,.0f} days to the renewal"
