"""What the trees of the value model see: habits in units of the horizon, so that windows compare.

A customer of 20 weeks and the next 20 weeks look like one of 40 weeks and the next 40: everything
that grows with the length of the history is told as a share of it or of the horizon. So a model can
be learned on windows as long as those that it is asked about, and where the past is too short for
that, on shorter ones of the same proportions.
"""

import numpy as np

from zhiyin.insight.contract import Floats, Frame, Reason
from zhiyin.insight.reasons import design, heaviest

WINDOWS = (30, 90, 180)
PACE_DAYS = 90

# the fact that a sentence tells for each input
TOLD_AS = {
    "recency_of_tenure": "recency_days",
    "recency_of_horizon": "recency_days",
    "overdue": "recency_days",
    "tenure_of_horizon": "tenure_days",
    "gap_of_horizon": "mean_gap_days",
    "order_days": "orders",
    "rate": "orders",
}
_AS_THEY_ARE = ("orders", "order_days", "revenue", "aov", "items", "products", "return_rate")


def inputs(frame: Frame, days: float) -> dict[str, Floats]:
    """The inputs for a question about the next `days`; behaviour where the frame has it."""
    c = frame.column
    recency, tenure, gap = c("recency_days"), np.maximum(c("tenure_days"), 1.0), c("mean_gap_days")
    found = {
        "recency_of_tenure": recency / tenure,
        "recency_of_horizon": recency / days,
        "tenure_of_horizon": tenure / days,
        "gap_of_horizon": gap / days,
        "overdue": recency / np.maximum(gap, 1.0),
        "gap_spread": c("gap_sd_days") / np.maximum(gap, 1.0),
        "rate": c("orders") / tenure * days,
    }
    found.update({name: c(name) for name in _AS_THEY_ARE})
    for window in WINDOWS:
        for counted in ("orders", "revenue"):
            found[f"{counted}_{window}d"] = c(f"{counted}_{window}d") * (days / window)
    more = {name: values for name, values in design(frame).items() if name not in found}
    found.update({name: values for name, values in more.items() if name not in TOLD_AS.values()})
    return found


def pace(frame: Frame, counted: str, days: float) -> float:
    """What all customers together would bring in `days` at the pace of the last quarter.

    `counted` is orders or revenue. The first order of who is new does not repeat: it is left out.
    """
    new = frame.column("tenure_days") < PACE_DAYS
    first = frame.column("aov") if counted == "revenue" else np.ones(len(frame))
    repeats = np.maximum(frame.column(f"{counted}_{PACE_DAYS}d") - new * first, 0.0)
    return float(repeats.sum()) * days / PACE_DAYS


def level(model: Floats, steady: float) -> float:
    """By what the model's total is multiplied: halfway to the steady pace, twofold at most.

    Models of dropout let a group of customers fade, a pace lets it last for ever; the truth lies
    between them (measured on CDNOW, Online Retail and The Complete Journey: docs/benchmarks.md).
    """
    total = float(model.sum())
    if total <= 0 or steady <= 0:
        return 1.0
    return float(np.clip((total + steady) / 2 / total, 0.5, 2.0))


def drivers(frame: Frame, names: list[str], points: Floats, most: int = 2) -> list[list[Reason]]:
    """What raises or lowers a value, in money: `points` are customers x inputs."""
    facts = design(frame)
    facts["tenure_days"] = frame.column("tenure_days")
    told_as = [TOLD_AS.get(name, name) for name in names]
    kept = [fact for fact in dict.fromkeys(told_as) if fact in facts or fact == "recency_days"]
    merged = np.column_stack(
        [
            points[:, [i for i, fact in enumerate(told_as) if fact == one]].sum(axis=1)
            for one in kept
        ]
    )
    return heaviest(kept, merged, facts, most, weigh=lambda point: round(point, 2))
