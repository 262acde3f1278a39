"""Measuring: all rules of an object in one pass over its table, in all and for each source.

Customers are passed over twice: as golden records, and as their sources say them. What a rule needs
to know beforehand (a median) is asked before. Nothing of a person is kept: counts by day.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils import timezone

from zhiyin.accounts import seat
from zhiyin.collect.bulk import copy_rows
from zhiyin.customers.models import Survivorship
from zhiyin.quality import alerts, catalogue, compiling
from zhiyin.quality.catalogue import Subject
from zhiyin.quality.compiling import Compiled, Spread, Sql
from zhiyin.quality.models import Measurement, QualityRule
from zhiyin.quality.rules import Faulty, Outlier, Required, Rule, check, load

log = structlog.get_logger(__name__)
KEPT_DAYS = 400  # of measurements: a year and its comparison
STATEMENT_SECONDS = 600
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Count:
    """Rows that a rule speaks of, and those that fail; without a source in all."""

    source: UUID | None
    rows: int
    failed: int


@dataclass
class Measured:
    """What one measuring did."""

    rules: int = 0
    failed: int = 0  # rules that could not be asked any more
    seconds: float = 0.0
    passes: dict[str, float] = field(default_factory=dict)


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@seat.system("figures over everybody, kept as counts")
def measure(
    now: datetime, *, only: Iterable[QualityRule] | None = None, progress: Progress = silent
) -> Measured:
    """Measure every active rule (or those given), keep the day's counts, tell of thresholds."""
    rules = list(QualityRule.objects.filter(active=True) if only is None else only)
    done, begun = Measured(), time.perf_counter()
    groups: dict[tuple[str, str], list[QualityRule]] = {}
    for one in rules:
        groups.setdefault((one.object, one.event), []).append(one)
    for number, ((name, event), found) in enumerate(sorted(groups.items())):
        progress("measure", number, len(groups))
        started = time.perf_counter()
        with transaction.atomic():
            _measure_object(catalogue.subject(name, event), found, now, done)
        done.passes[f"{name} {event}".strip()] = round(time.perf_counter() - started, 3)
    done.seconds = round(time.perf_counter() - begun, 3)
    with transaction.atomic():
        Measurement.objects.filter(day__lt=_day(now, back=KEPT_DAYS)).delete()
        alerts.tell(rules, now)
    log.info("quality measured", rules=done.rules, seconds=done.seconds)
    return done


def _measure_object(
    of: Subject, rules: Sequence[QualityRule], now: datetime, done: Measured
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"set local statement_timeout = {STATEMENT_SECONDS * 1000}")
    readable = [(one, rule) for one in rules if (rule := _readable(one, of)) is not None]
    done.failed += len(rules) - len(readable)
    day = _day(now)
    found: list[tuple[QualityRule, Count]] = []
    found += _pass(of, readable, now)
    if of.name == "customer":
        said = compiling.records(of)
        found += _pass(said, [p for p in readable if compiling.can_be_asked(p[1], said)], now)
    _keep(day, found)
    ids = [one.pk for one, _ in readable]
    QualityRule.objects.filter(pk__in=ids).update(measured_at=now)
    done.rules += len(readable)


def _readable(one: QualityRule, of: Subject) -> Rule | None:
    """The rule; None where its field is gone, which its page tells."""
    try:
        rule = load(one.definition)
        check(rule, of.types)
    except Faulty:
        return None
    return rule


def compile_rule(one: QualityRule, rule: Rule, of: Subject, now: datetime) -> Compiled:
    """The rule over the rows of an object, with what was learnt of it."""
    spread = None
    if isinstance(rule, Outlier) and one.learnt:
        spread = Spread(float(one.learnt["median"]), float(one.learnt["mad"]))
    return compiling.compiled(rule, of, now=now, spread=spread, default=_default(rule, of))


def _default(rule: Rule, of: Subject) -> str:
    if not isinstance(rule, Required) or of.table != "customers_customer":
        return ""
    known = Survivorship.objects.filter(field=rule.field, missing=Survivorship.Missing.DEFAULT)
    return known.values_list("default", flat=True).first() or ""


def _pass(
    of: Subject, rules: Sequence[tuple[QualityRule, Rule]], now: datetime
) -> list[tuple[QualityRule, Count]]:
    """One pass over the table: for every rule how many rows, how many fail."""
    if not rules:
        return []
    _learn(of, rules)
    asked = Sql(f"select {of.source or 'null::uuid'}")
    for one, rule in rules:
        found = compile_rule(one, rule, of, now)
        asked += Sql(", count(*) filter (where ") + found.applies + Sql(")")
        asked += Sql(", count(*) filter (where ") + found.failing + Sql(")")
    asked += Sql(f" from {of.table} t") + _where(of)
    if of.source:
        asked += Sql(" group by 1")
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.params)
        rows = cursor.fetchall()
    counts: list[tuple[QualityRule, Count]] = []
    whole = of.name != "customer" or not of.source  # records are told by source alone
    for place, (one, _rule) in enumerate(rules):
        pairs = [(source, row[2 * place], row[2 * place + 1]) for source, *row in rows]
        if of.source:
            counts += [(one, Count(source, n, bad)) for source, n, bad in pairs if n]
        if whole:
            total, failed = (sum(pair[at] for pair in pairs) for at in (1, 2))
            counts.append((one, Count(None, total, failed)))
    return counts


def _where(of: Subject) -> Sql:
    return Sql(" where t.name = %s", (of.event,)) if of.event else Sql("")


def _learn(of: Subject, rules: Sequence[tuple[QualityRule, Rule]]) -> None:
    """The median and the deviation of fields that are judged by them."""
    for one, rule in rules:
        if isinstance(rule, Outlier):
            asked = compiling.spread_of(rule, of)
            with connection.cursor() as cursor:
                cursor.execute(asked.text, asked.params)
                row = cursor.fetchone()
            if row and row[0] is not None and row[1] is not None:
                one.learnt = {"median": float(row[0]), "mad": float(row[1])}
                one.save(update_fields=["learnt"])


def _keep(day: date, found: Iterable[tuple[QualityRule, Count]]) -> None:
    """The day's counts; a second measuring of the day replaces the first."""
    rows = [(one.pk, count.source, day, count.rows, count.failed) for one, count in found]
    rules = {row[0] for row in rows}
    Measurement.objects.filter(rule__in=rules, day=day).delete()
    copy_rows("quality_measurement", ("rule_id", "source_id", "day", "rows", "failed"), rows)


def _day(now: datetime, *, back: int = 0) -> date:
    return timezone.localtime(now - timedelta(days=back)).date()
