"""Who asks too much is slowed down, in whichever server process they ask; everybody sees how much
is left."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections
from django.test import Client
from pytest_django import Settings

from tests import factories
from tests.accounts.test_tokens import bearer, token_for
from tests.api.desk import API, Desk
from zhiyin.accounts.api import limits
from zhiyin.accounts.models import RequestCount
from zhiyin.accounts.roles import Role


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """One moment, twenty seconds into its minute."""
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_020)


@pytest.mark.django_db
class TestOneUser:
    def test_a_loop_gone_wild_is_told_when_to_come_again(self, settings: Settings) -> None:
        settings.API_REQUESTS_A_MINUTE = 2
        client = Desk().client(Role.SALES)
        first, second, third = (client.get(f"{API}/me") for _ in range(3))
        assert [one.status_code for one in (first, second, third)] == [200, 200, 429]
        assert first.headers["RateLimit-Policy"] == '"user";q=2;w=60'
        assert first.headers["RateLimit"] == '"user";r=1;t=40'
        assert third.headers["RateLimit"] == '"user";r=0;t=40'
        assert third.headers["Retry-After"] == "40"
        assert third.headers["Content-Type"] == "application/problem+json"
        assert third.json()["texts"]["zh"]["detail"] == "请求太频繁，请在 40 秒后重试"
        assert third.json()["texts"]["en"]["detail"] == "Too many requests; try again in 40 s"

    def test_the_next_minute_counts_anew(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.API_REQUESTS_A_MINUTE = 1
        client = Desk().client(Role.SALES)
        assert [client.get(f"{API}/me").status_code for _ in range(2)] == [200, 429]
        monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_060)
        assert client.get(f"{API}/me").status_code == 200

    def test_more_tokens_are_not_more_requests_and_others_are_not_slowed_down(
        self, settings: Settings
    ) -> None:
        settings.API_REQUESTS_A_MINUTE = 2
        desk = Desk()
        asked = [
            client.get(f"{API}/me").status_code
            for client in (
                desk.client(Role.SALES), bearer(token_for(desk.sales)),
                bearer(token_for(desk.sales)), desk.client(Role.ANALYST),
            )
        ]  # fmt: skip
        assert asked == [200, 200, 429, 200]

    def test_a_refused_and_an_unchanged_answer_are_counted_and_told_too(self) -> None:
        client = Desk().client(Role.READ_ONLY)
        tag = client.get(f"{API}/me").headers["ETag"]
        same = client.get(f"{API}/me", headers={"if-none-match": tag})
        missing = client.get(f"{API}/customers/0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11")
        assert (same.status_code, missing.status_code) == (304, 404)
        assert [one.headers["RateLimit"] for one in (same, missing)] == [
            '"user";r=1198;t=40', '"user";r=1197;t=40',
        ]  # fmt: skip

    def test_pages_and_strangers_are_not_counted(self) -> None:
        client = Desk().client(Role.SALES)
        assert "RateLimit" not in client.get("/account/").headers
        assert "RateLimit" not in Client().get(f"{API}/me").headers
        assert not RequestCount.objects.exists()

    def test_counts_of_those_who_are_gone_are_thrown_away(self) -> None:
        Desk().client(Role.SALES).get(f"{API}/me")
        limits.forget(1_800_000_000)
        assert RequestCount.objects.count() == 1
        limits.forget(1_800_010_000)
        assert not RequestCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_processes_that_count_at_once_lose_no_request() -> None:
    user = factories.user().pk
    seen: list[int] = []

    def ask() -> None:
        try:
            seen.extend(limits.counted(user, 7) for _ in range(50))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(seen) == list(range(1, 201))
    assert connection.is_usable()


@pytest.mark.django_db
def test_counting_writes_no_log_that_it_would_have_to_wait_for() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relpersistence from pg_class where relname = 'accounts_requestcount'"
        )
        assert cursor.fetchone() == ("u",)
