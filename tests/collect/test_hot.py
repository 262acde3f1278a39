"""Events stay hot for their days, and leave only when the lake has them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.customers import people
from zhiyin.collect.hot import HOT, age_out
from zhiyin.collect.models import Event, ToArchive
from zhiyin.customers import figures
from zhiyin.customers.models import Customer

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def _event(person: Customer, days: float, name: str = "Product Viewed") -> Event:
    one = people.event(person, name, at=NOW - timedelta(days=days))
    Event.objects.filter(pk=one.pk).update(received_at=one.at)
    return one


def test_what_is_older_than_the_hot_days_leaves_and_the_rest_stays() -> None:
    person = people.customer("王小明")
    for days in (1, HOT.days - 1, HOT.days + 1, 400):
        _event(person, days)
    assert age_out(NOW) == 2
    assert Event.objects.count() == 2
    assert age_out(NOW) == 0


def test_nothing_leaves_before_the_lake_has_it() -> None:
    _event(people.customer("王小明"), HOT.days + 5)
    waiting = ToArchive.objects.create(at=NOW - HOT - timedelta(days=5), events=1, rows=b"")
    assert age_out(NOW) == 0
    waiting.delete()
    assert age_out(NOW) == 1


def test_when_a_customer_was_last_here_is_noted_every_few_minutes() -> None:
    person = people.customer("王小明")
    Customer.objects.update(last_seen_at=None)
    for days, name in ((3, "Product Viewed"), (1, "Email Sent")):  # the second is ours
        event = people.event(person, name, at=NOW - timedelta(days=days))
        Event.objects.filter(pk=event.pk).update(received_at=NOW - timedelta(hours=1))
    assert figures.see(NOW) == 1
    person.refresh_from_db()
    assert person.last_seen_at == NOW - timedelta(days=3)
    assert figures.see(NOW + timedelta(minutes=5)) == 0


def test_a_customer_whose_events_left_was_still_here() -> None:
    person = people.customer("王小明")
    event = _event(person, HOT.days + 1)
    Customer.objects.filter(pk=person.pk).update(last_seen_at=event.at)
    age_out(NOW)
    figures.refresh([person.pk], at=NOW)
    person.refresh_from_db()
    assert person.last_seen_at == NOW - timedelta(days=HOT.days + 1)
