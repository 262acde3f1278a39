"""Segments to begin from, for whoever has none yet: each opens in the builder, unsaved."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.segments import Bought, Comparison, FieldIs, Group, LastDays, Match, Measure, Op, Rule


@dataclass(frozen=True)
class Example:
    """A rule with a name and what it is good for."""

    key: str
    name: Promise
    use: Promise
    rule: Rule


def _all(*items: Bought | FieldIs) -> Rule:
    return Rule(root=Group(Match.ALL, items))


EXAMPLES = (
    Example(
        "lapsed",
        _("Valuable and drifting away"),
        _("Write to them before they are gone"),
        _all(
            Bought(LastDays(365), measure=Measure.AMOUNT, value="1000"),
            Bought(LastDays(90), did=False),
        ),
    ),
    Example(
        "new",
        _("New customers"),
        _("Bring the second order about"),
        _all(
            FieldIs("first_order_at", Op.WITHIN_LAST, 30),
            FieldIs("orders", Op.AT_MOST, 1),
        ),
    ),
    Example(
        "small",
        _("Often here, small orders"),
        _("Watch the price: bundles rather than discounts"),
        _all(
            Bought(LastDays(365), value=4),
            Bought(
                LastDays(365), measure=Measure.AMOUNT, comparison=Comparison.AT_MOST, value="800"
            ),
        ),
    ),
)
