"""Exponential smoothing of many series at once, the form of each chosen by AICc.

The additive-error models of Hyndman and others (2008) with a level, no or a damped trend, and no or
an additive season. All series walk through time together, once for each point of a small grid of
parameters; every series keeps the point and form with the lowest criterion. It stands in for
AutoETS without a compiler; `make bench` holds statsforecast's beside it.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from zhiyin.insight.contract import Floats
from zhiyin.insight.demand.series import Every, Panel

_ALPHAS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.55, 0.8)
_BETAS = (0.05, 0.2)  # shares of alpha
_GAMMAS = (0.02, 0.1, 0.3)  # shares of 1 - alpha
_DAMPING = 0.95
_SEEN = {Every.DAY: 400, Every.WEEK: 260}


@dataclass(frozen=True)
class _Form:
    alpha: float
    beta: float = 0.0
    gamma: float = 0.0
    trend: bool = False
    season: bool = False

    @property
    def parameters(self) -> int:
        """Smoothing constants and starting values; the season's shrunken start counts as two."""
        return 2 + (3 if self.trend else 0) + (3 if self.season else 0)


def smoothed(panel: Panel, horizon: int) -> Floats:
    """Series x horizon, from the last 400 days or 260 weeks: older ones weigh nothing any more."""
    panel = panel.since(max(0, panel.periods - _SEEN[panel.every]))
    best = np.full(len(panel), np.inf)
    forecast = np.zeros((len(panel), horizon))
    for form in _forms(panel):
        criterion, ahead = _walk(panel, form, horizon)
        better = criterion < best
        best[better] = criterion[better]
        forecast[better] = ahead[better]
    return np.maximum(forecast, 0.0)


def _forms(panel: Panel) -> list[_Form]:
    forms = [_Form(a) for a in _ALPHAS]
    forms += [_Form(a, a * b, trend=True) for a, b in product(_ALPHAS, _BETAS)]
    if panel.periods >= 2 * panel.every.season:
        forms += [_Form(a, 0, (1 - a) * g, season=True) for a, g in product(_ALPHAS, _GAMMAS)]
        forms += [
            _Form(a, a * _BETAS[0], (1 - a) * g, trend=True, season=True)
            for a, g in product(_ALPHAS, _GAMMAS)
        ]
    return forms


def _walk(panel: Panel, form: _Form, horizon: int) -> tuple[Floats, Floats]:
    """AICc of one-step errors since the start of each series, and the forecast."""
    m, values = panel.every.season, panel.values
    level, season = _start(panel, form)
    trend = np.zeros(len(panel))
    squared, count = np.zeros(len(panel)), np.zeros(len(panel))
    warm = panel.started + (m if form.season else 1)
    for t in range(panel.periods):
        at = t % m
        base = level + _DAMPING * trend
        error = values[:, t] - base - season[:, at]
        on = t >= panel.started
        judged = t >= warm
        squared += np.where(judged, error**2, 0.0)
        count += judged
        level = np.where(on, base + form.alpha * error, level)
        if form.trend:
            trend = np.where(on, _DAMPING * trend + form.beta * error, trend)
        if form.season:
            season[:, at] += np.where(on, form.gamma * error, 0.0)
    k = form.parameters + 1
    usable = count > k + 2
    mean = np.maximum(squared / np.maximum(count, 1), 1e-12)
    penalty = 2 * k + 2 * k * (k + 1) / np.maximum(count - k - 1, 1)
    criterion = count * np.log(mean) + penalty
    # forms are compared per period, because seasonal ones are judged on fewer
    criterion = np.where(usable, criterion / np.maximum(count, 1), np.inf)
    if not form.trend and not form.season and form.alpha == _ALPHAS[2]:
        criterion = np.where(np.isfinite(criterion), criterion, np.finfo(np.float64).max)
    steps = np.arange(1, horizon + 1)
    growth = _DAMPING * (1 - _DAMPING**steps) / (1 - _DAMPING)
    ahead = level[:, None] + trend[:, None] * growth[None, :]
    return criterion, ahead + season[:, (panel.periods + steps - 1) % m]


def _start(panel: Panel, form: _Form) -> tuple[Floats, Floats]:
    """The mean of the first periods, and deviations from it shrunk by half."""
    m = panel.every.season
    window = 2 * m if form.season else min(8, panel.periods)
    place = np.arange(panel.periods)[None, :]
    inside = (place >= panel.started[:, None]) & (place < panel.started[:, None] + window)
    count = np.maximum(inside.sum(axis=1), 1)
    level = np.where(inside, panel.values, 0.0).sum(axis=1) / count
    season = np.zeros((len(panel), m))
    if form.season:
        for at in range(m):
            same = inside & (place % m == at)
            shown = same.sum(axis=1)
            mean = np.where(same, panel.values, 0.0).sum(axis=1) / np.maximum(shown, 1)
            season[:, at] = np.where(shown > 0, (mean - level) * shown / (shown + 1), 0.0)
    return level, season
