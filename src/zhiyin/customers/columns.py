"""The columns that the customer list can show, and what stands in each cell.

One place for the screen and for exports, so that a field that somebody may not see is in neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import Level
from zhiyin.customers import words
from zhiyin.customers.fields import PERSONAL, masked, shown
from zhiyin.customers.models import Customer
from zhiyin.customers.queries.keyset import SORTS

Raw = str | int | float | bool | Decimal | date | datetime | None


@dataclass(frozen=True)
class Column:
    """One column: `kind` chooses how its cells are drawn, `field` whose level it obeys."""

    key: str
    label: Promise
    kind: str = "text"
    field: str = ""
    narrow: bool = False  # stays on a phone

    @property
    def sortable(self) -> bool:
        return self.key in SORTS

    @property
    def numeric(self) -> bool:
        return self.kind in ("money", "number", "risk", "age", "percent")


@dataclass(frozen=True)
class Cell:
    """One value ready to be drawn; `raw` goes into a spreadsheet."""

    column: Column
    text: str
    raw: Raw
    low: Raw = None
    high: Raw = None
    tone: str = ""


COLUMNS: Mapping[str, Column] = {
    column.key: column
    for column in (
        Column("name", _("Name"), "name", narrow=True),
        Column("number", _("Number")),
        Column("phone", _("Mobile"), "masked"),
        Column("email", _("E-mail"), "masked"),
        Column("tier", _("Tier"), "badge"),
        Column("rfm_segment", _("RFM segment"), "badge"),
        Column("persona", _("Persona")),
        Column("country", _("Country")),
        Column("province", _("Province")),
        Column("city", _("City")),
        Column("gender", _("Gender")),
        Column("language", _("Language")),
        Column("birth_date", _("Birthday"), "masked"),
        Column("tags", _("Tags"), "tags"),
        Column("owner", _("Owner")),
        Column("department", _("Department")),
        Column("orders", _("Orders"), "number"),
        Column("revenue", _("Spent in all"), "money"),
        Column("value_12m", _("12-month value"), "money", narrow=True),
        Column("churn_risk", _("Churn risk"), "risk", narrow=True),
        Column("next_purchase_probability", _("Chance to buy"), "percent", field="next_purchase"),
        Column("first_order_at", _("First bought"), "day"),
        Column("last_order_at", _("Last bought"), "age"),
        Column("last_seen_at", _("Last seen"), "day"),
        Column("created_at", _("Added"), "day"),
    )
}
DEFAULT_COLUMNS = (
    "name", "phone", "tier", "city", "revenue", "value_12m", "churn_risk", "last_order_at",
)  # fmt: skip


def visible(levels: Mapping[str, Level]) -> list[Column]:
    """The columns that may be chosen at these levels."""
    return [
        column
        for column in COLUMNS.values()
        if levels.get(column.field or column.key, Level.HIDDEN) > Level.HIDDEN
    ]


def chosen(keys: Iterable[str], levels: Mapping[str, Level]) -> list[Column]:
    """Those of `keys` that exist and may be seen, in this order; the name always comes first."""
    allowed = {column.key: column for column in visible(levels)}
    wanted = dict.fromkeys(["name", *keys])
    return [allowed[key] for key in wanted if key in allowed]


class Drawing:
    """Draws cells: knows the day that ages are counted to, and the names of codes."""

    def __init__(self, columns: list[Column], as_of: datetime) -> None:
        self.columns = columns
        self.as_of = as_of
        self._zh = (get_language() or "zh").startswith("zh")
        needs_personas = any(column.key == "persona" for column in columns)
        self._personas = words.personas() if needs_personas else {}

    def cells(self, customer: Customer, levels: Mapping[str, Level] | None = None) -> list[Cell]:
        """A row. Without `levels` (a list) personal fields are masked; with them as they say."""
        return [self._cell(column, customer, levels) for column in self.columns]

    def _cell(self, column: Column, customer: Customer, levels: Mapping[str, Level] | None) -> Cell:
        if column.key in PERSONAL:
            value = getattr(customer, column.key)
            if levels is None:
                text = masked(column.key, value)
            else:
                text = shown(column.key, value, levels.get(column.key, Level.HIDDEN))
            return Cell(column, text, text)
        special = _SPECIAL.get(column.key)
        if special is not None:
            return special(self, column, customer)
        raw: Raw = getattr(customer, column.key)
        return Cell(column, "" if raw is None else str(raw), raw)

    def word(self, text: Mapping[str, str] | None, otherwise: str) -> str:
        """A name in the reader's language."""
        return otherwise if text is None else text["zh" if self._zh else "en"]

    def persona(self, key: str) -> str:
        return self.word(self._personas.get(key), "")

    def days_since(self, moment: datetime | None) -> int | None:
        """Whole days before the date of the data."""
        return None if moment is None else max(0, (self.as_of - moment).days)


def tone_of_risk(risk: float | None) -> str:
    """Rouge from 45 %, amber from 25 %, else plain."""
    if risk is None or risk < 0.25:
        return ""
    return "risk" if risk >= 0.45 else "mid"


def _name(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = customer.name or customer.number or str(customer.pk)[-8:]
    return Cell(column, text, text)


def _tier(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = drawing.word(words.TIERS.get(customer.tier), "")
    tone = "line" if customer.tier == Customer.Tier.PLATINUM else ""
    return Cell(column, text, text, tone=tone)


def _rfm(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = drawing.word(words.RFM_SEGMENTS.get(customer.rfm_segment), "")
    return Cell(column, text, text, tone=rfm_tone(customer.rfm_segment))


def rfm_tone(segment: str) -> str:
    """Segments that are drifting away are shown as such."""
    return "bad" if segment.startswith("at_risk") else ""


def _persona(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = drawing.persona(customer.persona)
    return Cell(column, text, text)


def _risk(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    risk = customer.churn_risk
    return Cell(
        column, "" if risk is None else f"{risk:.0%}", risk,
        customer.churn_risk_low, customer.churn_risk_high, tone_of_risk(risk),
    )  # fmt: skip


def _age(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    days = drawing.days_since(customer.last_order_at)
    return Cell(column, "" if days is None else str(days), customer.last_order_at)


def _tags(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = ", ".join(customer.tags)
    return Cell(column, text, text)


def _owner(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = customer.owner.name if customer.owner else ""
    return Cell(column, text, text)


def _department(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = customer.department.name if customer.department else ""
    return Cell(column, text, text)


def _gender(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = str(customer.get_gender_display()) if customer.gender else ""
    return Cell(column, text, text)


def _language(drawing: Drawing, column: Column, customer: Customer) -> Cell:
    text = str(customer.get_language_display()) if customer.language else ""
    return Cell(column, text, text)


_SPECIAL: Mapping[str, Callable[[Drawing, Column, Customer], Cell]] = {
    "name": _name, "tier": _tier, "rfm_segment": _rfm, "persona": _persona, "churn_risk": _risk,
    "last_order_at": _age, "tags": _tags, "owner": _owner, "department": _department,
    "gender": _gender, "language": _language,
}  # fmt: skip
