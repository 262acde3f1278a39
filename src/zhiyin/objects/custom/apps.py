"""The Django app; on start it offers its fields to every object."""

from __future__ import annotations

from django.apps import AppConfig


class CustomConfig(AppConfig):
    name = "zhiyin.objects.custom"
    label = "custom"

    def ready(self) -> None:
        from zhiyin.objects import configured as views
        from zhiyin.objects.custom import configured, indexes
        from zhiyin.objects.custom.provider import PROVIDER
        from zhiyin.objects.definitions import register_fields

        register_fields(PROVIDER)
        configured.register()
        indexes.register_use(indexes.asked_by_views)
        views.register()
