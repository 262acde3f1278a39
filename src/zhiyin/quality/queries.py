"""What the screens of quality show: figures with their trend, and the rows behind one of them.

A page costs a bounded number of questions. The rows behind a figure are read by key, and only those
that the reader may see as rows of their own object.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from zhiyin.collect.models import Source
from zhiyin.quality import catalogue, wording
from zhiyin.quality.models import Measurement, Proposal, QualityRule
from zhiyin.quality.rules import Dimension, Faulty, Rule, load

TREND_DAYS = 30
PAGE = 50


@dataclass(frozen=True)
class Figure:
    """How many of the rows that a rule speaks of fail, on the last day that was measured."""

    rows: int = 0
    failed: int = 0

    @property
    def percent(self) -> float | None:
        """The share that is as it should be."""
        return None if not self.rows else 100 * (1 - self.failed / self.rows)

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.rows + other.rows, self.failed + other.failed)


@dataclass(frozen=True)
class Line:
    """A rule with its figures."""

    one: QualityRule
    rule: Rule | None  # None: its field is gone
    said: str
    figure: Figure
    trend: list[float]
    before: Figure
    problem: str = ""

    @property
    def delta(self) -> float | None:
        """In points, against a week before."""
        now, then = self.figure.percent, self.before.percent
        return None if now is None or then is None else now - then

    @property
    def beyond(self) -> bool:
        """Whether more fail than may."""
        most = self.one.most_percent
        now = self.figure.percent
        return most is not None and now is not None and 100 - now > most


@dataclass(frozen=True)
class Tile:
    """A dimension over all its rules."""

    dimension: Dimension
    label: str
    figure: Figure
    before: Figure
    trend: list[float]
    rules: int


@dataclass(frozen=True)
class Overview:
    """The first page of quality."""

    lines: list[Line]
    tiles: list[Tile]
    days: list[date]
    measured_at: datetime | None
    proposals: int
    beyond: int


def overview(
    now: datetime, *, object_: str = "", dimension: str = "", source: Source | None = None,
    name: str = "",
) -> Overview:  # fmt: skip
    """All rules with their figures; of one object, dimension, field or source where asked."""
    rules = QualityRule.objects.order_by("object", "event", "field", "made_at", "id")
    found = sorted(
        rules.filter(object=object_) if object_ else rules,
        key=lambda one: catalogue.OBJECTS.index(one.object),
    )
    counts = _counts(found, now, source)
    known: Known = {}
    lines = [_line(one, counts.get(one.pk, {}), now, known) for one in found]
    if source is not None:
        lines = [line for line in lines if line.figure.rows]
    if name:
        lines = [line for line in lines if line.one.field == name]
    tiles = [_tile(one, lines, counts, now) for one in Dimension]
    shown = [line for line in lines if not dimension or line.one.dimension == dimension]
    measured_at = max((one.measured_at for one in found if one.measured_at), default=None)
    return Overview(
        shown, tiles, _days(now), measured_at,
        Proposal.objects.filter(state=Proposal.State.OPEN).count(),
        sum(line.beyond for line in lines),
    )  # fmt: skip


Days = dict[date, Figure]


def _counts(rules: Iterable[QualityRule], now: datetime, source: Source | None) -> dict[UUID, Days]:
    """By rule and day, one question."""
    rows = Measurement.objects.filter(
        rule__in=[one.pk for one in rules], source=source, day__gt=_days(now)[0] - timedelta(days=1)
    )
    found: dict[UUID, Days] = defaultdict(dict)
    for rule, day, total, failed in rows.values_list("rule_id", "day", "rows", "failed"):
        found[rule][day] = Figure(total, failed)
    return found


def _days(now: datetime) -> list[date]:
    today = timezone.localtime(now).date()
    return [today - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]


Known = dict[tuple[str, str], catalogue.Subject]


def _line(one: QualityRule, days: Days, now: datetime, known: Known) -> Line:
    of = subject_of(one, known)
    try:
        rule = load(one.definition)
        problem = "" if rule.field in of.types else wording.fault(Faulty("no_field", one.field))
        said = wording.sentence(rule, of)
    except Faulty as error:
        rule, problem, said = None, wording.fault(error), one.field
    last = max(days, default=None)
    earlier = [day for day in days if last and day <= last - timedelta(days=7)]
    trend = [share for day in sorted(days) if (share := days[day].percent) is not None]
    return Line(one, rule, said, days[last] if last else Figure(), trend,
                days[max(earlier)] if earlier else Figure(), problem)  # fmt: skip


def _tile(
    dimension: Dimension, lines: Sequence[Line], counts: Mapping[UUID, Days], now: datetime
) -> Tile:
    of = [line for line in lines if line.one.dimension == dimension and line.one.active]
    trend = []
    for day in _days(now):
        figures = [counts.get(line.one.pk, {}).get(day) for line in of]
        total = sum((one for one in figures if one is not None), Figure())
        if total.percent is not None:
            trend.append(total.percent)
    return Tile(
        dimension, str(wording.DIMENSIONS[dimension]), sum((x.figure for x in of), Figure()),
        sum((x.before for x in of), Figure()), trend, len(of),
    )  # fmt: skip


def subject_of(one: QualityRule, known: Known) -> catalogue.Subject:
    """The object of a rule; made once a page."""
    key = (one.object, one.event)
    if key not in known:
        known[key] = catalogue.subject(*key)
    return known[key]


@dataclass
class SourceRow:
    """A source: for each field how much of what it says is as it should be."""

    source: Source
    cells: dict[str, Figure] = field(default_factory=dict)
    whole: Figure = Figure()


@dataclass(frozen=True)
class BySource:
    """Sources against fields, of one object."""

    fields: list[tuple[str, str]]
    rows: list[SourceRow]


def by_source(now: datetime, object_: str) -> BySource:
    """The newest figures of each source and field: three questions."""
    rules = {one.pk: one for one in QualityRule.objects.filter(object=object_, active=True)}
    newest = (
        Measurement.objects.filter(rule__in=list(rules), source__isnull=False)
        .filter(day__gt=_days(now)[0]).order_by("rule", "source", "-day").distinct("rule", "source")
    )  # fmt: skip
    found: dict[UUID, dict[str, Figure]] = defaultdict(dict)
    for rule, source, rows, failed in newest.values_list("rule_id", "source_id", "rows", "failed"):
        name = rules[rule].field
        cells = found[source]
        cells[name] = cells.get(name, Figure()) + Figure(rows, failed)
    sources = Source.objects.in_bulk(list(found))
    labels: dict[str, str] = {}
    known: Known = {}
    for one in rules.values():
        if any(one.field in cells for cells in found.values()):
            labels[one.field] = wording.label(one.field, subject_of(one, known))
    lines = [
        SourceRow(sources[key], cells, sum(cells.values(), Figure()))
        for key, cells in found.items()
    ]
    return BySource(sorted(labels.items(), key=lambda pair: pair[1]),
                    sorted(lines, key=lambda line: line.source.key))  # fmt: skip


@dataclass(frozen=True)
class RulePage:
    """One rule: its trend and its sources."""

    line: Line
    x: list[str]
    percents: list[float | None]
    counts: list[tuple[date, Figure]]
    sources: list[tuple[Source, Figure]]


def rule_page(one: QualityRule, now: datetime) -> RulePage:
    """The trend of a rule, and its figure for each source on the last day: three questions."""
    days = _counts([one], now, None).get(one.pk, {})
    said = Measurement.objects.filter(rule=one, source__isnull=False)
    newest = said.order_by("source", "-day").distinct("source").select_related("source")
    sources = [(each.source, Figure(each.rows, each.failed)) for each in newest if each.source]
    window = _days(now)
    first = min(days, default=window[-1])
    shown = [day for day in window if day >= first]
    return RulePage(
        _line(one, days, now, {}), [f"{day:%m-%d}" for day in shown],
        [days[day].percent if day in days else None for day in shown],
        [(day, days[day]) for day in sorted(days, reverse=True)],
        sorted(sources, key=lambda pair: -pair[1].failed),
    )  # fmt: skip


def proposals() -> QuerySet[Proposal]:
    """What waits for a decision."""
    waiting = Proposal.objects.filter(state=Proposal.State.OPEN)
    return waiting.order_by("object", "event", "field", "kind")
