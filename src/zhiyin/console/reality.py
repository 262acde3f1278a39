"""What is real here and what is simulated: the note that every screen carries where it matters.

Rooms that simulate something (the demo's customers, a channel without a provider) register a
provider; the first one that answers is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext


@dataclass(frozen=True)
class Note:
    """A word for the chip, a sentence for the strip, and where it is explained."""

    title: str
    text: str
    url: str = ""


Provider = Callable[[], Note | None]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Let a room say that something here is simulated."""
    if provider not in _providers:
        _providers.append(provider)


def note() -> Note | None:
    """What to say on this installation; None where everything is real."""
    for provider in _providers:
        found = provider()
        if found is not None:
            return found
    if settings.SMTP_URL:
        return None
    return Note(
        gettext("Simulated channel"),
        gettext("Messages are kept in the outbox of this computer and go to nobody."),
    )
