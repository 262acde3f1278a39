"""What is bought together: rules with support, confidence and lift, and what to add to a basket.

    from zhiyin.insight import basket
    rules = basket.fit(lines, as_of)
    rules.score()                       # all rules, the surest first
    rules.suggest(["milk", "bread"])    # what goes with this basket

Pairs come from one sparse product of the baskets with themselves; longer sets grow from frequent
ones (Agrawal and Srikant 1994). The interval of a lift is that of a ratio of shares, and p-values
are corrected for all rules looked at by Benjamini and Hochberg, so at most 5 % of those marked are
false in the mean. Levels are the product, its category, or within segments of customers. Naive
baseline of a suggestion: what is in most baskets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtr

from zhiyin.insight.baskets import Baskets, frequent, read_baskets
from zhiyin.insight.compared import Compared, compared, in_use
from zhiyin.insight.contract import Floats, NotEnoughHistoryError, Words
from zhiyin.insight.given import Flags, Rows, left_out_words

FALSE_SHARE = 0.05  # of the rules marked as findings, in the mean
_Z = 1.959964
_JUDGES = 3_000  # baskets
_FEWEST_JUDGES = 50


@dataclass(frozen=True)
class BasketModel:
    """`table` has one row a rule and segment; see `score`."""

    as_of: datetime
    baskets: Baskets
    table: pa.Table
    judged: Compared | None
    notes: list[Words]

    @property
    def in_use(self) -> Literal["model", "baseline"]:
        return in_use(self.judged)

    def score(self) -> pa.Table:
        """Columns: segment (null: everybody), if (list), then, baskets (with all of it), support,
        confidence, lift, low, high (95 %), p_value, p_adjusted, finding, sentence_zh, sentence_en.
        """
        return self.table

    def suggest(self, basket: Sequence[str], n_asked: int = 5) -> list[str]:
        """What is most likely in this basket too.

        A product is as likely as it is in all baskets, or as a rule that fits this one says for
        sure (its share times the lower end of the lift). Where rules were not found to be better,
        what is in most baskets.
        """
        inside = set(basket)
        n = max(len(self.baskets), 1)
        names, counts = self.baskets.items.to_pylist(), self.baskets.counts()
        likely = {p: float(c) / n for p, c in zip(names, counts, strict=True)}
        if self.in_use == "model":
            whole = self.table.filter(pc.is_null(self.table.column("segment")))
            rows = zip(
                whole.column("if").to_pylist(), whole.column("then").to_pylist(),
                whole.column("low").to_pylist(), strict=True,
            )  # fmt: skip
            usual = dict(likely)
            for given, then, low in rows:
                if low > 1 and inside.issuperset(given):
                    likely[then] = max(likely[then], usual[then] * low)
        told = sorted((p for p in likely if p not in inside), key=lambda p: (-likely[p], p))
        return told[:n_asked]


def fit(
    lines: Rows,
    as_of: datetime,
    *,
    level: Literal["product", "category"] = "product",
    segments: Rows | None = None,
    min_support: float = 0.001,
    min_baskets: int = 5,
    longest: int = 3,
) -> BasketModel:
    """Learn from order lines before `as_of`.

    `lines`: order_id, product_id, at, for levels category, for segments customer_id. `segments`:
    customer_id and segment. A rule must be in `min_support` of the baskets and in `min_baskets`.
    Raises NotEnoughHistoryError where no basket holds two things, ColumnsError.
    """
    if longest < 2:
        raise ValueError("a rule has at least two things in it")
    baskets = read_baskets(lines, as_of, level=level, segments=segments)
    if len(baskets) == 0 or baskets.sizes().max() < 2:
        raise NotEnoughHistoryError(f"no basket before {as_of:%Y-%m-%d} holds two different things")
    parts = [_rules(baskets, None, min_support, min_baskets, longest)]
    for at, name in enumerate(baskets.segment_names):
        inside = baskets.part(baskets.segment == at)
        if len(inside):
            parts.append(_rules(inside, name, min_support, min_baskets, 2))
    table = _adjusted(pa.concat_tables(parts))
    judged = _judged(baskets, min_support, min_baskets)
    return BasketModel(as_of, baskets, table, judged, _notes(baskets, table, judged))


def _rules(
    baskets: Baskets, segment: str | None, min_support: float, min_baskets: int, longest: int
) -> pa.Table:
    """Every way to say one thing of a frequent set from the others."""
    n = len(baskets)
    least = max(min_baskets, int(np.ceil(min_support * n)))
    found = frequent(baskets, least, longest)
    count = {one.items: one.baskets for one in found}
    ifs: list[tuple[int, ...]] = []
    thens: list[int] = []
    both: list[int] = []
    for one in found:
        if len(one.items) < 2:
            continue
        for then in one.items:
            rest = tuple(i for i in one.items if i != then)
            ifs.append(rest)
            thens.append(then)
            both.append(one.baskets)
    a = np.array([count[i] for i in ifs], dtype=np.float64)
    b = np.array([count[(t,)] for t in thens], dtype=np.float64)
    ab = np.array(both, dtype=np.float64)
    lift, low, high, p = lifts(ab, a, b, float(n))
    names = baskets.items.to_pylist()
    told = [
        _sentence([names[i] for i in rest], names[then], float(c), float(v), float(lo), float(hi))
        for rest, then, c, v, lo, hi in zip(ifs, thens, ab / np.maximum(a, 1), lift, low, high,
                                            strict=True)
    ]  # fmt: skip
    return pa.table(
        {
            "segment": pa.array([segment] * len(ifs), pa.string()),
            "if": pa.array([[names[i] for i in rest] for rest in ifs], pa.list_(pa.string())),
            "then": pa.array([names[t] for t in thens], pa.string()),
            "baskets": pa.array(ab.astype(np.int64)),
            "support": pa.array(ab / max(n, 1)),
            "confidence": pa.array(ab / np.maximum(a, 1)),
            "lift": pa.array(lift),
            "low": pa.array(low),
            "high": pa.array(high),
            "p_value": pa.array(p),
            "sentence_zh": pa.array([s.zh for s in told], pa.string()),
            "sentence_en": pa.array([s.en for s in told], pa.string()),
        }
    )


def lifts(both: Floats, a: Floats, b: Floats, n: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Lift, its 95 % interval and a two-sided p-value for a lift of 1.

    `both` of `n` baskets hold both sides, `a` the one, `b` the other. The interval is that of the
    logarithm by the delta method over the four cells of the table; the p-value is the normal one of
    the same table, with the correction for continuity.
    """
    lift = both * n / np.maximum(a * b, 1e-12)
    # with cells p11, p10, p01 the gradient of log p11 − log pa − log pb gives this variance
    p11, pa_, pb = both / n, a / n, b / n
    spread = (1 / np.maximum(p11, 1e-12) - 1 / np.maximum(pa_, 1e-12) - 1 / np.maximum(pb, 1e-12)
              + 2 * p11 / np.maximum(pa_ * pb, 1e-12) - 1) / n  # fmt: skip
    half = _Z * np.sqrt(np.maximum(spread, 1e-12))
    expected = a * b / n
    deviation = np.sqrt(np.maximum(expected * (1 - pa_) * (1 - pb) * n / max(n - 1, 1), 1e-12))
    away = np.maximum(np.abs(both - expected) - 0.5, 0.0)
    p = 2 * (1 - ndtr(away / deviation))
    return lift, lift * np.exp(-half), lift * np.exp(half), p


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p-values: marking those below q keeps the mean share of false ones below q."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def _adjusted(table: pa.Table) -> pa.Table:
    p = np.asarray(table.column("p_value").to_numpy(), dtype=np.float64)
    adjusted = benjamini_hochberg(p)
    lift = np.asarray(table.column("lift").to_numpy(), dtype=np.float64)
    place = table.column_names.index("p_value") + 1
    table = table.add_column(place, "p_adjusted", pa.array(adjusted))
    table = table.add_column(place + 1, "finding", pa.array(adjusted < FALSE_SHARE))
    low = np.asarray(table.column("low").to_numpy(), dtype=np.float64)
    everybody = np.asarray(pc.is_null(table.column("segment")).to_numpy(), dtype=np.bool_)
    order = np.lexsort((np.arange(len(p)), -lift, -low, adjusted >= FALSE_SHARE, ~everybody))
    return table.take(pa.array(order))


