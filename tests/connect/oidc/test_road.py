"""Signing in with the company's provider: the road there and back, and every way to be misled."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests import factories
from tests.connect.oidc.real_provider import Claims, Provider
from tests.connect.oidc.world import (
    CALLBACK,
    START,
    allow,
    comes_back,
    is_in,
    refused_for,
    sent_to,
    sign_in,
)
from zhiyin.accounts.models import AuditPending, Identity, SignInRules, User
from zhiyin.accounts.roles import Role
from zhiyin.connect.models import HostRule
from zhiyin.connect.oidc.models import ProviderDocument

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin(provider: Provider) -> User:
    """Somebody whose account is found by their address."""
    allow(link_by_email=True)
    return factories.user(Role.SALES, email="lin@example.com")


def test_who_signs_in_at_the_company_is_in_here_and_the_audit_says_how(
    client: Client, provider: Provider, lin: User
) -> None:
    answer = sign_in(client, provider, "/customers/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/customers/")
    assert is_in(client)
    entry = AuditPending.objects.get(verb="signed_in")
    assert (entry.by, entry.detail) == (lin.pk, {"way": ["oidc"]})
    identity = Identity.objects.get()
    assert (identity.user, identity.issuer, identity.subject) == (
        lin, provider.issuer, "248289761001",
    )  # fmt: skip
    assert identity.last_used_at is not None


def test_the_request_asks_with_pkce_state_and_nonce_and_for_nothing_twice(
    client: Client, provider: Provider
) -> None:
    addresses = [sent_to(client), sent_to(client)]
    asked = [parse_qs(urlsplit(one).query) for one in addresses]
    for one in asked:
        assert one["response_type"] == ["code"]
        assert one["code_challenge_method"] == ["S256"]
        assert one["scope"] == ["openid email profile"]
        assert one["redirect_uri"] == ["http://testserver/account/company/callback/"]
    for name in ("state", "nonce", "code_challenge"):
        first, second = (one[name][0] for one in asked)
        assert first != second
        assert len(first) == 43


def test_two_tabs_at_once_both_come_home(client: Client, provider: Provider, lin: User) -> None:
    one, other = sent_to(client, "/today/"), sent_to(client, "/companies/")
    assert client.get(comes_back(provider, other)).headers["Location"] == "/companies/"
    assert is_in(client)
    del one


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_the_way_back_leads_to_no_other_site(
    client: Client, provider: Provider, lin: User, next_page: str
) -> None:
    assert sign_in(client, provider, next_page).headers["Location"] == "/"


def test_the_person_is_known_by_their_subject_when_the_address_changes(
    client: Client, provider: Provider, lin: User
) -> None:
    sign_in(client, provider)
    client.post("/account/logout/")
    SignInRules.objects.update(link_by_email=False)
    provider.person["email"] = "lin.married@example.com"
    sign_in(client, provider)
    assert is_in(client)
    assert Identity.objects.count() == 1


def test_an_address_that_moved_to_a_new_colleague_opens_no_old_account(
    client: Client, provider: Provider, lin: User
) -> None:
    sign_in(client, provider)
    client.post("/account/logout/")
    provider.person["sub"] = "999"
    sign_in(client, provider)
    assert not is_in(client)
    assert refused_for() == "other_identity"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(value: Claims) -> str:
    return _text(json.dumps(value).encode())


def unsigned(header: Claims, said: Claims) -> str:
    return f"{_part({**header, 'alg': 'none'})}.{_part(said)}."


def with_public_key_as_secret(provider: Provider) -> Callable[[Claims, Claims], str]:
    """The confusion of algorithms: HS256 with what everybody knows."""
    pem = provider.keys[0].as_pem(private=False)

    def signs(header: Claims, said: Claims) -> str:
        body = f"{_part({**header, 'alg': 'HS256'})}.{_part(said)}"
        return f"{body}.{_text(hmac.digest(pem, body.encode(), 'sha256'))}"

    return signs


def with_own_key(header: Claims, said: Claims) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({**header, "jwk": key.as_dict(private=False)}, said, key)


def spoilt(header: Claims, said: Claims) -> str:
    """A good token whose claims were changed behind its signature."""
    key = RSAKey.generate_key(2048)
    good = jwt.encode(header, said, key).split(".")
    good[1] = unsigned(header, {**said, "sub": "1"}).split(".")[1]
    return ".".join(good)


NOW = int(time.time())
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "another nonce": ({"claims": {"nonce": "x" * 43}}, "token nonce"),
    "no nonce": ({"claims": {"nonce": None}}, "token nonce"),
    "a nonce that is no text": ({"claims": {"nonce": 7}}, "token nonce"),
    "for another client": ({"claims": {"aud": "another"}}, "token audience"),
    "for two, and we are not the party": (
        {"claims": {"aud": ["zhiyin crm", "another"]}}, "token party"),
    "the party is another": ({"claims": {"azp": "another"}}, "token party"),
    "by another issuer": ({"claims": {"iss": "https://evil.example"}}, "token issuer"),
    "expired": ({"claims": {"exp": NOW - 600, "iat": NOW - 900}}, "token expired"),
    "without an end": ({"claims": {"exp": None}}, "token missing"),
    "from the future": ({"claims": {"iat": NOW + 7200, "exp": NOW + 9000}}, "token early"),
    "without a subject": ({"claims": {"sub": None}}, "token missing"),
    "an empty subject": ({"claims": {"sub": ""}}, "token subject"),
    "of another access token": ({"claims": {"at_hash": "AAAA"}}, "token access token"),
    "not signed": ({"signs": unsigned}, "token algorithm"),
    "signed by another key": ({"signs": with_own_key}, "token signature"),
    "changed after it was signed": ({"signs": spoilt}, "token signature"),
    "by a key that is nowhere": ({"header": {"kid": "nowhere"}}, "token key"),
    "with something critical": (
        {"signs": lambda h, s: unsigned({**h, "crit": ["x"], "x": 1}, s)}, "token form"),
    "no token at all": ({"signs": lambda h, s: "hello"}, "token form"),
    "a token too large": ({"signs": lambda h, s: "a" * 20_000}, "token size"),
}  # fmt: skip


@pytest.mark.parametrize("how", BAD)
def test_a_token_that_does_not_hold_in_every_respect_opens_nothing(
    client: Client, provider: Provider, lin: User, how: str
) -> None:
    bent, reason = BAD[how]
    for name, value in bent.items():
        setattr(provider, name, value)
    answer = sign_in(client, provider)
    assert answer.headers["Location"] == "/account/login/"
    assert not is_in(client)
    assert refused_for() == reason
    assert not Identity.objects.exists()
    assert "token" not in client.get("/account/login/").text.split("zy-note")[1].split("</div>")[0]


def test_the_public_key_is_no_secret_to_sign_with(
    client: Client, provider: Provider, lin: User
) -> None:
    provider.signs = with_public_key_as_secret(provider)
    sign_in(client, provider)
    assert not is_in(client)
    assert refused_for() == "token algorithm"


def test_an_answer_counts_once(client: Client, provider: Provider, lin: User) -> None:
    back = comes_back(provider, sent_to(client))
    client.get(back)
    client.post("/account/logout/")
    client.get(back)
    assert not is_in(client)
    assert refused_for() == "state"


def test_a_state_that_failed_once_is_not_tried_again(
    client: Client, provider: Provider, lin: User
) -> None:
    address = sent_to(client)
    provider.claims = {"nonce": "wrong"}
    client.get(comes_back(provider, address))
    provider.claims = {}
    client.get(comes_back(provider, address))
    assert not is_in(client)
    assert refused_for() == "state"


def test_another_browsers_answer_signs_nobody_in(provider: Provider, lin: User) -> None:
    mine, theirs = Client(), Client()
    sent_to(theirs)
    theirs.get(comes_back(provider, sent_to(mine)))
    assert not is_in(theirs)
    assert refused_for() == "state"


def test_an_answer_after_ten_minutes_is_too_late(
    client: Client, provider: Provider, lin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = comes_back(provider, sent_to(client))
    later = time.time() + 601
    monkeypatch.setattr("zhiyin.connect.oidc.flow.time.time", lambda: later)
    client.get(back)
    assert refused_for() == "state"


def test_a_code_that_was_swapped_fails_by_pkce(
    client: Client, provider: Provider, lin: User
) -> None:
    theirs = comes_back(provider, sent_to(Client()))
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    state = parse_qs(urlsplit(sent_to(client)).query)["state"][0]
    client.get(CALLBACK, {"code": code, "state": state, "iss": provider.issuer})
    assert not is_in(client)
    assert refused_for() == "code status 400"


@pytest.mark.parametrize("issuer", ["https://evil.example", None])
def test_an_answer_that_names_another_provider_is_a_mix_up(
    client: Client, provider: Provider, lin: User, issuer: str | None
) -> None:
    back = comes_back(provider, sent_to(client))
    given = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    del given["iss"]
    client.get(CALLBACK, {**given, **({"iss": issuer} if issuer else {})})
    assert not is_in(client)
    assert refused_for() == "state issuer"


def test_who_gives_up_there_is_told_so_here(client: Client, provider: Provider) -> None:
    state = parse_qs(urlsplit(sent_to(client)).query)["state"][0]
    denied = {"error": "access_denied", "error_description": "<b>x</b>", "state": state}
    english = {"accept-language": "en"}
    client.get(CALLBACK, {**denied, "iss": provider.issuer}, headers=english)
    assert refused_for() == "cancelled"
    page = client.get("/account/login/", headers=english).text
    assert "The sign-in was not completed" in page
    assert "<b>x</b>" not in page


def test_a_wrong_client_secret_is_named_in_the_audit(
    client: Client, provider: Provider, settings: LazySettings
) -> None:
    settings.OIDC_CLIENT_SECRET = "another"
    sign_in(client, provider)
    assert refused_for() == "client status 401"


@pytest.mark.parametrize("way", ["client_secret_post", "none"])
def test_the_secret_goes_as_the_provider_wants_it(
    client: Client, provider: Provider, lin: User, settings: LazySettings, way: str
) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": [way]}
    if way == "none":
        provider.secret = settings.OIDC_CLIENT_SECRET = ""
    sign_in(client, provider)
    assert is_in(client)


@pytest.mark.parametrize("curve", ["", "P-256"])
def test_new_keys_of_the_provider_are_found(
    client: Client, provider: Provider, lin: User, curve: str
) -> None:
    sign_in(client, provider)
    client.post("/account/logout/")
    ProviderDocument.objects.filter(kind="keys").update(fetched_at="2026-01-01T00:00:00Z")
    provider.rotate(curve=curve)
    provider.algorithm = "ES256" if curve else "RS256"
    sign_in(client, provider)
    assert is_in(client)


def test_forged_key_names_do_not_make_us_knock_at_the_provider(
    client: Client, provider: Provider, lin: User
) -> None:
    provider.header = {"kid": "nowhere"}
    for _ in range(4):
        sign_in(client, provider)
    assert provider.asked.count("/keys") == 1
    assert provider.asked.count("/.well-known/openid-configuration") == 1


def test_an_address_that_only_the_userinfo_knows_is_asked_for(
    client: Client, provider: Provider, lin: User
) -> None:
    provider.userinfo = dict(provider.person)
    provider.claims = {"email": None, "email_verified": None}
    sign_in(client, provider)
    assert is_in(client)


def test_the_userinfo_of_somebody_else_is_not_believed(
    client: Client, provider: Provider, lin: User
) -> None:
    provider.userinfo = {**provider.person, "sub": "another"}
    provider.claims = {"email": None}
    sign_in(client, provider)
    assert refused_for() == "token userinfo"


@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"issuer": "https://evil.example"}, "metadata issuer"),
        ({"token_endpoint": None}, "metadata token_endpoint"),
        ({"authorization_endpoint": "http://127.0.0.1/x"}, "metadata authorization_endpoint"),
        ({"jwks_uri": "javascript:alert(1)"}, "metadata jwks_uri"),
    ],
)
def test_a_description_that_is_not_sound_leads_nowhere(
    client: Client, provider: Provider, bent: Claims, reason: str
) -> None:
    provider.metadata = bent
    assert client.post(START).headers["Location"] == "/account/login/"
    assert refused_for() == reason


@pytest.mark.parametrize("name", ["jwks_uri", "token_endpoint", "userinfo_endpoint"])
def test_a_provider_cannot_send_us_into_the_own_network(
    client: Client, provider: Provider, lin: User, name: str
) -> None:
    provider.metadata = {name: "https://10.0.0.1/latest/meta-data"}
    provider.claims = {"email": None}
    sign_in(client, provider)
    assert refused_for() == "unreachable not_public"


def test_a_host_that_the_house_denies_is_not_asked_either(
    client: Client, provider: Provider
) -> None:
    HostRule.objects.create(kind=HostRule.Kind.DENY, pattern="127.0.0.0/8", at=timezone.now(),
                            by=factories.user(Role.ADMINISTRATOR))  # fmt: skip
    client.post(START)
    assert refused_for() == "unreachable denied"


def test_without_a_provider_there_is_no_button_and_no_road(client: Client) -> None:
    assert "/account/company/" not in client.get("/account/login/").text
    for address in (CALLBACK, "/account/company/leave/"):
        assert client.get(address).headers["Location"] == "/account/login/"
    assert client.post(START).headers["Location"] == "/account/login/"


def test_who_came_by_the_provider_is_signed_out_there_too(
    client: Client, provider: Provider, lin: User
) -> None:
    sign_in(client, provider)
    answer = client.post("/account/logout/")
    assert answer.headers["Location"] == "/account/company/leave/"
    assert not is_in(client)
    page = client.get("/account/company/leave/").text
    assert f"{provider.issuer}/logout?client_id=zhiyin+crm" in page
    assert "lin@example.com" not in page
    assert "id_token_hint" not in page


def test_who_came_by_a_password_is_signed_out_here_only(client: Client, provider: Provider) -> None:
    user = factories.user(password=factories.PASSWORD)
    client.post("/account/login/", {"login": user.email, "password": factories.PASSWORD})
    assert client.post("/account/logout/").headers["Location"] != "/account/company/leave/"
