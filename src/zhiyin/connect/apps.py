"""The connect room as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConnectConfig(AppConfig):
    """What leaves for other systems."""

    name = "zhiyin.connect"
    label = "connect"
