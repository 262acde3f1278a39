"""The console behind its real doors: middleware, database and sign-in included."""

from __future__ import annotations

import pytest
from django.test import Client

from zhiyin.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return User.objects.create(email="a@example.com", name="周牧云", roles=["administrator"])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="zhiyin.accounts.backend.PeopleBackend")
    return client


def test_health_needs_no_sign_in(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert "Content-Security-Policy" in answer.headers


def test_the_page_of_components_opens_for_an_administrator_only(administrator: User) -> None:
    seller = User.objects.create(email="s@example.com", name="何嘉怡", roles=["sales"])
    assert signed_in(administrator).get("/console/components").status_code == 200
    assert signed_in(seller).get("/console/components").status_code == 403
    assert Client().get("/console/components").status_code == 302


def test_theme_and_language_are_kept_for_the_person(administrator: User) -> None:
    client = signed_in(administrator)
    client.post("/console/theme", {"theme": "dark", "next": "/console/components"})
    client.post("/console/language", {"language": "en", "next": "/console/components"})
    administrator.refresh_from_db()
    assert (administrator.theme, administrator.locale) == ("dark", "en")
    page = client.get("/console/components").content.decode()
    assert 'data-bs-theme="dark"' in page
    assert 'lang="en"' in page


def test_an_unknown_theme_changes_nothing(administrator: User) -> None:
    signed_in(administrator).post("/console/theme", {"theme": "neon"})
    administrator.refresh_from_db()
    assert administrator.theme == "system"


def test_a_missing_page_is_told_in_the_readers_language(administrator: User) -> None:
    answer = signed_in(administrator).get("/nowhere")
    assert answer.status_code == 404
    assert "这个地址下没有内容" in answer.content.decode()


def test_the_palette_finds_a_screen_by_its_chinese_name(administrator: User) -> None:
    page = signed_in(administrator).get("/console/palette", {"q": "审计"}).content.decode()
    assert "/account/audit/" in page
