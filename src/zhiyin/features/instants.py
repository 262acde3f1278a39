"""Calendar arithmetic on integer microseconds since 1970 in UTC.

Engines disagree on dates (time zones, what counts as a whole second, the type of a difference),
but not on integers.
"""

from __future__ import annotations

import ibis.expr.types as ir

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


def floored(value: ir.IntegerValue, step: int) -> ir.IntegerValue:
    """How many whole `step`s fit below `value`, also before 1970.

    Engines divide through floating point. The floor is exact nevertheless: below 2⁵³ (the year
    2255) a quotient that is not whole lies further from the next integer than half its last bit.
    `value` stands here once, because calendars nest this and the text would grow threefold each
    time: Spark took a minute to compile it.
    """
    return (value / step).floor().cast("int64")


def days_before(earlier: ir.IntegerValue, later: int) -> ir.FloatingValue:
    """How many days before `later` it was, with their fraction."""
    return (later - earlier).cast("float64") / float(DAY_US)


def month_number(us: ir.IntegerValue) -> ir.IntegerValue:
    """Months since year 0: 12 × year + month − 1.

    Howard Hinnant's `civil_from_days` ("chrono-compatible low-level date algorithms"): the year
    begins in March, so that the leap day comes last and months are linear in days.
    """
    z = floored(us, DAY_US) + 719_468
    era = floored(z, 146_097)
    day_of_era = z - era * 146_097
    year_of_era = floored(
        day_of_era
        - floored(day_of_era, 1_460)
        + floored(day_of_era, 36_524)
        - floored(day_of_era, 146_096),
        365,
    )
    day_of_year = day_of_era - (
        year_of_era * 365 + floored(year_of_era, 4) - floored(year_of_era, 100)
    )
    month_from_march = floored(day_of_year * 5 + 2, 153)
    return (year_of_era + era * 400) * 12 + month_from_march + 2
