"""The consent register and the suppression list on the screen."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer
from zhiyin.govern import services
from zhiyin.govern.models import Suppression

pytestmark = pytest.mark.django_db


def desk(role: Role) -> Client:
    client = Client()
    client.force_login(factories.user(role, department=factories.department()))
    return client


def test_an_address_is_suppressed_and_only_its_hash_is_kept() -> None:
    client = desk(Role.DPO)
    answer = client.post(
        "/govern/suppressions/",
        {"address": "Lin@Example.com ", "channel": "email", "reason": "asked by phone"},
    )
    assert answer.status_code == 302
    entry = Suppression.objects.get()
    assert entry.address_hash == services.address_hash("lin@example.com")
    page = client.get("/govern/suppressions/").text
    assert "asked by phone" in page
    assert "lin@example.com" not in page.casefold()
    assert AuditPending.objects.filter(verb="suppression.added").count() == 1


def test_the_list_can_be_asked_for_one_address() -> None:
    services.suppress("lin@example.com", "email", reason="x", by=None, at=timezone.now())
    client = desk(Role.DPO)
    client.post("/console/language", {"language": "en"})
    there = client.post("/govern/suppressions/ask/", {"address": "LIN@example.com"})
    assert "This address is on the list." in there.text
    other = client.post("/govern/suppressions/ask/", {"address": "other@example.com"})
    assert "This address is not on the list." in other.text


def test_a_reader_may_look_and_not_add() -> None:
    client = desk(Role.READ_ONLY)
    assert client.get("/govern/suppressions/").status_code == 200
    answer = client.post(
        "/govern/suppressions/", {"address": "a@b.cc", "channel": "email", "reason": "x"}
    )
    assert answer.status_code == 403
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_register_counts_and_shows_every_change(language: str) -> None:
    officer = factories.user(Role.DPO)
    who = Customer.objects.create(name="林静姝")
    for granted in (True, False):
        services.set_consent(
            who, "email", "marketing", granted=granted, by=officer, at=timezone.now(),
            evidence="on paper",
        )  # fmt: skip
    client = Client()
    client.force_login(officer)
    client.post("/console/language", {"language": language})
    text = client.get("/govern/").text
    assert text.count("on paper") == 2
    assert "林静姝" in text


def test_changes_of_people_out_of_sight_are_not_shown() -> None:
    who = Customer.objects.create(name="Hidden Person")
    services.set_consent(
        who, "email", "marketing", granted=True, by=factories.user(Role.DPO),
        at=timezone.now(), evidence="",
    )  # fmt: skip
    assert "Hidden Person" not in desk(Role.MANAGER).get("/govern/").text
