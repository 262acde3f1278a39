"""What people do with webhooks: each asks the policy, writes in one transaction, leaves its trace.

Audit entries hold the host and never the path, in which many receivers keep a secret.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access, seat
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.connect import addresses, catalogue, egress, policies, sending, signing, vault
from zhiyin.connect.models import Delivery, Endpoint, HostRule, Occurrence
from zhiyin.connect.reasons import EgressError
from zhiyin.connect.tasks import wake

ROTATION = timedelta(hours=24)  # the old secret signs too, so that receivers can change in peace
MOST_REPLAYED = 10_000
MOST_ENDPOINTS = 50
State = Delivery.State


class CannotBe(Exception):  # noqa: N818  (what a person can mend)
    """It cannot be done so; `field` and the message say what to change."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Wanted:
    """What an endpoint is to be."""

    url: str
    types: tuple[str, ...]
    description: str = ""
    with_values: bool = False
    with_imports: bool = False


@dataclass(frozen=True)
class Made:
    """An endpoint and its secret, which is told this once."""

    endpoint: Endpoint
    secret: str


@transaction.atomic
def create(wanted: Wanted, *, by: User) -> Made:
    """A new endpoint of this user's; what it hears is bounded by this user's rights."""
    access.require(by, "webhook.change")
    if Endpoint.objects.count() >= MOST_ENDPOINTS:
        raise CannotBe("url", gettext("At most %(limit)s endpoints") % {"limit": MOST_ENDPOINTS})
    secret = signing.new_secret()
    endpoint = Endpoint(owner=by, secret=vault.seal(secret, purpose=sending.PURPOSE))
    _write(endpoint, wanted, by=by)
    endpoint.save(force_insert=True)
    record(by, "webhook.created", endpoint, host=endpoint.host, types=wanted.types,
           with_values=wanted.with_values, with_imports=wanted.with_imports)  # fmt: skip
    return Made(endpoint, secret)


@transaction.atomic
def change(endpoint: Endpoint, wanted: Wanted, *, by: User) -> Endpoint:
    """Another address, other events, or values beside the names."""
    access.require(by, "webhook.change", endpoint)
    fresh = _held(endpoint)
    moved = fresh.url != wanted.url
    _write(fresh, wanted, by=by)
    if moved:  # a new host begins with a clean slate
        fresh.failures, fresh.failing_since, fresh.held_until = 0, None, None
    fresh.save()
    record(by, "webhook.changed", fresh, host=fresh.host, types=wanted.types,
           with_values=wanted.with_values, with_imports=wanted.with_imports)  # fmt: skip
    return fresh


@transaction.atomic
def switch(endpoint: Endpoint, *, on: bool, by: User) -> Endpoint:
    """Switch an endpoint on or off. What happens while it is off is not kept for it."""
    access.require(by, "webhook.change", endpoint)
    fresh = _held(endpoint)
    if fresh.active is on:
        return fresh
    if not on:
        sending.stop(fresh, Endpoint.Stop.BY_HAND, by=by, now=timezone.now())
        fresh.refresh_from_db()
        return fresh
    _check_url(fresh.url)
    fresh.active, fresh.stopped_because, fresh.stopped_at = True, "", None
    fresh.failures, fresh.failing_since, fresh.held_until = 0, None, None
    fresh.save()
    record(by, "webhook.started", fresh, host=fresh.host)
    transaction.on_commit(lambda: wake(fresh.pk), robust=True)
    return fresh


@transaction.atomic
def rotate(endpoint: Endpoint, *, by: User) -> Made:
    """A new secret; the one before signs too for a day. One older than that is forgotten."""
    access.require(by, "webhook.change", endpoint)
    fresh, secret = _held(endpoint), signing.new_secret()
    fresh.old_secret, fresh.old_secret_until = fresh.secret, timezone.now() + ROTATION
    fresh.secret = vault.seal(secret, purpose=sending.PURPOSE)
    if fresh.stopped_because == Endpoint.Stop.SECRET:
        fresh.old_secret, fresh.old_secret_until = None, None
    fresh.save()
    record(by, "webhook.rotated", fresh)
    return Made(fresh, secret)


@transaction.atomic
def delete(endpoint: Endpoint, *, by: User) -> None:
    """Throw an endpoint away, with its log."""
    access.require(by, "webhook.change", endpoint)
    record(by, "webhook.deleted", endpoint, host=endpoint.host)
    with seat.system("the log goes whole, also what its owner may no longer see"):
        endpoint.delete()


