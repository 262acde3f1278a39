"""The Django app; on start it gathers the objects that every room declares in its `objects`."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ObjectsConfig(AppConfig):
    name = "zhiyin.objects"
    label = "objects"

    def ready(self) -> None:
        from zhiyin.objects import lookups, policy_section, rooms_below  # lookups registers itself

        assert lookups
        rooms_below.register()
        policy_section.register()
        autodiscover_modules("objects")
