"""Which kind of model tells who leaves best: all kinds in one table, by going back in time.

At each cut-off every kind learns from the same slices of the past, is calibrated on the same later
slice, and is asked about what came after; the naive baseline is the days since the last purchase.
The intervals come from resampling customers, the same for all kinds and all dates.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight import metrics, rivals
from zhiyin.insight.calibration import fit_platt
from zhiyin.insight.churn import Churn, fit_logistic
from zhiyin.insight.columns import Rows
from zhiyin.insight.contest import BASELINE, RESAMPLES, Contest, Round, Said, judged
from zhiyin.insight.contract import (
    Floats,
    KnownUntil,
    NotEnoughHistoryError,
    Past,
    known_until,
    remembered,
)
from zhiyin.insight.reasons import design
from zhiyin.insight.rivals import Kind
from zhiyin.insight.threads import one_thread

MOST_ROWS = 8_000  # to learn from, for each kind: a table of kinds need not be of the last digit


def held(
    question: Churn,
    history: Past,
    cutoffs: Sequence[datetime],
    until: datetime,
    kinds: Iterable[Kind] = tuple(Kind),
) -> Contest:
    """The table over all cut-offs; `until` is the date up to which outcomes are known."""
    if len(cutoffs) < 3:
        raise NotEnoughHistoryError("a contest in time needs at least three cut-off dates")
    wanted = list(dict.fromkeys([Kind.LOGISTIC, *kinds]))
    past = remembered(history)
    frames = [question.asked(past.frame(at)) for at in sorted(cutoffs)]
    everyone = pa.chunked_array([frame.ids for frame in frames]).unique().sort()
    drawn = metrics.poisson_weights(len(everyone), RESAMPLES, seed=20260101)
    said = {key: Said() for key in (*wanted, BASELINE)}
    with one_thread():
        for frame in frames:
            gone = question.actual(KnownUntil(past, until), frame)
            weights = drawn[:, pc.index_in(frame.ids, value_set=everyone).to_numpy()]
            told = _told(question, past, frame.as_of, wanted)
            for key, risk in told.items():
                said[key].part(risk, gone)
                said[key].rounds.append(Round(risk, gone, weights))
    return judged(said, question.name, len(frames), question.baseline_name)


def clearly_best(held: Contest) -> Kind | None:
    """The kind that should take the place of the mixture; None where none is clearly better.

    Clearly: its log loss lies below the mixture's by more than its own interval leaves open.
    """
    best = held.standing(held.winner)
    usual = held.standing(Kind.MIXED)
    return held.winner if best.gain.low > usual.gain.value else None


def _told(question: Churn, past: Past, at: datetime, kinds: list[Kind]) -> dict[str, Floats]:
    """What each kind, fitted before `at`, says of the customers at `at`."""
    known = known_until(past, at)
    cut = question.slices(known, at)
    kept = np.sort(np.random.default_rng(31).permutation(len(cut.rows))[:MOST_ROWS])
    rows, gone = cut.rows[kept], cut.gone[kept]
    scale = fit_logistic(rows, gone)
    frame = question.asked(known.frame(at))
    inputs = design(frame)
    now = np.column_stack([inputs[name] for name in cut.features])
    fitted = rivals.fit(kinds, Rows(rows, scale.scaled(rows)), gone)
    told: dict[str, Floats] = {}
    for kind, rival in fitted.items():
        before = rival.margins(Rows(cut.held_rows, scale.scaled(cut.held_rows)))
        platt = fit_platt(before, cut.held_gone)
        told[kind] = platt(rival.margins(Rows(now, scale.scaled(now))))
    recency = np.log1p(cut.held.column("recency_days"))
    naive = fit_platt(recency, cut.held_gone)
    told[BASELINE] = naive(np.log1p(frame.column("recency_days")))
    return told
