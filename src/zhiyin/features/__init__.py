"""What we know of each customer at a date, as expressions that any engine runs.

Every feature is an Ibis expression over integer microseconds and exact decimals, so DuckDB and
Spark give the same numbers to the last bit, in whatever order the rows lie. Everything looks
strictly before the date asked for: a model may be trained on the past without seeing the future.
No models here, and no storage.
"""

from zhiyin.features.cohorts import cohorts
from zhiyin.features.history import (
    AmbiguousLinksError,
    History,
    MixedCurrenciesError,
    attach_customers,
)

__all__ = ["AmbiguousLinksError", "History", "MixedCurrenciesError", "attach_customers", "cohorts"]
