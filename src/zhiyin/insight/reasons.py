"""From numbers to sentences: what a feature is called, and how a contribution reads.

Every feature of `customer_features` that a model may use is listed here once with its name and its
sentence in both languages; a feature without an entry is not offered to a model.
"""

from collections.abc import Callable, Mapping

import numpy as np

from zhiyin.insight.contract import Floats, Frame, Reason, Words

_NAMES: dict[str, Words] = {
    "recency_days": Words("距上次购买", "Days since last purchase"),
    "overdue": Words("超期倍数", "Overdue against own rhythm"),
    "mean_gap_days": Words("购买间隔", "Days between purchases"),
    "gap_spread": Words("间隔是否规律", "Regularity of gaps"),
    "tenure_days": Words("客户年龄", "Days as a customer"),
    "orders": Words("订单数", "Orders"),
    "orders_30d": Words("近 30 天订单", "Orders, 30 days"),
    "orders_90d": Words("近 90 天订单", "Orders, 90 days"),
    "orders_180d": Words("近 180 天订单", "Orders, 180 days"),
    "revenue": Words("累计消费", "Revenue so far"),
    "revenue_30d": Words("近 30 天消费", "Revenue, 30 days"),
    "revenue_90d": Words("近 90 天消费", "Revenue, 90 days"),
    "revenue_180d": Words("近 180 天消费", "Revenue, 180 days"),
    "aov": Words("客单价", "Average order value"),
    "items": Words("购买件数", "Items bought"),
    "products": Words("买过的商品种数", "Different products"),
    "return_rate": Words("退货率", "Return rate"),
    "late_hour_share": Words("深夜下单占比", "Late-hour share"),
    "visits_30d": Words("近 30 天访问", "Visits, 30 days"),
    "product_views_30d": Words("近 30 天看商品", "Product views, 30 days"),
    "carts_30d": Words("近 30 天加购", "Added to cart, 30 days"),
    "messages_90d": Words("近 90 天咨询", "Service messages, 90 days"),
    "complaints_90d": Words("近 90 天投诉", "Complaints, 90 days"),
    "policy_views_30d": Words("近 30 天看退货政策", "Return-policy views, 30 days"),
    "last_visit_days": Words("距上次访问", "Days since last visit"),
    "open_complaints": Words("未解决投诉", "Open complaints"),
    "recency_of_tenure": Words("未购天数占客户年龄", "Time since last purchase, share of tenure"),
    "recency_of_horizon": Words("未购天数占预测期", "Time since last purchase, share of horizon"),
    "tenure_of_horizon": Words("客户年龄占预测期", "Tenure, share of horizon"),
    "gap_of_horizon": Words("购买间隔占预测期", "Gap between purchases, share of horizon"),
    "order_days": Words("购买天数", "Days with a purchase"),
    "rate": Words("购买频率", "Purchase rate"),
    "expected_orders": Words("预计再买次数", "Expected orders"),
    "order_value": Words("预计每单金额", "Expected order value"),
    "returns": Words("还会再买的概率", "Chance of buying again"),
}

_COUNTED: dict[str, Words] = {
    "orders": Words("一共下过 {v:,.0f} 单", "{v:,.0f} order{s} so far"),
    "orders_30d": Words("近 30 天下了 {v:,.0f} 单", "{v:,.0f} order{s} in the last 30 days"),
    "orders_90d": Words("近 90 天下了 {v:,.0f} 单", "{v:,.0f} order{s} in the last 90 days"),
    "orders_180d": Words("近 180 天下了 {v:,.0f} 单", "{v:,.0f} order{s} in the last 180 days"),
    "revenue": Words("累计消费 {v:,.0f}", "spent {v:,.0f} so far"),
    "revenue_30d": Words("近 30 天消费 {v:,.0f}", "spent {v:,.0f} in the last 30 days"),
    "revenue_90d": Words("近 90 天消费 {v:,.0f}", "spent {v:,.0f} in the last 90 days"),
    "revenue_180d": Words("近 180 天消费 {v:,.0f}", "spent {v:,.0f} in the last 180 days"),
    "aov": Words("每单平均 {v:,.0f}", "{v:,.0f} an order on average"),
    "items": Words("一共买了 {v:,.0f} 件", "{v:,.0f} item{s} so far"),
    "products": Words("买过 {v:,.0f} 种商品", "{v:,.0f} different product{s}"),
    "return_rate": Words("退货占消费的 {v:.0%}", "returned {v:.0%} of what was bought"),
    "late_hour_share": Words("{v:.0%} 的订单在深夜", "{v:.0%} of orders placed late at night"),
    "tenure_days": Words("第一次购买在 {v:,.0f} 天前", "first purchase {v:,.0f} day{s} ago"),
    "mean_gap_days": Words("平均 {v:,.0f} 天买一次", "buys every {v:,.0f} days on average"),
    "gap_spread": Words(
        "购买间隔的波动是均值的 {v:.1f} 倍", "gaps vary by {v:.1f} times their mean"
    ),
    "visits_30d": Words("近 30 天来访 {v:,.0f} 次", "{v:,.0f} visit{s} in the last 30 days"),
    "product_views_30d": Words(
        "近 30 天看了 {v:,.0f} 次商品", "viewed products {v:,.0f} time{s} in 30 days"
    ),
    "carts_30d": Words("近 30 天加购 {v:,.0f} 次", "added to cart {v:,.0f} time{s} in 30 days"),
    "messages_90d": Words("近 90 天咨询 {v:,.0f} 次", "{v:,.0f} service message{s} in 90 days"),
    "complaints_90d": Words("近 90 天投诉 {v:,.0f} 次", "{v:,.0f} complaint{s} in 90 days"),
    "policy_views_30d": Words(
        "近 30 天看了 {v:,.0f} 次退货政策", "read the return policy {v:,.0f} time{s} in 30 days"
    ),
    "open_complaints": Words("{v:,.0f} 个投诉未解决", "{v:,.0f} complaint{s} still open"),
    "last_visit_days": Words("{v:,.0f} 天没来访", "{v:,.0f} day{s} since the last visit"),
}  # fmt: skip

