"""An LSTM over all series, for who installs the extra `deep` (PyTorch) and asks for it.

One network reads the last periods of a series, scaled by what the series usually sells, with the
calendar, and says the whole horizon at once. In the measurements of docs/benchmarks.md it wins
nothing over boosted trees, so it stands for election and is never assumed.
"""

import importlib.util
from typing import TYPE_CHECKING

import numpy as np

from zhiyin.insight.contract import Floats, InsightError
from zhiyin.insight.demand.calendar import Calendar, season_of
from zhiyin.insight.demand.series import Every, Panel
from zhiyin.insight.given import Integers

if TYPE_CHECKING:
    import torch

_SEEN = {Every.DAY: 56, Every.WEEK: 56}
_HIDDEN, _EPOCHS, _BATCH, _WINDOWS = 48, 12, 256, 12_000


class DeepMissingError(InsightError):
    """The extra `deep` is not installed: pip install 'zhiyin[deep]'."""


def is_available() -> bool:
    return importlib.util.find_spec("torch") is not None


def recurrent(panel: Panel, horizon: int, calendar: Calendar) -> Floats:
    """Series x horizon. Raises DeepMissingError without PyTorch."""
    if not is_available():
        raise DeepMissingError("the LSTM needs PyTorch: pip install 'zhiyin[deep]'")
    import torch

    seen = min(_SEEN[panel.every], panel.periods - horizon - 1)
    if seen < 4:
        recent = panel.values[:, -panel.every.month :].mean(axis=1)
        return np.repeat(recent[:, None], horizon, axis=1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(7)
    try:
        return _learned(panel, horizon, calendar, seen, generator)
    finally:
        torch.set_num_threads(threads)


def _learned(
    panel: Panel, horizon: int, calendar: Calendar, seen: int, generator: "torch.Generator"
) -> Floats:
    import torch
    from torch import nn

    values = np.maximum(panel.values, 0.0)
    known = _known_ahead(panel, np.arange(panel.periods + horizon), calendar)
    series, origin = _windows(panel, horizon, seen)
    width = known.shape[1]

    def batch(who: Integers, at: Integers) -> tuple["torch.Tensor", "torch.Tensor", Floats]:
        back = at[:, None] + np.arange(-seen, 0)
        ahead = at[:, None] + np.arange(horizon)
        past = values[who[:, None], back]
        scale = past.mean(axis=1) + 0.05 * values[who].mean(axis=1) + 1e-6
        read = np.concatenate([np.log1p(past / scale[:, None])[..., None], known[back]], axis=2)
        told = known[ahead].reshape(len(who), -1)
        return _tensor(read), _tensor(told), scale

    with torch.random.fork_rng():
        torch.manual_seed(7)
        reader = nn.LSTM(1 + width, _HIDDEN, batch_first=True)
        speaker = nn.Sequential(
            nn.Linear(_HIDDEN + width * horizon, 64), nn.ReLU(), nn.Linear(64, horizon)
        )
    weights = [*reader.parameters(), *speaker.parameters()]
    optimiser = torch.optim.Adam(weights, lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _EPOCHS)

    def said(who: Integers, at: Integers) -> tuple["torch.Tensor", Floats]:
        read, told, scale = batch(who, at)
        _, (state, _) = reader(read)
        return nn.functional.softplus(speaker(torch.cat([state[0], told], dim=1))), scale

    for _ in range(_EPOCHS):
        order = torch.randperm(len(series), generator=generator).numpy()
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            forecast, scale = said(series[part], origin[part])
            after = origin[part][:, None] + np.arange(horizon)
            actual = _tensor(values[series[part][:, None], after] / scale[:, None])
            # Poisson deviance: right for a mean that is often next to zero
            loss = (forecast - actual * torch.log(forecast + 1e-6)).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
        schedule.step()
    everyone = np.arange(len(panel))
    with torch.no_grad():
        forecast, scale = said(everyone, np.full(len(panel), panel.periods))
    return np.asarray(forecast.numpy().astype(np.float64) * scale[:, None])


def _windows(panel: Panel, horizon: int, seen: int) -> tuple[Integers, Integers]:
    """Which series, and up to which period it is read: at most 12,000, evenly over the past."""
    origins = np.arange(seen, panel.periods - horizon + 1)
    most = max(1, _WINDOWS // len(panel))
    if len(origins) > most:
        origins = origins[np.linspace(0, len(origins) - 1, most).astype(np.int64)]
    series, origin = (g.ravel() for g in np.meshgrid(np.arange(len(panel)), origins, indexing="ij"))
    begun = panel.started[series] < origin
    return series[begun], origin[begun]


def _known_ahead(panel: Panel, periods: Integers, calendar: Calendar) -> Floats:
    weekday, _, week, _ = season_of(panel, periods).T
    turns = [2 * np.pi * weekday / 7, 2 * np.pi * week / 52]
    waves = [wave(turn) for turn in turns for wave in (np.sin, np.cos)]
    return np.column_stack([*waves, calendar.listed(panel, periods)])


def _tensor(values: Floats) -> "torch.Tensor":
    import torch

    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
