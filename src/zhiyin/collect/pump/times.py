"""When an event happened: what the sender's clock said, corrected by when it said it was sending.

    at = received − (sent − original)

as Segment's common specification has it: the sender's own clock may be wrong, the time between the
event and the sending is right. A moment is never after its reception. The four times are kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

LONG_AGO = timedelta(days=365)
FUTURE, ANCIENT, UNREADABLE = "future", "ancient", "unreadable_time"
_FIRST_MS, _LAST_MS = 10**11, 10**14  # as milliseconds: from 1973; as seconds it is below that
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class When(NamedTuple):
    """The corrected moment, what the sender said, and what is odd about it."""

    at: datetime
    original: datetime | None
    sent: datetime | None
    odd: str


def when(original: object, sent: object, received: datetime) -> When:
    """The moment of an event from the wire's texts (or numbers); what is missing is None."""
    said, sent_at = moment(original), moment(sent)
    odd = UNREADABLE if (original and said is None) or (sent and sent_at is None) else ""
    if said is None:
        return When(received, None, sent_at, odd)
    at = said
    if sent_at is not None:
        try:
            at = received - (sent_at - said)
        except OverflowError:
            at = said
    if at > received:
        # A clock ahead of ours, or an event that was sent before it happened.
        return When(received, said, sent_at, odd or FUTURE)
    if received - at > LONG_AGO:
        odd = odd or ANCIENT
    return When(at, said, sent_at, odd)


def moment_or_given(given: object) -> object:
    """The moment, so that it need not be read again for each message; else what was given."""
    return moment(given) or given


def moment(given: object) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970; None for what is neither."""
    if isinstance(given, str):
        return _from_text(given)
    if isinstance(given, datetime):
        return given  # it was read before
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    try:
        seconds = given / 1000 if _FIRST_MS <= given < _LAST_MS else given
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _from_text(given: str) -> datetime | None:
    try:
        found: datetime = msgspec.convert(given, datetime)
    except msgspec.ValidationError:
        try:
            found = datetime.fromisoformat(given)
        except ValueError:
            return None
    if found.tzinfo is not UTC:
        try:
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except OverflowError:
            return None
    return found if found >= _EARLIEST else None
