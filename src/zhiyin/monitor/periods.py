"""The spans of time that figures are counted in, and the earlier spans they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SPANS = 8  # the span asked for and seven before it, for the thin line of its trend
QUARTER = "quarter"


@dataclass(frozen=True)
class Span:
    """From `starts` up to, but not including, `ends`."""

    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Period:
    """What the switch in the header offers; `days` is None for the running quarter."""

    key: str
    label: Promise
    last: Promise
    before: Promise
    days: int | None

    def spans(self, as_of: datetime) -> list[Span]:
        """Newest first. A running quarter is held against as many days of the earlier ones."""
        if self.days is not None:
            length = timedelta(days=self.days)
            return [Span(as_of - length * (n + 1), as_of - length * n) for n in range(SPANS)]
        start = _quarter(as_of)
        passed = as_of - start
        starts = [_months_before(start, 3 * n) for n in range(SPANS)]
        return [
            Span(s, min(s + passed, starts[n - 1]) if n else as_of) for n, s in enumerate(starts)
        ]


PERIODS = {
    period.key: period
    for period in (
        Period("7", _("7 days"), _("Last 7 days"), _("the 7 days before"), 7),
        Period("30", _("30 days"), _("Last 30 days"), _("the 30 days before"), 30),
        Period("90", _("90 days"), _("Last 90 days"), _("the 90 days before"), 90),
        Period(QUARTER, _("Quarter"), _("This quarter"), _("as much of the quarter before"), None),
    )
}
DEFAULT = "30"


def period_of(key: str) -> Period:
    """The period of an address; 30 days where it names none."""
    return PERIODS.get(key, PERIODS[DEFAULT])


def last_day(as_of: datetime) -> date:
    """The day that `as_of` ends: a midnight belongs to the day before it."""
    return timezone.localtime(as_of - timedelta(microseconds=1)).date()


def month_start(as_of: datetime) -> datetime:
    """When the month began that was running just before `as_of`, in the shop's own time."""
    before = timezone.localtime(as_of - timedelta(microseconds=1))
    return before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def months_before(start: datetime, months: int) -> datetime:
    """The first of the month so many months before a first of a month."""
    return _months_before(start, months)


def _quarter(as_of: datetime) -> datetime:
    start = month_start(as_of)
    return _months_before(start, (start.month - 1) % 3)


def _months_before(start: datetime, months: int) -> datetime:
    number = start.year * 12 + start.month - 1 - months
    wall = datetime(number // 12, number % 12 + 1, 1)
    return timezone.make_aware(wall)
