"""The console as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Registers the shell's own palette provider when Django is ready."""

    name = "zhiyin.console"
    label = "console"

    def ready(self) -> None:
        """Screens can be reached by typing their name."""
        from zhiyin.connect import queries as webhooks
        from zhiyin.console import companies, demo_note, help, navigation, palette, people, reality

        palette.register(navigation.palette_entries)
        palette.register(people.entries)
        palette.register(companies.entries)
        palette.register(help.entries)
        reality.register(demo_note.provider)
        navigation.register_count("customers", people.count)
        navigation.register_count("companies", companies.count)
        navigation.register_count("webhooks", webhooks.switched_off, todo=True)
