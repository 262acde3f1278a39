"""What the model room shows: the models, one scorecard drawn out, and the groups of the others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Avg, Count, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.customers import segmentation, words
from zhiyin.customers.models import Customer, ModelVersion, Segment
from zhiyin.customers.queries.segments import tongue
from zhiyin.insight import churn_contest
from zhiyin.insight.contest import Standing
from zhiyin.insight.contract import Words, moment
from zhiyin.insight.rfm import RULES
from zhiyin.insight.rivals import Kind as Rival
from zhiyin.insight.scorecard import (
    PSI_ACT,
    CalibrationPoint,
    Drift,
    Kind,
    Metric,
    Scorecard,
)
from zhiyin.segments import FieldIs, walk

ORDER = ("churn", "value", "next_purchase", "rfm", "personas")
TITLES: Mapping[str, Promise] = {
    "churn": gettext_lazy("Churn"),
    "value": gettext_lazy("Customer value"),
    "next_purchase": gettext_lazy("Next purchase"),
    "rfm": gettext_lazy("RFM segments"),
    "personas": gettext_lazy("Personas"),
}
FIELDS: Mapping[str, frozenset[str]] = {  # what a segment's rule says that speaks of a model
    "churn": frozenset({"churn_risk"}),
    "value": frozenset({"value_12m", "tier"}),
    "next_purchase": frozenset({"next_purchase_probability"}),
    "rfm": frozenset({"rfm_segment"}),
    "personas": frozenset({"persona"}),
}
SHOWN_DRIFT = 6
LOG = 8
DRIFT_END = 0.35  # the end of the drift bars
ZERO_AT = 0.32  # where "equally good" stands on the strings of the scorecard
_PLACES = {"rmse": 0, "lift10": 2, "total": 2}


@dataclass(frozen=True)
class Listed:
    """A model in the list on the left."""

    version: ModelVersion
    title: str
    state: str  # model, baseline or descriptive


@dataclass(frozen=True)
class Line:
    """A row of the scorecard, with the ends of its string."""

    metric: Metric
    name: str
    note: str
    places: int
    least: float
    most: float


@dataclass(frozen=True)
class KindShown:
    """A kind of model among the others; the baseline is the last."""

    standing: Standing
    name: str
    in_use: bool
    baseline: bool


@dataclass(frozen=True)
class KindsShown:
    """All kinds side by side, and the ends of the axis that their strings share."""

    rows: list[KindShown]
    sentence: str
    ceiling: float
    least: float
    most: float
    base: float


@dataclass(frozen=True)
class Entry:
    """Something that happened to a model."""

    at: datetime
    text: str
    by: str


@dataclass(frozen=True)
class GroupShown:
    """A group of a descriptive model: who, how many, and what they are worth."""

    key: str
    name: str
    note: str
    people: int
    share: float
    orders: float | None
    revenue: Decimal | None
    revenue_share: float | None
    stability: float | None


def listed() -> list[Listed]:
    """The current version of every model, in the order of the room."""
    current = {
        one.name: one
        for one in ModelVersion.objects.filter(current=True).select_related("approved_by")
    }
    names = [*(n for n in ORDER if n in current), *sorted(set(current) - set(ORDER))]
    return [Listed(current[name], title(current[name]), state(current[name])) for name in names]


def state(version: ModelVersion) -> str:
    """Whether the model acts, its baseline does, or it only describes."""
    return "descriptive" if version.scorecard.get("descriptive") else version.in_use


def title(version: ModelVersion) -> str:
    """The model's name as its scorecard gives it, else as the room calls it."""
    told = version.scorecard.get("title")
    return told[tongue()] if told else str(TITLES.get(version.name, version.name))


def card_of(version: ModelVersion) -> Scorecard | None:
    """The stored scorecard; None where the model only describes."""
    if state(version) == "descriptive" or not version.scorecard:
        return None
    return msgspec.convert(version.scorecard, type=Scorecard)


