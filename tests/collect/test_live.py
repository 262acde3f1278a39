"""The live view: who sees which events, the way of one, and the stream that follows them."""

from __future__ import annotations

import http.client
import json
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.collect import events, sdk
from tests.customers import people
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.collect import live, streaming
from zhiyin.collect.models import Event, Received, Repeat, Source
from zhiyin.collect.pump.turning import turn
from zhiyin.collect.tracking.bodies import PARTITIONS
from zhiyin.collect.tracking.starting import Tracking
from zhiyin.files.door import App, Receive, Scope, Send
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = user.locale
    return client


@pytest.fixture
def site(db: None) -> Source:
    return sdk.source("site", Source.Kind.WEB).source


def names(user: User, **wanted: str) -> list[str]:
    found = live.latest(user, live.asked(wanted), timezone.now())
    return [f"{line.name} {line.outcome}" for line in found.lines]


def test_every_outcome_is_shown_and_filtered(site: Source) -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    lin, wang = people.customer("林静姝"), people.customer("王小明")
    events.told(site, lin.pk)
    events.put_aside(site)
    page = signed_in(boss).get(reverse("live")).content.decode()
    for word in ("Kept", "Came twice", "Set aside", "Made anonymous", "林静姝"):
        assert word in page
    assert len(names(boss)) == 9
    assert names(boss, outcome="anonymous") == ["Page Viewed anonymous"]
    assert names(boss, outcome="duplicate") == ["Product Viewed duplicate"]
    assert len(names(boss, outcome="set_aside")) == 4
    assert names(boss, name="Product Added") == ["Product Added kept"]
    assert len(names(boss, person="林静姝")) == 3
    assert names(boss, person=wang.name) == names(boss, person="nobody at all") == []
    assert names(boss, source="elsewhere") == []
    assert len(names(boss, outcome="nonsense")) == 9


def test_who_sees_few_customers_sees_their_events_and_nothing_else(site: Source) -> None:
    home, other = factories.department(), factories.department()
    manager = factories.user(Role.MANAGER, department=home)
    mine = people.customer("Ann Lee", department=home)
    theirs = people.customer("Ben Okafor", department=other)
    shown = events.told(site, mine.pk)
    Repeat.objects.all().delete()
    hidden = events.told(site, theirs.pk)
    events.put_aside(site)
    client = signed_in(manager)
    page = client.get(reverse("live")).content.decode()
    assert "Ann Lee" in page and "Ben Okafor" not in page
    assert page.count("data-ref=") == 3
    assert client.get(reverse("live_event", args=[f"e-{shown.pk}"])).status_code == 200
    assert client.get(reverse("live_event", args=[f"e-{hidden.pk}"])).status_code == 404
    twice = Repeat.objects.get()
    address = reverse("live_event", args=[f"d-{twice.event_id}-{twice.pk}"])
    assert client.get(address).status_code == 404
    assert names(manager, person="Ben Okafor") == []


def test_a_way_tells_each_step_and_masks_persons(site: Source) -> None:
    event = events.told(site, people.customer("Ann Lee").pk)
    address = reverse("live_event", args=[f"e-{event.pk}"])
    whole = signed_in(factories.user(Role.ADMINISTRATOR)).get(address).content.decode()
    for word in ("Sent by analytics.js 4.4.", "Ann Lee", "2026-11-24T02:11:08Z",
                 "has not refused profiling", "lin@example.com", "The lake has it"):  # fmt: skip
        assert word in whole
    masked = signed_in(factories.user(Role.ANALYST)).get(address).content.decode()
    assert "lin@example.com" not in masked and "persons are masked" in masked
    assert "T-1" in masked


def test_what_deviates_from_the_plan_is_found_and_its_way_says_how(site: Source) -> None:
    boss = factories.user(Role.ADMINISTRATOR, locale="en")
    now = timezone.now()
    marks = [["type", "price", "number", "text"], ["missing", "sku", "text", ""]]
    for number, plan in enumerate((None, marks, marks[1:])):
        Event.objects.create(
            event_id=uuid7(), name=f"Event {number}", at=now, received_at=now, source=site,
            batch=uuid7(), context={"plan": plan} if plan else {}, properties={"price": "secret"},
        )  # fmt: skip
    assert names(boss, outcome="flagged") == ["Event 2 anonymous", "Event 1 anonymous"]
    assert names(boss, outcome="flagged", fault="type") == ["Event 1 anonymous"]
    assert names(boss, outcome="flagged", fault="missing", of="sku") == [
        "Event 2 anonymous",
        "Event 1 anonymous",
    ]
    assert names(boss, outcome="flagged", fault="type", of="sku") == []
    shown = signed_in(boss).get(reverse("live")).content.decode()
    assert shown.count("Deviates</span>") == 2
    ref = live.latest(boss, live.asked({"name": "Event 1"}), timezone.now()).lines[0].ref
    told = signed_in(boss).get(reverse("live_event", args=[ref])).content.decode()
    assert "“price”: number was expected, text came." in told


def test_why_an_event_was_dropped(site: Source) -> None:
    client = signed_in(factories.user(Role.ADMINISTRATOR))
    events.told(site, people.customer("Ann Lee").pk)
    twice, bad = Repeat.objects.get(), events.put_aside(site)
    nobody = Event.objects.get(identifier_id=None)

    def way(ref: str) -> str:
        return client.get(reverse("live_event", args=[ref])).content.decode()

    assert "was here already; it counts once" in way(f"d-{twice.event_id}-{twice.pk}")
    assert "Nobody is named" in way(f"s-{bad.pk}")
    assert "refused profiling: the event counts" in way(f"e-{nobody.pk}")


