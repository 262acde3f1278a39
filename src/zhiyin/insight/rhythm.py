"""How regularly a customer buys: his own gaps as log-normal, drawn towards those of everybody.

Few gaps say little, so that each customer's count as if he had seen three average gaps more.
"""

import msgspec
import numpy as np

from zhiyin.insight.contract import Floats, Frame, NotEnoughHistoryError

PSEUDO_GAPS = 3.0


class Rhythm(msgspec.Struct, frozen=True):
    """The gaps of all customers, on the log scale: where a personal rhythm is shrunk to."""

    mean: float
    variance: float

    def of(self, frame: Frame) -> tuple[Floats, Floats]:
        """Mean and deviation of the log gap of each customer, shrunk."""
        mean_gap, sd = frame.column("mean_gap_days"), frame.column("gap_sd_days")
        gaps = np.where(np.isfinite(mean_gap), np.maximum(frame.column("orders") - 1, 0), 0.0)
        mean_gap = np.where(gaps > 0, np.maximum(mean_gap, 0.5), 1.0)
        # moments of a log-normal from mean and deviation
        own_var = np.where(np.isfinite(sd), np.log1p((sd / mean_gap) ** 2), self.variance)
        own_mean = np.log(mean_gap) - own_var / 2
        mean = (gaps * own_mean + PSEUDO_GAPS * self.mean) / (gaps + PSEUDO_GAPS)
        spread = np.maximum(gaps - 1, 0)
        variance = (spread * own_var + PSEUDO_GAPS * self.variance) / (spread + PSEUDO_GAPS)
        return mean, np.sqrt(np.maximum(variance, 0.02))


def fit_rhythm(frame: Frame) -> Rhythm:
    mean, sd = frame.column("mean_gap_days"), frame.column("gap_sd_days")
    known = np.isfinite(mean) & (mean > 0)
    if int(known.sum()) < 10:
        raise NotEnoughHistoryError("next purchase needs at least ten customers who came back")
    logs = np.log(np.maximum(mean[known], 0.5))
    both = np.isfinite(sd) & known
    within = np.log1p((sd[both] / np.maximum(mean[both], 0.5)) ** 2)
    inner = float(np.median(within)) if both.any() else 0.5
    return Rhythm(float(np.mean(logs)) - inner / 2, float(np.var(logs)) + inner)
