"""The column that holds a row's custom values; a model that can have custom fields inherits it.

Numbers are kept as texts ("12.50"), days and moments as ISO texts, choices by their keys: JSON
numbers would lose decimals on the way. A field without a value has no key.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Value


class HasCustom(models.Model):
    """A row with custom fields."""

    custom = models.JSONField(default=dict, blank=True, db_default=Value({}, models.JSONField()))

    class Meta:
        abstract = True
