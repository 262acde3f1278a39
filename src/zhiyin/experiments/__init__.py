"""Experiments: who is held out, what a campaign added, and how sure that is.

Arrow and numpy in, frozen results out, each with its sentence in both languages. Not here:
campaigns, and where assignments are stored.
"""

from zhiyin.experiments.assignment import (
    HOLD_OUT,
    TREATED,
    BadSharesError,
    Variant,
    assign,
    assign_all,
    point,
    with_hold_out,
)
from zhiyin.experiments.effect import Effect, Return, effect, return_on, tell_mean, tell_rate
from zhiyin.experiments.interval import Interval, Verdict
from zhiyin.experiments.means import MeanEffect, Method, Sums, mean_effect, welch_effect
from zhiyin.experiments.power import (
    Detectable,
    HoldOutAdvice,
    advise_hold_out,
    detectable_mean,
    detectable_rate,
)
from zhiyin.experiments.rates import Rate, RateEffect, rate_effect, wilson
from zhiyin.experiments.ratio import RatioCheck, check_ratio

__all__ = [
    "HOLD_OUT",
    "TREATED",
    "BadSharesError",
    "Detectable",
    "Effect",
    "HoldOutAdvice",
    "Interval",
    "MeanEffect",
    "Method",
    "Rate",
    "RateEffect",
    "RatioCheck",
    "Return",
    "Sums",
    "Variant",
    "Verdict",
    "advise_hold_out",
    "assign",
    "assign_all",
    "check_ratio",
    "detectable_mean",
    "detectable_rate",
    "effect",
    "mean_effect",
    "point",
    "rate_effect",
    "return_on",
    "tell_mean",
    "tell_rate",
    "welch_effect",
    "wilson",
    "with_hold_out",
]
