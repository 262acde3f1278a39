"""A model beside its naive baseline on the same cases: the difference, its interval, a sentence.

For questions whose answer is not one number a customer (`scorecard` has those): lists, series,
rankings. Both sides are judged on the same cases, and cases are resampled together, so the interval
is that of the difference. What does not win is not used.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from zhiyin.insight.contract import Floats, Words

RESAMPLES = 1_000
_MOST_DRAWN = 4_000_000  # values drawn at a time: 32 MB of places


class Compared(msgspec.Struct, frozen=True):
    """`difference` and its 95 % interval point up when the model is better.

    `n` is the number of cases that were resampled: customers, series, folds.
    """

    metric: Words
    model_name: Words
    baseline_name: Words
    model: float
    baseline: float
    difference: float
    low: float
    high: float
    n: int

    @property
    def wins(self) -> bool:
        return self.low > 0

    @property
    def sentence(self) -> Words:
        zh = f"{self.metric.zh} {self.model:.3f} 对 {self.baseline:.3f}"
        en = f"{self.metric.en} {self.model:.3f} against {self.baseline:.3f}"
        if self.wins:
            return Words(
                f"「{self.model_name.zh}」比「{self.baseline_name.zh}」好（{zh}），现在用它。",
                f"“{self.model_name.en}” beats “{self.baseline_name.en}” ({en}) and is in use.",
            )
        if self.high < 0:
            return Words(
                f"「{self.model_name.zh}」不如「{self.baseline_name.zh}」（{zh}），现在用后者。",
                f"“{self.baseline_name.en}” is better than “{self.model_name.en}” ({en}) "
                "and is in use.",
            )
        return Words(
            f"还说不准「{self.model_name.zh}」是否比「{self.baseline_name.zh}」好（{zh}），"
            "现在用后者。",
            f"It is not clear that “{self.model_name.en}” beats “{self.baseline_name.en}” ({en}); "
            "the latter is in use.",
        )


def in_use(judged: Compared | None) -> Literal["model", "baseline"]:
    """What answers: the model where it won, the baseline where it did not or was never judged."""
    return "model" if judged is not None and judged.wins else "baseline"


def compared(
    metric: Words,
    model: tuple[Words, Floats],
    baseline: tuple[Words, Floats],
    *,
    better: Literal["higher", "lower"] = "higher",
    seed: int = 20260101,
) -> Compared:
    """Means over cases, side by side; `model` and `baseline` hold one value for each case."""
    gain = model[1] - baseline[1] if better == "higher" else baseline[1] - model[1]
    low, high = mean_interval(gain, seed=seed)
    return Compared(
        metric, model[0], baseline[0], float(model[1].mean()), float(baseline[1].mean()),
        float(gain.mean()), low, high, len(gain),
    )  # fmt: skip


def mean_interval(
    values: Floats, *, seed: int = 20260101, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """95 % percentile interval of a mean, by the bootstrap over cases."""
    if len(values) == 0:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    chunk = max(1, _MOST_DRAWN // len(values))
    means = [
        values[rng.integers(0, len(values), (min(chunk, resamples - at), len(values)))].mean(1)
        for at in range(0, resamples, chunk)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return float(low), float(high)


def spread(values: Sequence[float]) -> float:
    """Standard deviation between folds (n - 1); 0 for a single one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
