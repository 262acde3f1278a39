"""Guessing passwords gets slower and slower, for everybody but the owner in their own browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from zhiyin.accounts import throttle
from zhiyin.accounts.models import SignInAttempts, User

SIGN_IN = "/account/login/"


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_the_wait_grows_and_ends(failures: int, free: int) -> None:
    wait = throttle.delay(failures, free)
    assert timedelta() <= wait <= throttle.LONGEST
    assert wait <= throttle.delay(failures + 1, free)
    assert (wait == timedelta()) is (failures < free)


pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return factories.user(password=factories.PASSWORD)


def attempt(client: Client, email: str, password: str = "wrong") -> str:
    answer = client.post(
        SIGN_IN, {"login": email, "password": password}, headers={"accept-language": "en"}
    )
    return answer.content.decode() if answer.status_code == 200 else "in"


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr("zhiyin.accounts.throttle.timezone.now", lambda: now)


def wait(seconds: float) -> None:
    """Let time pass for every bucket."""
    SignInAttempts.objects.update(last_at=F("last_at") - timedelta(seconds=seconds))


def stranger(address: str = "198.51.100.9") -> Client:
    return Client(REMOTE_ADDR=address)


def test_after_some_failures_even_the_right_password_has_to_wait(user: User) -> None:
    for _ in range(5):
        assert "Too many" not in attempt(stranger(), user.email)
    assert "Too many attempts. Wait 1 second." in attempt(
        stranger(), user.email, factories.PASSWORD
    )
    wait(1.1)
    assert "Too many" not in attempt(stranger(), user.email)
    assert "Wait 2 seconds" in attempt(stranger(), user.email, factories.PASSWORD)
    wait(2.1)
    assert attempt(stranger(), user.email, factories.PASSWORD) == "in"


def test_who_is_kept_waiting_does_not_wait_longer_for_asking(user: User) -> None:
    for _ in range(9):
        attempt(stranger(), user.email)
    assert SignInAttempts.objects.get(key__startswith="account:").failures == 5


def test_the_owner_is_not_locked_out_of_the_browser_they_use(user: User) -> None:
    own = Client(REMOTE_ADDR="203.0.113.7")
    assert attempt(own, user.email, factories.PASSWORD) == "in"
    own.post("/account/logout/")
    for _ in range(8):
        attempt(stranger(), user.email)
    assert "Too many" in attempt(stranger(), user.email, factories.PASSWORD)
    assert attempt(own, user.email, factories.PASSWORD) == "in"


def test_a_known_browser_guesses_no_faster(user: User) -> None:
    own = Client()
    assert attempt(own, user.email, factories.PASSWORD) == "in"
    own.post("/account/logout/")
    for _ in range(5):
        attempt(own, user.email)
    assert "Too many" in attempt(own, user.email)


def test_a_known_browser_is_known_for_its_own_account_only(user: User) -> None:
    own = Client()
    attempt(own, user.email, factories.PASSWORD)
    own.post("/account/logout/")
    victim = factories.user(password=factories.PASSWORD)
    for _ in range(5):
        attempt(own, victim.email)
    assert SignInAttempts.objects.filter(key__startswith="account:").count() == 1
    assert "Too many" in attempt(own, victim.email)


def test_many_accounts_from_one_network_are_slowed_down_too() -> None:
    client = stranger()
    for number in range(20):
        assert "Too many" not in attempt(client, f"n{number}@example.com")
    assert "Too many" in attempt(client, "n20@example.com")
    assert "Too many" not in attempt(stranger("192.0.2.1"), "n21@example.com")


def test_a_right_password_now_and_then_does_not_hide_the_guessing(user: User) -> None:
    client = stranger()
    for number in range(12):
        attempt(client, f"n{number}@example.com")
    attempt(client, user.email, factories.PASSWORD)
    assert SignInAttempts.objects.get(key__startswith="network:").failures == 12


def test_an_address_that_belongs_to_nobody_is_answered_the_same(user: User) -> None:
    def answers(email: str) -> list[str]:
        found = [attempt(stranger(), email).replace(email, "…") for _ in range(7)]
        return [one.split("zy-note", 1)[1].split("</div>")[0] for one in found]

    assert answers(user.email) == answers("nobody@example.com")


def test_an_unknown_address_costs_a_hash_like_a_known_one(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth import hashers

    hashed: list[str] = []
    hasher = hashers.get_hasher()
    monkeypatch.setattr(
        type(hasher), "encode",
        lambda self, password, salt: hashed.append(password) or f"md5${salt}$x",
    )  # fmt: skip
    attempt(stranger(), "nobody@example.com")
    unknown = len(hashed)
    attempt(stranger(), user.email)
    assert (unknown, len(hashed)) == (1, 2)


def test_failures_are_forgotten_after_a_day() -> None:
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    for _ in range(5):
        throttle.enter(request, "a@example.com")
    with pytest.raises(throttle.TooMany) as early:
        throttle.enter(request, "a@example.com")
    assert early.value.seconds == 1
    SignInAttempts.objects.update(last_at=timezone.now() - throttle.FORGOTTEN - timedelta(hours=1))
    throttle.enter(request, "a@example.com")
    assert set(SignInAttempts.objects.values_list("failures", flat=True)) == {1}


def test_the_table_names_nobody() -> None:
    throttle.enter(RequestFactory().post("/", REMOTE_ADDR="192.0.2.1"), "a@example.com")
    kept = " ".join(SignInAttempts.objects.values_list("key", flat=True))
    assert "example" not in kept
    assert "192.0.2" not in kept
