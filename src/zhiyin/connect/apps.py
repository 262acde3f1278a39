"""The connect room as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConnectConfig(AppConfig):
    """Imports each room's webhooks.py, which registers the events that it tells."""

    name = "zhiyin.connect"
    label = "connect"

    def ready(self) -> None:
        autodiscover_modules("webhooks")
