"""The shell shows each person the doors that open for them, and finds what they type."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.utils import translation

from tests.console.pages import request
from zhiyin import palette, toasts
from zhiyin.console import living, navigation, reality, views
from zhiyin.console.context import shell
from zhiyin.palette import Entry

pytestmark = pytest.mark.django_db  # the side bar counts what waits


def labels(role: str) -> list[str]:
    with translation.override("en"):
        groups = navigation.for_person(request(role=role).user, "/console/components")
    return [link.label for group in groups for link in group.links]


def test_a_screen_is_shown_only_to_those_who_may_open_it() -> None:
    assert "Components" in labels("administrator")
    assert "Components" not in labels("sales")


def test_the_open_screen_is_marked() -> None:
    user = request().user
    links = [
        link
        for group in navigation.for_person(user, "/console/components")
        for link in group.links
        if link.current
    ]
    assert [link.url for link in links] == ["/console/components"]


def test_the_palette_lists_screens_before_anything_is_typed() -> None:
    with translation.override("en"):
        page = views.palette(request("/console/palette")).content.decode()
    assert "Components" in page


def test_a_broken_provider_does_not_silence_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(user: object, query: str) -> list[Entry]:
        raise RuntimeError

    def people(user: object, query: str) -> list[Entry]:
        return [Entry("林静姝", "YL-20418", "/customers/1", "user", "People")]

    monkeypatch.setattr(palette, "_providers", [broken, people])
    found = palette.find(request().user, "林")
    assert [entry.title for group in found for entry in group.entries] == ["林静姝"]


@pytest.mark.parametrize(
    ("theme", "drawn"), [("dark", "dark"), ("light", "light"), ("nonsense", "system")]
)
def test_the_theme_is_the_persons_own(theme: str, drawn: str) -> None:
    assert shell(request(theme=theme))["theme"] == drawn


def test_the_page_says_what_is_simulated_until_mail_is_connected(settings: object) -> None:
    settings.SMTP_URL = ""  # type: ignore[attr-defined]
    assert reality.note() is not None


def test_a_toast_offers_its_way_back() -> None:
    made: HttpRequest = request()
    toasts.say(made, "312 joined", undo="/undo/7")
    page = living.components(made).content.decode()
    assert 'action="/undo/7"' in page
    assert "312 joined" in page


def test_switching_back_never_leaves_this_site() -> None:
    made = request()
    made.method = "POST"
    made.POST = {"theme": "dark", "next": "https://elsewhere.example/"}  # type: ignore[assignment]
    made.user = type("Nobody", (), {"is_authenticated": False})()  # type: ignore[assignment]
    assert views.theme(made).headers["Location"] == "/"
