"""The planted path to churn: a complaint, and within days a look at the return policy.

The real orders say who stayed, so the path cannot cause anything. It is dealt out the other way
round, which gives the same joint distribution: with a share s of the customers at risk on the
path, a relative risk R and an overall rate c of leaving,

    q = P(leave | no path) = c / (1 + s (R - 1)),   P(leave | path) = R q,
    P(path | leave) = s R q / c,                    P(path | stay) = s (1 - R q) / (1 - c).

Complaints alone, looks at the policy alone and the two in the other order are made elsewhere or
here without regard to the outcome, so that only the path in its order tells anything.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from zhiyin.demo.chance import DAY_US, MINUTE_US, Ints
from zhiyin.demo.orders import Purchases
from zhiyin.demo.parameters import Parameters


@dataclass(frozen=True)
class Path:
    """Who complained when, who read the policy when; the planted and the harmless together."""

    complainer: Ints
    complained_us: Ints
    reader: Ints
    read_us: Ints
    truth: dict[str, Any]


def make(
    rng: np.random.Generator, bought: Purchases, person: Ints, end_us: int, parameters: Parameters
) -> Path:
    """Deals the path at anchors 30 days apart; `bought` are all purchases, by account.

    At the latest anchors the outcome is not known yet. There everybody at risk has the same
    chance, and so the path predicts what is still to come.
    """
    size = len(person)
    by_person = bought.of_persons(person)
    who: list[Ints] = []
    complained: list[Ints] = []
    read: list[Ints] = []
    anchors = []
    for step in range(parameters.path_anchors):
        anchor = end_us - step * 30 * DAY_US
        outcome_us = parameters.path_outcome_days * DAY_US
        known = anchor + outcome_us <= end_us
        before = by_person.count(size, anchor - parameters.path_at_risk_days * DAY_US, anchor)
        at_risk = np.flatnonzero((before > 0) & (person == np.arange(size)))
        left = by_person.count(size, anchor, anchor + outcome_us)[at_risk] == 0
        chance = (
            _chance(left, parameters) if known else np.full(len(at_risk), parameters.path_share)
        )
        on_path = at_risk[rng.random(len(at_risk)) < chance]
        # The complaint lies 9 to 26 days before the anchor, the look at the policy after it.
        first = anchor - (rng.uniform(9, 26, len(on_path)) * DAY_US).astype(np.int64)
        gap = rng.uniform(0.1, parameters.path_days, len(on_path)) * DAY_US
        who.append(on_path)
        complained.append(first)
        read.append(first + gap.astype(np.int64))
        control = at_risk[rng.random(len(at_risk)) < parameters.path_share / 3]
        # The other order, more than path_days apart from any later look.
        late = anchor - (rng.uniform(2, 8, len(control)) * DAY_US).astype(np.int64)
        who.append(control)
        complained.append(late)
        read.append(late - (rng.uniform(1, 6, len(control)) * DAY_US).astype(np.int64))
        anchors.append(
            {
                "anchor_us": int(anchor),
                "outcome_known": bool(known),
                "at_risk": len(at_risk),
                "on_path": len(on_path),
                "left_share": float(left.mean()) if known and len(left) else None,
            }
        )
    complainer = np.concatenate(who)
    minute = MINUTE_US
    return Path(
        complainer=complainer,
        complained_us=np.concatenate(complained) // minute * minute,
        reader=complainer,
        read_us=np.concatenate(read) // minute * minute,
        truth={
            "path": ["Complaint Raised", "Return Policy Viewed"],
            "within_days": parameters.path_days,
            "relative_risk": parameters.path_relative_risk,
            "share_of_at_risk": parameters.path_share,
            "outcome": f"no purchase for {parameters.path_outcome_days} days after the anchor",
            "at_risk": f"bought in the {parameters.path_at_risk_days} days before the anchor",
            "harmless": ["Complaint Raised", "Return Policy Viewed", "the two in the other order"],
            "anchors": anchors,
        },
    )


def _chance(left: np.ndarray, parameters: Parameters) -> np.ndarray:
    """P(path | outcome) of each customer at risk, by the formula above."""
    share, risk = parameters.path_share, parameters.path_relative_risk
    rate = float(left.mean()) if len(left) else 0.0
    if rate in (0.0, 1.0):
        return np.full(len(left), share)
    alone = rate / (1 + share * (risk - 1))
    together = min(risk * alone, 0.98)
    alone = (rate - share * together) / (1 - share)
    leaving = share * together / rate
    staying = share * (1 - together) / (1 - rate)
    return np.where(left, leaving, staying)