def _judged(baskets: Baskets, min_support: float, min_baskets: int) -> Compared | None:
    """One thing is taken out of each late basket: is it among the five suggested for the rest?

    Rules are learned from the first three quarters of the baskets by time.
    """
    cut = int(len(baskets) * 0.75)
    late: Flags = np.arange(len(baskets)) >= cut
    late &= baskets.sizes() >= 2
    asked = np.flatnonzero(late)
    if len(asked) > _JUDGES:
        asked = asked[np.linspace(0, len(asked) - 1, _JUDGES).astype(np.int64)]
    if len(asked) < _FEWEST_JUDGES:
        return None
    early = baskets.part(np.arange(len(baskets)) < cut)
    sure = _pairwise(early, max(min_baskets, int(np.ceil(min_support * len(early)))))
    popular = early.counts()
    ours, naive = np.zeros(len(asked)), np.zeros(len(asked))
    for row, basket in enumerate(asked.tolist()):
        items = baskets.of(basket)
        wanted = int(items[basket % len(items)])
        rest = items[items != wanted]
        base = popular / max(len(early), 1)
        base[rest] = -1.0
        own = base * np.maximum(sure[rest].max(axis=0), 1.0)
        ours[row] = _is_in_first(own, wanted, 5)
        naive[row] = _is_in_first(base, wanted, 5)
    return compared(
        Words("从后四分之一购物篮中抽走一件，前 5 个建议里有它的比例",
              "one thing out of each late basket is among the 5 suggested"),
        (Words("关联规则", "rules"), ours),
        (Words("购物篮里最常见的", "what is in most baskets"), naive),
    )  # fmt: skip


