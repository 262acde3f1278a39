"""The room of understanding as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class UnderstandConfig(AppConfig):
    """Imports each room's questions.py, which registers what is computed each night, and its
    panels.py, which registers what stands on a customer's page."""

    name = "zhiyin.understand"
    label = "understand"

    def ready(self) -> None:
        autodiscover_modules("questions", "panels")
