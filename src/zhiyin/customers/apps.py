"""The customers room as a Django app; on start it gathers what every room tells on the timeline."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CustomersConfig(AppConfig):
    """Imports each room's happenings.py, which registers what it tells on the timeline."""

    name = "zhiyin.customers"
    label = "customers"

    def ready(self) -> None:
        autodiscover_modules("happenings")
