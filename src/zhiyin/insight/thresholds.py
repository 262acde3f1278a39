"""Churn by a stated rule, beside the model: "no purchase for 3 months and a complaint still open".

A rule is a few conditions that must all hold. It reads as a sentence in both languages, says which
customers it names, and is held beside the model on what came after: of as many people, who names
more of those who left, with the interval of the difference.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight import metrics
from zhiyin.insight.contract import Floats, Frame, Reason, Words
from zhiyin.insight.metrics import Span, spanned
from zhiyin.insight.reasons import feature_name
from zhiyin.insight.tables import BadTableError, Tabular, arrow, number_column, text_column

Flags = npt.NDArray[np.bool_]


class Condition(msgspec.Struct, frozen=True):
    """A feature at least this high, or at most this high, or both."""

    feature: str
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, values: Floats) -> Flags:
        """Unknown values never hold: a rule must not name someone of whom nothing is known."""
        known = np.isfinite(values)
        low = -np.inf if self.at_least is None else self.at_least
        high = np.inf if self.at_most is None else self.at_most
        return np.asarray(known & (values >= low) & (values <= high))

    def words(self) -> Words:
        name = feature_name(self.feature)
        if self.at_least is not None and self.at_most is not None:
            return Words(
                f"{name.zh}在 {self.at_least:g} 到 {self.at_most:g} 之间",
                f"{name.en} between {self.at_least:g} and {self.at_most:g}",
            )
        if self.at_most is not None:
            return Words(f"{name.zh}不超过 {self.at_most:g}", f"{name.en} at most {self.at_most:g}")
        return Words(f"{name.zh}至少 {self.at_least:g}", f"{name.en} at least {self.at_least:g}")


class Threshold(msgspec.Struct, frozen=True):
    """Conditions that must all hold."""

    name: Words
    all_of: list[Condition]

    def __post_init__(self) -> None:
        if not self.all_of:
            raise BadTableError("a rule without a condition would name everybody")
        for one in self.all_of:
            if one.at_least is None and one.at_most is None:
                raise BadTableError(f"{one.feature} has neither a lower nor an upper bound")

    def words(self) -> Words:
        told = [one.words() for one in self.all_of]
        return Words("，且".join(t.zh for t in told), " and ".join(t.en for t in told))

    def named(self, frame: Frame) -> Flags:
        """Whom the rule names. Raises BadTableError for a feature that the frame does not have."""
        missing = [one.feature for one in self.all_of if not frame.has(one.feature)]
        if missing:
            raise BadTableError(f"the rule asks for {', '.join(missing)}, which is not known here")
        held = [one.holds(frame.column(one.feature)) for one in self.all_of]
        return np.asarray(np.logical_and.reduce(held))

    def reasons(self, frame: Frame) -> list[list[Reason]]:
        """For each customer the conditions with his own numbers; nothing for who is not named."""
        told = [one.words() for one in self.all_of]
        values = [frame.column(one.feature) for one in self.all_of]
        return [
            [
                Reason(one.feature, f"{words.zh}（现在 {v[i]:,.0f}）",
                       f"{words.en} (now {v[i]:,.0f})", 0.0)
                for one, words, v in zip(self.all_of, told, values, strict=True)
            ]
            if named
            else []
            for i, named in enumerate(self.named(frame))
        ]  # fmt: skip


QUIET_AND_ANGRY = Threshold(
    Words("3 个月无交易且投诉未解决", "No purchase for 3 months and a complaint still open"),
    [Condition("recency_days", at_least=90), Condition("open_complaints", at_least=1)],
)


def with_facts(frame: Frame, facts: Tabular) -> Frame:
    """The frame with the further columns of a table by customer_id; unknown where it has no row."""
    table = arrow(facts, "customer_id")
    ids = text_column(table, "customer_id")
    if pc.count_distinct(ids).as_py() < len(ids):
        raise BadTableError("customer_id occurs twice in the further facts")
    at = pc.index_in(frame.ids, value_set=ids)
    wider = frame.table
    for name in table.column_names:
        if name != "customer_id":
            number_column(table, name)
            wider = wider.append_column(name, table.column(name).combine_chunks().take(at))
    return Frame(frame.as_of, wider)


class Beside(msgspec.Struct, frozen=True):
    """A rule and a model that names as many: which share of those named left, of those left named.

    `gain` is how much more often the model's people left.
    """

    rule: Words
    named: int
    customers: int
    left: float
    rule_right: Span
    model_right: Span
    gain: Span
    rule_found: float
    model_found: float
    sentence: Words


def beside(rule: Threshold, named: Flags, risk: Floats, left: Floats) -> Beside:
    """Compare on customers of whom it is known who left (1) and who stayed (0).

    Raises BadTableError where the rule names nobody: then there is nothing to compare.
    """
    count = int(named.sum())
    if count == 0:
        raise BadTableError(f"the rule names nobody: {rule.words().en}")
    share = count / len(named)
    weights = metrics.poisson_weights(len(left), 300, seed=19)
    by_rule = weights @ (named * left) / np.maximum(weights @ named.astype(np.float64), 1e-12)
    held = metrics.captured(risk, left, share)(weights)
    by_model = held * (weights @ left) / (share * weights.sum(axis=1))
    gain = spanned(by_model - by_rule)
    total = max(float(left.sum()), 1.0)
    if gain.low > 0:
        zh, en = "模型挑得更准", "the model picks better"
    elif gain.high < 0:
        zh, en = "规则挑得更准", "the rule picks better"
    else:
        zh, en = "分不出高下", "neither is clearly better"
    a, b = float(by_rule[0]), float(by_model[0])
    return Beside(
        rule.words(), count, len(named), float(left.mean()), spanned(by_rule), spanned(by_model),
        gain, float((named * left).sum()) / total, float(held[0]),
        Words(
            f"同样挑 {count:,} 人：规则挑中的有 {a:.0%} 流失，模型挑中的有 {b:.0%}；{zh}。",
            f"Of {count:,} people each: {a:.0%} of the rule's left, {b:.0%} of the model's; {en}.",
        ),
    )  # fmt: skip


def listed(frame: Frame, rules: Sequence[Threshold]) -> pa.Table:
    """Who is named by which rule: customer_id, rule (zh), rule_en, reasons (JSON)."""
    rows = [
        {
            "customer_id": id_,
            "rule": rule.name.zh,
            "rule_en": rule.name.en,
            "reasons": msgspec.json.encode(reasons).decode(),
        }
        for rule in rules
        for id_, named, reasons in zip(
            frame.ids.to_pylist(), rule.named(frame), rule.reasons(frame), strict=True
        )
        if named
    ]
    kinds = [(name, pa.string()) for name in ("customer_id", "rule", "rule_en", "reasons")]
    return pa.Table.from_pylist(rows, pa.schema(kinds))