_UNKNOWN: dict[str, Words] = {
    "mean_gap_days": Words("只买过一天，还没有购买节奏", "bought on one day only, no rhythm yet"),
    "gap_spread": Words("购买次数太少，看不出规律", "too few purchases to see a rhythm"),
    "last_visit_days": Words("没有访问记录", "no visit on record"),
}


def feature_name(feature: str) -> Words:
    return _NAMES.get(feature, Words(feature, feature))


# grows with the length of the history itself, so that yesterday's model meets ages never seen
_NOT_LEARNED = frozenset({"tenure_days", "order_days"})


def usable(names: list[str]) -> list[str]:
    """Those columns that a reason can be given for, in a fixed order."""
    return [name for name in _NAMES if name in names and name not in _NOT_LEARNED]


def design(frame: Frame) -> dict[str, Floats]:
    """The inputs of the supervised models: the features plus what they say together."""
    columns = {name: frame.column(name) for name in usable(list(frame.table.column_names))}
    if "mean_gap_days" in columns:
        gap = columns["mean_gap_days"]
        columns["overdue"] = columns["recency_days"] / np.maximum(gap, 1.0)
        if frame.has("gap_sd_days"):
            columns["gap_spread"] = frame.column("gap_sd_days") / np.maximum(gap, 1.0)
    return {name: columns[name] for name in _NAMES if name in columns}


def _plural(value: float) -> str:
    return "" if f"{value:.0f}" == "1" else "s"


def sentence(feature: str, value: float, row: Callable[[str], float]) -> Words:
    """How one feature of one customer reads; `row` gives his other features."""
    if feature in ("recency_days", "overdue"):
        days, gap = row("recency_days"), row("mean_gap_days")
        zh = f"{days:,.0f} 天没买"
        en = f"{days:,.0f} day{_plural(days)} since last purchase"
        if np.isfinite(gap):
            return Words(f"{zh}，本人通常 {gap:,.0f} 天一次", f"{en}; usually every {gap:,.0f}")
        return Words(zh, en)
    if not np.isfinite(value):
        return _UNKNOWN.get(
            feature,
            Words(f"{feature_name(feature).zh}未知", f"{feature_name(feature).en}: unknown"),
        )
    text = _COUNTED[feature]
    return Words(text.zh.format(v=value), text.en.format(v=value, s=_plural(value)))


def strongest(
    inputs: dict[str, Floats],
    points: Floats,
    known: dict[str, Floats] | None = None,
    most: int = 4,
    least: float = 0.005,
) -> list[list[Reason]]:
    """For each customer the features that weigh most. `points`: customers x features, as a share.

    `known` holds further features that a sentence may mention.

    Days since the last purchase and their ratio to the usual gap are one fact to a reader: their
    contributions are added.
    """
    names = list(inputs)
    facts = inputs if known is None else {**known, **inputs}
    points = points.copy()
    if "overdue" in inputs and "recency_days" in inputs:
        into, out = names.index("recency_days"), names.index("overdue")
        points[:, into] += points[:, out]
        points[:, out] = 0.0
    return heaviest(
        names, points, facts, most, least=least, weigh=lambda point: round(100 * point, 1)
    )


def heaviest(
    names: list[str],
    points: Floats,
    facts: Mapping[str, Floats],
    most: int,
    *,
    least: float = 0.0,
    weigh: Callable[[float], float],
) -> list[list[Reason]]:
    """For each customer the largest of `points` (customers x `names`) as weighed sentences."""
    top = np.argsort(-np.abs(points), axis=1, kind="stable")[:, :most]
    told: list[list[Reason]] = []
    for i, chosen in enumerate(top):

        def value_of(name: str, i: int = i) -> float:
            return float(facts[name][i]) if name in facts else float("nan")

        reasons = []
        for j in chosen:
            if abs(points[i, j]) < least:
                continue
            words = sentence(names[j], value_of(names[j]), value_of)
            reasons.append(Reason(names[j], words.zh, words.en, weigh(float(points[i, j]))))
        told.append(reasons)
    return told