def _pairwise(baskets: Baskets, least: int) -> Floats:
    """Lower end of the lift of every pair, items x items; 0 where it is too rare."""
    together = (baskets.matrix.T @ baskets.matrix).toarray()
    count = np.diag(together).copy()
    np.fill_diagonal(together, 0)
    a, b = np.nonzero(together >= least)
    _, low, _, _ = lifts(together[a, b], count[a], count[b], float(len(baskets)))
    sure = np.zeros_like(together)
    sure[a, b] = low
    return np.asarray(sure)


def _is_in_first(scores: Floats, wanted: int, n: int) -> float:
    """1 if in the first n; equal scores are in the order of the catalogue."""
    above = int((scores > scores[wanted]).sum())
    equal_before = int((scores[:wanted] == scores[wanted]).sum())
    return float(above + equal_before < n and scores[wanted] >= 0)


def _sentence(
    given: list[str], then: str, confidence: float, lift: float, low: float, high: float
) -> Words:
    zh, en = "、".join(given), " and ".join(given)
    return Words(
        f"买了 {zh} 的购物篮里 {confidence:.0%} 也有 {then}，是平常的 {lift:.1f} 倍"
        f"（95% 区间 {low:.1f}–{high:.1f}）",
        f"{confidence:.0%} of baskets with {en} hold {then} too, {lift:.1f}× the usual "
        f"(95% interval {low:.1f} to {high:.1f})",
    )


def _notes(baskets: Baskets, table: pa.Table, judged: Compared | None) -> list[Words]:
    marked = int(pc.sum(table.column("finding")).as_py() or 0)
    notes = [
        Words(
            f"{len(baskets):,} 个购物篮，{table.num_rows:,} 条规则，其中 {marked:,} 条校正后显著"
            f"（Benjamini–Hochberg，假发现平均不超过 {FALSE_SHARE:.0%}）",
            f"{len(baskets):,} baskets, {table.num_rows:,} rules, {marked:,} of them findings "
            f"(Benjamini and Hochberg: at most {FALSE_SHARE:.0%} false in the mean)",
        )
    ]
    if judged is not None:
        notes.append(judged.sentence)
    return notes + left_out_words(baskets.left_out)
