"""Decisions about telling: when a message may leave, what belongs together, what a text calls.

Pure: the moment and the user's wishes are passed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

GATHERS = timedelta(minutes=2)  # what happens within this is told in one message


@dataclass(frozen=True)
class Wishes:
    """A user's zone, quiet hours (None: never quiet) and the hour of the digest."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None
    digest_at: time


def is_quiet(moment: datetime, wishes: Wishes) -> bool:
    """Whether the moment lies in the quiet hours, which may pass midnight."""
    if wishes.quiet is None:
        return False
    start, end = wishes.quiet
    now = moment.astimezone(wishes.zone).time()
    return start <= now < end if start < end else now >= start or now < end


def due_now(moment: datetime, wishes: Wishes) -> datetime:
    """When something urgent may leave: soon, or as the quiet hours end."""
    soon = moment + GATHERS
    if wishes.quiet is None or not is_quiet(soon, wishes):
        return soon
    return next_at(soon, wishes.quiet[1], wishes.zone)


def due_in_digest(moment: datetime, wishes: Wishes) -> datetime:
    """When the next digest leaves; one that falls into the quiet hours waits for their end."""
    at = next_at(moment, wishes.digest_at, wishes.zone)
    if wishes.quiet is not None and is_quiet(at, wishes):
        return next_at(at, wishes.quiet[1], wishes.zone)
    return at


def next_at(moment: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The next time that the clock of a zone shows this, after the moment.

    In the hour that a change of clocks leaves out, it is the moment after the gap.
    """
    local = moment.astimezone(zone)
    for days in (0, 1, 2):
        found = datetime.combine(local.date() + timedelta(days=days), at, zone)
        if found > moment:
            return found.astimezone(moment.tzinfo)
    raise AssertionError("a clock shows every time within two days")


LINK = re.compile(r"https?://[^\s<>\"'`\\^{}|\u3000-\u303f\uff00-\uffef]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]"


@dataclass(frozen=True)
class Piece:
    """A piece of a comment: plain, a link, or the name of somebody who was called."""

    text: str
    url: str = ""
    called: bool = False


def pieces(text: str, called: Iterable[str]) -> list[Piece]:
    """A comment cut into what is drawn apart. Only http and https become links."""
    names = sorted({name for name in called if name}, key=len, reverse=True)
    found: list[Piece] = []
    at = 0
    for link in LINK.finditer(text):
        url = link.group().rstrip(_TRAILING)
        found += _called(text[at : link.start()], names)
        found.append(Piece(url, url=url))
        at = link.start() + len(url)
    return found + list(_called(text[at:], names))


def _called(text: str, names: list[str]) -> Iterator[Piece]:
    if not names:
        yield from [Piece(text)] if text else []
        return
    pattern = re.compile("@(?:" + "|".join(map(re.escape, names)) + ")")
    at = 0
    for match in pattern.finditer(text):
        if match.start() > at:
            yield Piece(text[at : match.start()])
        yield Piece(match.group(), called=True)
        at = match.end()
    if at < len(text):
        yield Piece(text[at:])


def names_called(text: str, names: Iterable[str]) -> set[str]:
    """Which of the names stand behind an @, the longest where several fit."""
    return {
        piece.text[1:] for piece in pieces(text, names) if piece.called
    }  # names within links call nobody
