"""Learns uplift from an experiment, judges it on people it has not seen, and decides.

Five parts, twice: each learner is fitted on four and ranks the fifth. The model in use is the mean
of S, T and X, fixed beforehand, so no winner is picked on the people who judge it. Intervals come
from resampling people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight import metrics
from zhiyin.insight.contract import Floats, NotEnoughHistoryError, Reason, Words, score_table
from zhiyin.insight.given import As, ColumnsError, Integers, Rows, arrow, given, left_out_words
from zhiyin.insight.threads import one_thread
from zhiyin.insight.uplift.deciding import Decision, Effect, Send, decide
from zhiyin.insight.uplift.design import Design, learn_design
from zhiyin.insight.uplift.learners import LEARNERS, RIVALS, Learner, Predictor
from zhiyin.insight.uplift.qini import qini
from zhiyin.insight.uplift.randomised import Balance, NotRandomisedError, balance

PARTS, REPEATS, RESAMPLES = 5, 2, 300
IN_USE, RESPONSE, RANDOM = "mean of S, T and X", "response", "random"
_DISGUISED = 0.95  # correlation of one column with the outcome
_FEWEST = 100  # people in either arm
_GROUPS = 10  # of like uplift, for the interval of a person


class Ranked(msgspec.Struct, frozen=True):
    """Qini of one way to rank: mean over the parts, its spread between them, 95 % interval."""

    name: str
    qini: float
    spread: float
    low: float
    high: float


@dataclass(frozen=True)
class UpliftModel:
    """`rankings` holds every learner, the response model and a random order.

    `stretch` and `centre` turn the mean of the learners, which are held small, into effects as
    large as those seen on people who were not learned from.
    """

    design: Design
    learned: list[Predictor]
    surrogate: Floats
    typical: Floats
    stretch: float
    centre: float
    cuts: Floats
    group_effects: list[Effect]
    rankings: list[Ranked]
    over_response: Effect
    effect: Effect
    decision: Decision
    balance: Balance
    notes: list[Words]
    people: pa.Table
    customer_id: str | None

    @property
    def ranking(self) -> Ranked:
        return next(r for r in self.rankings if r.name == IN_USE)

    @property
    def in_use(self) -> Literal["model", "baseline"]:
        """The baseline is to treat everybody alike."""
        return "model" if self.decision.ranks else "baseline"

    def predict(self, people: Rows) -> Floats:
        """Expected change of the outcome of each person by the offer."""
        rows = self.design.read(arrow(people))
        raw = np.mean([p(rows) for p in self.learned], axis=0)
        return np.asarray(self.effect.value + self.stretch * (raw - self.centre))

    def score(self, people: Rows | None = None) -> pa.Table:
        """customer_id, value (uplift), low, high, reasons, send.

        `low` to `high` is the 95 % interval of the mean effect among people of like uplift, for one
        in ten each. Where the ranking is not in use, everybody has the mean effect.
        """
        table = self.people if people is None else arrow(people)
        value = self.predict(table)
        group = np.searchsorted(self.cuts, value, side="right")
        low = np.array([e.low for e in self.group_effects])[group]
        high = np.array([e.high for e in self.group_effects])[group]
        reasons = self._reasons(self.design.read(table))
        if self.in_use == "baseline":
            value = np.full(len(value), self.effect.value)
            low, high = (np.full(len(value), e) for e in (self.effect.low, self.effect.high))
            same = [Reason("effect", "效果对所有人一样看待", "the effect is taken as equal for all",
                           0.0)]  # fmt: skip
            reasons = [msgspec.json.encode(same).decode()] * len(value)
        ids = (
            pa.array([str(i) for i in range(len(value))])
            if self.customer_id is None
            else given(table, {self.customer_id: As.IDENTIFIER}).rows.column(0).combine_chunks()
        )
        scored = score_table(ids, value, np.minimum(low, value), np.maximum(high, value), reasons)
        send = {
            Send.ALL: np.ones(len(value), np.bool_),
            Send.NONE: np.zeros(len(value), np.bool_),
            Send.BEST: value > 0,
        }[self.decision.send]
        return scored.append_column("send", pa.array(send))

    def _reasons(self, rows: Floats) -> list[str]:
        """What moves the uplift of a person against the typical one, by a straight line."""
        parts = (rows - self.typical) * self.surrogate
        top = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :3]
        names = self.design.names
        told = []
        for i, chosen in enumerate(top):
            reasons = []
            for j in chosen:
                points = 100 * float(parts[i, j])
                if abs(points) < 0.05:
                    continue
                more_zh, more_en = ("更大", "more") if points > 0 else ("更小", "less")
                reasons.append(
                    Reason(names[j], f"{names[j]}：优惠对他的作用{more_zh}",
                           f"{names[j]}: the offer changes {more_en}", round(points, 2))
                )  # fmt: skip
            told.append(msgspec.json.encode(reasons).decode())
        return told


def fit(
    people: Rows,
    *,
    treated: str,
    outcome: str,
    features: Sequence[str] | None = None,
    customer_id: str | None = None,
    worth: float = 1.0,
    cost: float = 0.0,
    despite_bias: bool = False,
) -> UpliftModel:
    """Learn from one row a person of an experiment.

    `treated` names a column of yes or no (who got the offer), `outcome` one of yes or no or of
    amounts; `features` are what was known before (by default all other columns). A unit of outcome
    is worth `worth`, an offer costs `cost`. Raises NotRandomisedError where the arms differ in who
    people are (`despite_bias` warns instead), NotEnoughHistoryError with under 100 people an arm.
    """
    table = arrow(people)
    columns = {treated: As.FLAG, outcome: As.NUMBER}
    taken = given(table.append_column(_ROW, pa.array(range(table.num_rows))),
                  {**columns, _ROW: As.NUMBER})  # fmt: skip
    kept = table.take(pa.array(taken.numbers(_ROW).astype(np.int64)))
    others = [c for c in kept.column_names if c not in (treated, outcome, customer_id)]
    chosen = list(features) if features is not None else others
    asked, came = taken.flags(treated).astype(np.float64), taken.numbers(outcome)
    if min(asked.sum(), (1 - asked).sum()) < _FEWEST:
        raise NotEnoughHistoryError(f"an uplift needs {_FEWEST} people with and without the offer")
    if came.min() == came.max():
        raise NotEnoughHistoryError(f"the outcome {outcome!r} is the same for everybody")
    with one_thread():
        return _fitted(kept, chosen, asked, came, customer_id, worth, cost, despite_bias,
                       taken.left_out)  # fmt: skip


_ROW = "__row__"


def _fitted(
    people: pa.Table,
    features: list[str],
    asked: Floats,
    came: Floats,
    customer_id: str | None,
    worth: float,
    cost: float,
    despite_bias: bool,
    left_out: Mapping[str, int],
) -> UpliftModel:
    design = learn_design(people.select(features))
    rows = design.read(people)
    _refuse_disguise(rows, design.names, came)
    parts = [_parts(asked, came, seed) for seed in range(REPEATS)]
    even = balance(rows, design.names, asked, parts[0])
    if even.refused and not despite_bias:
        raise NotRandomisedError(even.sentence.en)
    unseen = {
        name: np.stack([_unseen(learner, rows, asked, came, part) for part in parts])
        for name, learner in {**LEARNERS, **RIVALS}.items()
    }
    unseen[IN_USE] = np.mean([unseen[name] for name in LEARNERS], axis=0)
    shuffled = np.random.default_rng(3).random((REPEATS, len(rows)))
    unseen[RANDOM] = shuffled
    weights = metrics.poisson_weights(len(rows), RESAMPLES, seed=20260103)
    values = {n: _qinis(u, came, asked, parts, weights) for n, u in unseen.items()}
    rankings = [_ranked(name, whole, spread) for name, (whole, spread) in values.items()]
    ours = next(r for r in rankings if r.name == IN_USE)
    over = _difference(values[IN_USE][0], values[RESPONSE][0])
    effect = _effect(came, asked, weights)
    net = _scaled(effect, worth, cost)
    score = unseen[IN_USE].mean(axis=0)
    learned = [learner(rows, asked, came) for learner in LEARNERS.values()]
    whole = np.mean([p(rows) for p in learned], axis=0)
    stretch, centre = _stretch(score, came, asked), float(score.mean())
    shown = effect.value + stretch * (score - centre)
    without = _leaving_out(shown, came, asked, weights, worth, cost, net.value)
    decision = decide(net, Effect(ours.qini, ours.low, ours.high), over.value, without)
    cuts = np.unique(np.quantile(shown, np.linspace(0, 1, _GROUPS + 1)[1:-1]))
    group = np.searchsorted(cuts, shown, side="right")
    effects = [
        _effect(came[group == g], asked[group == g], weights[:, group == g])
        for g in range(len(cuts) + 1)
    ]
    return UpliftModel(
        design, learned, stretch * _surrogate(rows, whole), rows.mean(axis=0), stretch, centre,
        cuts, effects, rankings, over, effect, decision, even,
        _notes(ours, over, decision, even, left_out), people, customer_id,
    )  # fmt: skip


def _refuse_disguise(rows: Floats, names: list[str], came: Floats) -> None:
    """A column that says the outcome was not known before it."""
    away = came - came.mean()
    for name, values in zip(names, rows.T, strict=True):
        apart = values - values.mean()
        size = float(np.sqrt((apart @ apart) * (away @ away)))
        if size > 0 and abs(float(apart @ away)) / size > _DISGUISED:
            raise ColumnsError(f"the column {name!r} is the outcome in disguise; leave it out")


def _parts(asked: Floats, came: Floats, seed: int) -> Integers:
    """Five parts with equal shares of offers and outcomes, by lot."""
    rng = np.random.default_rng(100 + seed)
    order = np.lexsort((rng.random(len(asked)), came > 0, asked))
    part = np.empty(len(asked), dtype=np.int64)
    part[order] = np.arange(len(asked)) % PARTS
    return part


def _unseen(learner: Learner, rows: Floats, asked: Floats, came: Floats, part: Integers) -> Floats:
    found = np.empty(len(rows))
    for k in range(PARTS):
        out = part == k
        found[out] = learner(rows[~out], asked[~out], came[~out])(rows[out])
    return found


def _qinis(
    score: Floats, came: Floats, asked: Floats, parts: list[Integers], weights: Floats
) -> tuple[Floats, float]:
    """Mean Qini over all parts for each resample, and the spread between parts."""
    each = [
        qini(score[repeat][part == k], came[part == k], asked[part == k])(weights[:, part == k])
        for repeat, part in enumerate(parts)
        for k in range(PARTS)
    ]
    return np.mean(each, axis=0), float(np.std([e[0] for e in each], ddof=1))


def _difference(ours: Floats, theirs: Floats) -> Effect:
    """Both on the same resamples."""
    gap = ours - theirs
    low, high = np.quantile(gap[1:], [0.025, 0.975])
    return Effect(float(gap[0]), float(low), float(high))


def _ranked(name: str, values: Floats, between: float) -> Ranked:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Ranked(name, float(values[0]), between, float(low), float(high))


def _effect(came: Floats, asked: Floats, weights: Floats) -> Effect:
    """Difference of the means of the arms."""

    def mean(who: Floats) -> Floats:
        total = weights @ who
        return np.asarray((weights @ (who * came)) / np.maximum(total, 1e-12))

    values = mean(asked) - mean(1 - asked)
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Effect(float(values[0]), float(low), float(high))


def _scaled(effect: Effect, worth: float, cost: float) -> Effect:
    ends = sorted((effect.low * worth - cost, effect.high * worth - cost))
    return Effect(effect.value * worth - cost, ends[0], ends[1])


def _leaving_out(
    score: Floats, came: Floats, asked: Floats, weights: Floats, worth: float, cost: float,
    net: float,
) -> Effect | None:  # fmt: skip
    """What sending to the best alone gains a person, over all (or none, where all does not pay)."""
    best = score * worth > cost
    inside = ~best if net > 0 else best
    if not (asked[inside].any() and (1 - asked[inside]).any()):
        return None
    share = weights[:, inside].sum(axis=1) / weights.sum(axis=1)

    def mean(who: Floats) -> Floats:
        mine = weights[:, inside]
        return np.asarray((mine @ (who * came)[inside]) / np.maximum(mine @ who[inside], 1e-12))

    gain = share * ((mean(asked) - mean(1 - asked)) * worth - cost) * (-1 if net > 0 else 1)
    low, high = np.quantile(gain[1:], [0.025, 0.975])
    return Effect(float(gain[0]), float(low), float(high))


def _stretch(score: Floats, came: Floats, asked: Floats) -> float:
    """By how much effects differ for one unit of score, between 0 and 3.

    The outcome is regressed on the score in either arm; the difference of the slopes is it.
    """

    def slope(mine: Floats, outcome: Floats) -> float:
        away = mine - mine.mean()
        return float(away @ outcome / max(float(away @ away), 1e-12))

    yes = asked == 1
    return float(np.clip(slope(score[yes], came[yes]) - slope(score[~yes], came[~yes]), 0.0, 3.0))


def _surrogate(rows: Floats, uplift: Floats) -> Floats:
    """A straight line through the model's own answers, for reasons."""
    centred = rows - rows.mean(axis=0)
    gram = centred.T @ centred + 1e-3 * len(rows) * np.eye(rows.shape[1])
    return np.asarray(np.linalg.solve(gram, centred.T @ (uplift - uplift.mean())))


def _notes(
    ours: Ranked, over: Effect, decision: Decision, even: Balance, left_out: Mapping[str, int]
) -> list[Words]:
    return [
        decision.sentence,
        Words(
            f"Qini {ours.qini:.3f}（{ours.low:.3f}–{ours.high:.3f}，scikit-uplift 的归一化，"
            f"5 份 × 2 次，份间标准差 {ours.spread:.3f}），比响应模型"
            f"{'高' if over.value > 0 else '低'} {abs(over.value):.3f}",
            f"Qini {ours.qini:.3f} ({ours.low:.3f} to {ours.high:.3f}; normalised as in "
            f"scikit-uplift, 5 parts twice, spread {ours.spread:.3f}), {abs(over.value):.3f} "
            f"{'above' if over.value > 0 else 'below'} the response model",
        ),
        even.sentence,
        *left_out_words(left_out),
    ]
