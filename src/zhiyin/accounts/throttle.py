"""Slows down guessing: after some failures each further attempt has to wait, longer every time.

Counted in PostgreSQL, so that all server processes count together, and before the password is
looked at, so that guesses at the same time count too. Attempts are counted by account and by
network; but in a browser where the account's owner has signed in before, only by that browser, so
that nobody locks the owner out by guessing from elsewhere (OWASP's device cookies). An address
that belongs to nobody is counted like one that does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.utils import timezone

from zhiyin.accounts import sessions
from zhiyin.accounts.audit_keys import fingerprint
from zhiyin.accounts.devices import network_of
from zhiyin.accounts.models import SignInAttempts, SpentCode, User, normal_email

LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=24)
SPENT_FOR = timedelta(minutes=10)  # longer than any code lives


@dataclass(frozen=True)
class Bucket:
    """What attempts are counted by, and how many failures are free."""

    key: str
    free: int


class TooMany(Exception):  # noqa: N818  (an outcome; the message is for people)
    """Wait before the next attempt."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.seconds = max(1, round(wait.total_seconds()))


def delay(failures: int, free: int) -> timedelta:
    """How long after the last failure the next attempt may come: at once, then 1, 2, 4, … s."""
    if failures < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free, 20)), LONGEST)


def buckets(request: HttpRequest, email: str) -> list[Bucket]:
    """By what this attempt counts; the account first."""
    account = fingerprint(normal_email(email))
    if sessions.is_known(request, normal_email(email)):
        return [Bucket(f"device:{account}:{fingerprint(sessions.device_of(request) or '')}", 5)]
    network = network_of(request.META.get("REMOTE_ADDR", ""))
    return [Bucket(f"account:{account}", 5), Bucket(f"network:{fingerprint(network)}", 20)]


def enter(request: HttpRequest, email: str) -> list[Bucket]:
    """Count this attempt as failed until it is not; raises `TooMany` where it comes too early."""
    now, counted = timezone.now(), buckets(request, email)
    for bucket in counted:
        if not _count(bucket, now):
            found = SignInAttempts.objects.get(pk=bucket.key)
            raise TooMany(found.last_at + delay(found.failures, bucket.free) - now)
    return counted


def enter_code(user: User) -> list[Bucket]:
    """Count a code of a second factor as wrong until it is not. Whoever gets here knows the
    password, so only the account counts, in whatever browser."""
    now, bucket = timezone.now(), Bucket(f"code:{fingerprint(str(user.pk))}", 5)
    if not _count(bucket, now):
        found = SignInAttempts.objects.get(pk=bucket.key)
        raise TooMany(found.last_at + delay(found.failures, bucket.free) - now)
    return [bucket]


def spend(user: User, code: str) -> bool:
    """Whether this code is used for the first time: RFC 6238, 5.2 lets it open once only."""
    digits = "".join(code.split()).lower()
    return is_first(f"code:{fingerprint(f'{user.pk} {digits}')}")


def is_first(key: str) -> bool:
    """Whether this is seen for the first time; remembered for ten minutes, in one statement."""
    row = SpentCode(key=key, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into accounts_spentcode as s (key, at) values (%(key)s, %(at)s)
            on conflict (key) do update set at = %(at)s where s.at < %(old)s
            """,
            {"key": row.key, "at": row.at, "old": row.at - SPENT_FOR},
        )
        return bool(cursor.rowcount)


def passed(counted: list[Bucket]) -> None:
    """The attempt was right: the account's failures are forgotten, the network's less this one, or
    one right password now and then would hide the guessing of others."""
    own, *network = [bucket.key for bucket in counted]
    SignInAttempts.objects.filter(pk=own).delete()
    SignInAttempts.objects.filter(pk__in=network).update(failures=Greatest(F("failures") - 1, 0))


def forget(now: datetime) -> None:
    """Throw away what no longer counts."""
    SignInAttempts.objects.filter(last_at__lt=now - FORGOTTEN).delete()
    SpentCode.objects.filter(at__lt=now - SPENT_FOR).delete()


def _count(bucket: Bucket, now: datetime) -> bool:
    """Add one failure, unless the wait is not over: in one statement, since many come at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into accounts_signinattempts as a (key, failures, last_at)
            values (%(key)s, 1, %(now)s)
            on conflict (key) do update set
                failures = case when a.last_at < %(old)s then 1 else a.failures + 1 end,
                last_at = %(now)s
            where a.failures < %(free)s or a.last_at < %(old)s or a.last_at
                + least(power(2, least(a.failures - %(free)s, 20)), %(longest)s)
                * interval '1 second' <= %(now)s
            """,
            {
                "key": bucket.key, "now": now, "old": now - FORGOTTEN, "free": bucket.free,
                "longest": LONGEST.total_seconds(),
            },
        )  # fmt: skip
        return bool(cursor.rowcount)
