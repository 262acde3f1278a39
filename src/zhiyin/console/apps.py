"""The console as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Registers the shell's own palette provider when Django is ready."""

    name = "zhiyin.console"
    label = "console"

    def ready(self) -> None:
        """Screens can be reached by typing their name."""
        from zhiyin import palette
        from zhiyin.connect import queries as webhooks
        from zhiyin.console import counts, demo_note, help, navigation, reality
        from zhiyin.objects import recent

        palette.register(recent.entries)  # first what was opened last
        palette.register(navigation.palette_entries)
        palette.gather()
        palette.register(help.entries)
        reality.register(demo_note.provider)
        navigation.register_count("customers", counts.people)
        navigation.register_count("companies", counts.companies)
        navigation.register_count("webhooks", webhooks.switched_off, todo=True)
