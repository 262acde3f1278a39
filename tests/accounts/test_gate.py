"""The door before every view: closed by default, the API answers in its own way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from ninja import NinjaAPI

from tests import factories
from zhiyin.accounts.gate import gate
from zhiyin.accounts.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


@gate("user.see", write="user.add")
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


api = NinjaAPI(urls_namespace="gate-test", docs_url=None, openapi_url=None)


@api.get("things")
@gate("user.see")
def things(request: HttpRequest) -> dict[str, str]:
    return {"name": "thing"}


@api.post("things")
@gate("user.add")
def add_thing(request: HttpRequest) -> dict[str, str]:
    return {"name": "thing"}


@api.get("forgotten")
def forgotten_endpoint(request: HttpRequest) -> dict[str, str]:
    return {"name": "secret"}


urlpatterns = [
    path("", include("zhiyin.console.urls")),
    path("account/", include("zhiyin.accounts.urls")),
    path("forgotten", forgotten),
    path("guarded", guarded),
    path("api/v1/", api.urls),
]
Visitor = Callable[..., Client]


@pytest.fixture
def visitor() -> Visitor:
    def sign_in(*roles: Role, **options: bool) -> Client:
        client = Client(**options)
        client.force_login(factories.user(*roles))
        return client

    return sign_in


def test_a_view_without_a_gate_is_refused_even_to_administrators(visitor: Visitor) -> None:
    assert visitor(Role.ADMINISTRATOR).get("/forgotten").status_code == 403
    assert visitor(Role.ADMINISTRATOR).get("/api/v1/forgotten").status_code == 403


def test_reading_and_writing_ask_for_different_permissions(visitor: Visitor) -> None:
    dpo = visitor(Role.DPO)
    assert dpo.get("/guarded").status_code == 200
    assert dpo.post("/guarded").status_code == 403
    assert dpo.get("/api/v1/things").status_code == 200
    assert dpo.post("/api/v1/things").status_code == 403


def test_a_stranger_is_sent_to_the_sign_in_and_comes_back() -> None:
    answer = Client().get("/guarded?page=2")
    assert answer.headers["Location"] == "/account/login/?next=/guarded%3Fpage%3D2"


def test_a_fragment_sends_the_whole_window_to_the_sign_in() -> None:
    answer = Client().get("/guarded", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/account/login/")


def test_the_api_answers_with_a_problem_and_not_with_a_page() -> None:
    answer = Client().get("/api/v1/things")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


def test_a_foreign_site_cannot_write_through_the_api_with_my_session(visitor: Visitor) -> None:
    client = visitor(Role.ADMINISTRATOR, enforce_csrf_checks=True)
    assert client.post("/api/v1/things").status_code == 403


@pytest.mark.parametrize("page", ["signup/", "password/reset/", "email/", "password/set/"])
def test_nobody_signs_up_or_resets_by_mail(page: str, visitor: Visitor) -> None:
    assert Client().get(f"/account/{page}").status_code == 404
    assert visitor(Role.ADMINISTRATOR).get(f"/account/{page}").status_code == 404
