"""The first steps set what they say, can be left and taken up, and end when the work is done."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.console.browsing import BACKEND
from tests.monitor import shop
from zhiyin.accounts import services, workspace
from zhiyin.accounts.models import AuditPending, User, Workspace
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Import
from zhiyin.console import first_steps

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> User:
    return factories.user(Role.ADMINISTRATOR, name="周牧云", password=factories.PASSWORD)


@pytest.fixture
def client(admin: User) -> Client:
    made = Client()
    made.force_login(admin, backend=BACKEND)
    made.cookies["django_language"] = "en"
    return made


def test_the_first_administrator_is_led_there_after_signing_in(admin: User) -> None:
    signing_in = Client()
    answer = signing_in.post(
        "/account/login/", {"login": admin.email, "password": factories.PASSWORD}
    )
    assert answer.headers["Location"] == "/setup/"
    assert signing_in.get("/setup/").headers["Location"] == "/setup/language/"
    workspace.put_off("language", by=admin)
    again = Client().post("/account/login/", {"login": admin.email, "password": factories.PASSWORD})
    assert again.headers["Location"] == "/"


def test_whoever_cannot_change_the_workspace_is_not_led_there() -> None:
    sales = factories.user(Role.SALES, password=factories.PASSWORD)
    answer = Client().post(
        "/account/login/", {"login": sales.email, "password": factories.PASSWORD}
    )
    assert answer.headers["Location"] == "/"
    client = Client()
    client.force_login(sales, backend=BACKEND)
    assert client.get("/setup/company/").status_code == 403
    assert "First steps" not in client.get("/").content.decode()


def test_each_step_sets_something_real(client: Client, admin: User) -> None:
    assert client.post("/setup/language/", {"language": "en"}).headers["Location"] == (
        "/setup/company/"
    )
    admin.refresh_from_db()
    assert admin.locale == "en"
    client.post("/setup/company/", {"company": "  云岭  茶业 "})
    assert "云岭 茶业" in client.get("/").content.decode()
    client.post("/setup/money/", {"currency": "CNY", "time_zone": "Europe/London"})
    assert settings.CURRENCY == "CNY"
    assert settings.TIME_ZONE == "Europe/London"
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert timezone.localtime(summer).hour == 13
    made = client.post(
        "/setup/people/",
        {"name": "何嘉怡", "email": "he@example.com", "roles": ["sales"], "locale": "en"},
    )
    he = User.objects.get(email="he@example.com")
    assert he.name in made.content.decode()
    assert he.roles == ["sales"]
    told = {entry.verb: entry.detail for entry in AuditPending.objects.all()}
    assert told["workspace.changed"]["time_zone"] == "Europe/London"
    assert "云岭" not in str(told)


def test_a_new_process_finds_what_was_told(client: Client) -> None:
    client.post("/setup/money/", {"currency": "EUR", "time_zone": "UTC"})
    workspace.forget()
    assert settings.CURRENCY != "EUR"
    workspace.refresh()
    assert settings.CURRENCY == "EUR"


def test_the_currency_stands_once_amounts_are_in(client: Client, admin: User) -> None:
    shop.order(shop.customer("1"), shop.at(2026, 3, 1), Decimal(20))
    page = client.post("/setup/money/", {"currency": "CNY", "time_zone": "UTC"})
    assert "Amounts are in already" in page.content.decode()
    assert Workspace.objects.filter(currency="CNY").count() == 0
    with pytest.raises(services.NotAllowed):
        workspace.change(by=admin, currency="USD")
    same = client.post("/setup/money/", {"currency": settings.CURRENCY, "time_zone": "UTC"})
    assert same.status_code == 302


def test_the_environment_overrides_what_is_stored(
    client: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/setup/money/", {"currency": "EUR", "time_zone": "UTC"})
    workspace.forget()
    monkeypatch.setenv("ZHIYIN_CURRENCY", "GBP")
    workspace.refresh()
    assert settings.CURRENCY == "GBP"
    assert "Set in the environment" in client.get("/setup/money/").content.decode()
    with pytest.raises(services.NotAllowed):
        workspace.change(by=admin, currency="EUR")


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("language", {"language": "xx"}),
        ("company", {"company": "   "}),
        ("money", {"currency": "BTC", "time_zone": "UTC"}),
        ("money", {"currency": "CNY", "time_zone": "../../etc/passwd"}),
        ("people", {"name": "x", "email": "no", "roles": ["owner of all"], "locale": "en"}),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    client: Client, step: str, body: dict[str, str]
) -> None:
    assert client.post(f"/setup/{step}/", body).status_code == 200
    assert User.objects.count() == 1
    assert not Workspace.objects.exclude(company="", currency="", time_zone="").exists()


def test_steps_are_left_taken_up_and_done_elsewhere(client: Client, admin: User) -> None:
    for key in first_steps.KEYS:
        client.post(f"/setup/{key}/", {"later": "1"})
    page = client.get("/setup/")
    assert "left for later" in page.content.decode()
    client.post("/setup/company/", {"company": "Cloud Ridge"})
    factories.user(Role.SALES)
    Import.objects.create(file_name="x.csv", owner=admin, state=Import.State.LOADED, path="x")
    states = {s.key: s.state for s in first_steps.progress(workspace.current()).steps}
    assert states == {
        "language": "put_off", "company": "done", "money": "put_off", "people": "done",
        "data": "done",
    }  # fmt: skip


def test_the_list_waits_on_today_until_it_is_dismissed(client: Client) -> None:
    assert "Go on with the first steps" in client.get("/").content.decode()
    client.post("/setup/dismiss")
    assert "Go on with the first steps" not in client.get("/").content.decode()


def test_an_unknown_step_is_no_page(client: Client) -> None:
    assert client.get("/setup/treasure/").status_code == 404
