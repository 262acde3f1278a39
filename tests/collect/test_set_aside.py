"""What was set aside: found, mended and sent again through the inbox, discarded, taken along."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.collect import sdk
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.collect import masked_messages, set_aside_services
from zhiyin.collect.models import Event, Received, SetAside, Source
from zhiyin.collect.pump.turning import turn
from zhiyin.collect.tracking.bodies import PARTITIONS, look
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db
ALL = range(PARTITIONS)
PERSON = {"userId": "u-lin-1001", "traits": {"email": "lin@example.com", "phone": 13800136207,
          "note": "prefers 龙井"}}  # fmt: skip


def signed_in(*roles: Role, locale: str = "en") -> Client:
    client = Client()
    client.force_login(factories.user(*(roles or (Role.ADMINISTRATOR,)), locale=locale))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = locale
    return client


@pytest.fixture
def site(db: None) -> Source:
    return sdk.source().source


def aside(source: Source, message: object = None, **more: Any) -> SetAside:
    text = message if isinstance(message, str) else json.dumps(message or {"type": "track"})
    given = {"received_at": timezone.now(), "kind": "batch", "reason": "no_id", "name": "Viewed"}
    return SetAside.objects.create(id=uuid7(), source=source, message=text, **given | more)


def send(source: Source, *messages: dict[str, Any], ago: int = 0) -> None:
    body = json.dumps({"batch": messages}).encode()
    seen = look(body, batch=True, most=10**7)
    Received.objects.create(
        partition=seen.partition, source_id=source.pk, kind="batch", messages=seen.messages,
        received_at=timezone.now() - timedelta(minutes=ago), body=body,
    )  # fmt: skip
    turn(ALL)


def text_of(client: Client, **query: str) -> str:
    return client.get(reverse("set_aside"), query).content.decode()


def test_a_mended_event_goes_in_with_the_time_at_which_it_came(site: Source) -> None:
    sent = timezone.now() - timedelta(minutes=30, seconds=5)
    send(site, {"type": "track", "event": "Viewed", "messageId": "m1",
                "timestamp": (sent - timedelta(seconds=60)).isoformat(),
                "sentAt": sent.isoformat()}, ago=30)  # fmt: skip
    row = SetAside.objects.get()
    assert row.reason == "no_id"
    client = signed_in()
    page = text_of(client, open=str(row.pk))
    assert "Nobody is named" in page and "&quot;messageId&quot;: &quot;m1&quot;" in page
    told = json.loads(row.message) | {"userId": "u1"}
    answer = client.post(reverse("mend_set_aside", args=[row.pk]), {"message": json.dumps(told)})
    assert answer.status_code == 302
    turn(ALL)
    event = Event.objects.get()
    assert abs((event.at - (row.received_at - timedelta(seconds=60))).total_seconds()) < 1
    assert event.received_at == row.received_at
    row.refresh_from_db()
    assert row.state == "replayed"
    assert {"set_aside.mended", "setaside.read"} <= set(
        AuditPending.objects.values_list("verb", flat=True)
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "The message cannot be read"),
        ("[1]", "The message cannot be read"),
        ('{"type":"track","event":"x"}', "Nobody is named"),
        ('{"type":"dance","userId":"u"}', "The type is unknown"),
        ('{"type":"track","event":"x","userId":"u","p":"' + "x" * 40_000 + '"}', "too large"),
        ("[" * 5_000, "nested too deeply"),
    ],
)
def test_what_would_be_set_aside_again_is_not_sent(site: Source, text: str, words: str) -> None:
    row = aside(site)
    answer = signed_in().post(reverse("mend_set_aside", args=[row.pk]), {"message": text})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "waiting" and not Received.objects.exists()


def test_what_fails_again_waits_again_under_its_new_reason(site: Source) -> None:
    send(site, {"type": "track", "event": "x", "userId": "u1", "messageId": "m1",
                "timestamp": "1980-01-01T00:00:00Z"})  # fmt: skip
    row = SetAside.objects.get()
    client = signed_in()
    client.post(reverse("replay_set_aside"), {"id": str(row.pk)})
    row.refresh_from_db()
    assert row.state == "replayed"
    turn(ALL)
    row.refresh_from_db()
    assert (row.state, row.reason, SetAside.objects.count()) == ("waiting", "time", 1)
    client.post(reverse("discard_set_aside"), {"id": str(row.pk)})
    send(site, {"type": "track", "event": "x", "userId": "u1", "messageId": "m1",
                "timestamp": "1980-01-01T00:00:00Z"})  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.message) == ("discarded", "")


def test_many_are_sent_again_at_once_each_once(site: Source) -> None:
    good = [aside(site, {"type": "track", "event": f"e{n}", "userId": "u"}) for n in range(3)]
    broken = aside(site, '{"type": "tra')
    other = aside(sdk.source("other").source, {"type": "track", "event": "o", "userId": "u"})
    client = signed_in()
    answer = client.post(
        reverse("replay_set_aside"), {"all": "1", "source": site.key}, follow=True
    ).content.decode()
    assert "3 events go in again." in answer and "1 is no JSON" in answer
    client.post(reverse("replay_set_aside"), {"id": [str(one.pk) for one in good]})
    assert Received.objects.count() == 3
    while turn(ALL):
        pass
    assert set(Event.objects.values_list("name", flat=True)) == {"e0", "e1", "e2"}
    assert {one.state for one in SetAside.objects.filter(pk__in=[broken.pk, other.pk])} == {
        "waiting"
    }
    noted = AuditPending.objects.get(verb="set_aside.replayed")
    assert noted.detail["rows"] == 3


def test_many_are_discarded_and_forgotten(site: Source) -> None:
    rows = [aside(site, PERSON) for _ in range(3)]
    client = signed_in()
    client.post(reverse("discard_set_aside"), {"id": [str(rows[0].pk), "nonsense"]})
    assert SetAside.objects.filter(state="discarded", message="").count() == 1
    answer = client.post(reverse("discard_set_aside"), {}, follow=True).content.decode()
    assert "Nothing was selected" in answer
    assert SetAside.objects.filter(state="waiting").count() == 2


def test_a_page_begins_after_the_last_row_of_the_one_before(site: Source) -> None:
    now = timezone.now()
    for n in range(120):
        aside(site, name=f"Event {n:03}", received_at=now - timedelta(seconds=n // 3))
    client, address, seen = signed_in(), reverse("set_aside"), []
    while address:
        page = client.get(address).content.decode()
        seen += [part[:9] for part in page.split("data-open>")[1:]]
        following = page.split('rel="next"')[0].rpartition('href="')[2] if "next" in page else ""
        address = (
            reverse("set_aside") + following.rstrip('" ').replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert len(seen) == len(set(seen)) == 120


def test_filters_narrow_by_source_reason_and_state(site: Source) -> None:
    aside(site, name="A", reason="no_id")
    aside(site, name="B", reason="time")
    aside(sdk.source("till").source, name="C", reason="no_id")
    aside(site, name="D", state="discarded")
    client = signed_in()

    def names(**query: str) -> list[str]:
        return sorted(part[0] for part in text_of(client, **query).split("data-open>")[1:])

    assert names() == ["A", "B", "C"]
    assert names(source="till") == ["C"]
    assert names(reason="time", source=site.key) == ["B"]
    assert names(state="discarded") == ["D"]
    assert names(state="nonsense", reason="nonsense", before="x_y", open="z") == ["A", "B", "C"]
    assert "Nothing was set aside like this" in text_of(client, source="nowhere")


def test_fifty_rows_cost_as_many_queries_as_one(site: Source) -> None:
    client = signed_in()
    aside(site)
    text_of(client)
    with CaptureQueriesContext(connection) as few:
        text_of(client)
    for n in range(60):
        aside(site, name=f"e{n}")
    with CaptureQueriesContext(connection) as many:
        text_of(client)
    assert len(many) == len(few)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_see_handle_and_read_what_was_set_aside(role: Role, site: Source) -> None:
    row = aside(site, PERSON)
    client = signed_in(role)
    shown = client.get(reverse("set_aside"), {"open": str(row.pk)})
    sees = role in (Role.ADMINISTRATOR, Role.ANALYST, Role.DPO)
    assert shown.status_code == (200 if sees else 403)
    text = shown.content.decode()
    whole = role in (Role.ADMINISTRATOR, Role.DPO)
    for secret in ("lin@example.com", "13800136207", "u-lin-1001", "龙井"):
        assert (secret in text) is whole
    assert ("persons are masked" in text) is (role is Role.ANALYST)
    replayed = client.post(reverse("replay_set_aside"), {"id": str(row.pk)})
    assert replayed.status_code == (302 if role is Role.ADMINISTRATOR else 403)
    mended = client.post(reverse("mend_set_aside", args=[row.pk]), {"message": "{}"})
    assert (mended.status_code == 403) is (role is not Role.ADMINISTRATOR)


def test_a_file_holds_what_the_filter_leaves_and_is_audited(site: Source) -> None:
    aside(site, PERSON, name="A")
    aside(site, name="B", reason="time")
    client = signed_in(Role.DPO)
    answer = client.get(reverse("export_set_aside"), {"reason": "no_id"})
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
    told = json.loads(lines[0])
    assert len(lines) == 1
    assert (told["event"], told["source"], told["reason"]) == ("A", site.key, "no_id")
    assert json.loads(told["message"]) == PERSON
    assert AuditPending.objects.get(verb="set_aside.exported").detail["rows"] == 1
    assert signed_in(Role.ANALYST).get(reverse("export_set_aside")).status_code == 403


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_the_screen_opens_empty_and_full_in_both_languages(locale: str, site: Source) -> None:
    client = signed_in(locale=locale)
    assert client.get(reverse("set_aside")).status_code == 200
    row = aside(site, "\ufffd not json", name="<script>alert(1)</script>", reason="new_reason")
    for state in ("", "replayed", "discarded"):
        answer = client.get(reverse("set_aside"), {"state": state, "open": str(row.pk)})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_masks_leave_the_shape_and_no_person() -> None:
    told = {"type": "identify", "event": "Ünïque", "messageId": "m-1", **PERSON, "ok": True,
            "price": 19.9, "context": {"library": {"name": "analytics.js"}, "ip": "1.2.3.4",
            "page": {"url": "https://x.example/?phone=138"}}}  # fmt: skip
    shown = json.loads(masked_messages.masked(json.dumps(told)))
    assert shown["context"]["library"] == {"name": "analytics.js"}
    assert (shown["type"], shown["messageId"], shown["ok"], shown["price"]) == (
        "identify", "m-1", True, 19.9,
    )  # fmt: skip
    hidden = json.dumps(shown, ensure_ascii=False)
    for secret in ("lin@", "13800", "1001", "1.2.3.4", "138", "龙井"):
        assert secret not in hidden
    assert masked_messages.masked("no json lin@example.com") == "****"
    assert "lin" not in masked_messages.masked('{"a":' * 60 + '"lin@example.com"' + "}" * 60)


def test_old_rows_are_forgotten(site: Source) -> None:
    now = timezone.now()
    for days, state in ((29, "discarded"), (31, "discarded"), (89, "waiting"), (91, "waiting")):
        aside(site, state=state, received_at=now - timedelta(days=days))
    assert set_aside_services.forget(now) == 2
    assert SetAside.objects.count() == 2
