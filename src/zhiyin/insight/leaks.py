"""What a model must not see: columns that are the label in disguise, or are filled after the fact.

Two guards. The catalogue knows columns by their names: those that sales or service fill in once the
outcome is near, and identifiers. The test knows them by the data: a column that alone ranks the
label almost perfectly, or a value of it that only ever occurs on one side, is refused by name. A
model that looks too good is nearly always one of the two (Kaufman, Rosset, Perlich 2012, "Leakage
in Data Mining").
"""

import re
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight import metrics
from zhiyin.insight.contract import Floats, InsightError, Words

TOO_GOOD = 0.97  # AUC of one column alone
_PURE, _PURE_SHARE, _PURE_ROWS = 0.995, 0.2, 30
_MOSTLY = 0.6
_BINS = 20
_SHRINK = 5.0
Codes = npt.NDArray[np.int64]


class LeakClass(StrEnum):
    """When a column is known, against the moment of the question."""

    BEFORE = "before"
    AFTER = "after"
    OUTCOME = "outcome"
    IDENTIFIER = "identifier"


class Known(msgspec.Struct, frozen=True):
    """One entry of the catalogue: names that match `pattern` are of this class, and why."""

    pattern: str
    leak: LeakClass
    why: Words


_AFTER_CONTACT = Words(
    "销售联系之后才填写，预测时还不知道", "filled in after sales made contact, not known beforehand"
)
_OUTCOME = Words("就是结果本身或由结果推出", "the outcome itself, or derived from it")
_LATEST = Words(
    "保存的是最后一次状态，结果发生后会被改写", "holds the latest state, rewritten as things happen"
)
_IDENTIFIER = Words("编号，每行不同，学不到规律", "an identifier: different in each row")

CATALOGUE: tuple[Known, ...] = (
    Known(r"churn|流失", LeakClass.OUTCOME, _OUTCOME),
    Known(r"^(converted|conversion|won|lost|is[ _]?won|outcome|result)$|转化结果|成交结果",
          LeakClass.OUTCOME, _OUTCOME),
    Known(r"(cancel|cancellation|termination|churn|leave|loss|lost|closed?|win)[ _]?"
          r"(date|time|at|on|reason|note)|(流失|取消|退订|关闭|成交|输单|赢单)(日期|时间|原因|说明)",
          LeakClass.OUTCOME, _OUTCOME),
    Known(r"^tags?$|^标签$|lead[ _]?(quality|profile|stage|status|grade)|线索(质量|状态|阶段|评级)",
          LeakClass.AFTER, _AFTER_CONTACT),
    Known(r"(last|latest|recent)[ _](notable[ _])?(activity|status|stage|note|contact)|"
          r"最(后|近)(活动|状态|阶段|跟进)", LeakClass.AFTER, _LATEST),
    Known(r"retention[ _]?offer|win[ _]?back|挽回|挽留", LeakClass.AFTER, _AFTER_CONTACT),
    Known(r"(^|[ _])(id|uuid|guid|number|no)$|(?-i:[a-z]ID$)|编号$|号码$|"
          r"^(phone|mobile|e-?mail|手机|邮箱)$", LeakClass.IDENTIFIER, _IDENTIFIER),
)  # fmt: skip


class Disguise(msgspec.Struct, frozen=True):
    """A column that is the label: how well it alone ranks it, and how one can see that."""

    column: str
    auc: float
    why: Words


class LabelInDisguiseError(InsightError):
    """Columns give the label away; `disguises` names each with its proof."""

    def __init__(self, label: str, disguises: list[Disguise]) -> None:
        self.disguises = disguises
        names = ", ".join(one.column for one in disguises)
        proofs = "; ".join(f"{one.column}: {one.why.en}" for one in disguises)
        super().__init__(
            f"{names} gives {label} away ({proofs}); take it out, or name it in `trusted` if it "
            "really is known beforehand"
        )


