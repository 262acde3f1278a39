"""Paths of two and three events: how much likelier is the outcome with the path than without?

Who does much walks more paths and reaches more goals, so sequences are compared with others of like
length: the relative risk is Mantel and Haenszel's over strata of length, its interval that of
Greenland and Robins (1985), its p-value that of Cochran, Mantel and Haenszel's test. Many paths are
looked at, so p-values are corrected by Holm (1979): the chance of even one false finding in a run
stays below 5 %. Naive baseline: the outcome is as frequent with any path as over all (1.0×).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa
from scipy.special import ndtr

from zhiyin.insight.contract import Floats, NotEnoughHistoryError, Words
from zhiyin.insight.given import As, Flags, Integers, Rows, coded, given, left_out_words, places
from zhiyin.insight.paths.sequences import PAUSE, Sequences, Unit, sequences

ARROW = " → "
FALSE_FINDINGS = 0.05  # chance of any in a run
_Z = 1.959964
_STRATA = 12
_FEWEST = 5  # outcomes expected with a path, else it is not judged


@dataclass(frozen=True)
class PathModel:
    """`table` has one row a path, the surest first; see `score`."""

    as_of: datetime
    goal: str
    units: int
    with_goal: int
    table: pa.Table
    notes: list[Words]

    def score(self) -> pa.Table:
        """Columns: path (events with arrows), events (list), units, goals, with_path (share that
        reached the goal), without_path (the same for sequences of like length), relative_risk,
        low, high (95 %), p_value, p_holm, finding (true where p_holm < 5 %), weight (sum of the
        weights of the events on it), sentence_zh, sentence_en.
        """
        return self.table

    def findings(self) -> pa.Table:
        """The paths that differ for sure."""
        return self.table.filter(self.table.column("finding"))


def fit(
    events: Rows,
    as_of: datetime,
    *,
    goal: str | None = None,
    outcome: Rows | None = None,
    unit: Literal["customer", "visit"] = "customer",
    lengths: Sequence[int] = (2, 3),
    since: datetime | None = None,
    pause: timedelta = PAUSE,
    most: int = 500,
) -> PathModel:
    """Judge the `most` frequent paths of `lengths` events, one right after the other.

    Either `goal` names an event: only what came before the first one in a sequence counts as its
    path. Or `outcome` says by customer_id and happened (yes or no) what came later, and the events
    given must lie before it. Raises NotEnoughHistoryError where all or none reached the goal.
    """
    if (goal is None) == (outcome is None):
        raise ValueError("name a goal or give an outcome, one of the two")
    kind = Unit(unit)
    if outcome is not None and kind is not Unit.CUSTOMER:
        raise ValueError("an outcome belongs to a customer, not to a visit")
    walked = sequences(events, as_of, unit=kind, since=since, pause=pause)
    if goal is not None:
        reached, before = _until_goal(walked, walked.place(goal))
    else:
        assert outcome is not None
        reached, before = _outcomes(walked, outcome), np.ones(len(walked.unit), dtype=np.bool_)
    asked = ~np.isnan(reached)
    if not asked.any() or not 0 < np.nanmean(reached) < 1:
        raise NotEnoughHistoryError(
            "paths are told apart by whom the outcome came to and whom not; here it is all or none"
        )
    name = goal if goal is not None else "outcome"
    before &= asked[walked.unit]
    table = _judged(walked, reached, before, lengths, most, name)
    with_goal = int(np.nansum(reached))
    return PathModel(as_of, name, int(asked.sum()), with_goal, table,
                     _notes(walked, table, int(asked.sum()), with_goal))  # fmt: skip


def _until_goal(walked: Sequences, goal: int) -> tuple[Floats, Flags]:
    """Which sequences reached it, and which events came before its first time."""
    at_goal = walked.event == goal
    first = np.full(len(walked), len(walked.event), dtype=np.int64)
    np.minimum.at(first, walked.unit[at_goal], np.flatnonzero(at_goal))
    before = np.arange(len(walked.event)) < first[walked.unit]
    return (first < len(walked.event)).astype(np.float64), before


def _outcomes(walked: Sequences, outcome: Rows) -> Floats:
    """1 or 0 for each sequence; NaN where the outcome of its customer is not told."""
    told = given(outcome, {"customer_id": As.IDENTIFIER, "happened": As.FLAG})
    ids, place = coded(told.rows.column("customer_id").combine_chunks())
    happened = np.zeros(len(ids))
    np.maximum.at(happened, place, told.flags("happened").astype(np.float64))
    at = places(walked.customers, ids)[walked.owner]
    return np.where(at >= 0, happened[np.maximum(at, 0)] if len(ids) else 0.0, np.nan)


def _judged(
    walked: Sequences,
    reached: Floats,
    before: Flags,
    lengths: Sequence[int],
    most: int,
    goal: str,
) -> pa.Table:
    unit, event = walked.unit[before], walked.event[before]
    weight = walked.weight[before]
    stratum = _strata(unit, reached, len(walked))
    alphabet = len(walked.names)
    rows = []
    for length in lengths:
        code, who, heavy = _grams(unit, event, weight, length, alphabet)
        if len(code) == 0:
            continue
        paths, place = np.unique(code, return_inverse=True)
        pair = np.unique(place * len(walked) + who)  # a path counts once a sequence
        at, who_once = pair // len(walked), pair % len(walked)
        load: Floats = np.asarray(np.bincount(place, weights=heavy, minlength=len(paths)), float)
        times = np.bincount(at, minlength=len(paths))
        kept = np.sort(np.lexsort((paths, -times))[:most])
        new = np.full(len(paths), -1, dtype=np.int64)
        new[kept] = np.arange(len(kept))
        chosen = new[at] >= 0
        rows.append(
            (length, paths[kept], load[kept],
             _mantel_haenszel(new[at][chosen], who_once[chosen], len(kept), reached, stratum))
        )  # fmt: skip
    return _table(walked, rows, alphabet, goal)


def _strata(unit: Integers, reached: Floats, units: int) -> Integers:
    """Sequences of like length; -1 for those whose outcome is not known."""
    length = np.bincount(unit, minlength=units)
    known = ~np.isnan(reached)
    cuts = np.unique(np.quantile(length[known], np.linspace(0, 1, _STRATA + 1)[1:-1]))
    short = np.arange(1, 9)  # short ones by their exact length: there it matters most
    return np.where(known, np.searchsorted(np.union1d(cuts, short), length), -1)


def _grams(
    unit: Integers, event: Integers, weight: Floats, length: int, alphabet: int
) -> tuple[Integers, Integers, Floats]:
    """Every run of `length` events in a sequence: its code, sequence and weight."""
    count = len(unit) - length + 1
    if count <= 0:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, np.zeros(0)
    inside = unit[:count] == unit[length - 1 :]
    code = np.zeros(count, dtype=np.int64)
    heavy = np.zeros(count)
    for step in range(length):
        code = code * alphabet + event[step : step + count]
        heavy += weight[step : step + count]
    return code[inside], unit[:count][inside], heavy[inside]


@dataclass(frozen=True)
class _Judged:
    """One value a path."""

    n: Floats
    goals: Floats
    without: Floats
    ratio: Floats
    low: Floats
    high: Floats
    p: Floats


def _mantel_haenszel(
    path: Integers, who: Integers, paths: int, reached: Floats, stratum: Integers
) -> _Judged:
    """Sums over strata; a, b: reached with and without the path; n1, n0: sequences of each."""
    strata = int(stratum.max()) + 1
    known = stratum >= 0
    total = np.bincount(stratum[known], minlength=strata).astype(np.float64)
    events = np.bincount(stratum[known], weights=reached[known], minlength=strata)
    cell = path * strata + stratum[who]
    n1 = np.bincount(cell, minlength=paths * strata).reshape(paths, strata).astype(np.float64)
    a: Floats = np.asarray(np.bincount(cell, weights=reached[who], minlength=paths * strata), float)
    a = a.reshape(paths, strata)
    n0, b = total - n1, events - a
    both = (n1 > 0) & (n0 > 0)
    n = np.maximum(total, 1.0)

    def summed(values: Floats) -> Floats:
        return np.asarray(np.where(both, values, 0.0).sum(axis=1))

    top, bottom = summed(a * n0 / n), summed(b * n1 / n)
    # half an outcome on either side: a path that nobody failed on has a ratio too
    ratio = (top + 0.25) / (bottom + 0.25)
    spread = summed((n1 * n0 * events - a * b * n) / n**2)
    log_error = np.sqrt(
        np.maximum(spread, 1e-12) / np.maximum((top + 0.25) * (bottom + 0.25), 1e-12)
    )
    expected = summed(n1 * events / n)
    variance = summed(n1 * n0 * events * (n - events) / (n**2 * np.maximum(n - 1, 1)))
    away = np.maximum(np.abs(summed(a) - expected) - 0.5, 0.0)
    p = 2 * (1 - ndtr(away / np.sqrt(np.maximum(variance, 1e-12))))
    compared_n1 = np.maximum(summed(n1), 1e-12)
    without = summed(n1 * b / np.maximum(n0, 1e-12)) / compared_n1
    # too few outcomes to be expected either way: the approximations do not hold, so no finding
    rare = np.minimum(expected, compared_n1 - expected) < _FEWEST
    return _Judged(
        n1.sum(axis=1), a.sum(axis=1), without, ratio, ratio * np.exp(-_Z * log_error),
        ratio * np.exp(_Z * log_error), np.where(rare, np.nan, p),
    )  # fmt: skip


def holm(p: Floats) -> Floats:
    """Step-down correction: the largest chance of a false finding up to this one."""
    order = np.argsort(p, kind="stable")
    factor = np.arange(len(p), 0, -1)
    raised = np.maximum.accumulate(p[order] * factor)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def _table(
    walked: Sequences,
    rows: list[tuple[int, Integers, Floats, _Judged]],
    alphabet: int,
    goal: str,
) -> pa.Table:
    names: list[list[str]] = []
    for length, codes, _, _ in rows:
        digits = [codes // alphabet ** (length - 1 - k) % alphabet for k in range(length)]
        names += [[walked.names[d] for d in path] for path in zip(*digits, strict=True)]

    def column(name: str) -> Floats:
        parts = [np.asarray(getattr(judged, name)) for *_, judged in rows]
        return np.concatenate(parts) if parts else np.zeros(0)

    n, goals, ratio = column("n"), column("goals"), column("ratio")
    without, low, high, p = column("without"), column("low"), column("high"), column("p")
    judged = np.isfinite(p)
    p_holm = np.full(len(p), np.nan)
    p_holm[judged] = holm(p[judged])
    finding = np.nan_to_num(p_holm, nan=1.0) < FALSE_FINDINGS
    share = np.divide(goals, n, out=np.zeros_like(n), where=n > 0)
    weight = np.concatenate([w for _, _, w, _ in rows]) if rows else np.zeros(0)
    said = [_sentence(ARROW.join(e), goal, *v) for e, *v in zip(
        names, ratio, low, high, n, share, finding, strict=True)]  # fmt: skip
    table = pa.table(
        {
            "path": pa.array([ARROW.join(e) for e in names], pa.string()),
            "events": pa.array(names, pa.list_(pa.string())),
            "units": pa.array(n.astype(np.int64)),
            "goals": pa.array(goals.astype(np.int64)),
            "with_path": pa.array(share),
            "without_path": pa.array(without),
            "relative_risk": pa.array(ratio),
            "low": pa.array(low),
            "high": pa.array(high),
            "p_value": pa.array(p, mask=~judged),
            "p_holm": pa.array(p_holm, mask=~judged),
            "finding": pa.array(finding),
            "weight": pa.array(weight),
            "sentence_zh": pa.array([s.zh for s in said], pa.string()),
            "sentence_en": pa.array([s.en for s in said], pa.string()),
        }
    )
    order = np.lexsort((np.arange(len(p)), -n, np.nan_to_num(p, nan=2.0)))
    return table.take(pa.array(order))


def _sentence(
    path: str, goal: str, ratio: float, low: float, high: float, n: float, share: float,
    finding: bool,
) -> Words:  # fmt: skip
    zh = (
        f"走过「{path}」的 {n:,.0f} 条序列中 {share:.1%} 到达「{goal}」，是长度相近而没走过的 "
        f"{ratio:.2f} 倍（95% 区间 {low:.2f}–{high:.2f}）"
    )
    en = (
        f"of {n:,.0f} sequences with “{path}” {share:.1%} reach “{goal}”, {ratio:.2f}× those of "
        f"like length without it (95% interval {low:.2f}–{high:.2f})"
    )
    if finding:
        return Words(f"{zh}；这是关联。", f"{en}; this is an association.")
    return Words(f"{zh}；看得路径多，这可能是偶然。", f"{en}; with so many paths it may be chance.")


def _notes(walked: Sequences, table: pa.Table, units: int, with_goal: int) -> list[Words]:
    looks = int(table.num_rows - table.column("p_value").null_count)
    notes = [
        Words(
            f"{units:,} 条序列，{with_goal:,} 条到达；检验了 {looks} 条路径，按 Holm 校正，"
            f"出现任何一个假发现的概率低于 {FALSE_FINDINGS:.0%}",
            f"{units:,} sequences, {with_goal:,} reached the goal; {looks} paths tested, corrected "
            f"by Holm: the chance of any false finding is below {FALSE_FINDINGS:.0%}",
        )
    ]
    return notes + left_out_words(walked.left_out)
