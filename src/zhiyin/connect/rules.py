"""What becomes of a delivery after an attempt. Pure: clock and chance are passed in.

Ten attempts in about a day, each wait some 20 % longer or shorter by chance, so that a host that
comes back is not met by everybody at once (AWS, "Exponential Backoff And Jitter").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from zhiyin.connect.reasons import Reason

_MINUTES = (1, 5, 15, 30, 60, 120, 240, 420, 540)
WAITS = tuple(timedelta(minutes=minutes) for minutes in _MINUTES)
MOST_ATTEMPTS = len(WAITS) + 1
LONGEST_SPARED = timedelta(days=1)  # of what a host may ask by Retry-After
LOST_AFTER = timedelta(days=5)  # of failures without one success, an endpoint is switched off
TOO_OLD = timedelta(days=3)  # a delivery that waited so long behind others is given up

# What concerns one message; everything else concerns the host, and all its messages wait.
_OF_ONE_MESSAGE = frozenset({Reason.REFUSED, Reason.TOO_LARGE})


@dataclass(frozen=True)
class Result:
    """How an attempt went: a status of theirs or a reason of ours, and the time it took."""

    status: int | None = None
    failed: Reason | None = None
    retry_after: str = ""
    milliseconds: int | None = None

    @property
    def reason(self) -> Reason | None:
        """Why it counts as failed; None where it was taken."""
        return self.failed or reason_of(self.status or 0)


@dataclass(frozen=True)
class Next:
    """What to do now: send again after `wait` (None: no more), leave the host alone for `hold`."""

    delivered: bool = False
    wait: timedelta | None = None
    hold: timedelta | None = None
    gone: bool = False
    lost: bool = False


def reason_of(status: int) -> Reason | None:
    """What a status means for us; only 2xx is a success."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Reason.REDIRECT
    if status == 410:
        return Reason.GONE
    if status in (429, 503):
        return Reason.BUSY
    if 400 <= status < 500:
        return Reason.REFUSED
    return Reason.FAULT if status >= 500 else Reason.PROTOCOL


def after(
    result: Result,
    *,
    attempts: int,
    created_at: datetime,
    failures: int,
    failing_since: datetime | None,
    now: datetime,
    luck: float,
) -> Next:
    """What follows from an attempt.

    `attempts` counts this one; `failures` are those of the endpoint in a row before it; `luck` is
    evenly spread over [0, 1).
    """
    reason = result.reason
    if reason is None:
        return Next(delivered=True)
    if reason is Reason.GONE:
        return Next(gone=True)
    lost = failing_since is not None and now - failing_since >= LOST_AFTER
    spared = asked_to_wait(result.retry_after, now) if reason is Reason.BUSY else timedelta()
    hold = None
    if reason not in _OF_ONE_MESSAGE:
        hold = max(_wait(failures + 1, luck), spared)
    if attempts >= MOST_ATTEMPTS or now - created_at >= TOO_OLD:
        return Next(hold=hold, lost=lost)
    return Next(wait=max(_wait(attempts, luck), spared), hold=hold, lost=lost)


def _wait(tries: int, luck: float) -> timedelta:
    return WAITS[min(tries, len(WAITS)) - 1] * (0.8 + 0.4 * luck)


def asked_to_wait(header: str, now: datetime) -> timedelta:
    """What Retry-After asks for (RFC 9110, 10.2.3): seconds, or a date; at most a day."""
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        wait = timedelta(seconds=int(text))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, IndexError):
            return timedelta()
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_SPARED)
