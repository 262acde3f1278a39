"""The one sentence in which Zhiyin says what it makes of a customer.

Composed from figures by fixed rules, never generated: whoever doubts it can follow each number to
its rows. It says three things: how long and how often; how the present silence compares with the
person's own rhythm; what the models expect, in words, with the peers beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language, gettext, ngettext

from zhiyin.customers.models import Customer

LONG_SILENCE = 1.8  # times the usual gap
HIGH_ABOVE_PEERS = 0.08


@dataclass(frozen=True)
class Figures:
    """The numbers behind the sentence, each as of `as_of`."""

    as_of: datetime
    orders: int
    years: float
    silent_days: int | None
    usual_gap: float | None
    risk: float | None
    peer_risk: float | None


def figures_of(customer: Customer, as_of: datetime, peer_risk: float | None) -> Figures:
    """From the profile alone: no query."""
    first, last = customer.first_order_at, customer.last_order_at
    gap = None
    if first and last and customer.orders > 1 and (last - first).days >= 1:
        gap = (last - first).total_seconds() / 86_400 / (customer.orders - 1)
    return Figures(
        as_of=as_of,
        orders=customer.orders,
        years=(as_of - first).days / 365.25 if first else 0.0,
        silent_days=max(0, (as_of - last).days) if last else None,
        usual_gap=gap,
        risk=customer.churn_risk,
        peer_risk=peer_risk,
    )


def sentence(known: Figures) -> str:
    """The sentence, in the reader's language."""
    if known.orders == 0 or known.silent_days is None:
        return gettext("Known, but has not bought yet.")
    said = [_who(known), _rhythm(known)]
    if known.risk is not None:
        said.append(_risk(known.risk, known.peer_risk))
    joint = "" if (get_language() or "zh").startswith("zh") else " "
    return joint.join(said)


def _who(known: Figures) -> str:
    if known.orders == 1:
        return gettext("Has bought once so far.")
    months = max(1, round(known.years * 12))
    if months >= 18:
        values = {"years": round(known.years), "orders": f"{known.orders:,}"}
        return gettext("A customer for %(years)s years with %(orders)s orders.") % values
    return ngettext(
        "A customer for %(months)s month with %(orders)s orders.",
        "A customer for %(months)s months with %(orders)s orders.",
        months,
    ) % {"months": months, "orders": f"{known.orders:,}"}


def _rhythm(known: Figures) -> str:
    values = {"days": f"{known.silent_days:,}", "gap": round(known.usual_gap or 0) or 1}
    if known.usual_gap is None:
        return gettext("The order was %(days)s days ago.") % values
    assert known.silent_days is not None
    if known.silent_days >= LONG_SILENCE * known.usual_gap and known.silent_days >= 14:
        return (
            gettext("Usually buys every %(gap)s days, and now has been silent for %(days)s.")
            % values
        )
    return (
        gettext("Usually buys every %(gap)s days; the last order was %(days)s days ago.") % values
    )


def _risk(risk: float, peers: float | None) -> str:
    values = {"risk": f"{risk:.0%}", "peers": f"{peers or 0:.0%}"}
    if peers is None:
        return gettext("The risk of losing them is %(risk)s.") % values
    if risk - peers >= HIGH_ABOVE_PEERS:
        return (
            gettext("More likely to leave than others like them: %(risk)s against %(peers)s.")
            % values
        )
    if peers - risk >= HIGH_ABOVE_PEERS:
        return (
            gettext("More likely to stay than others like them: risk %(risk)s against %(peers)s.")
            % values
        )
    return gettext("The risk of losing them, %(risk)s, is that of others like them.") % values
