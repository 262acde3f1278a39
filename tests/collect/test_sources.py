"""Sources on their screens: health for everybody, keys and changes for who looks after them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.collect import sdk
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Received, Refusal, Source, Tally, ToArchive, WriteKey

pytestmark = pytest.mark.django_db
MANAGED = ("change_source", "switch_source", "add_write_key")


def signed_in(*roles: Role, locale: str = "en") -> Client:
    client = Client()
    client.force_login(factories.user(*(roles or (Role.ADMINISTRATOR,)), locale=locale))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = locale
    return client


@pytest.fixture
def key(db: None) -> WriteKey:
    return sdk.source("site", Source.Kind.WEB)


def page(client: Client, source: Source, status: int = 200) -> str:
    answer = client.get(reverse("source", args=[source.pk]))
    assert answer.status_code == status
    return answer.content.decode()


def post(client: Client, name: str, pk: UUID, **data: object) -> tuple[int, str]:
    answer = client.post(reverse(name, args=[pk]), data, follow=True)
    return answer.status_code, answer.content.decode()


def tally(source: Source, events: int, *, ago: int = 0, outcome: str = "kept", reason: str = "",
          lag_ms: int = 40) -> Tally:  # fmt: skip
    at = timezone.now() - timedelta(minutes=ago)
    return Tally.objects.create(
        source=source, at=at.replace(second=0, microsecond=0), last_at=at, outcome=outcome,
        reason=reason, lane=0, events=events, lag_ms=lag_ms,
    )  # fmt: skip


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_health_and_only_keepers_see_keys(
    role: Role, locale: str, key: WriteKey
) -> None:
    client = signed_in(role, locale=locale)
    tally(key.source, 7)
    shown = page(client, key.source)
    keeps = role is Role.ADMINISTRATOR
    assert (key.key in shown) is keeps
    assert (reverse("change_source", args=[key.source_id]) in shown) is keeps
    listed = client.get(reverse("sources")).content.decode()
    assert reverse("source", args=[key.source_id]) in listed
    assert (reverse("new_source") in listed) is keeps
    assert key.key not in listed


@pytest.mark.parametrize("name", MANAGED)
def test_who_does_not_look_after_sources_changes_nothing(name: str, key: WriteKey) -> None:
    status, _ = post(signed_in(Role.ANALYST), name, key.source_id, on="0", name_zh="x", name_en="x")
    assert status == 403
    key.source.refresh_from_db()
    assert key.source.enabled and key.source.name_en == "site"
    assert WriteKey.objects.count() == 1


@pytest.mark.parametrize("name", ["exchange_write_key", "revoke_write_key", "write_key_origins"])
def test_who_does_not_look_after_sources_touches_no_key(name: str, key: WriteKey) -> None:
    status, _ = post(signed_in(Role.MANAGER), name, key.pk, origins="https://evil.example")
    assert status == 403
    key.refresh_from_db()
    assert key.ends_at is None and key.origins == []


def test_the_list_counts_a_day_and_shows_who_is_late(key: WriteKey) -> None:
    tally(key.source, 120)
    tally(key.source, 30, ago=90)
    tally(key.source, 9, ago=26 * 60)
    tally(key.source, 4, outcome="set_aside", reason="no_id")
    silent = sdk.source("till", Source.Kind.TILL).source
    Source.objects.filter(pk=silent.pk).update(
        promise_minutes=5, last_received_at=timezone.now() - timedelta(hours=2)
    )
    listed = signed_in(Role.READ_ONLY).get(reverse("sources")).content.decode()
    assert ">150<" in listed and ">4<" in listed
    assert "Broken" in listed and listed.index(">till<") < listed.index(">site<")


def test_the_list_asks_as_often_for_twenty_sources_as_for_one(key: WriteKey) -> None:
    client = signed_in()
    client.get(reverse("sources"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("sources"))
    for n in range(20):
        tally(sdk.source(f"s{n}").source, n + 1)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("sources"))
    assert len(many) == len(few)


def test_a_page_tells_reasons_waiting_and_lag(key: WriteKey) -> None:
    now = timezone.now()
    tally(key.source, 12, lag_ms=340)
    tally(key.source, 5, outcome="set_aside", reason="no_id")
    tally(key.source, 2, outcome="duplicate")
    Received.objects.create(
        partition=0, source_id=key.source_id, kind="batch", messages=40, body=b"{}",
        received_at=now - timedelta(minutes=3),
    )  # fmt: skip
    ToArchive.objects.create(at=now - timedelta(seconds=5), events=77, rows=b"")
    shown = page(signed_in(Role.READ_ONLY), key.source)
    assert "Nobody is named" in shown
    assert "40</b>" in shown and "3 min" in shown  # the inbox is later than what went through
    assert "77 events of all sources wait" in shown
    assert "2 came twice" in shown
    assert "12 in the hour, 12 in the busiest minute" in shown


def test_code_to_paste_holds_the_address_and_the_newest_key(key: WriteKey) -> None:
    client = signed_in()
    post(client, "exchange_write_key", key.pk)
    new = WriteKey.objects.exclude(pk=key.pk).get()
    shown = page(client, key.source)
    assert f"curl http://testserver/v1/track -u {new.key}:" in shown
    for language in ("ours", "browser", "python", "node", "curl"):
        code = shown[shown.index(f'id="snippet-{language}"') :].split("</pre>")[0]
        assert new.key in code and key.key not in code


def test_what_events_need_of_a_person_is_chosen_for_each_source(key: WriteKey) -> None:
    assert key.source.needs == Source.Asks.REFUSAL  # a site, of which nobody said otherwise
    post(signed_in(), "change_source", key.source_id, name_zh="x", name_en="x", asks="consent",
         without="dropped")  # fmt: skip
    key.source.refresh_from_db()
    assert (key.source.needs, key.source.without) == ("consent", "dropped")


def test_a_new_source_has_its_key_at_once(db: None) -> None:
    client = signed_in()
    answer = client.post(
        reverse("new_source"),
        {"name_zh": "官网", "key": "web-shop", "kind": "web", "promise_minutes": "30",
         "origins": "https://Shop.example/\nhttp://localhost:3000"}, follow=True,
    )  # fmt: skip
    made = WriteKey.objects.get()
    assert made.origins == ["https://shop.example", "http://localhost:3000"]
    source = made.source
    assert (source.name_zh, source.name_en, source.promise_minutes) == ("官网", "官网", 30)
    assert made.key in answer.content.decode()
    assert {"source.created", "source.key_added"} <= set(
        AuditPending.objects.values_list("verb", flat=True)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "two words"}, "letters, numbers"),
        ({"key": "site"}, "There is a source with this short name."),
        ({"kind": "file"}, "Select a valid choice"),
        ({"origins": "shop.example"}, "is no origin"),
        ({"origins": "https://shop.example/path"}, "is no origin"),
        ({"promise_minutes": "0"}, "greater than or equal"),
    ],
)
def test_a_form_says_what_is_wrong(change: dict[str, str], words: str, key: WriteKey) -> None:
    sent = {"name_en": "Shop", "key": "shop", "kind": "web"} | change
    answer = signed_in().post(reverse("new_source"), sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Source.objects.count() == 1


def test_thresholds_and_names_are_set_and_refused(key: WriteKey) -> None:
    client = signed_in()
    sent = {"name_zh": "官网", "name_en": "Site", "promise_minutes": "",
            "most_refused_percent": "5", "most_lag_seconds": "60"}  # fmt: skip
    status, _ = post(client, "change_source", key.source_id, **sent)
    assert status == 200
    key.source.refresh_from_db()
    limits = (key.source.promise_minutes, key.source.most_refused_percent,
              key.source.most_lag_seconds)  # fmt: skip
    assert limits == (None, 5, 60)
    status, text = post(
        client, "change_source", key.source_id, **sent | {"most_refused_percent": "101"}
    )
    assert status == 422 and "less than or equal to 100" in text


def test_a_key_is_exchanged_bound_and_taken_away(key: WriteKey) -> None:
    client = signed_in()
    assert post(client, "write_key_origins", key.pk, origins="https://a.example")[0] == 200
    post(client, "exchange_write_key", key.pk)
    new = WriteKey.objects.exclude(pk=key.pk).get()
    key.refresh_from_db()
    assert new.origins == key.origins == ["https://a.example"]
    assert key.ends_at is not None and key.ends_at > timezone.now() + timedelta(days=6)
    _, text = post(client, "write_key_origins", new.pk, origins="nonsense")
    assert "is no origin" in text
    post(client, "revoke_write_key", new.pk)
    new.refresh_from_db()
    assert new.ends_at is not None and new.ends_at <= timezone.now()
    _, text = post(client, "exchange_write_key", new.pk)
    assert "This key has ended already." in text
    assert new.key not in page(client, key.source)


def test_a_source_is_switched_off_and_on(key: WriteKey) -> None:
    client = signed_in()
    _, text = post(client, "switch_source", key.source_id, on="0")
    assert "Switched off" in text
    key.source.refresh_from_db()
    assert not key.source.enabled
    post(client, "switch_source", key.source_id, on="1")
    key.source.refresh_from_db()
    assert key.source.enabled


def test_a_source_that_is_not_there_is_not_found(db: None) -> None:
    import uuid

    assert signed_in().get(reverse("source", args=[uuid.uuid4()])).status_code == 404


def test_a_user_without_any_right_is_asked_to_sign_in(key: WriteKey) -> None:
    assert Client().get(reverse("source", args=[key.source_id])).status_code == 302
    assert User.objects.count() == 0


@pytest.mark.parametrize(("locale", "words"), [("en", "The request is too large"),
                                               ("zh-hans", "请求过大")])  # fmt: skip
def test_refused_requests_are_told_with_what_to_do(key: WriteKey, locale: str, words: str) -> None:
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    Refusal.objects.create(hour=hour, source=key.source, status=413, requests=1234, last_at=now)
    Refusal.objects.create(hour=hour, source=None, status=401, requests=77, last_at=now)
    client = signed_in(locale=locale)
    shown = page(client, key.source)
    assert words in shown and "1,234" in shown and "401" not in shown
    assert ">77<" in client.get(reverse("sources")).content.decode()
