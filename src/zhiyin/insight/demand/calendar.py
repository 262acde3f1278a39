"""What is known of days ahead: weekday, season, and the holidays or promotions someone lists."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from zhiyin.insight.contract import DAY_US, Floats
from zhiyin.insight.demand.series import Every, Panel
from zhiyin.insight.given import As, Integers, Rows, arrow, given

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Calendar:
    """Columns by day; a day that is not listed counts as 0 in each."""

    columns: tuple[str, ...]
    days: Integers
    values: Floats

    def listed(self, panel: Panel, periods: Integers) -> Floats:
        """Periods x columns; of the days in a week the largest value counts."""
        found = np.zeros((len(periods), len(self.columns)))
        if len(self.days) == 0:
            return found
        start = panel.day_of(periods)
        for offset in range(panel.every.days):
            at = np.searchsorted(self.days, start + offset)
            inside = np.minimum(at, len(self.days) - 1)
            hit = self.days[inside] == start + offset
            found[hit] = np.maximum(found[hit], self.values[inside[hit]])
        return found


NOTHING_LISTED = Calendar((), np.zeros(0, dtype=np.int64), np.zeros((0, 0)))


def read_calendar(table: Rows | None) -> Calendar:
    """`at` and any columns of numbers or flags; they may lie ahead, because they are plans."""
    if table is None:
        return NOTHING_LISTED
    columns = tuple(sorted(c for c in arrow(table).column_names if c != "at"))
    taken = given(table, {"at": As.MOMENT, **dict.fromkeys(columns, As.NUMBER)})
    day = taken.moments("at") // DAY_US
    values = np.column_stack([taken.numbers(c) for c in columns]) if columns else np.zeros((0, 0))
    days, first = np.unique(day, return_index=True)
    merged = np.zeros((len(days), len(columns)))
    np.maximum.at(merged, np.searchsorted(days, day), values)
    return Calendar(columns, days, merged if len(first) else values)


def season_of(panel: Panel, periods: Integers) -> Floats:
    """Periods x 4: weekday, day of the month, week of the year, month (of a week: its middle)."""
    middle = 0 if panel.every is Every.DAY else 3
    rows = [_EPOCH + timedelta(days=int(d) + middle) for d in panel.day_of(periods)]
    return np.array(
        [[d.weekday(), d.day, d.isocalendar().week, d.month] for d in rows], dtype=np.float64
    ).reshape(-1, 4)
