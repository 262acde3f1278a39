"""The conditions of the customer list: each reads a text from an address and narrows the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import Level
from zhiyin.accounts.models import Department, User
from zhiyin.customers import catalogue, words
from zhiyin.customers.models import Segment, SegmentMember

Options = list[tuple[str, str]]
LONGEST = 120


@dataclass(frozen=True)
class Asked:
    """Who asks, and the day that "days ago" is counted from."""

    user: User
    as_of: datetime


@dataclass(frozen=True)
class Filter:
    """One condition: how its text becomes a question to the database, and how it reads."""

    key: str
    label: Promise
    narrow: Callable[[str, Asked], Q]
    operator: str = ""
    suffix: str = ""
    field: str = ""
    kind: str = "text"  # text, number, choice
    options: Callable[[User], Options] | None = None
    name: Callable[[str], str] | None = None

    def allowed(self, levels: Mapping[str, Level]) -> bool:
        """Whether somebody may ask this: never about a field that they may not read."""
        return not self.field or levels.get(self.field, Level.HIDDEN) >= Level.READ

    def tell(self, value: str) -> str:
        """The value as the chip says it."""
        named = self.name(value) if self.name else value
        return f"{named}{self.suffix}"


class BadValue(ValueError):  # noqa: N818  (the condition is left out and the screen says so)
    """The text of a condition cannot be read."""


def _word(text: Mapping[str, str] | None, otherwise: str) -> str:
    chinese = (get_language() or "zh").startswith("zh")
    return otherwise if text is None else text["zh" if chinese else "en"]


def _words(known: Mapping[str, Mapping[str, str]]) -> Options:
    return [(key, _word(text, key)) for key, text in known.items()]


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise BadValue(text) from error
    if not value.is_finite() or abs(value) > Decimal("1e12"):
        raise BadValue(text)
    return value


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadValue(text) from error


def _segment(text: str, asked: Asked) -> Q:
    members = SegmentMember.objects.filter(segment=_id(text)).values("customer")
    return Q(pk__in=members)


def _risk(text: str, asked: Asked) -> Q:
    return Q(churn_risk__gte=float(_number(text)) / 100)


def _owner(text: str, asked: Asked) -> Q:
    return Q(owner=asked.user if text == "me" else _id(text))


def _older(text: str, asked: Asked) -> Q:
    days = _number(text)
    if not 0 <= days <= 40_000:
        raise BadValue(text)
    return Q(last_order_at__lt=asked.as_of - timedelta(days=float(days)))


def _consent(text: str, asked: Asked) -> Q:
    if text not in catalogue.CHANNELS:
        raise BadValue(text)
    purpose = "profiling" if text == "none" else "marketing"
    return Q(consents__channel=text, consents__purpose=purpose, consents__granted=True)


def _segment_name(text: str) -> str:
    found = Segment.objects.filter(pk=_id(text)).values_list("name", flat=True).first()
    return found or gettext("a segment that is gone")


def _owner_name(text: str) -> str:
    if text == "me":
        return gettext("me")
    return User.objects.filter(pk=_id(text)).values_list("name", flat=True).first() or "?"


def _department_name(text: str) -> str:
    found = Department.objects.filter(pk=_id(text)).first()
    return found.name if found else "?"


def _segments(user: User) -> Options:
    found = Segment.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in found[:200]]


def _owners(user: User) -> Options:
    found = User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
    return [("me", gettext("me")), *((str(pk), name) for pk, name in found[:200])]


def _departments(user: User) -> Options:
    return [(str(one.pk), one.name) for one in Department.objects.order_by("path")[:200]]


FILTERS: Mapping[str, Filter] = {
    one.key: one
    for one in (
        Filter("segment", _("Segment"), _segment, kind="choice", options=_segments,
               name=_segment_name),
        Filter("tier", _("Tier"), lambda text, _: Q(tier=text), field="tier", kind="choice",
               options=lambda _: _words(words.TIERS), name=lambda v: _word(words.TIERS.get(v), v)),
        Filter("rfm", _("RFM segment"), lambda text, _: Q(rfm_segment=text), field="rfm_segment",
               kind="choice", options=lambda _: _words(words.RFM_SEGMENTS),
               name=lambda v: _word(words.RFM_SEGMENTS.get(v), v)),
        Filter("persona", _("Persona"), lambda text, _: Q(persona=text), field="persona",
               kind="choice", options=lambda _: _words(words.personas()),
               name=lambda v: _word(words.personas().get(v), v)),
        Filter("risk", _("Churn risk"), _risk,
               operator="≥", suffix="%", field="churn_risk", kind="number"),
        Filter("value", _("12-month value"), lambda text, _: Q(value_12m__gte=_number(text)),
               operator="≥", field="value_12m", kind="number"),
        Filter("older", _("Days since last order"), _older, operator=">", field="last_order_at",
               kind="number"),
        Filter("country", _("Country"), lambda text, _: Q(country=text), field="country"),
        Filter("city", _("City"), lambda text, _: Q(city=text), field="city"),
        Filter("tag", _("Tag"), lambda text, _: Q(tags__contains=[text]), field="tags"),
        Filter("owner", _("Owner"), _owner, field="owner", kind="choice", options=_owners,
               name=_owner_name),
        Filter("department", _("Department"), lambda text, _: Q(department=_id(text)),
               field="department", kind="choice", options=_departments, name=_department_name),
        Filter("consent", _("Agreed to be written to"), _consent, kind="choice",
               options=lambda _: _words(catalogue.CHANNELS),
               name=lambda v: _word(catalogue.CHANNELS.get(v), v)),
    )
}  # fmt: skip
