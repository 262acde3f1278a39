"""Ways to learn an effect that nobody can see on one person.

S: one model with the offer as an input (and its products with the others). T: one model with it,
one without. X (Künzel and others 2019): T's models fill in what was not seen, a third learns the
differences. On straight lines these are in use: effects are small, and what is small is found by
what can bend little. S and T on small trees stand beside them as rivals, as does the response
model, which is blind to effects: who does it when asked.
"""

from collections.abc import Callable

import lightgbm as lgb
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from zhiyin.insight.contract import Floats

Predictor = Callable[[Floats], Floats]
Learner = Callable[[Floats, Floats, Floats], Predictor]
_STRENGTH = 0.05  # C of the logistic regressions: effects are small, so hold them small
_ONE_THREAD_BELOW = 100_000


def s_learner(rows: Floats, treated: Floats, outcome: Floats) -> Predictor:
    model = _line(_with_offer(rows, treated), outcome)
    ones, zeros = np.ones, np.zeros
    return lambda new: np.asarray(
        model(_with_offer(new, ones(len(new)))) - model(_with_offer(new, zeros(len(new))))
    )


def _with_offer(rows: Floats, treated: Floats) -> Floats:
    t = treated[:, None] - 0.5
    return np.hstack([rows, t, rows * t])


def t_learner(rows: Floats, treated: Floats, outcome: Floats) -> Predictor:
    asked, not_asked = _both(_line, rows, treated, outcome)
    return lambda new: np.asarray(asked(new) - not_asked(new))


def x_learner(rows: Floats, treated: Floats, outcome: Floats) -> Predictor:
    yes = treated == 1
    asked, not_asked = _both(_line, rows, treated, outcome)
    share = float(yes.mean())
    gained = _ridge(rows[yes], outcome[yes] - not_asked(rows[yes]))
    missed = _ridge(rows[~yes], asked(rows[~yes]) - outcome[~yes])
    return lambda new: np.asarray(share * missed(new) + (1 - share) * gained(new))


def s_trees(rows: Floats, treated: Floats, outcome: Floats) -> Predictor:
    model = _trees(np.column_stack([rows, treated]), outcome)
    return lambda new: np.asarray(
        model(np.column_stack([new, np.ones(len(new))]))
        - model(np.column_stack([new, np.zeros(len(new))]))
    )


def t_trees(rows: Floats, treated: Floats, outcome: Floats) -> Predictor:
    asked, not_asked = _both(_trees, rows, treated, outcome)
    return lambda new: np.asarray(asked(new) - not_asked(new))


def response(rows: Floats, treated: Floats, outcome: Floats) -> Predictor:
    """Who does it when asked; blind to who would have done it anyway."""
    yes = treated == 1
    return _line(rows[yes], outcome[yes])


LEARNERS: dict[str, Learner] = {"S": s_learner, "T": t_learner, "X": x_learner}
RIVALS: dict[str, Learner] = {"S-trees": s_trees, "T-trees": t_trees, "response": response}


def _both(
    fit: Callable[[Floats, Floats], Predictor], rows: Floats, treated: Floats, outcome: Floats
) -> tuple[Predictor, Predictor]:
    yes = treated == 1
    return fit(rows[yes], outcome[yes]), fit(rows[~yes], outcome[~yes])


def _line(rows: Floats, outcome: Floats) -> Predictor:
    """Logistic where the outcome is yes or no, ridge where it is an amount."""
    if not _is_binary(outcome):
        return _ridge(rows, outcome)
    if outcome.min() == outcome.max():
        constant = float(outcome[0])
        return lambda new: np.full(len(new), constant)
    model = LogisticRegression(C=_STRENGTH, max_iter=500).fit(rows, outcome)
    return lambda new: np.asarray(model.predict_proba(new)[:, 1])


def _ridge(rows: Floats, target: Floats) -> Predictor:
    model = Ridge(alpha=max(10.0, 0.01 * len(rows))).fit(rows, target)
    return lambda new: np.asarray(model.predict(new))


def _trees(rows: Floats, outcome: Floats) -> Predictor:
    threads = 1 if len(rows) < _ONE_THREAD_BELOW else 2
    parameters = {
        "objective": "binary" if _is_binary(outcome) else "regression",
        "learning_rate": 0.04,
        "num_leaves": 6,
        "min_data_in_leaf": max(10, min(400, len(rows) // 20)),
        "lambda_l2": 20.0,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 63,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": 7,
        "verbosity": -1,
    }
    data = lgb.Dataset(rows, label=outcome, params={"max_bin": 63, "verbosity": -1,
                                                    "num_threads": threads})  # fmt: skip
    model = lgb.train(parameters, data, num_boost_round=80)
    return lambda new: np.asarray(model.predict(new, num_threads=1))


def _is_binary(outcome: Floats) -> bool:
    return bool(np.isin(outcome, (0.0, 1.0)).all())
