"""Who is signed out at the provider is signed out here, and nobody else by whatever is posted."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests import factories
from tests.connect.oidc.real_provider import Provider
from tests.connect.oidc.test_road import spoilt, unsigned, with_own_key
from tests.connect.oidc.world import allow, is_in, sign_in
from zhiyin.accounts.models import AuditPending, Session, User
from zhiyin.accounts.roles import Role
from zhiyin.connect.oidc.models import ProviderDocument

pytestmark = pytest.mark.django_db
PLACE = "/account/company/logged-out/"
NOW = int(time.time())


@pytest.fixture
def lin(provider: Provider) -> User:
    """Somebody whose account is found by their address."""
    allow(link_by_email=True)
    return factories.user(Role.SALES, email="lin@example.com", password=factories.PASSWORD)


def browser(provider: Provider, sid: str | None = None) -> Client:
    """A browser in which they signed in at the provider, in a session of that name there."""
    provider.claims = {"sid": sid}
    client = Client()
    sign_in(client, provider)
    assert is_in(client)
    return client


def told(token: str) -> HttpResponse:
    """The provider posts; it has no cookie and no CSRF token."""
    answer: Any = Client(enforce_csrf_checks=True).post(PLACE, {"logout_token": token})
    assert "no-store" in answer.headers["Cache-Control"]
    return answer


def test_a_session_that_is_over_there_ends_here_and_the_others_stay(
    provider: Provider, lin: User
) -> None:
    desk, phone = browser(provider, "s-desk"), browser(provider, "s-phone")
    assert told(provider.logout_token(sid="s-phone", sub=None)).status_code == 200
    assert is_in(desk)
    assert not is_in(phone)
    entry = AuditPending.objects.get(verb="user.session_ended")
    assert (entry.by, entry.object_id, entry.detail) == (None, str(lin.pk), {"way": "oidc"})
    assert "s-phone" not in str(list(Session.objects.values()))


def test_a_person_who_is_signed_out_there_is_out_in_every_browser_that_it_let_in(
    provider: Provider, lin: User
) -> None:
    desk, phone = browser(provider, "s-desk"), browser(provider)
    by_password = Client()
    by_password.force_login(lin)
    assert told(provider.logout_token()).status_code == 200
    assert not is_in(desk)
    assert not is_in(phone)
    assert is_in(by_password)


def test_a_session_of_somebody_else_does_not_end_by_its_name(provider: Provider, lin: User) -> None:
    desk = browser(provider, "s-desk")
    assert told(provider.logout_token(sid="s-desk", sub="somebody else")).status_code == 200
    assert told(provider.logout_token(sub="nobody known here")).status_code == 200
    assert is_in(desk)


def test_a_token_counts_once(provider: Provider, lin: User) -> None:
    browser(provider, "s")
    token = provider.logout_token(sid="s")
    assert told(token).status_code == 200
    again = browser(provider, "s")
    assert told(token).status_code == 400
    assert is_in(again)
    assert told(provider.logout_token(sid="s")).status_code == 200
    assert not is_in(again)


def test_keys_that_were_changed_there_are_fetched(provider: Provider, lin: User) -> None:
    client = browser(provider, "s")
    ProviderDocument.objects.update(fetched_at="2026-01-01T00:00:00Z")
    provider.rotate(kid="later")
    assert told(provider.logout_token(sid="s")).status_code == 200
    assert not is_in(client)


_EVENT = "http://schemas.openid.net/event/backchannel-logout"
BAD: dict[str, dict[str, Any]] = {
    "by another issuer": {"claims": {"iss": "https://evil.example"}},
    "for another client": {"claims": {"aud": "another"}},
    "expired": {"claims": {"exp": NOW - 600, "iat": NOW - 900}},
    "of long ago, with a long life": {"claims": {"iat": NOW - 3600, "exp": NOW + 3600}},
    "from the future": {"claims": {"iat": NOW + 7200, "exp": NOW + 9000}},
    "without an end": {"claims": {"exp": None}},
    "without a time": {"claims": {"iat": None}},
    "without an id": {"claims": {"jti": None}},
    "with an id that is no text": {"claims": {"jti": 7}},
    "with an empty id": {"claims": {"jti": ""}},
    "with a nonce, as an ID token": {"claims": {"nonce": "x"}},
    "without the event": {"claims": {"events": None}},
    "with another event": {"claims": {"events": {"https://example.com/other": {}}}},
    "with an event that is no object": {"claims": {"events": {_EVENT: True}}},
    "events that are no object": {"claims": {"events": [_EVENT]}},
    "of nobody and no session": {"claims": {"sub": None, "sid": None}},
    "a subject that is no text": {"claims": {"sub": ["248289761001"]}},
    "a session that is no text": {"claims": {"sid": {"a": 1}}},
    "an access token": {"header": {"typ": "at+jwt"}},
    "not signed": {"signs": unsigned},
    "signed by another key": {"signs": with_own_key},
    "changed after it was signed": {"signs": spoilt},
    "no token at all": {"signs": lambda header, said: "hello"},
    "nothing": {"signs": lambda header, said: ""},
}


@pytest.mark.parametrize("how", BAD)
def test_a_token_that_does_not_hold_in_every_respect_ends_nothing(
    provider: Provider, lin: User, how: str
) -> None:
    client = browser(provider, "s")
    bent = BAD[how]
    provider.header, provider.signs = bent.get("header", {}), bent.get("signs")
    token = provider.logout_token(**{"sid": "s", **bent.get("claims", {})})
    answer = told(token)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert is_in(client)


def test_the_id_token_of_a_sign_in_signs_nobody_out(provider: Provider, lin: User) -> None:
    client = browser(provider, "s")
    assert told(provider.token("nonce", "access")).status_code == 400
    assert is_in(client)


def test_without_a_provider_and_by_get_there_is_nothing(
    provider: Provider, lin: User, settings: Any
) -> None:
    token = provider.logout_token()
    assert Client().get(PLACE, {"logout_token": token}).status_code == 405
    settings.OIDC_ISSUER = ""
    assert told(token).status_code == 400
