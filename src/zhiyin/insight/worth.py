"""What a customer is worth, in parts that add up: revenue, goods, service, payment, people brought.

The money of the value model is turned into a contribution by the costs that the company states; a
cost that was not stated counts as nothing, and a fact that nobody recorded is listed as unknown.
Rates of single customers are drawn towards everybody's, because one complaint in one order is not a
rate. What is not money (reviews, influence) is told beside it in its own unit and never added up.
"""

from collections.abc import Callable

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight.contract import Floats, Reason, Words, aligned
from zhiyin.insight.tables import BadTableError, Tabular, arrow, number_column, text_column

FACTS = (
    "orders_365d", "revenue_365d", "returned_365d", "returns_365d", "tickets_365d",
    "complaints_365d", "days_late", "overdue", "referrals_365d", "reviews_365d", "influence",
    "active_months", "tenure_days", "categories",
)  # fmt: skip
_LIKE_ORDERS = 3.0  # a customer's own rate counts as much as everybody's after so many orders
_DAYS = 365.0


class Costs(msgspec.Struct, frozen=True):
    """What the company says its costs are, in the currency of the orders.

    `margin`: share of revenue left after goods. `capital`: cost of money for a year, as a share.
    `unpaid`: share of overdue money that is never paid. `referral`: worth of one customer brought.
    """

    margin: float = 1.0
    order: float = 0.0
    returned: float = 0.0
    ticket: float = 0.0
    complaint: float = 0.0
    capital: float = 0.0
    unpaid: float = 0.0
    referral: float = 0.0

    def __post_init__(self) -> None:
        for name in ("margin", "unpaid"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadTableError(f"{name} is a share between 0 and 1, not {getattr(self, name)}")
        for name in ("order", "returned", "ticket", "complaint", "capital", "referral"):
            if not getattr(self, name) >= 0:
                raise BadTableError(f"{name} is a cost of 0 or more, not {getattr(self, name)}")


PARTS: dict[str, Words] = {
    "revenue": Words("预计收入", "Expected revenue"),
    "goods": Words("商品成本", "Cost of goods"),
    "handling": Words("订单履约", "Handling orders"),
    "returns": Words("退货处理", "Handling returns"),
    "service": Words("客服与投诉", "Service and complaints"),
    "payment": Words("拖欠与坏账", "Late and lost payments"),
    "referrals": Words("带来的新客", "Customers brought"),
}


class Worth(msgspec.Struct, frozen=True):
    """The table and what was not known: `unknown` facts count as 0 in it."""

    table: pa.Table
    unknown: list[str]


def worth(values: pa.Table, facts: Tabular, costs: Costs) -> Worth:
    """The parts of every scored customer's next 12 months, and how they add up.

    `values` is a score table of `value` (net of what will be sent back); `facts` has customer_id
    and any of `FACTS`, all of the 365 days before the same date (`days_late`: mean days after the
    due date; `overdue`: money overdue now; `influence`: 0 to 1).

    Columns: customer_id, one a part, `total` (their exact sum, to the cent), `low` and `high` (the
    interval of the value carried through), `risk`, `loyalty` and `voice` (0 to 100), reasons.
    Raises BadTableError with the row of a negative fact.
    """
    found = arrow(facts, "customer_id")
    text_column(found, "customer_id")
    for name in FACTS:
        if name in found.column_names:
            _not_negative(found, name)
    ids = values["customer_id"].combine_chunks()

    def fact(name: str) -> Floats:
        return aligned(ids, found, name) if name in found.column_names else np.zeros(len(ids))

    value = np.asarray(values["value"].to_numpy(zero_copy_only=False), dtype=np.float64)
    parts = _parts(value, fact, costs)
    # whole cents first, then the sum: what the page shows adds up
    cents = {name: np.rint(100 * part) for name, part in parts.items()}
    total = np.sum(list(cents.values()), axis=0)
    risk, loyalty, voice = _risk(fact), _loyalty(fact), _voice(fact)
    per_money = _per_money(parts, value)
    spans = {
        end: values[end].to_numpy(zero_copy_only=False).astype(np.float64)
        for end in ("low", "high")
    }
    fixed = cents["referrals"] / 100 + parts["payment"]
    told = [
        msgspec.json.encode(_told(i, cents, total, risk, loyalty)).decode() for i in range(len(ids))
    ]
    table = pa.table(
        {
            "customer_id": ids,
            **{name: pa.array(part / 100, pa.float64()) for name, part in cents.items()},
            "total": pa.array(total / 100, pa.float64()),
            **{
                end: pa.array(edge * per_money + fixed, pa.float64()) for end, edge in spans.items()
            },
            "risk": pa.array(risk, pa.float64()),
            "loyalty": pa.array(loyalty, pa.float64()),
            "voice": pa.array(voice, pa.float64()),
            "reasons": pa.array(told, pa.string()),
        }
    )
    return Worth(table, [name for name in FACTS if name not in found.column_names])


Facts = Callable[[str], Floats]


def shrunk(count: Floats, base: Floats, strength: float = _LIKE_ORDERS) -> Floats:
    """count / base of each, drawn towards everybody's as if each had `strength` more of base."""
    total = float(base.sum())
    usual = float(count.sum()) / total if total > 0 else 0.0
    return np.asarray((count + strength * usual) / (base + strength))


def _parts(value: Floats, fact: Facts, costs: Costs) -> dict[str, Floats]:
    orders, spent = fact("orders_365d"), np.maximum(fact("revenue_365d"), 0.0)
    each = shrunk(spent, orders)
    ahead = np.divide(value, each, out=np.zeros(len(value)), where=each > 0)

    def for_orders(name: str, cost: float) -> Floats:
        """A cost that goes with orders, at the customer's own (shrunk) rate."""
        return -cost * shrunk(fact(name), orders) * ahead

    late = -costs.capital * fact("days_late") / _DAYS * value
    return {
        "revenue": value,
        "goods": -(1 - costs.margin) * value,
        "handling": -costs.order * ahead,
        "returns": for_orders("returns_365d", costs.returned),
        "service": for_orders("tickets_365d", costs.ticket)
        + for_orders("complaints_365d", costs.complaint),
        "payment": late - costs.unpaid * fact("overdue"),
        "referrals": costs.referral * fact("referrals_365d"),
    }


def _per_money(parts: dict[str, Floats], value: Floats) -> Floats:
    """What is left of one more unit of revenue, for the ends of the interval."""
    moving = sum(parts[name] for name in ("revenue", "goods", "handling", "returns", "service"))
    share = np.divide(moving, value, out=np.ones(len(value)), where=np.abs(value) > 1e-9)
    return np.asarray(share)


def _risk(fact: Facts) -> Floats:
    """0 to 100: a third each for goods sent back, complaints an order, and days late."""
    orders, spent = fact("orders_365d"), np.maximum(fact("revenue_365d"), 0.0)
    gross = spent + fact("returned_365d")
    back = shrunk(fact("returned_365d"), gross, strength=max(float(np.median(gross)), 1e-9))
    angry = shrunk(fact("complaints_365d"), orders)
    late = fact("days_late") + 30.0 * (fact("overdue") > 0)
    grades = (np.minimum(back / 0.5, 1), np.minimum(angry / 0.5, 1), np.minimum(late / 60, 1))
    return np.asarray(np.round(100 * np.mean(grades, axis=0)))


def _loyalty(fact: Facts) -> Floats:
    """0 to 100: a quarter each for years, months with a purchase, breadth, and people brought."""
    quarters = (
        np.minimum(fact("tenure_days") / (2 * _DAYS), 1),
        np.minimum(fact("active_months") / 12, 1),
        np.minimum(fact("categories") / 5, 1),
        np.minimum(fact("referrals_365d") / 2, 1),
    )
    return np.asarray(np.round(100 * np.mean(quarters, axis=0)))


def _voice(fact: Facts) -> Floats:
    """0 to 100: half for influence among others, a quarter each for reviews and people brought."""
    loud = (
        0.5 * np.clip(fact("influence"), 0, 1)
        + 0.25 * np.minimum(fact("reviews_365d") / 4, 1)
        + 0.25 * np.minimum(fact("referrals_365d") / 4, 1)
    )
    return np.asarray(np.round(100 * loud))


def _told(
    i: int, cents: dict[str, Floats], total: Floats, risk: Floats, loyalty: Floats
) -> list[Reason]:
    """The parts as sentences, the largest first, and the sum last."""
    ranked = sorted(cents, key=lambda name: -abs(float(cents[name][i])))
    told = [
        Reason(name, f"{PARTS[name].zh} {cents[name][i] / 100:,.2f}",
               f"{PARTS[name].en} {cents[name][i] / 100:,.2f}", float(cents[name][i] / 100))
        for name in ranked
        if cents[name][i] != 0
    ]  # fmt: skip
    sum_ = f"{total[i] / 100:,.2f}"
    told.append(Reason("total", f"合计 {sum_}", f"Together {sum_}", float(total[i] / 100)))
    if risk[i] >= 50:
        told.append(Reason("risk", f"风险 {risk[i]:.0f}/100：退货、投诉或拖欠偏多",
                           f"Risk {risk[i]:.0f} of 100: returns, complaints or late payments",
                           float(risk[i])))  # fmt: skip
    if loyalty[i] >= 50:
        told.append(Reason("loyalty", f"忠诚度 {loyalty[i]:.0f}/100",
                           f"Loyalty {loyalty[i]:.0f} of 100", float(loyalty[i])))  # fmt: skip
    return told


def _not_negative(facts: pa.Table, name: str) -> None:
    wrong = number_column(facts, name) < 0
    if wrong.any():
        raise BadTableError(f"row {int(np.argmax(wrong)) + 1}: {name} is negative")