def send_test(endpoint: Endpoint, *, by: User) -> Delivery:
    """Send a test now and wait for what comes of it; also to an endpoint that is off."""
    access.require(by, "webhook.change", endpoint)
    now = timezone.now()
    with transaction.atomic():
        said = Occurrence.objects.create(
            type=catalogue.TEST, object_id=str(endpoint.pk), fields=[], at=now
        )
        delivery = Delivery.objects.create(
            endpoint=endpoint, occurrence=said, due_at=now, created_at=now,
            claimed_until=now + sending.CLAIM,
        )  # fmt: skip
        record(by, "webhook.tested", endpoint)
    body = sending.message(said, endpoint.owner, with_values=False) or b"{}"
    try:
        result = sending.post(endpoint, said, body, now=now)
    except vault.UnreadableError as error:
        delivery.delete()
        raise CannotBe("url", gettext("The secret cannot be read; make a new one")) from error
    # A test says how it is now: it is not tried again, and does not count for the host's record.
    sending.finish_test(delivery, result, now=timezone.now())
    return delivery


@transaction.atomic
def replay(delivery: Delivery, *, by: User) -> Delivery:
    """Send one again, under the same message id."""
    access.require(by, "webhook.change", delivery.endpoint)
    _must_be_on(delivery.endpoint)
    now = timezone.now()
    again = Delivery.objects.create(
        endpoint=delivery.endpoint, occurrence=delivery.occurrence, due_at=now, created_at=now,
        again=True,
    )  # fmt: skip
    record(by, "webhook.replayed", delivery.endpoint, count=1)
    transaction.on_commit(lambda: wake(delivery.endpoint_id), robust=True)
    return again


@transaction.atomic
def replay_period(
    endpoint: Endpoint, since: datetime, until: datetime, *, by: User, only_failed: bool = True
) -> int:
    """Send again what happened from `since` until before `until`; returns how many that are."""
    access.require(by, "webhook.change", endpoint)
    _must_be_on(endpoint)
    if until <= since:
        raise CannotBe("until", gettext("The end must be after the beginning"))
    found = of_period(endpoint, since, until, only_failed=only_failed)
    said = list(found.values_list("occurrence_id", flat=True)[: MOST_REPLAYED + 1])
    if len(said) > MOST_REPLAYED:
        raise CannotBe(
            "until",
            gettext("At most %(limit)s at once; choose a shorter period")
            % {"limit": f"{MOST_REPLAYED:,}"},
        )
    now = timezone.now()
    Delivery.objects.bulk_create(
        [
            Delivery(endpoint=endpoint, occurrence_id=one, due_at=now, created_at=now, again=True)
            for one in said
        ],
        batch_size=2000,
    )
    record(by, "webhook.replayed", endpoint, count=len(said), since=since, until=until)
    transaction.on_commit(lambda: wake(endpoint.pk), robust=True)
    return len(said)


def of_period(
    endpoint: Endpoint, since: datetime, until: datetime, *, only_failed: bool
) -> QuerySet[Delivery]:
    """The first deliveries of what happened in a period, tests and replays left out."""
    found = Delivery.objects.filter(
        endpoint=endpoint, again=False, occurrence__at__gte=since, occurrence__at__lt=until
    ).exclude(occurrence__type=catalogue.TEST)
    states = [State.FAILED, State.CANCELLED]
    if not only_failed:
        states += [State.DELIVERED, State.WITHHELD]
    return found.filter(state__in=states).order_by("occurrence_id")


@transaction.atomic
def add_host_rule(kind: str, pattern: str, *, by: User) -> HostRule:
    """Narrow where this installation sends to."""
    access.require(by, "webhook.hosts")
    written = pattern.strip().lower()
    try:
        addresses.read_pattern(written)
    except (ValueError, EgressError) as error:
        text = gettext("Write a host, *.host, or a network such as 198.51.100.0/24")
        raise CannotBe("pattern", text) from error
    rule, made = HostRule.objects.get_or_create(
        kind=HostRule.Kind(kind), pattern=written, defaults={"by": by, "at": timezone.now()}
    )
    if made:
        record(by, "webhook.host_rule_added", rule, kind=kind, pattern=written)
    return rule


@transaction.atomic
def drop_host_rule(rule: HostRule, *, by: User) -> None:
    """Take a narrowing back."""
    access.require(by, "webhook.hosts")
    record(by, "webhook.host_rule_dropped", rule, kind=rule.kind, pattern=rule.pattern)
    rule.delete()


def _write(endpoint: Endpoint, wanted: Wanted, *, by: User) -> None:
    # What was chosen before stays choosable: an administrator may mend the address of another.
    offered = {one.name for one in catalogue.offered(by)} | set(endpoint.types or ())
    if not wanted.types or set(wanted.types) - offered:
        raise CannotBe("types", gettext("Choose at least one event of the list"))
    _check_url(wanted.url)
    endpoint.url = wanted.url
    endpoint.description = unicodedata.normalize("NFC", wanted.description).strip()[:200]
    endpoint.types = sorted(set(wanted.types))
    endpoint.with_values, endpoint.with_imports = wanted.with_values, wanted.with_imports


def _check_url(url: str) -> None:
    try:
        egress.check(url, policy=policies.current(), resolver=egress.look_up)
    except EgressError as error:
        raise CannotBe("url", str(error.reason.label)) from error


def _held(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _must_be_on(endpoint: Endpoint) -> None:
    if not endpoint.active:
        raise CannotBe("endpoint", gettext("Switch the endpoint on first"))
