"""Money in whole hundredths beside its decimal, computed by the database, to order by."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Cast


def minor_of(column: str) -> models.GeneratedField:
    """The money of a column with two decimals as an integer: see `zhiyin.objects` `Sort.minor`."""
    return models.GeneratedField(
        expression=Cast(models.F(column) * 100, models.BigIntegerField()),
        output_field=models.BigIntegerField(), db_persist=True,
    )  # fmt: skip
