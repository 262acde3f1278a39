"""Forecasts that need no fitting: the last 28 days, the last season, and Croston's for rare sales.

Each takes a panel and gives series x horizon. They are the baselines, and often enough the winners.
"""

import numpy as np

from zhiyin.insight.contract import Floats
from zhiyin.insight.demand.series import Every, Panel

_YEAR, _LEVEL_WEEKS = 52, 8
_NEIGHBOURS = 0.15


def moving_average(panel: Panel, horizon: int) -> Floats:
    """The mean of the last 28 days (since the first sale where that is later)."""
    month = panel.every.month
    recent = panel.values[:, -month:]
    known = np.minimum(panel.periods - panel.started, recent.shape[1])
    return np.repeat((recent.sum(axis=1) / np.maximum(known, 1))[:, None], horizon, axis=1)


def seasonal_naive(panel: Panel, horizon: int) -> Floats:
    """What was sold a season ago; the last 28 days where the past is shorter than a season."""
    season = panel.every.season
    if panel.periods < season:
        return moving_average(panel, horizon)
    last = panel.values[:, -season:]
    forecast = last[:, np.arange(horizon) % season]
    young = panel.periods - panel.started < season
    return np.where(young[:, None], moving_average(panel, horizon), forecast)


def seasonal_level(panel: Panel, horizon: int) -> Floats:
    """The last season at the present level.

    Weeks: the same week of last year (a little of its neighbours, because holidays move), times
    how the last eight weeks stand to those a year before. Days: the weekdays of the last eight
    weeks at the level of the last 28 days. The 28-day average where the past is too short.
    """
    flat = moving_average(panel, horizon)
    values, periods = np.maximum(panel.values, 0.0), panel.periods
    steps = np.arange(horizon)
    if panel.every is Every.DAY:
        if periods < 7 * _LEVEL_WEEKS:
            return flat
        recent = values[:, -7 * _LEVEL_WEEKS :].reshape(len(panel), _LEVEL_WEEKS, 7).mean(axis=1)
        usual = recent.mean(axis=1)
        profile = np.divide(
            recent, usual[:, None], out=np.ones_like(recent), where=usual[:, None] > 0
        )
        return np.asarray(np.maximum(flat, 0.0) * profile[:, steps % 7])
    if periods < _YEAR + _LEVEL_WEEKS:
        return flat
    at = periods + steps - _YEAR
    before, after = values[:, at - 1], values[:, np.minimum(at + 1, periods - 1)]
    season = (1 - 2 * _NEIGHBOURS) * values[:, at] + _NEIGHBOURS * (before + after)
    year_ago = slice(periods - _YEAR - _LEVEL_WEEKS, periods - _YEAR)
    then, now = values[:, year_ago].mean(axis=1), values[:, -_LEVEL_WEEKS:].mean(axis=1)
    growth = np.clip(np.divide(now, then, out=np.ones_like(now), where=then > 0), 0.25, 4.0)
    usable = (then > 0)[:, None] & (season > 0)
    return np.where(usable, season * growth[:, None], flat)


def croston(panel: Panel, horizon: int, smoothing: float = 0.1) -> Floats:
    """Size and gap of sales smoothed apart (Croston 1972) with the correction of Syntetos and
    Boylan (2005): (1 − α/2) · size / gap.
    """
    series = len(panel)
    size, gap = np.zeros(series), np.ones(series)
    since = np.ones(series)
    seen = np.zeros(series, dtype=np.bool_)
    for t in range(panel.periods):
        sold = panel.values[:, t]
        hit = sold > 0
        first = hit & ~seen
        later = hit & seen
        size = np.where(first, sold, np.where(later, size + smoothing * (sold - size), size))
        gap = np.where(first, 1.0, np.where(later, gap + smoothing * (since - gap), gap))
        since = np.where(hit, 1.0, since + 1)
        seen |= hit
    rate = np.where(seen, (1 - smoothing / 2) * size / gap, 0.0)
    return np.repeat(rate[:, None], horizon, axis=1)
