"""The talk room as a Django app; on start it gathers the kinds of notices of every room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TalkConfig(AppConfig):
    """Imports each room's notices.py, which registers the kinds that it emits."""

    name = "zhiyin.talk"
    label = "talk"

    def ready(self) -> None:
        from zhiyin.talk import mentions, shares, sign_ins  # noqa: F401  (register their kinds)

        autodiscover_modules("notices")
