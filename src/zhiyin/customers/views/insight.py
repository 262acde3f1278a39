"""The right-hand column of a person's page: the voice, risk, spending, value, products."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
from django.utils.translation import get_language

from zhiyin.customers import voice
from zhiyin.customers.cells import tone_of_risk
from zhiyin.customers.fields import Levels
from zhiyin.customers.models import Customer, ModelVersion, Score
from zhiyin.customers.queries import record
from zhiyin.customers.queries.population import population
from zhiyin.customers.seeing import SCORE_FIELDS, as_seen, may_read, sees_orders
from zhiyin.insight.contract import Reason

MOST_REASONS = 5
PROMISED_DAYS = 7  # scores older than this against the data are shown as stale


def insight_of(
    person: Customer, as_of: datetime, levels: Levels, *, brief: bool = False
) -> dict[str, object]:
    """Everything of the column that the reader may know; `brief` leaves out what the drawer has no
    room for."""
    person, bought = as_seen(person, levels), sees_orders(levels)
    speaks = may_read(levels, "orders", "first_order_at", "last_order_at")
    known = population(person.scored_at) if person.scored_at else None
    peers = known.risks.get(person.rfm_segment) if known else None
    figures = voice.figures_of(person, as_of, peers)
    found = {name: score for name, score in record.scores(person).items()
             if may_read(levels, *SCORE_FIELDS.get(name, ()))}  # fmt: skip
    context: dict[str, object] = {
        "as_of": as_of, "voice": voice.sentence(figures) if speaks else "", "figures": figures,
        "risk": _risk(person, found.get("churn"), peers),
        "value": _value(person, known.top_share(float(person.value_12m)) if known
                        and person.value_12m is not None else None),
        "window": _window(person, as_of), "scores": found,
        "stale": _days_stale(person, as_of),
    }  # fmt: skip
    if not brief:
        months = record.months(person, as_of) if bought else []
        liked = record.liked(person)
        liked = [one for one in liked if bought or not one.bought]
        context |= {
            "months": months, "spent": sum((m.spent for m in months), Decimal(0)),
            "month_orders": sum(m.orders for m in months),
            "bought": [one for one in liked if one.bought],
            "looked": [one for one in liked if not one.bought],
        }  # fmt: skip
    return context


def _days_stale(person: Customer, as_of: datetime) -> int | None:
    """How many days the scores are behind the data, where that is more than they promise."""
    if person.scored_at is None:
        return None
    days = (as_of - person.scored_at).days
    return days if days > PROMISED_DAYS else None


def _risk(person: Customer, score: Score | None, peers: float | None) -> dict[str, object] | None:
    if person.churn_risk is None:
        return None
    return {
        "at": round(100 * person.churn_risk),
        "low": _percent(person.churn_risk_low), "high": _percent(person.churn_risk_high),
        "peers": _percent(peers), "tone": tone_of_risk(person.churn_risk), "score": score,
        "baseline": getattr(score, "in_use", "") == ModelVersion.InUse.BASELINE,
        "reasons": _reasons(score),
    }  # fmt: skip


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)


def _reasons(score: Score | None) -> list[tuple[str, float]]:
    """Sentences with the points they add or take."""
    if score is None:
        return []
    chinese = (get_language() or "zh").startswith("zh")
    raw = score.reasons
    try:
        told = msgspec.json.decode(raw, type=list[Reason]) if isinstance(raw, str) else (
            msgspec.convert(raw, list[Reason])
        )  # fmt: skip
    except msgspec.ValidationError:
        return []
    return [(one.zh if chinese else one.en, one.points) for one in told[:MOST_REASONS]]


def _value(person: Customer, top: int | None) -> dict[str, object] | None:
    if person.value_12m is None:
        return None
    low, high = person.value_12m_low, person.value_12m_high
    most = (high or person.value_12m) * Decimal("1.25") or Decimal(1)
    return {"at": person.value_12m, "low": low, "high": high, "max": most, "top": top}


def _window(person: Customer, as_of: datetime) -> dict[str, object] | None:
    start, end = person.next_purchase_from, person.next_purchase_to
    if start is None or end is None:
        return None
    today = as_of.date()
    first, last = (start - today).days, (end - today).days
    return {
        "from": start, "to": end, "low": first, "high": last, "at": (first + last) / 2,
        "max": max(30, last * 1.2), "probability": person.next_purchase_probability,
    }  # fmt: skip
