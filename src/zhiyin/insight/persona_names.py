"""What a group of customers is called: from what sets it apart, in words of both languages.

A name is built from the strongest deviations of the group from everybody: spending words always,
age and favourite category where attributes are given, "price-sensitive" only where discounts were
recorded. No two groups share a name.
"""

import numpy as np
import numpy.typing as npt

from zhiyin.insight.clusters import Labels
from zhiyin.insight.contract import Floats, Words

NOTABLE = 0.35  # standard deviations away from everybody before a word is used
_PARTS = 3

_WORDS: dict[str, tuple[Words, Words]] = {  # habit → (word when low, word when high)
    "rate": (Words("低频", "rare"), Words("高频", "frequent")),
    "basket": (Words("小额订单", "small orders"), Words("大额订单", "large orders")),
    "recency": (Words("最近活跃", "active lately"), Words("久未购买", "long absent")),
    "unit_price": (Words("偏爱低单价", "low-priced items"), Words("偏爱高单价", "costly items")),
    "variety": (Words("品类专一", "few products"), Words("品类广泛", "many products")),
    "returns": (Words("很少退货", "rarely return"), Words("常退货", "often return")),
    "discount": (Words("不看折扣", "ignore discounts"), Words("价格敏感", "price-sensitive")),
}  # fmt: skip


def named(
    label: Labels,
    z: Floats,
    habits: list[str],
    age: Floats | None,
    categories: list[str | None],
    kept: dict[int, Words],
) -> list[Words]:
    """The name of each group: the one that it had before (`kept`), or one of its own.

    `z` are the habits in standard deviations from everybody.
    """
    parts: list[list[Words]] = []
    for k in range(int(label.max()) + 1):
        inside = label == k
        away = z[inside].mean(axis=0)
        order = np.argsort(-np.abs(away), kind="stable")
        ranked = [_WORDS[habits[j]][int(away[j] > 0)] for j in order if abs(away[j]) > NOTABLE]
        weaker = [_WORDS[habits[j]][int(away[j] > 0)] for j in order if abs(away[j]) <= NOTABLE]
        known = [_age_band(age, inside), _favourite(categories, inside)]
        first = [w for w in known if w is not None]
        parts.append(first + (ranked or [Words("普通顾客", "average customers")]) + weaker)
    return _unique(parts, kept)


def _unique(parts: list[list[Words]], kept: dict[int, Words]) -> list[Words]:
    """Parts are added until no two groups share a name; then they are numbered."""

    def joined(words: list[Words]) -> Words:
        en = " · ".join(w.en for w in words)
        return Words(" · ".join(w.zh for w in words), en[:1].upper() + en[1:])

    lengths = [min(_PARTS, len(p)) for p in parts]
    while True:
        names = [
            kept.get(i, joined(p[:n])) for i, (p, n) in enumerate(zip(parts, lengths, strict=True))
        ]
        clashing = [i for i, name in enumerate(names) if names.count(name) > 1 and i not in kept]
        longer = [i for i in clashing if lengths[i] < len(parts[i])]
        if not longer:
            break
        for i in longer:
            lengths[i] += 1
    taken = {words.zh for words in kept.values()}
    for i, name in enumerate(names):
        if i in kept:
            continue
        number = 1
        while names[i].zh in taken:
            number += 1
            names[i] = Words(f"{name.zh} {number}", f"{name.en} {number}")
        taken.add(names[i].zh)
    return names


def _age_band(age: Floats | None, inside: npt.NDArray[np.bool_]) -> Words | None:
    """The middle half of the ages, to fives, where the group differs or is narrower than all."""
    if age is None:
        return None
    known, everyone = age[inside & np.isfinite(age)], age[np.isfinite(age)]
    if len(known) < 20:
        return None
    shifted = abs(known.mean() - everyone.mean()) > NOTABLE * max(float(everyone.std()), 1e-9)
    if not shifted and known.std() > 0.8 * everyone.std():
        return None
    low, high = np.quantile(known, [0.25, 0.75])
    a, b = int(5 * np.floor(low / 5)), int(5 * np.ceil(high / 5))
    return Words(f"{a}–{b} 岁", f"aged {a}–{b}")


def _favourite(categories: list[str | None], inside: npt.NDArray[np.bool_]) -> Words | None:
    """A category that the group buys clearly more than everybody."""
    known = [c for c in categories if c]
    mine = [c for c, i in zip(categories, inside, strict=True) if i and c] if categories else []
    if len(mine) < 20:
        return None
    best = max(sorted(set(mine)), key=lambda c: mine.count(c) / known.count(c))
    share, usual = mine.count(best) / len(mine), known.count(best) / len(known)
    if share < 0.25 or share < 1.3 * usual:
        return None
    return Words(f"常买{best}", f"buys {best}")
