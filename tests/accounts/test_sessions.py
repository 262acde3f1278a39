"""Sessions: listed in words, ended one by one or with a change of sign-in; new browsers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from zhiyin import mailing
from zhiyin.accounts import access, new_device_mail, services, sessions, tasks
from zhiyin.accounts.devices import describe, network_of
from zhiyin.accounts.models import AuditPending, KnownDevice, Session, SignInAttempts, User
from zhiyin.accounts.roles import Role

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
SIGN_IN = "/account/login/"


def sign_in(user: User, agent: str = FIREFOX, client: Client | None = None) -> Client:
    client = client or Client(headers={"user-agent": agent}, REMOTE_ADDR="203.0.113.77")
    client.post(SIGN_IN, {"login": user.email, "password": factories.PASSWORD})
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.fixture
def user(db: None) -> User:
    return factories.user(Role.SALES, password=factories.PASSWORD, name="Lin")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox 128, Linux"),
        (PHONE, "Safari 17, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
         " Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge 126, Windows"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
         " Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49", "微信 WeChat 8, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
         " Chrome/126.0.0.0 Safari/537.36", "Chrome 126, macOS"),
        ("curl/8.5.0", "curl 8"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_told_in_words(agent: str, words: str) -> None:
    assert describe(agent) == words


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
     ("::ffff:203.0.113.77", "203.0.113.0/24"), ("testserver", ""), ("", "")],
)  # fmt: skip
def test_an_address_is_shortened(address: str, network: str) -> None:
    assert network_of(address) == network


def test_ones_sessions_are_listed_and_this_one_is_marked(user: User) -> None:
    sign_in(user, PHONE)
    page = sign_in(user).get("/account/", headers={"accept-language": "en"}).content.decode()
    assert "Firefox 128, Linux" in page
    assert "Safari 17, iPhone" in page
    assert page.count("203.0.113.0/24") >= 2
    assert "203.0.113.77" not in page
    assert page.count("this one") == 1


def test_a_page_names_no_session_key(user: User) -> None:
    page = sign_in(user).get("/account/").content.decode()
    for session in Session.objects.all():
        assert session.session_key not in page


def test_one_session_is_ended_and_the_others_go_on(user: User) -> None:
    here, there = sign_in(user), sign_in(user, PHONE)
    other = Session.objects.get(agent=PHONE)
    here.post(f"/account/sessions/{other.public_id}/end/")
    assert is_in(here)
    assert not is_in(there)
    assert AuditPending.objects.filter(verb="user.session_ended").count() == 1


def test_all_others_are_ended(user: User) -> None:
    here, there = sign_in(user), sign_in(user, PHONE)
    here.post("/account/sessions/end/")
    assert is_in(here)
    assert not is_in(there)
    assert Session.objects.filter(user=user).count() == 1


def test_nobody_ends_the_session_of_somebody_else(user: User) -> None:
    other = factories.user(Role.SALES, password=factories.PASSWORD)
    mine, theirs = sign_in(user), sign_in(other)
    session = Session.objects.get(user=other)
    assert mine.post(f"/account/sessions/{session.public_id}/end/").status_code == 404
    assert is_in(theirs)
    with pytest.raises(access.Denied):
        sessions.end(session, by=user)
    with pytest.raises(access.Denied):
        services.end_sessions(other, by=user)


def test_an_administrator_sees_and_ends_the_sessions_of_a_user(user: User) -> None:
    first, second = sign_in(user), sign_in(user, PHONE)
    admin = Client()
    admin.force_login(factories.user(Role.ADMINISTRATOR))
    place = f"/account/users/{user.pk}/"
    assert "Safari 17, iPhone" in admin.get(place).content.decode()
    session = Session.objects.get(agent=PHONE)
    assert admin.post(f"{place}sessions/end/", {"session": "x"}).status_code == 404
    admin.post(f"{place}sessions/end/", {"session": str(session.public_id)})
    assert (is_in(first), is_in(second)) == (True, False)
    admin.post(f"{place}sessions/end/")
    assert not is_in(first)
    assert is_in(admin)


def _password(client: Client, user: User) -> None:
    client.post("/account/password/change/", {
        "oldpassword": factories.PASSWORD, "password1": "river " + factories.PASSWORD,
        "password2": "river " + factories.PASSWORD,
    })  # fmt: skip


def _second_factor(client: Client, user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    client.post("/account/reauthenticate/", {"password": factories.PASSWORD})
    client.get("/account/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    client.post("/account/2fa/totp/activate/", {"code": code})
    assert Authenticator.objects.filter(user=user, type="totp").exists()


@pytest.mark.parametrize("change", [_password, _second_factor])
def test_a_change_of_ones_sign_in_ends_every_other_session(user: User, change: Any) -> None:
    here, there = sign_in(user), sign_in(user, PHONE)
    change(here, user)
    assert is_in(here)
    assert not is_in(there)


def test_other_roles_and_a_reset_password_end_every_session(user: User) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    here = sign_in(user)
    services.change_user(user, by=admin, name="Lin", roles=[Role.ANALYST], department=None)
    assert not is_in(here)
    here = sign_in(user)
    services.reset_password(user, by=admin)
    assert not is_in(here)


def test_a_visit_is_noted_every_five_minutes(user: User) -> None:
    client = sign_in(user)
    for minutes, moved in ((4, False), (6, True)):
        before = timezone.now() - timedelta(minutes=minutes)
        Session.objects.update(seen_at=before)
        client.get("/account/")
        assert (Session.objects.get(user=user).seen_at > before) is moved


def test_sessions_and_failures_that_ran_out_are_thrown_away(user: User) -> None:
    sign_in(user)
    now = timezone.now()
    SignInAttempts.objects.create(key="old", failures=3, last_at=now - timedelta(days=2))
    SignInAttempts.objects.create(key="young", failures=3, last_at=now)
    Session.objects.update(expire_date=now - timedelta(seconds=1))
    tasks.clear_leftovers(0)
    assert not Session.objects.exists()
    kept = set(SignInAttempts.objects.values_list("key", flat=True))
    assert "young" in kept
    assert "old" not in kept


class TestNewBrowser:
    def test_the_first_one_ever_is_no_news_and_the_next_one_is(self, user: User) -> None:
        first = sign_in(user)
        assert "new-sign-ins" not in first.get("/account/").content.decode()
        sign_in(user, PHONE)
        assert "new-sign-ins" in first.get("/account/").content.decode()
        assert AuditPending.objects.filter(verb="user.new_device").count() == 1

    def test_a_browser_is_known_again_by_its_cookie(self, user: User) -> None:
        sign_in(user)
        phone = sign_in(user, PHONE)
        phone.post("/account/logout/")
        sign_in(user, client=phone)
        assert KnownDevice.objects.filter(user=user).count() == 2
        cookie = phone.cookies["zy_device"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"

    def test_a_forged_cookie_makes_no_browser_known(self, user: User) -> None:
        phone = sign_in(user, PHONE)
        forged = Client()
        forged.cookies["zy_device"] = phone.cookies["zy_device"].value[:-1] + "x"
        sign_in(user, client=forged)
        assert KnownDevice.objects.filter(user=user).count() == 2

    @pytest.mark.parametrize(("locale", "word"), [("zh-hans", "新的浏览器"), ("en", "new browser")])
    def test_the_user_is_written_to_in_their_language(
        self, user: User, locale: str, word: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[Any] = []

        class Post(mailing.Outbox):
            local = False

            def send(self, mail: Any) -> None:
                sent.append(mail)

        user.locale = locale
        user.save()
        device = KnownDevice.objects.create(
            user=user, digest=b"x", agent=PHONE, network="203.0.113.0/24",
            last_seen_at=timezone.now(),
        )  # fmt: skip
        monkeypatch.setattr(mailing, "configured", Post)
        tasks.tell_new_device(str(device.pk))
        (mail,) = sent
        assert mail["To"] == user.email
        assert word in mail["Subject"]
        assert "Safari 17, iPhone" in mail.get_content()
        User.objects.update(is_active=False)
        assert not new_device_mail.send(device.pk)

    def test_without_a_mail_server_nothing_is_sent(self, user: User) -> None:
        device = KnownDevice.objects.create(user=user, digest=b"x", last_seen_at=timezone.now())
        assert not new_device_mail.send(device.pk)

    def test_the_mail_is_queued_with_the_sign_in(
        self, user: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        told: list[str] = []
        monkeypatch.setattr(tasks.tell_new_device, "defer", lambda device: told.append(device))
        with django_capture_on_commit_callbacks(execute=True):
            sign_in(user)
            sign_in(user, PHONE)
        assert told == [str(KnownDevice.objects.latest("first_seen_at").pk)]


@pytest.mark.django_db
def test_a_page_reads_the_session_and_whose_it_is_in_one_statement(client: Client) -> None:
    user = factories.user(Role.ADMINISTRATOR)
    client.force_login(user)
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/help/").status_code == 200
    asked = [one["sql"] for one in seen.captured_queries if "accounts_user" in one["sql"]]
    assert len(asked) == 1
    assert "accounts_session" in asked[0]


@pytest.mark.django_db
def test_a_user_whose_account_was_closed_is_out_at_their_next_click(client: Client) -> None:
    user = factories.user(Role.ADMINISTRATOR)
    client.force_login(user)
    assert client.get("/help/").status_code == 200
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/help/").status_code == 302
