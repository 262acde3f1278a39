"""Which kind of model is best on a table: all side by side, on rows that they have not seen.

Stratified cross-validation, 5 parts, twice. Everything (columns, members, calibration) is learned
inside the part; the figures are of probabilities as the product would give them. Intervals come
from a bootstrap over rows, one set of resamples for all, so differences have intervals too. The
winner has the best log loss; the naive baseline is the single column that ranks best.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight import leaks, metrics
from zhiyin.insight.calibration import fit_platt
from zhiyin.insight.contract import Floats, Words
from zhiyin.insight.labelled import Prepared, cross_fitted
from zhiyin.insight.labels import Labelled, folds
from zhiyin.insight.metrics import Measure, Span, spanned
from zhiyin.insight.rivals import NAMES, Kind
from zhiyin.insight.threads import one_thread

PARTS, REPEATS, RESAMPLES = 5, 2, 300
MOST_ROWS = 20_000
SUSPICIOUS = 0.97


class Standing(msgspec.Struct, frozen=True):
    """One rival. `gain` is its log loss below that of logistic regression (above 0 is better).

    `spread` is the deviation of the AUC over the parts; ECE is taken over all rows of a repeat.
    """

    key: str
    name: Words
    auc: Span
    spread: float
    pr_auc: Span
    brier: Span
    ece: Span
    ece_by_part: float
    lift10: Span
    log_loss: Span
    gain: Span


class Contest(msgspec.Struct, frozen=True):
    """The table: the rivals from the best on, the baseline last."""

    label: str
    rows: int
    positives: int
    parts: int
    repeats: int
    lift_ceiling: float
    standings: list[Standing]
    winner: Kind
    baseline: Standing
    suspicious: bool
    sentence: Words

    def standing(self, kind: Kind) -> Standing:
        return next(one for one in self.standings if one.key == kind)


@dataclass(frozen=True)
class Round:
    """What one rival said of the same people at once, and what came; weights are resamples."""

    risk: Floats
    happened: Floats
    weights: Floats


@dataclass
class Said:
    """All rounds of a rival, and the AUC and ECE of each part of them."""

    rounds: list[Round] = field(default_factory=list)
    aucs: list[float] = field(default_factory=list)
    eces: list[float] = field(default_factory=list)

    def part(self, risk: Floats, happened: Floats) -> None:
        once = np.ones((1, len(risk)))
        self.aucs.append(float(metrics.auc(risk, happened)(once)[0]))
        self.eces.append(float(metrics.ece(risk, happened)(once)[0]))


BASELINE = "baseline"


def held(
    prepared: Prepared, label: str, kinds: Iterable[Kind] = tuple(Kind), repeats: int = REPEATS
) -> Contest:
    """Hold the contest. Above 20,000 rows a fixed sample of them is used."""
    wanted = list(dict.fromkeys([Kind.LOGISTIC, *kinds]))
    data = _sampled(prepared.data)
    said = {key: Said() for key in (*wanted, BASELINE)}
    weights = metrics.poisson_weights(len(data.happened), RESAMPLES, seed=7)
    with one_thread():
        for repeat in range(repeats):
            place = folds(data.happened, PARTS, seed=100 + repeat)
            risks = {key: np.zeros(len(data.happened)) for key in said}
            for part in range(PARTS):
                out = place == part
                for key, risk in _part(wanted, prepared, data, out).items():
                    risks[key][out] = risk
                    said[key].part(risk, data.happened[out])
            for key, risk in risks.items():
                said[key].rounds.append(Round(risk, data.happened, weights))
    return judged(said, label, PARTS, Words("只看最好的一列", "The one best column"))


def _part(
    kinds: list[Kind], prepared: Prepared, data: Labelled, out: np.ndarray
) -> dict[str, Floats]:
    learn, test = data.table.filter(pa.array(~out)), data.table.filter(pa.array(out))
    happened = data.happened[~out]
    members, unseen = cross_fitted(kinds, learn, happened, prepared.left, seed=29)
    told: dict[str, Floats] = {}
    for kind in kinds:
        margin = np.mean([member.margins(test) for member in members[kind]], axis=0)
        told[kind] = fit_platt(unseen[kind], happened)(margin)
    told[BASELINE] = _best_column(learn, test, happened)
    return told


def _best_column(learn: pa.Table, test: pa.Table, happened: Floats) -> Floats:
    """The share of each value of the one column that ranks best: what a pivot table would say."""
    best: tuple[float, Floats] = (-1.0, np.full(test.num_rows, happened.mean()))
    both = pa.concat_tables([learn, test])
    for name in learn.column_names:
        codes = leaks.binned(both.column(name))
        seen, new = codes[: learn.num_rows], codes[learn.num_rows :]
        strength = leaks.alone(seen, happened)
        if strength > best[0]:
            size = int(codes.max()) + 1
            n = np.bincount(seen, minlength=size)
            hits = np.bincount(seen, happened, minlength=size)
            best = (strength, ((hits + 5 * happened.mean()) / (n + 5))[new])
    return best[1]


def _sampled(data: Labelled) -> Labelled:
    n = len(data.happened)
    if n <= MOST_ROWS:
        return data
    kept = np.sort(np.random.default_rng(13).permutation(n)[:MOST_ROWS])
    table = data.table.take(pa.array(kept)).combine_chunks()
    return Labelled(table, data.happened[kept], data.positive, data.unlabelled)


def judged(said: Mapping[str, Said], label: str, parts: int, baseline: Words) -> Contest:
    """The table of what was said; all rivals speak of the same rounds."""
    rounds = said[Kind.LOGISTIC].rounds
    reference = _mean(metrics.log_loss, rounds)
    table = {key: _standing(key, told, reference, baseline) for key, told in said.items()}
    kinds = [Kind(key) for key in said if key != BASELINE]
    order = sorted(kinds, key=lambda kind: (table[kind].log_loss.value, kind))
    best, base = table[order[0]], table[BASELINE]
    share = float(np.mean([one.happened.mean() for one in rounds]))
    return Contest(
        label=label,
        rows=len(rounds[0].happened),
        positives=int(rounds[0].happened.sum()),
        parts=parts,
        repeats=len(rounds),
        lift_ceiling=min(10.0, 1 / max(share, 1e-9)),
        standings=[table[kind] for kind in order],
        winner=order[0],
        baseline=base,
        suspicious=best.auc.value >= SUSPICIOUS,
        sentence=_sentence(best, base),
    )


def _mean(measured: Callable[[Floats, Floats], Measure], rounds: list[Round]) -> Floats:
    """A measure of each resample, the mean over the rounds."""
    each = [measured(one.risk, one.happened)(one.weights) for one in rounds]
    return np.asarray(np.mean(each, axis=0))


def _sentence(best: Standing, base: Standing) -> Words:
    ours = best.auc
    clear = ours.low > base.auc.high
    zh = "明显好于" if clear else "说不准是否好于"
    en = "clearly better than" if clear else "not clearly better than"
    return Words(
        f"{best.name.zh}最好（AUC {ours.value:.3f}，区间 {ours.low:.3f}–{ours.high:.3f}），"
        f"{zh}「{base.name.zh}」的基线（{base.auc.value:.3f}）。",
        f"{best.name.en} is best (AUC {ours.value:.3f}, interval {ours.low:.3f} to "
        f"{ours.high:.3f}), {en} the baseline “{base.name.en}” ({base.auc.value:.3f}).",
    )


def _standing(key: str, told: Said, reference: Floats, baseline: Words) -> Standing:
    def span(measured: Callable[[Floats, Floats], Measure]) -> Span:
        return spanned(_mean(measured, told.rounds))

    loss = _mean(metrics.log_loss, told.rounds)
    return Standing(
        key=key,
        name=baseline if key == BASELINE else NAMES[Kind(key)],
        auc=span(metrics.auc),
        spread=float(np.std(told.aucs)),
        pr_auc=span(metrics.pr_auc),
        brier=span(metrics.brier),
        ece=span(metrics.ece),
        ece_by_part=float(np.mean(told.eces)),
        lift10=span(metrics.lift),
        log_loss=spanned(loss),
        gain=spanned(reference - loss),
    )
