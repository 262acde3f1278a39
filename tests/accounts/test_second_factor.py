"""Codes of a second factor are tried slowly, by all server processes together, and open once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.db.models import F
from django.test import Client
from django.utils import timezone

from tests import factories
from zhiyin.accounts.models import AuditPending, SignInAttempts, SpentCode, User
from zhiyin.accounts.tasks import clear_leftovers

pytestmark = pytest.mark.django_db
STEPS = (58_900_000, 58_900_001)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = "/account/2fa/authenticate/"


@pytest.fixture
def user() -> User:
    made = factories.user(password=factories.PASSWORD)
    TOTP.activate(made, SECRET)
    return made


def half_in(user: User) -> Client:
    """A browser that knows the password."""
    client = Client(headers={"accept-language": "en"})
    client.post("/account/login/", {"login": user.email, "password": factories.PASSWORD})
    return client


def code(step: int = STEPS[0]) -> str:
    return format_hotp_value(hotp_value(SECRET, step))


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two codes count at the same time, as where the clocks differ."""
    counters = "allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time"
    monkeypatch.setattr(counters, lambda: iter(STEPS))


def another_process() -> None:
    """What one server process counted for itself is nowhere in the next one."""
    cache.clear()


def tries(user: User, given: str) -> str:
    another_process()
    answer = half_in(user).post(STEP, {"code": given})
    return "in" if answer.status_code == 302 else answer.text


def test_five_wrong_codes_make_even_the_right_one_wait_in_whatever_process(user: User) -> None:
    for _ in range(5):
        assert "Incorrect code" in tries(user, "000000")
    assert "Too many attempts" in tries(user, code())
    assert SignInAttempts.objects.get(key__startswith="code:").failures == 5
    SignInAttempts.objects.update(last_at=F("last_at") - timedelta(minutes=20))
    assert tries(user, code()) == "in"
    assert not SignInAttempts.objects.filter(key__startswith="code:").exists()


def test_a_code_opens_once_in_whatever_process(user: User) -> None:
    given = code()
    assert tries(user, given) == "in"
    assert "used already" in tries(user, f" {given[:3]} {given[3:]} ")


def test_a_wrong_code_is_in_the_audit_without_the_code(user: User) -> None:
    tries(user, "123456")
    entry = AuditPending.objects.get(verb="second_factor_failed")
    assert entry.object_id == str(user.pk)
    assert "123456" not in str(entry.detail)


def test_the_code_before_a_delicate_change_is_slow_too(user: User) -> None:
    client = half_in(user)
    client.post(STEP, {"code": code()})
    for _ in range(5):
        another_process()
        client.post("/account/2fa/reauthenticate/", {"code": "000000"})
    another_process()
    answer = client.post("/account/2fa/reauthenticate/", {"code": code(STEPS[1])})
    assert "Too many attempts" in answer.text


def test_spent_codes_are_forgotten_and_name_nobody(user: User) -> None:
    given = code()
    tries(user, given)
    assert given not in SpentCode.objects.get().key
    SpentCode.objects.update(at=timezone.now() - timedelta(hours=1))
    clear_leftovers(0)
    assert not SpentCode.objects.exists()
