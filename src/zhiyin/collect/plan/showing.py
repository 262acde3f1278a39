"""What the screens of a plan show: the plan and what was learnt, side by side, name by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.models import Learnt, PlanDay, PlanVersion, Source
from zhiyin.collect.plan import services
from zhiyin.collect.plan.drift import DAYS
from zhiyin.collect.plan.learning import kind_of, kinds
from zhiyin.collect.plan.schema import (
    KINDS,
    MODES,
    Difference,
    Kind,
    Plan,
    Planned,
    Property,
    differences,
    from_json,
)

_FITS = {
    Kind.NUMBER: {Kind.WHOLE, Kind.NUMBER},
    Kind.TEXT: {Kind.TEXT, Kind.MOMENT},
    Kind.ANY: set(Kind),
}
NOTES = {
    services.ACCEPTED: _("Accepted what was learnt"),
    services.IMPORTED: _("Brought as a file"),
    services.RESTORED: _("Version %(n)s holds again"),
}
_SETTINGS = {
    "mode": _("What deviates"),
    "unknown_events": _("Unknown events"),
    "unknown_properties": _("Unknown properties"),
}


@dataclass(frozen=True)
class PropertyLine:
    """A property: what the plan says of it and what came, one of which may be missing."""

    name: str
    rule: Property | None
    row: Learnt | None
    of: int  # events of its name

    @property
    def planned(self) -> str | Promise:
        """The type that the plan gives it."""
        return KINDS[self.rule.type] if self.rule else ""

    @property
    def came(self) -> list[tuple[str | Promise, int]]:
        """The types that came, the most frequent first."""
        seen = kinds(self.row) if self.row else {}
        return [(KINDS[kind], n) for kind, n in sorted(seen.items(), key=lambda one: -one[1])]

    @property
    def given(self) -> float:
        """In which share of its events it was, percent."""
        return 100 * self.row.events / self.of if self.row and self.of else 0.0

    @property
    def differs(self) -> bool:
        """Whether a type came that the plan does not expect."""
        if self.rule is None or self.row is None:
            return False
        return not set(kinds(self.row)) <= _FITS.get(self.rule.type, {self.rule.type})

    @property
    def suggested(self) -> Property:
        """What a form begins with: the rule, or what was learnt."""
        if self.rule is not None:
            return self.rule
        if self.row is None:
            return Property()
        return Property(kind_of(kinds(self.row)), personal=self.row.personal)


@dataclass(frozen=True)
class EventLine:
    """An event: what the plan says of it and what came."""

    name: str
    planned: Planned | None
    row: Learnt | None
    deviating: int = 0  # in the days of the report
    properties: list[PropertyLine] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Properties that came and that the plan does not know."""
        return sum(1 for one in self.properties if one.rule is None)

    @property
    def differing(self) -> int:
        """Properties of which another type came."""
        return sum(1 for one in self.properties if one.differs)

    @property
    def known(self) -> int:
        """Properties of the plan."""
        return len(self.planned.properties) if self.planned else 0

    @property
    def has_news(self) -> bool:
        """Whether there is anything to take into the plan."""
        return self.row is not None and (self.planned is None or bool(self.new))


@dataclass(frozen=True)
class Shown:
    """The whole of a plan beside what was learnt."""

    plan: Plan
    lines: list[EventLine]
    names: int  # that were learnt, beside those of the plan
    beyond: int
    beyond_events: int

    @property
    def has_news(self) -> bool:
        """Whether anything was learnt that is not in the plan."""
        return any(one.has_news for one in self.lines)


def shown(source: Source) -> Shown:
    """Events, those with news first, then by how many came; three queries."""
    plan = services.plan_of(source)
    rows: dict[str, dict[str, Learnt]] = {}
    for row in Learnt.objects.filter(source=source):
        rows.setdefault(row.event, {})[row.property] = row
    unnamed = rows.pop("", {}).get("")
    since = timezone.localdate() - timedelta(days=DAYS - 1)
    days = PlanDay.objects.filter(source=source, day__gte=since, fault=PlanDay.ANY)
    deviating = dict(days.values_list("event").annotate(n=Sum("events")).order_by())
    lines = [
        _event(name, plan.events.get(name), rows.get(name, {}), deviating.get(name, 0))
        for name in {*plan.events, *rows}
    ]
    lines.sort(key=lambda one: (-one.has_news, -(one.row.events if one.row else 0), one.name))
    names = sum((one.planned is None) + one.new for one in lines)
    beyond = sum(one.row.beyond for one in lines if one.row) + (unnamed.beyond if unnamed else 0)
    return Shown(plan, lines, names, beyond, unnamed.events if unnamed else 0)


def event(source: Source, name: str) -> EventLine | None:
    """One event with its properties; None where nobody knows it."""
    planned = services.plan_of(source).events.get(name)
    rows = {row.property: row for row in Learnt.objects.filter(source=source, event=name)}
    if planned is None and not rows:
        return None
    return _event(name, planned, rows, 0)


def _event(
    name: str, planned: Planned | None, rows: dict[str, Learnt], deviating: int
) -> EventLine:  # fmt: skip
    own, rules = rows.get(""), planned.properties if planned else {}
    of = own.events if own else 0
    properties = [
        PropertyLine(key, rules.get(key), rows.get(key), of)
        for key in sorted({*rules, *rows} - {""})
    ]
    return EventLine(name, planned, own, deviating, properties)


@dataclass(frozen=True)
class Change:
    """One place at which a version differs from the one before it."""

    where: str
    sign: str  # + ~ -
    before: str
    after: str


@dataclass(frozen=True)
class VersionLine:
    """A version with who made it, and what it changed where that is asked for."""

    number: int
    at: datetime
    by: str
    note: str
    changes: list[Change]


def versions(source: Source, *, most: int = 50) -> list[VersionLine]:
    """The newest versions, each against the one before."""
    rows = list(
        PlanVersion.objects.filter(source=source).select_related("by").order_by("-version")
        [: most + 1]
    )  # fmt: skip
    plans = {row.version: from_json(row.document) for row in rows}
    return [
        VersionLine(
            row.version, row.at, row.by.name, _note(row.note),
            changes(differences(plans.get(row.version - 1, Plan()), plans[row.version])),
        )
        for row in rows[:most]
    ]  # fmt: skip


def changes(found: Iterable[Difference]) -> list[Change]:
    """Differences in words."""
    told = []
    for one in found:
        sign = "+" if one.before is None else "-" if one.after is None else "~"
        setting = _SETTINGS.get(one.place.property) if not one.place.event else None
        where = str(setting) if setting else " / ".join(part for part in one.place if part)
        told.append(Change(where, sign, _words(one.before), _words(one.after)))
    return told


def _words(one: Planned | Property | str | None) -> str:
    if one is None:
        return ""
    if isinstance(one, Planned):
        return one.description
    if isinstance(one, str):
        return str(MODES[one])
    parts = [str(KINDS[one.type])]
    if one.required:
        parts.append(str(_("required")))
    if one.personal:
        parts.append(str(_("personal")))
    if one.allowed:
        parts.append(", ".join(str(value) for value in one.allowed))
    if one.description:
        parts.append(one.description)
    return "; ".join(parts)


def _note(note: str) -> str:
    kind, _space, number = note.partition(" ")
    words = NOTES.get(kind)
    return str(words) % {"n": number} if words and number else str(words or note)
