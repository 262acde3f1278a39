"""The palette offers first what its user opened last, as far as they may still see it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from tests import factories
from tests.customers import people
from zhiyin import palette
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company
from zhiyin.ids import uuid7
from zhiyin.objects import recent
from zhiyin.objects.models import Opened

pytestmark = pytest.mark.django_db


def offered(user: User) -> list[str]:
    with translation.override("en"):
        groups = {one.title: one.entries for one in palette.find(user, "")}
    return [one.title for one in groups.get("Recently opened", [])]


def test_pages_that_were_opened_come_first_the_last_one_at_the_top() -> None:
    user = factories.user(Role.ADMINISTRATOR)
    ann, bea = people.customer("Ann"), people.customer("Bea")
    company = Company.objects.create(name="Acme")
    client = Client()
    client.force_login(user)
    for address in (
        reverse("customer", args=[ann.pk]),
        reverse("company", args=[company.pk]),
        reverse("customer", args=[bea.pk]),
        reverse("customer", args=[ann.pk]),
    ):
        assert client.get(address).status_code == 200
    assert offered(user) == ["Ann", "Bea", "Acme"]
    with translation.override("en"):
        assert palette.find(user, "")[0].title == "Recently opened"
    assert offered(factories.user(Role.ADMINISTRATOR)) == []


def test_what_moved_out_of_sight_is_no_longer_offered() -> None:
    seller = factories.user(Role.SALES, department=factories.department())
    ann = people.customer("Ann", owner=seller)
    recent.opened(seller, "customer", ann.pk)
    assert offered(seller) == ["Ann"]
    ann.owner = factories.user(Role.SALES)
    ann.save()
    assert offered(seller) == []


def test_a_page_that_was_refused_is_not_remembered() -> None:
    seller = factories.user(Role.SALES, department=factories.department())
    client = Client()
    client.force_login(seller)
    assert client.get(reverse("customer", args=[people.customer("Ann").pk])).status_code == 404
    assert not Opened.objects.exists()


def test_whoever_is_erased_is_forgotten_here_too() -> None:
    user = factories.user(Role.ADMINISTRATOR)
    ann = people.customer("Ann")
    recent.opened(user, "customer", ann.pk)
    ann.delete()
    assert not Opened.objects.exists()


def test_only_the_last_thirty_are_kept_in_one_statement() -> None:
    user = factories.user(Role.ADMINISTRATOR)
    for _ in range(recent.KEPT + 5):
        with CaptureQueriesContext(connection) as seen:
            recent.opened(user, "customer", uuid7())
        assert len(seen) == 1
    assert Opened.objects.filter(user=user).count() <= recent.KEPT + 1