def classify(column: str) -> Known | None:
    """The entry of the catalogue for a column's name; None where it may be known beforehand.

    An identifier is one only if its values are too: ask `distinct_share` before it is dropped.
    """
    for known in CATALOGUE:
        if re.search(known.pattern, column.strip(), re.IGNORECASE):
            return known
    return None


def distinct_share(values: pa.ChunkedArray) -> float:
    known = len(values) - values.null_count
    return float(pc.count_distinct(values).as_py() / known) if known else 0.0


def disguised(columns: dict[str, pa.ChunkedArray], happened: Floats) -> list[Disguise]:
    """Which columns give the label away by themselves, the clearest first."""
    found = []
    for name, values in columns.items():
        codes = binned(values)
        strength = alone(codes, happened)
        pure = _pure(codes, happened)
        if strength >= TOO_GOOD:
            why = Words(
                f"单独用它排序，AUC 就有 {strength:.3f}",
                f"alone it ranks with an AUC of {strength:.3f}",
            )
        elif pure:
            why = Words(
                f"它的一个取值（或是否为空）占结果的 {pure:.0%}，且从不出现在另一边",
                f"one value of it (or its being filled) holds {pure:.0%} of one side of the label "
                "and never occurs on the other",
            )
        else:
            continue
        found.append(Disguise(name, strength, why))
    return sorted(found, key=lambda one: (-one.auc, one.column))


def binned(values: pa.ChunkedArray) -> Codes:
    """Values as small integers: texts as they are, numbers in 20 equal groups, unknown as 0."""
    plain = values.combine_chunks()
    if pa.types.is_boolean(plain.type):
        plain = pc.cast(plain, pa.int8())
    if pa.types.is_temporal(plain.type):
        plain = pc.cast(plain, pa.timestamp("us")).cast(pa.int64())
    if numeric(plain.type):
        numbers = np.asarray(pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False))
        known = np.isfinite(numbers)
        if not known.any():
            return np.zeros(len(numbers), dtype=np.int64)
        cuts = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
        place = 1 + np.searchsorted(cuts, np.where(known, numbers, 0.0), side="left")
        return np.where(known, place, 0).astype(np.int64)
    texts = pc.cast(plain, pa.string()).dictionary_encode()
    place = pc.fill_null(texts.indices, -1).to_numpy(zero_copy_only=False)
    return np.asarray(place, dtype=np.int64) + 1


def numeric(kind: pa.DataType) -> bool:
    whole = pa.types.is_integer(kind) or pa.types.is_decimal(kind)
    return bool(whole or pa.types.is_floating(kind))


def alone(codes: Codes, happened: Floats) -> float:
    """AUC of one column alone: each half is ranked by what its values meant in the other half.

    A column with a value for each row (an identifier) means nothing in the other half, so it does
    not look like a leak.
    """
    half = np.random.default_rng(41).permutation(len(codes)) % 2 == 0
    size = int(codes.max()) + 1
    rank = np.zeros(len(codes))
    for learn in (half, ~half):
        n = np.bincount(codes[learn], minlength=size)
        hits = np.bincount(codes[learn], happened[learn], minlength=size)
        base = float(happened[learn].mean())
        rank[~learn] = ((hits + _SHRINK * base) / (n + _SHRINK) - base)[codes[~learn]]
    return float(metrics.auc(rank, happened)(np.ones((1, len(codes))))[0])


def _pure(codes: Codes, happened: Floats) -> float:
    """The largest share of one side that a single value holds while it hardly knows the other."""
    n = np.bincount(codes).astype(np.float64)
    hits = np.bincount(codes, happened)
    total = float(happened.sum())
    rest = len(happened) - total
    best = 0.0
    for inside, whole in ((hits, total), (n - hits, rest)):
        # where most are of this side anyway, a pure value proves nothing
        if whole > _MOSTLY * len(codes):
            continue
        pure = (n >= _PURE_ROWS) & (inside >= _PURE * n) & (inside >= _PURE_SHARE * whole)
        if pure.any():
            best = max(best, float((inside[pure] / whole).max()))
    return best
