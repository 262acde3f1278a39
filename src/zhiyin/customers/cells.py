"""How the customer's own fields are drawn in a list: codes by name, scores with their tone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Protocol

from django.utils.translation import get_language

from zhiyin.customers import words
from zhiyin.customers.models import Customer
from zhiyin.objects.definitions import Drawing, Shown


class Dated(Protocol):
    """A row that says when somebody bought last."""

    @property
    def last_order_at(self) -> datetime | None: ...


def word(text: Mapping[str, str] | None, otherwise: str, *, chinese: bool | None = None) -> str:
    """A name in the reader's language."""
    if text is None:
        return otherwise
    zh = (get_language() or "zh").startswith("zh") if chinese is None else chinese
    return text["zh" if zh else "en"]


def choices(known: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Codes with their names, for a filter."""
    return [(key, word(text, key)) for key, text in known.items()]


def name(customer: Customer, drawing: Drawing) -> Shown:
    """The name, or what stands for it."""
    text = customer.name or customer.number or str(customer.pk)[-8:]
    return Shown(text, text)


def tier(customer: Customer, drawing: Drawing) -> Shown:
    text = word(words.TIERS.get(customer.tier), "", chinese=drawing.chinese)
    return Shown(text, text, tone="line" if customer.tier == Customer.Tier.PLATINUM else "")


def rfm(customer: Customer, drawing: Drawing) -> Shown:
    text = word(words.RFM_SEGMENTS.get(customer.rfm_segment), "", chinese=drawing.chinese)
    return Shown(text, text, tone=rfm_tone(customer.rfm_segment))


def persona(customer: Customer, drawing: Drawing) -> Shown:
    known = drawing.once("personas", words.personas)
    text = word(known.get(customer.persona), "", chinese=drawing.chinese)
    return Shown(text, text)


def risk(customer: Customer, drawing: Drawing) -> Shown:
    share = customer.churn_risk
    return Shown(
        "" if share is None else f"{share:.0%}", share,
        customer.churn_risk_low, customer.churn_risk_high, tone_of_risk(share),
    )  # fmt: skip


def age(row: Dated, drawing: Drawing) -> Shown:
    """Whole days between the last order and the date of the data."""
    moment = row.last_order_at
    text = "" if moment is None else str(max(0, (drawing.as_of - moment).days))
    return Shown(text, moment)


def coded(column: str, row: object, drawing: Drawing) -> Shown:
    """A column with choices, by its name."""
    code = getattr(row, column)
    text = str(getattr(row, f"get_{column}_display")()) if code else ""
    return Shown(text, text)


gender = partial(coded, "gender")
language = partial(coded, "language")


def tone_of_risk(risk: float | None) -> str:
    """Rouge from 45 %, amber from 25 %, else plain."""
    if risk is None or risk < 0.25:
        return ""
    return "risk" if risk >= 0.45 else "mid"


def rfm_tone(segment: str) -> str:
    """Segments that are drifting away are shown as such."""
    return "bad" if segment.startswith("at_risk") else ""
