"""The Django app; on start it gathers every room's access rules and records."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "zhiyin.accounts"

    def ready(self) -> None:
        from zhiyin.accounts import resources, signals  # noqa: F401  (both register themselves)

        autodiscover_modules("access")
        autodiscover_modules("records")
