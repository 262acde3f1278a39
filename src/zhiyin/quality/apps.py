"""The quality room as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """Rules about the data, what was measured by them, and what is proposed."""

    name = "zhiyin.quality"
    label = "quality"