@pytest.mark.parametrize("ref", ["e-1", "x-y", "d-1", "d-a-b", "s-", "e-" + "0" * 32, "q"])
def test_a_way_to_nothing_is_not_found(ref: str, site: Source) -> None:
    client = signed_in(factories.user(Role.ADMINISTRATOR))
    assert client.get(reverse("live_event", args=[ref])).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_only_some_roles_look_at_events(role: Role, site: Source) -> None:
    client = signed_in(factories.user(role))
    may = role in (Role.ADMINISTRATOR, Role.MANAGER, Role.MARKETER, Role.ANALYST, Role.DPO)
    for name in ("live", "live_stream"):
        assert client.get(reverse(name)).status_code == (200 if may else 403)


def test_fifty_events_cost_as_many_queries_as_one(site: Source) -> None:
    client = signed_in(factories.user(Role.ADMINISTRATOR))
    lin = people.customer("林静姝").pk
    events.told(site, lin)
    client.get(reverse("live"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("live"))
    for _ in range(12):
        events_of = Event(event_id=uuid7(), name="x", at=timezone.now(), batch=uuid7(),
                          received_at=timezone.now(), source=site, customer_id=lin)  # fmt: skip
        events_of.save()
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("live"))
    assert len(many) == len(few)


def test_a_page_that_polls_gets_rows_alone(site: Source) -> None:
    events.told(site, people.customer("Ann Lee").pk)
    client = signed_in(factories.user(Role.ADMINISTRATOR))
    rows = client.get(reverse("live"), headers={"HX-Request": "true"}).content.decode()
    assert rows.startswith("<tr") and "<html" not in rows


def test_the_pump_keeps_a_few_repeats_however_many_there_are(site: Source) -> None:
    message = {"type": "track", "event": "Viewed", "anonymousId": "d1", "messageId": "m1"}
    for _ in range(30):
        Received.objects.create(
            partition=0, source_id=site.pk, kind="batch", messages=9, received_at=timezone.now(),
            body=json.dumps({"batch": [message] * 9}).encode(),
        )  # fmt: skip
        turn(range(PARTITIONS))
    assert Event.objects.count() == 1
    assert Repeat.objects.count() == Repeat.RING
    assert json.loads(Repeat.objects.latest("at").message) == message


def test_a_follower_gets_each_event_once_and_stops_without_rights(site: Source) -> None:
    user = factories.user(Role.MARKETER)
    follow = streaming.Follow(user.pk, live.asked({}), "en", "")
    assert follow.fresh() == ""
    events.told(site, people.customer("Ann Lee").pk)
    first = follow.fresh()
    assert first is not None and first.count("<tr") == 5
    assert follow.fresh() == ""
    User.objects.filter(pk=user.pk).update(roles=[Role.SALES])
    assert follow.fresh() is None
    User.objects.filter(pk=user.pk).update(roles=[Role.MARKETER], is_active=False)
    assert follow.fresh() is None


def _served(app: App) -> App:
    """With somebody who answers when the server starts and stops."""
    beside = Tracking()

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await (beside if scope["type"] == "lifespan" else app)(scope, receive, send)

    return served


@pytest.mark.django_db(transaction=True)
def test_a_stream_goes_on_without_a_thread_and_ends_by_itself() -> None:
    from zhiyin.asgi import pages

    site = sdk.source("site", Source.Kind.WEB).source
    user = factories.user(Role.ADMINISTRATOR)
    cookie = signed_in(user).cookies["sessionid"].value
    app = _served(streaming.LiveStreams(pages, every_s=0.05, life=40))
    with sdk.listening(app) as port:
        lines = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(12)]
        answers = []
        for line in lines:
            line.request("GET", "/data/live/stream/", headers={
                "Cookie": f"sessionid={cookie}", "Accept-Encoding": "gzip"})  # fmt: skip
            answers.append(line.getresponse())
        held = threading.active_count()
        assert {answer.status for answer in answers} == {200}
        assert answers[0].headers["Content-Type"].startswith("text/event-stream")
        assert "Content-Encoding" not in answers[0].headers
        events.told(site, people.customer("Ann Lee").pk)
        told = [answer.read().decode() for answer in answers]
        for line in lines:
            line.close()
    assert all(text.count("<tr") == 5 and "event: rows" in text for text in told)
    assert all(text.startswith("retry: ") for text in told)
    assert held < 12 + 10  # the pool's own, not one for each viewer


@pytest.mark.django_db(transaction=True)
def test_a_stream_is_refused_to_strangers() -> None:
    from zhiyin.asgi import pages

    with sdk.listening(_served(streaming.LiveStreams(pages, every_s=0.05, life=2))) as port:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        line.request("GET", "/data/live/stream/")
        assert line.getresponse().status == 302
        line.close()


def test_where_it_looked_is_told_when_it_takes_too_long(
    site: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PATIENCE_S", -1)
    found = live.latest(factories.user(Role.ADMINISTRATOR), live.asked({}), timezone.now())
    assert not found.complete
    assert found.since is not None and timezone.now() - found.since < timedelta(minutes=2)
