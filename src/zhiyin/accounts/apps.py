"""The Django app; on start it gathers every room's access rules, records, and how it forgets."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "zhiyin.accounts"

    def ready(self) -> None:
        from zhiyin.accounts import (  # noqa: F401  (two register themselves)
            policy,
            policy_changes,
            resources,
            signals,
        )

        policy.replace_by(policy_changes.grants_of)

        autodiscover_modules("access")
        autodiscover_modules("records")
        autodiscover_modules("forgets")