def word(words_: Words) -> str:
    return words_.zh if tongue() == "zh" else words_.en


def lines(card: Scorecard) -> list[Line]:
    """The rows of the scorecard; each string has its own scale, all have zero at one place."""
    found = []
    for metric in card.metrics:
        right, left = max(metric.high, metric.difference, 0), min(metric.low, metric.difference, 0)
        width = max(right / (1 - ZERO_AT), -left / ZERO_AT, 1e-9) * 1.12
        found.append(
            Line(
                metric, word(metric.name), word(metric.note), _PLACES.get(metric.key, 3),
                -ZERO_AT * width, (1 - ZERO_AT) * width,
            )
        )  # fmt: skip
    return found


def kinds(card: Scorecard) -> KindsShown | None:
    """The contest behind a model, drawn out; None where none was held."""
    held = card.contest
    if held is None:
        return None
    known = {one.key for one in held.standings}
    best = churn_contest.clearly_best(held) if Rival.MIXED in known else held.winner
    used = best or Rival.MIXED
    rows = [
        KindShown(one, word(one.name), card.in_use == "model" and one.key == used, False)
        for one in held.standings
    ]
    base = held.baseline
    rows.append(KindShown(base, word(base.name), card.in_use == "baseline", True))
    least = min(row.standing.auc.low for row in rows)
    most = max(row.standing.auc.high for row in rows)
    room = max((most - least) * 0.08, 0.005)
    return KindsShown(
        rows, word(held.sentence), held.lift_ceiling, least - room, most + room, base.auc.value
    )


def moved(card: Scorecard) -> list[tuple[Drift, str, str]]:
    """The features that moved most: with their names and the tone of their bars."""
    tones = {"retrain": "bad", "watch": "warn", "ok": "rest"}
    return [(one, word(one.name), tones[one.level]) for one in card.drift[:SHOWN_DRIFT]]


def warning(card: Scorecard) -> str:
    """The features whose distribution has left the one that the model was trained on."""
    names = [word(one.name) for one in card.drift if one.psi > PSI_ACT][:2]
    return (_(" and ") if len(names) == 2 else "").join(names)


def calibration(card: Scorecard) -> dict[str, Any]:
    """The chart of what was said against what came."""
    points = [*card.calibration_model, *card.calibration_baseline]
    end = max((max(p.predicted, p.actual, p.high) for p in card.calibration_model), default=1.0)
    end = max(end, max((max(p.predicted, p.actual) for p in points), default=1.0))

    def drawn(list_: list[CalibrationPoint]) -> list[dict[str, float]]:
        return [
            {"predicted": p.predicted, "observed": p.actual, "low": p.low, "high": p.high}
            for p in list_
        ]

    return {
        "kind": "calibration",
        "model": drawn(card.calibration_model),
        "baseline": drawn(card.calibration_baseline),
        "max": _round_up(end),
        "money": card.kind is Kind.AMOUNT,
        "names": {"x": _("Predicted"), "model": _("Model"), "baseline": _("Baseline")},
    }


def _round_up(end: float) -> float:
    """An end of the axis that four steps divide into plain numbers."""
    scale = 10.0 ** math.floor(math.log10(end)) if end > 0 else 1.0
    return next(step * scale for step in (1, 1.2, 1.6, 2, 4, 6, 8, 10) if end <= step * scale)


def _axis(low: float, high: float) -> tuple[float, float, float]:
    """Plain ends and steps of an axis that is cut to where the lines run."""
    room = max(high - low, 0.01)
    step = next(one for one in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, room) if room / one <= 5)
    least, most = math.floor(low / step) * step, math.ceil(high / step) * step
    return round(least, 2), round(most, 2), step


