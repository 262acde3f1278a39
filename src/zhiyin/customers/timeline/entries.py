"""One line of the timeline, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone


@dataclass(frozen=True)
class Part:
    """A piece of a line: plain, or strong, or money, or a link."""

    text: str = ""
    strong: bool = False
    url: str = ""
    money: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True)
class Entry:
    """What happened. `side` is "ours" (we did it), "hot" (look at this) or "" (they did it)."""

    kind: str
    key: str
    at: datetime
    icon: str
    parts: list[Part]
    detail: str = ""
    side: str = ""
    quote: str = ""
    simulated: bool = False
    source: str = ""
    fields: tuple[str, ...] = ()  # whoever may not read all of these does not get the line
    bare: bool = False  # tells no value of these, so whoever knows them masked gets it too
    folds: str = ""  # neighbours with the same word fold into one line
    count: int = 1
    last: str = field(default="", compare=False)  # where a folded run ended

    @property
    def day(self) -> date:
        """The day it stands under: the reader's, like the time beside it."""
        return timezone.localtime(self.at).date()
