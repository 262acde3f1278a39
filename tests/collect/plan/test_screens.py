"""The plan on its screens: looked at by everybody, edited by keepers, each press one version."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.collect import events, sdk
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Learnt, Source
from zhiyin.collect.plan import services
from zhiyin.collect.plan.schema import Kind, Mode, Property, write

pytestmark = pytest.mark.django_db
WRITES = ("change_plan_modes", "accept_plan", "put_plan_event", "put_plan_property",
          "remove_from_plan", "restore_plan", "import_plan")  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = user.locale
    return client


@pytest.fixture
def source(db: None) -> Source:
    return sdk.source("site", Source.Kind.WEB).source


@pytest.fixture
def boss(db: None) -> User:
    return factories.user(Role.ADMINISTRATOR, locale="en")


def page(client: Client, name: str, source: Source, query: str = "") -> str:
    answer = client.get(reverse(name, args=[source.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, name: str, source: Source, **data: object) -> str:
    source.refresh_from_db()
    sent = {"base": source.plan_version} | data
    answer = client.post(reverse(name, args=[source.pk]), sent, follow=True)
    assert answer.status_code == 200
    source.refresh_from_db()
    return answer.content.decode()


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
@pytest.mark.parametrize("role", list(Role))
def test_everybody_looks_and_only_keepers_find_something_to_press(
    role: Role, locale: str, source: Source, boss: User
) -> None:
    events.planned(source, by=boss)
    client = signed_in(factories.user(role, locale=locale))
    for name, query in (("source_plan", ""), ("source_plan", "?event=Product+Viewed"),
                        ("source_plan", "?event=Product+Viewed&property=price"),
                        ("plan_versions", ""), ("source_drift", "")):  # fmt: skip
        shown = page(client, name, source, query)
        assert "Product Viewed" in shown
        writes = [one for one in WRITES if reverse(one, args=[source.pk]) in shown]
        assert bool(writes) is (role is Role.ADMINISTRATOR and name != "source_drift"), writes


@pytest.mark.parametrize("name", WRITES)
def test_who_does_not_look_after_sources_changes_no_plan(name: str, source: Source) -> None:
    client = signed_in(factories.user(Role.ANALYST))
    answer = client.post(reverse(name, args=[source.pk]), {"base": 0, "all": 1, "event": "x"})
    assert answer.status_code == 403
    source.refresh_from_db()
    assert source.plan_version == 0


def test_a_source_of_which_nothing_came_says_what_will_be_here(source: Source, boss: User) -> None:
    client = signed_in(boss)
    assert "Nothing came yet" in page(client, "source_plan", source)
    assert "No plan yet" in page(client, "source_drift", source)
    assert "No plan yet" in page(client, "plan_versions", source)


def test_a_plan_is_made_edited_and_taken_back_on_the_screen(source: Source, boss: User) -> None:
    client, now = signed_in(boss), timezone.now()
    for name, kinds in (("", {}), ("price", {"as_whole": 30}), ("who", {"as_text": 3})):
        Learnt.objects.create(
            source=source, event="Viewed", property=name, events=30, first_at=now, last_at=now,
            personal=name == "who", **kinds,
        )  # fmt: skip
    assert "Saved as version 1." in post(client, "accept_plan", source, all="1")
    post(client, "change_plan_modes", source, mode="reject", unknown_events="flag",
         unknown_properties="observe")  # fmt: skip
    drawer = page(client, "source_plan", source, "?event=Viewed&property=price")
    assert re.search(r'<option value="whole"\s+selected', drawer)
    post(client, "put_plan_property", source, event="Viewed", property="price", type="number",
         required="on", allowed="1\n2.5", description="With tax")  # fmt: skip
    post(client, "put_plan_event", source, event="Bought", description="Money came")
    plan = services.plan_of(source)
    assert (plan.mode, plan.unknown_events) == (Mode.REJECT, Mode.FLAG)
    assert plan.events["Viewed"].properties["price"] == Property(
        Kind.NUMBER, True, (1, 2.5), False, "With tax"
    )
    assert plan.events["Viewed"].properties["who"].personal
    post(client, "remove_from_plan", source, event="Viewed", property="who")
    assert set(services.plan_of(source).events["Viewed"].properties) == {"price"}
    told = page(client, "plan_versions", source)
    assert "With tax" in told and "Viewed / who" in told and "Accepted what was learnt" in told
    post(client, "restore_plan", source, version="1")
    assert source.plan_version == 6
    assert set(services.plan_of(source).events) == {"Viewed"}


def test_a_plan_travels_as_a_file(source: Source, boss: User) -> None:
    events.planned(source, by=boss)
    client = signed_in(boss)
    answer = client.get(reverse("export_plan", args=[source.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="plan-site.json"'
    held = json.loads(answer.content)
    assert held["zhiyin_tracking_plan"] == 1
    other = sdk.source("app").source
    file = SimpleUploadedFile("plan.json", answer.content)
    assert "Saved as version 1." in post(client, "import_plan", other, file=file)
    assert write(services.plan_of(other)).encode() == answer.content
    bad = SimpleUploadedFile("plan.json", b"{}")
    assert "This is no tracking plan" in post(client, "import_plan", other, file=bad)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"type": "yes_no", "allowed": "x"}, "Only texts and numbers have allowed values."),
        ({"type": "whole", "allowed": "x"}, "One of these is no number."),
        ({"type": "colour"}, "Select a valid choice"),
    ],
)
def test_a_property_that_cannot_be_is_refused_beside_its_field(
    source: Source, boss: User, form: dict[str, str], said: str
) -> None:
    events.planned(source, by=boss)
    sent = {"event": "Product Viewed", "property": "price", "base": source.plan_version} | form
    answer = signed_in(boss).post(reverse("put_plan_property", args=[source.pk]), sent)
    assert answer.status_code == 422 and said in answer.content.decode()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    source: Source, boss: User
) -> None:
    events.planned(source, by=boss)
    sent = {"event": "Late", "base": 1}
    answer = signed_in(boss).post(reverse("put_plan_event", args=[source.pk]), sent, follow=True)
    assert "Somebody changed the plan meanwhile" in answer.content.decode()
    assert "Late" not in services.plan_of(source).events


def test_hostile_names_are_shown_as_text_and_their_links_lead_back(
    source: Source, boss: User
) -> None:
    name = '"><script>alert(1)</script>&event=x'
    services.put_event(source, name, "<b>x</b>", by=boss, base=0)
    client = signed_in(boss)
    shown = page(client, "source_plan", source)
    assert "<script>alert" not in shown
    link = re.search(r'data-row="(\?event=[^"]+)"', shown)
    assert link is not None
    assert "<script>alert" not in page(client, "source_plan", source, link[1])
    answer = client.get(reverse("source_plan", args=[source.pk]), {"event": "nobody knows"})
    assert answer.status_code == 404


def test_a_plan_of_many_events_costs_as_many_queries_as_of_one(source: Source, boss: User) -> None:
    client = signed_in(boss)
    services.put_event(source, "One", "", by=boss, base=0)
    page(client, "source_plan", source)
    with CaptureQueriesContext(connection) as few:
        page(client, "source_plan", source)
    now = timezone.now()
    for number in range(60):
        Learnt.objects.create(source=source, event=f"E{number}", first_at=now, last_at=now)
    with CaptureQueriesContext(connection) as many:
        page(client, "source_plan", source)
    assert len(many) == len(few)
