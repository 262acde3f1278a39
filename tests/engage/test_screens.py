"""The screens of campaigns and messages open, do what they say, and show nobody too much."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.engage import people
from tests.engage.people import NOW, days
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.engage import sending, services
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.mailing import Outbox

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss() -> User:
    return factories.user(Role.ADMINISTRATOR)


@pytest.fixture
def desk(boss: User) -> Client:
    return signed_in(boss)


def sent(boss: User, **fields: object) -> Campaign:
    for number in range(12):
        people.customer(f"Person {number}")
    campaign = services.launch(people.campaign(boss, **fields), by=boss, now=NOW)
    sending.send(campaign, transport=Outbox(), progress=lambda *_: None, clock=lambda: NOW)
    campaign.refresh_from_db()
    return campaign


def fields(campaign: Campaign, **changed: str) -> dict[str, Any]:
    return {
        "name": "New", "segment": str(campaign.segment_id), "subject_zh": "好久不见",
        "body_zh": "{{ first_name | default: '您好' }}", "subject_en": "", "body_en": "",
        "frequency_cap": "2", "window_days": "30", "cost": "10", "margin_percent": "40",
        "holdout_percent": "10", **changed,
    }  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_screen_opens_in_both_languages(boss: User, desk: Client, language: str) -> None:
    desk.post("/console/language", {"language": language})
    assert desk.get("/campaigns/").status_code == 200
    assert desk.get("/campaigns/outbox/").status_code == 200
    done = sent(boss)
    who = people.customer()
    people.order(who, NOW + days(1), "10")
    draft = people.campaign(boss)
    halfway = services.launch(people.campaign(boss), by=boss, now=NOW)
    message = Message.objects.first()
    assert message is not None
    for path in (
        "", "?state=sent&q=win", "new/", f"new/?segment={draft.segment_id}", f"{draft.pk}/",
        f"{draft.pk}/check/", f"{draft.pk}/launch/", f"{done.pk}/", f"{halfway.pk}/",
        f"{done.pk}/people/", f"{done.pk}/people/?outcome=sent&arm=treated", "outbox/",
        f"outbox/?q=person&campaign={done.pk}&state=outbox", f"outbox/{message.pk}/",
        f"outbox/{message.pk}/?part=text", f"outbox/{message.pk}/html/",
    ):  # fmt: skip
        answer = desk.get(f"/campaigns/{path}")
        assert answer.status_code == 200, path
        assert "style=" not in answer.text, path


def test_a_draft_is_made_checked_and_launched_on_the_screen(boss: User, desk: Client) -> None:
    for _ in range(5):
        people.customer()
    other = people.campaign(boss)
    answer = desk.post("/campaigns/new/", fields(other, next="check"))
    made = Campaign.objects.get(name="New")
    assert answer.headers["Location"] == f"/campaigns/{made.pk}/check/"
    assert made.holdout_share == 0.1
    assert made.margin == 0.4
    assert "<dialog" in desk.get(f"/campaigns/{made.pk}/launch/").text
    desk.post(f"/campaigns/{made.pk}/launch/")
    made.refresh_from_db()
    assert made.state == Campaign.State.SENDING
    assert made.members.count() == 5


def test_a_mistake_is_told_beside_the_field_and_nothing_is_kept(boss: User, desk: Client) -> None:
    answer = desk.post("/campaigns/new/", fields(people.campaign(boss), body_zh="{{ nobody }}"))
    assert "zy-field bad" in answer.text
    assert not Campaign.objects.filter(name="New").exists()


def test_the_preview_shows_a_real_person_and_escapes_them(boss: User, desk: Client) -> None:
    people.customer("<script>alert(1)</script> Lee", language="zh")
    answer = desk.post("/campaigns/preview/", fields(people.campaign(boss), body_zh="{{ name }}"))
    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text


def test_the_hold_out_tells_the_smallest_difference(boss: User, desk: Client) -> None:
    for _ in range(20):
        people.customer()
    answer = desk.post("/campaigns/hold-out/", fields(people.campaign(boss), holdout_percent="20"))
    assert '<b class="strong">4</b>' in answer.text


def test_the_result_tells_its_sentence_and_the_groups(boss: User, desk: Client) -> None:
    done = sent(boss, holdout_share=0.5)
    treated = done.members.filter(arm="treated").first()
    assert treated is not None
    people.order(treated.customer, NOW + days(1), "10")
    text = desk.get(f"/campaigns/{done.pk}/").text
    assert "zy-voice" in text
    assert "还说不准" in text
    assert f"{done.members.filter(arm='holdout').count()}</a>" in text


def test_the_html_part_runs_nothing_and_unsubscribes_nobody(boss: User, desk: Client) -> None:
    sent(boss)
    message = Message.objects.first()
    assert message is not None
    answer = desk.get(f"/campaigns/outbox/{message.pk}/html/")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "/u/" not in answer.text
    assert "sandbox" in desk.get(f"/campaigns/outbox/{message.pk}/").text


def test_a_marketer_sees_masked_addresses(boss: User) -> None:
    sent(boss)
    message = Message.objects.first()
    assert message is not None
    text = signed_in(factories.user(Role.MARKETER)).get("/campaigns/outbox/").text
    assert message.address not in text
    assert "example.com" in text


def test_a_manager_reads_only_messages_to_their_own_people(boss: User) -> None:
    sent(boss)
    message = Message.objects.first()
    assert message is not None
    manager = signed_in(factories.user(Role.MANAGER, department=factories.department()))
    assert manager.get(f"/campaigns/outbox/{message.pk}/").status_code == 404
    assert message.subject not in manager.get("/campaigns/outbox/").text
    people_page = manager.get(f"/campaigns/{message.campaign_id}/people/").text
    assert "Person 1" not in people_page


def test_somebody_elses_draft_is_read_and_not_changed_or_sent(boss: User) -> None:
    people.customer()
    draft = people.campaign(boss)
    marketer = signed_in(factories.user(Role.MARKETER))
    assert marketer.get(f"/campaigns/{draft.pk}/").status_code == 200
    assert marketer.post(f"/campaigns/{draft.pk}/", fields(draft)).status_code == 403
    assert marketer.post(f"/campaigns/{draft.pk}/launch/").status_code == 403
    assert marketer.post(f"/campaigns/{draft.pk}/delete/").status_code == 403
    draft.refresh_from_db()
    assert (draft.name, draft.state) == ("Win back", Campaign.State.DRAFT)
    assert not CampaignMember.objects.exists()


def test_the_list_asks_the_same_number_of_questions_however_long(
    boss: User, desk: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        sent(boss)
    with django_assert_max_num_queries(15):
        desk.get("/campaigns/")
