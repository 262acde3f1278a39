"""Whoever wants no more gets no more, from the page or the mail programme's button."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.engage import people
from tests.engage.people import NOW
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Event
from zhiyin.engage import mail, sending, services, timeline
from zhiyin.engage.models import CampaignMember, Message
from zhiyin.govern.models import Consent, ConsentChange, Suppression
from zhiyin.lake import Lake
from zhiyin.mailing import Outbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lake(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Lake(str(tmp_path))
    monkeypatch.setattr("zhiyin.collect.archive.lake", lambda: made)


@pytest.fixture
def message() -> Message:
    owner = factories.user(Role.ADMINISTRATOR)
    people.customer()
    campaign = services.launch(people.campaign(owner, holdout_share=0), by=owner, now=NOW)
    sending.send(campaign, transport=Outbox(), progress=lambda *_: None, clock=lambda: NOW)
    return Message.objects.get()


def path(message: Message) -> str:
    return f"/u/{mail.token(message.pk)}"


def test_opening_the_link_changes_nothing(message: Message, client: Client) -> None:
    page = client.get(path(message))
    assert page.status_code == 200
    assert "No more e-mails like this one?" in page.text
    assert message.address not in page.text
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "One-Click"}])
def test_the_button_and_the_one_click_post_end_it(message: Message, body: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert client.post(path(message), body).status_code == 200
    assert Suppression.objects.count() == 1
    assert not Consent.objects.get(customer=message.customer, purpose="marketing").granted
    assert ConsentChange.objects.filter(granted=False).count() == 1
    assert Event.objects.filter(name=timeline.UNSUBSCRIBED).count() == 1


def test_the_next_campaign_leaves_them_out(message: Message, client: Client) -> None:
    client.post(path(message))
    owner = factories.user(Role.ADMINISTRATOR)
    campaign = services.launch(people.campaign(owner, holdout_share=0), by=owner, now=NOW)
    sending.send(campaign, transport=Outbox(), progress=lambda *_: None, clock=lambda: NOW)
    assert campaign.members.get().outcome == CampaignMember.Outcome.SUPPRESSED


def test_a_made_up_or_changed_link_does_nothing(message: Message, client: Client) -> None:
    good = mail.token(message.pk)
    for token in ("x", good[:-1], f"0{good}", good.replace(".", "", 1)):
        assert client.post(f"/u/{token}").status_code == 404
    assert not Suppression.objects.exists()
