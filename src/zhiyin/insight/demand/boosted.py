"""Boosted trees for all series together: they learn by how much a simple forecast is off.

Every row is a series, a day to forecast from and a step ahead. The trees start from a simple
forecast (the last season at the present level) and learn a factor to it, with Tweedie's deviance,
which is at home where most periods sell nothing and some sell much. All inputs are ratios, so large
and small series teach each other.
"""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from zhiyin.insight.contract import Floats
from zhiyin.insight.demand.calendar import Calendar, season_of
from zhiyin.insight.demand.series import Every, Panel
from zhiyin.insight.demand.simple import moving_average, seasonal_level
from zhiyin.insight.given import Integers

_WINDOWS = {Every.DAY: (1, 7, 14, 28, 56, 112, 182), Every.WEEK: (1, 2, 4, 8, 13, 26, 52)}
_MOST_ROWS = 160_000
_MOST_ORIGINS = 150
_TINY = 0.02  # of the scale: what a ratio is held above, so that logarithms stay finite


@dataclass(frozen=True)
class _Rows:
    """`start` is the simple forecast, `scale` what the series usually sells."""

    inputs: Floats
    start: Floats
    scale: Floats


def boosted(panel: Panel, horizon: int, calendar: Calendar, rounds: int = 200) -> Floats:
    """Series x horizon, learned from the whole past of the panel."""
    origins = _origins(panel, horizon)
    if not origins:
        return _rows(panel, panel.periods, horizon, calendar).start.reshape(len(panel), horizon)
    parts, targets = [], []
    for origin in origins:
        rows = _rows(panel.until(origin), origin, horizon, calendar)
        alive = np.repeat(panel.started < origin, horizon)
        target = np.maximum(panel.values[:, origin : origin + horizon], 0.0).ravel()
        parts.append(_Rows(rows.inputs[alive], rows.start[alive], rows.scale[alive]))
        targets.append(target[alive] / rows.scale[alive])
    booster = _grown(parts, np.concatenate(targets), rounds)
    ahead = _rows(panel, panel.periods, horizon, calendar)
    margin = booster.predict(ahead.inputs, raw_score=True, num_threads=1)
    factor = np.exp(np.asarray(margin, dtype=np.float64))
    return np.asarray(ahead.start * factor).reshape(len(panel), horizon)


def _origins(panel: Panel, horizon: int) -> list[int]:
    """Days to look ahead from, newest first: as many as the memory bears, evenly over the past."""
    latest = panel.periods - horizon
    least = 56 if panel.every is Every.DAY else 60 if latest >= 64 else 16
    if latest < least:
        return []
    most = min(_MOST_ORIGINS, max(3, _MOST_ROWS // max(1, len(panel) * horizon)))
    step = max(1, -(-(latest - least + 1) // most))
    if panel.every is Every.DAY and step == 7:
        step = 8  # never the same weekday alone
    return list(range(latest, least - 1, -step))


def _grown(parts: list[_Rows], target: Floats, rounds: int) -> lgb.Booster:
    inputs = np.vstack([p.inputs for p in parts])
    start = np.concatenate([p.start / p.scale for p in parts])
    data = lgb.Dataset(
        inputs, label=target, init_score=np.log(start),
        params={"max_bin": 127, "verbosity": -1, "num_threads": 1},
    )  # fmt: skip
    parameters = {
        "objective": "tweedie",
        "tweedie_variance_power": 1.2,
        "learning_rate": 0.05,
        "num_leaves": 24,
        "min_data_in_leaf": max(5, min(200, len(target) // 50)),
        "lambda_l2": 5.0,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "max_bin": 127,
        "boost_from_average": False,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": 7,
        "verbosity": -1,
    }
    return lgb.train(parameters, data, num_boost_round=rounds)


def _rows(past: Panel, origin: int, horizon: int, calendar: Calendar) -> _Rows:
    """Inputs of every series and step as seen from the end of `past` (`origin` periods long)."""
    values, every = np.maximum(past.values, 0.0), past.every
    steps = np.arange(horizon)
    month = every.month
    age = np.maximum(origin - past.started, 1)
    usual = _mean(values, 4 * month, age)
    scale = np.maximum(usual, 1e-3 + 0.01 * values.mean(axis=1))
    start, flat = seasonal_level(past, horizon), moving_average(past, horizon)
    season = [*_seasons(past, horizon), np.maximum(flat, 0.0)]

    def ratio(amount: Floats) -> Floats:
        return np.asarray(np.log(np.maximum(amount / scale[:, None], _TINY)))

    windows = [_mean(values, w, age) for w in _WINDOWS[every]]
    by_series = ratio(np.column_stack([*windows, values.std(axis=1)]))
    zeros = (values[:, -4 * month :] == 0).mean(axis=1)
    more = np.column_stack([np.log(scale), zeros, np.log(age)])
    by_step = np.column_stack(
        [steps, _dates(past, origin + steps), calendar.listed(past, origin + steps)]
    )
    same = np.concatenate([calendar.listed(past, origin + steps - every.season)], axis=1)
    columns = [
        np.repeat(np.column_stack([by_series, more]), horizon, axis=0),
        np.tile(np.column_stack([by_step, same]), (len(values), 1)),
        *[ratio(s).reshape(-1, 1) for s in season],
        ratio(start).reshape(-1, 1),
    ]
    floor = _TINY * np.repeat(scale, horizon)
    return _Rows(np.hstack(columns), np.maximum(start.ravel(), floor), np.repeat(scale, horizon))


def _dates(past: Panel, periods: Integers) -> Floats:
    """Weekday and day of the month. Nothing of the year: few of them are seen, and trees would
    learn single weeks by heart; the start of the forecast knows the year.
    """
    if past.every is Every.WEEK:
        return np.zeros((len(periods), 0))
    return season_of(past, periods)[:, :2]


def _mean(values: Floats, window: int, age: Integers) -> Floats:
    """Mean of the last periods, counted from the first sale."""
    recent = values[:, -window:]
    return np.asarray(recent.sum(axis=1) / np.minimum(recent.shape[1], age))


def _seasons(past: Panel, horizon: int) -> list[Floats]:
    """What the same weekdays or weeks of the year did: always the same number of columns."""
    values, steps = np.maximum(past.values, 0.0), np.arange(horizon)
    flat = moving_average(past, horizon)
    if past.every is Every.DAY:
        return [_same_weekday(values, steps, weeks, flat) for weeks in (1, 4, 8, 16)]
    if past.periods < 60:
        return [flat] * 4
    at = past.periods + steps - 52
    two_years = values[:, at - 52] if past.periods >= 105 else values[:, at]
    later = values[:, np.minimum(at + 1, past.periods - 1)]
    return [values[:, at], values[:, at - 1], later, two_years]


def _same_weekday(values: Floats, steps: Integers, weeks: int, flat: Floats) -> Floats:
    """Mean over the last `weeks` of the weekday that each step falls on."""
    if values.shape[1] < 7 * weeks:
        return flat
    by_day = values[:, -7 * weeks :].reshape(len(values), weeks, 7).mean(axis=1)
    return np.asarray(by_day[:, steps % 7])
