"""Small boosted trees, the same bits every time; kept as LightGBM's own text format.

A model is always used through its text, also right after training, so that a stored model and a
fresh one give identical scores.
"""

from functools import lru_cache

import lightgbm as lgb
import numpy as np

from zhiyin.insight.contract import Floats

_ONE_THREAD_BELOW = 100_000  # rows: on busy cores two threads were 20 times slower than one


def grow(
    rows: Floats,
    target: Floats,
    *,
    objective: str,
    rounds: int = 120,
    **changed: float | str,
) -> str:
    """Train on `rows` (customers x features) and return the model as text.

    `changed` are parameters of LightGBM in place of the house's.
    """
    threads = 1 if len(rows) < _ONE_THREAD_BELOW else 2
    parameters: dict[str, float | str | bool] = {
        "objective": objective,
        "learning_rate": 0.05,
        "num_leaves": 8,
        "min_data_in_leaf": max(10, min(40, len(rows) // 50)),
        "lambda_l2": 5.0,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 127,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": 7,
        "verbosity": -1,
    }
    if objective == "tweedie":
        parameters["tweedie_variance_power"] = 1.5
    parameters.update(changed)
    data = lgb.Dataset(
        rows,
        label=target,
        params={"max_bin": 127, "verbosity": -1, "num_threads": threads},
    )
    return str(lgb.train(parameters, data, num_boost_round=rounds).model_to_string())


@lru_cache(maxsize=32)
def _booster(text: str) -> lgb.Booster:
    return lgb.Booster(model_str=text)


def predicted(text: str, rows: Floats) -> Floats:
    return np.asarray(_booster(text).predict(rows, num_threads=1), dtype=np.float64)


def margins(text: str, rows: Floats) -> Floats:
    """The score before the link function: log-odds for a probability."""
    return np.asarray(_booster(text).predict(rows, raw_score=True, num_threads=1))


def contributions(text: str, rows: Floats) -> Floats:
    """What each feature adds to the margin (exact Shapley values of trees), then the mean."""
    return np.asarray(_booster(text).predict(rows, pred_contrib=True, num_threads=1))
