"""The screens of this room open, do what they say, and ask the database few times."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests import factories
from zhiyin.accounts import audit
from zhiyin.accounts.models import Department, User, Work
from zhiyin.accounts.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD)


@pytest.fixture
def desk(boss: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": boss.email, "password": factories.PASSWORD})
    return client


@pytest.mark.parametrize(
    "page",
    [
        "", "users/", "users/new/", "departments/", "audit/", "password/change/", "2fa/",
        "2fa/totp/activate/", "2fa/webauthn/", "2fa/webauthn/add/", "reauthenticate/", "logout/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_screen_opens_in_both_languages(desk: Client, page: str, language: str) -> None:
    desk.post("/console/language", {"language": language})
    if page.startswith("2fa"):  # the password is asked once more before the second factor
        desk.post("/account/reauthenticate/", {"password": factories.PASSWORD})
    answer = desk.get(f"/account/{page}")
    assert answer.status_code == 200
    assert "知音" in answer.text


def test_the_sign_in_page_has_one_filled_button(client: Client) -> None:
    text = client.get("/account/login/").text
    assert text.count("btn-primary") == 1
    assert "/signup/" not in text


def test_a_user_is_made_on_the_screen_and_signs_in(desk: Client) -> None:
    north = factories.department()
    answer = desk.post(
        "/account/users/new/",
        {
            "name": "林静姝",
            "email": "lin@example.com",
            "roles": ["sales", "service"],
            "department": str(north.pk),
            "locale": "zh-hans",
        },
    )
    password = re.search(r"<code>(.+?)</code>", answer.text)
    assert password is not None
    assert "no-store" in answer.headers["Cache-Control"]
    assert User.objects.get(email="lin@example.com").roles == ["sales", "service"]
    other = Client()
    other.post("/account/login/", {"login": "lin@example.com", "password": password[1]})
    page = other.get("/account/")
    assert 'lang="zh-Hans"' in page.text


def test_an_address_that_is_taken_is_said_on_the_form(desk: Client, boss: User) -> None:
    answer = desk.post(
        "/account/users/new/",
        {"name": "X", "email": boss.email.upper(), "roles": ["sales"], "locale": "en"},
    )
    assert answer.status_code == 200
    assert User.objects.count() == 1
    assert "zy-note bad" in answer.text


def test_a_user_is_changed_and_closed_on_the_screen(desk: Client) -> None:
    anna = factories.user(Role.SALES)
    url = f"/account/users/{anna.pk}/"
    assert desk.post(url, {"name": "Anna", "roles": ["analyst"]}).status_code == 302
    desk.post(f"{url}deactivate/")
    anna.refresh_from_db()
    assert (anna.name, anna.roles, anna.is_active) == ("Anna", ["analyst"], False)
    assert desk.get(url).status_code == 200
    desk.post(f"{url}activate/")
    assert b"<code>" in desk.post(f"{url}password/").content


def test_departments_are_made_moved_and_removed_on_the_screen(desk: Client) -> None:
    desk.post("/account/departments/", {"name_zh": "华东", "name_en": "East"})
    desk.post("/account/departments/", {"name_zh": "上海", "name_en": "Shanghai"})
    east, shanghai = Department.objects.order_by("id")
    url = f"/account/departments/{shanghai.pk}/"
    desk.post(url, {"name_zh": "上海", "name_en": "Shanghai", "parent": str(east.pk)})
    shanghai.refresh_from_db()
    assert shanghai.path == f"{east.path}{shanghai.id.hex}/"
    assert desk.get(url).status_code == 200
    desk.post(f"{url}remove/")
    assert list(Department.objects.all()) == [east]


def test_ending_the_other_sessions_keeps_this_one(desk: Client, boss: User) -> None:
    phone = Client()
    phone.post("/account/login/", {"login": boss.email, "password": factories.PASSWORD})
    desk.post("/account/sessions/end/")
    assert desk.get("/account/").status_code == 200
    assert phone.get("/account/").status_code == 302


def test_the_audit_trail_is_filtered_and_verified_on_the_screen(desk: Client, boss: User) -> None:
    anna = factories.user()
    audit.record(boss, "deal.won", anna, rows=3)
    shown = desk.get("/account/audit/", {"verb": "deal.won", "by": str(boss.pk)})
    assert f"user {anna.pk}" in shown.text
    assert f"user {anna.pk}" not in desk.get("/account/audit/", {"verb": "deal.lost"}).text
    assert desk.get("/account/audit/", {"first": "yesterday"}).status_code == 200
    assert "zy-note good" in desk.post("/account/audit/verify/").text


def test_long_work_is_followed_and_cancelled_on_the_screen(desk: Client, boss: User) -> None:
    work = Work.objects.create(kind="import", title_zh="导入", title_en="Import", owner=boss)
    url = f"/account/work/{work.pk}/"
    fragment = desk.get(url, headers={"HX-Request": "true"}).text
    assert f'hx-get="{url}"' in fragment
    assert "<html" not in fragment
    ended = desk.post(f"{url}cancel/", headers={"HX-Request": "true"}).text
    assert "hx-get" not in ended


@pytest.mark.parametrize("page", ["users/", "departments/", "audit/"])
def test_a_list_takes_as_many_queries_for_40_rows_as_for_one(
    desk: Client, page: str, django_assert_max_num_queries: object
) -> None:
    north = factories.department()
    for _ in range(40):
        audit.record(factories.user(Role.SALES, department=north), "deal.won")
    audit.chain_pending()
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        desk.get(f"/account/{page}")