def series(card: Scorecard) -> dict[str, Any]:
    """The chart of the backtest: each cut-off with its band, model above or below baseline."""
    lows = [min(one.model_low, one.baseline_low) for one in card.series]
    highs = [max(one.model_high, one.baseline_high) for one in card.series]
    least, most, step = _axis(min(lows, default=0.0), max(highs, default=1.0))
    return {
        "kind": "band",
        "x": [f"{timezone.localtime(moment(one.as_of_us)):%Y-%m-%d}" for one in card.series],
        "series": [
            {
                "name": _("Model"),
                "values": [one.model for one in card.series],
                "low": [one.model_low for one in card.series],
                "high": [one.model_high for one in card.series],
            },
            {
                "name": _("Baseline"),
                "baseline": True,
                "values": [one.baseline for one in card.series],
                "low": [one.baseline_low for one in card.series],
                "high": [one.baseline_high for one in card.series],
            },
        ],
        "min": least,
        "max": most,
        "interval": step,
    }


def calibration_said(card: Scorecard) -> str:
    """One plain reading of the calibration: the group nearest to where most is decided."""
    if not card.calibration_model or card.kind is Kind.AMOUNT:
        return ""
    one = min(card.calibration_model, key=lambda p: abs(p.predicted - 0.4))
    return _("of those told %(said)s, %(came)s did") % {
        "said": f"{one.predicted:.0%}",
        "came": f"{one.actual:.1%}",
    }


def log_of(name: str) -> list[Entry]:
    """What happened to a model, the newest first."""
    entries = []
    versions = ModelVersion.objects.filter(name=name).select_related("approved_by")
    for one in versions.order_by("-version")[:LOG]:
        if one.approved_at is not None:
            who = one.approved_by.name if one.approved_by else ""
            text = _("Approved v%(version)s") % {"version": one.version}
            entries.append(Entry(one.approved_at, text, who))
        entries.append(Entry(one.trained_at, _trained(one), _("System")))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:LOG]


def _trained(one: ModelVersion) -> str:
    facts = {
        "version": one.version,
        "seconds": f"{one.seconds:.0f}",
        "people": f"{one.customers:,}",
    }
    if state(one) == "baseline":
        return _("Trained v%(version)s: the baseline is in use, %(people)s scored") % facts
    return _("Trained v%(version)s: %(people)s scored in %(seconds)s s") % facts


def segments_with(name: str) -> int:
    """How many segments ask for what a model says."""
    fields = FIELDS.get(name, frozenset())
    return sum(
        any(
            isinstance(node, FieldIs) and node.field in fields
            for _path, node in walk(segmentation.rule_of(one).root)
        )
        for one in Segment.objects.filter(archived_at=None)
    )


def groups_of(version: ModelVersion, user: User) -> list[GroupShown]:
    """The groups of a descriptive model among the people this user may see, largest first."""
    field = "rfm_segment" if version.name == "rfm" else "persona"
    people = access.scoped(user, Customer.objects.all(), "customer.see").exclude(**{field: ""})
    found = list(
        people.order_by()
        .values(field)
        .annotate(people=Count("id"), mean_orders=Avg("orders"), total=Sum("revenue"))
    )
    known = words.RFM_SEGMENTS if version.name == "rfm" else words.personas()
    meant = {rule.key: word(rule.meaning) for rule in RULES}
    steady = {
        f"p{one['key']}": one.get("stability") for one in version.scorecard.get("personas", [])
    }
    everybody = sum(row["people"] for row in found)
    money = sum(row["total"] for row in found) or None
    shown = [
        GroupShown(
            key=row[field],
            name=known[row[field]][tongue()] if row[field] in known else row[field],
            note=meant.get(row[field], "") if version.name == "rfm" else "",
            people=row["people"],
            share=row["people"] / everybody,
            orders=row["mean_orders"],
            revenue=row["total"] / row["people"],
            revenue_share=float(row["total"] / money) if money else None,
            stability=steady.get(row[field]),
        )
        for row in found
    ]
    return sorted(shown, key=lambda group: -group.people)
