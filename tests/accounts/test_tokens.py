"""Access tokens: what they open, what narrows them, and everything that ends them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.api.desk import API, BUYERS, Desk
from zhiyin.accounts import access, service_accounts, services, token_scopes, tokens
from zhiyin.accounts.models import AccessToken, AuditPending, User
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.roles import Role


def bearer(text: str, **more: Any) -> Client:
    """A program that sends this token and keeps no cookie."""
    return Client(
        headers={"authorization": f"Bearer {text}", "accept-language": "en"},
        enforce_csrf_checks=True, **more,
    )  # fmt: skip


def token_for(user: User, *scopes: str, days: int = 90) -> str:
    return tokens.make(user, by=user, name="Export", scopes=scopes or ("all",), days=days).text


class TestScopes:
    """Pure: a scope only takes away."""

    permissions = st.sampled_from(["customer.see", "customer.change", "segment.see", "account.own"])
    scopes = st.lists(
        st.sampled_from(["all", "read", "customer.see", "customer.change"]), min_size=1
    )

    @given(scopes, permissions)
    def test_a_list_permits_what_it_names_and_nothing_else(
        self, scopes: list[str], permission: str
    ) -> None:
        expected = (
            "all" in scopes
            or permission in scopes
            or ("read" in scopes and permission.endswith((".see", ".own")))
        )
        assert token_scopes.permits(scopes, permission) is expected

    @given(scopes)
    def test_the_kept_form_permits_at_least_what_was_asked(self, scopes: list[str]) -> None:
        kept = token_scopes.complete(scopes, ["customer.see", "customer.change"])
        broad = [one for one in ("all", "read") if one in scopes]
        assert kept == (broad[:1] or sorted({*scopes, "customer.see"}))

    def test_who_may_change_also_sees_where_seeing_exists(self) -> None:
        known = ["customer.change", "customer.see", "audit.verify"]
        assert token_scopes.complete(["customer.change"], known) == [
            "customer.change",
            "customer.see",
        ]
        assert token_scopes.complete(["audit.verify"], known) == ["audit.verify"]

    def test_everybody_may_ask_who_they_are_and_only_a_wide_token_writes_ones_account(self) -> None:
        for scopes, writes in ((["read"], False), (["customer.see"], False), (["all"], True),
                               (["account.own"], True)):  # fmt: skip
            assert token_scopes.permits_request(scopes, "account.own", safe=True)
            assert token_scopes.permits_request(scopes, "account.own", safe=False) is writes
        assert not token_scopes.permits_request(["read"], "customer.change", safe=True)


pytestmark = pytest.mark.django_db


def test_a_token_acts_as_its_user_and_says_so() -> None:
    desk = Desk()
    text = token_for(desk.sales, "read")
    answer = bearer(text).get(f"{API}/me")
    me = answer.json()
    assert (me["id"], me["kind"]) == (str(desk.sales.pk), "person")
    assert me["token"]["scopes"] == ["read"]
    assert me["token"]["prefix"] == text[:11]
    assert "customer.see" in me["permissions"]
    assert "customer.change" not in me["permissions"]


def test_a_token_request_reads_no_cookie_and_gets_none() -> None:
    desk = Desk()
    client = bearer(token_for(desk.sales))
    client.cookies = desk.client(Role.ADMINISTRATOR).cookies
    answer = client.get(f"{API}/me")
    assert answer.json()["email"] == desk.sales.email
    assert not answer.cookies


def test_a_token_writes_without_a_csrf_token() -> None:
    desk = Desk()
    body = {"name": "Buyers", "tree": BUYERS}
    answer = bearer(token_for(desk.admin)).post(
        f"{API}/segments", body, content_type="application/json"
    )
    assert answer.status_code == 201
    entry = AuditPending.objects.get(verb="segment.saved")
    assert entry.detail["by_token"] == AccessToken.objects.get().prefix


@pytest.mark.parametrize(
    "text",
    ["", "zy_", "zy_aaaaaaaa_" + "a" * 32, "x" * 5000, "zy_aaaaaaaa_" + "ä" * 32, "zy\x00"],
)
def test_a_wrong_token_is_told_so_and_does_not_fall_back_on_the_session(text: str) -> None:
    client = bearer(text)
    client.cookies = Desk().client(Role.ADMINISTRATOR).cookies
    answer = client.get(f"{API}/me")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="zhiyin", error="invalid_token"'


def test_a_right_prefix_with_a_wrong_secret_opens_nothing() -> None:
    text = token_for(Desk().sales)
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    assert bearer(wrong).get(f"{API}/me").status_code == 401
    assert AccessToken.objects.get().last_used_at is None


def test_nobody_is_challenged_to_send_a_token() -> None:
    answer = Client().get(f"{API}/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="zhiyin"'


def test_other_ways_to_authorize_are_left_to_the_proxy_in_front() -> None:
    client = Desk().client(Role.SALES)
    assert client.get(f"{API}/me", headers={"authorization": "Basic eDp5"}).status_code == 200


def test_a_token_opens_no_screen() -> None:
    answer = bearer(token_for(Desk().sales)).get("/customers/")
    assert answer.status_code == 302


def test_a_narrow_token_is_refused_by_the_gate_and_told_what_is_missing() -> None:
    desk = Desk()
    person = desk.customer()
    client = bearer(token_for(desk.sales, "customer.see"))
    assert client.get(f"{API}/customers/{person.pk}").status_code == 200
    answer = client.patch(
        f"{API}/customers/{person.pk}", {"version": 1, "city": "x"}, "application/json"
    )
    assert answer.status_code == 403
    assert 'scope="customer.change"' in answer.headers["WWW-Authenticate"]


def test_the_policy_itself_knows_the_scopes_of_the_one_who_asks() -> None:
    desk = Desk()
    user = User.objects.get(pk=desk.sales.pk)
    assert access.allowed(user, "customer.change")
    user.token = AccessToken(scopes=["customer.see"])
    assert access.allowed(user, "customer.see")
    assert not access.allowed(user, "customer.change")


def test_a_token_shrinks_with_its_user_and_never_grows_beyond() -> None:
    desk = Desk()
    text = token_for(desk.people[Role.READ_ONLY], "all")
    answer = bearer(text).post(f"{API}/segments", {}, "application/json")
    assert answer.status_code == 403


def test_only_the_digest_is_kept() -> None:
    text = token_for(Desk().sales)
    kept = AccessToken.objects.get()
    assert text[12:] not in str(vars(kept))
    assert len(kept.digest) == 32


def test_a_use_is_noted_once_a_minute(django_assert_num_queries: Any) -> None:
    text, now = token_for(Desk().sales), timezone.now().replace(second=30)
    for seconds, queries in ((0, 2), (20, 1), (31, 2)):
        with django_assert_num_queries(queries):
            assert tokens.find(text, now + timedelta(seconds=seconds)) is not None
    noted = AccessToken.objects.get().last_used_at
    assert noted == now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def test_a_token_ends_with_its_time() -> None:
    text = token_for(Desk().sales, days=7)
    assert tokens.find(text, timezone.now() + timedelta(days=6, hours=23)) is not None
    assert tokens.find(text, timezone.now() + timedelta(days=7)) is None


def test_a_revoked_token_opens_nothing_and_stays_revoked() -> None:
    desk = Desk()
    text = token_for(desk.sales)
    token = AccessToken.objects.get()
    tokens.revoke(token, by=desk.sales)
    tokens.revoke(token, by=desk.sales)
    assert bearer(text).get(f"{API}/me").status_code == 401
    assert AuditPending.objects.filter(verb="token.revoked").count() == 1


def _deactivated(user: User, admin: User) -> None:
    services.deactivate_user(user, by=admin)


def _other_roles(user: User, admin: User) -> None:
    services.change_user(
        user, by=admin, name=user.name, roles=[Role.ANALYST], department=user.department
    )


def _other_department(user: User, admin: User) -> None:
    services.change_user(user, by=admin, name=user.name, roles=[Role.SALES], department=None)


def _password_reset(user: User, admin: User) -> None:
    services.reset_password(user, by=admin)


def _password_set(user: User, admin: User) -> None:
    services.set_password(user, factories.PASSWORD + "!", by=None)


def _factor_added(user: User, admin: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})


@pytest.mark.parametrize(
    "change",
    [_deactivated, _other_roles, _other_department, _password_reset, _password_set, _factor_added],
)
def test_a_change_of_sign_in_or_rights_ends_every_token(change: Any) -> None:
    desk = Desk()
    text, other = token_for(desk.sales), token_for(desk.colleague)
    change(desk.sales, desk.admin)
    assert bearer(text).get(f"{API}/me").status_code == 401
    assert bearer(other).get(f"{API}/me").status_code == 200
    assert AccessToken.objects.get(user=desk.sales).ended == AccessToken.Ended.ACCOUNT


def test_a_removed_factor_ends_them_and_another_name_does_not() -> None:
    desk = Desk()
    factor = Authenticator.objects.create(user=desk.sales, type=Authenticator.Type.TOTP, data={})
    text = token_for(desk.sales)
    services.change_own_account(desk.sales, name="Lin")
    assert bearer(text).get(f"{API}/me").status_code == 200
    factor.delete()
    assert bearer(text).get(f"{API}/me").status_code == 401


def test_ones_own_password_change_ends_them() -> None:
    user = factories.user(password=factories.PASSWORD)
    text = token_for(user)
    client = Client()
    client.force_login(user)
    client.post("/account/password/change/", {
        "oldpassword": factories.PASSWORD, "password1": "river " + factories.PASSWORD,
        "password2": "river " + factories.PASSWORD,
    })  # fmt: skip
    assert bearer(text).get(f"{API}/me").status_code == 401


def test_nobody_makes_or_ends_a_token_of_another_person() -> None:
    desk = Desk()
    with pytest.raises(access.Denied):
        tokens.make(desk.sales, by=desk.admin, name="x", scopes=["all"])
    token_for(desk.sales)
    with pytest.raises(access.Denied):
        tokens.revoke(AccessToken.objects.get(), by=desk.admin)


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [("", ["all"], 90), ("x" * 81, ["all"], 90), ("x", [], 90), ("x", ["audit.see"], 90),
     ("x", ["no.such"], 90), ("x", ["segment.change"], 90), ("x", ["all"], 0), ("x", ["all"], 91)],
)  # fmt: skip
def test_a_token_needs_a_name_an_end_and_rights_that_its_maker_has(
    name: str, scopes: list[str], days: int
) -> None:
    user = factories.user(Role.SERVICE)
    assert not access.allowed(user, "segment.change")
    with pytest.raises(NotAllowed):
        tokens.make(user, by=user, name=name, scopes=scopes, days=days)
    assert not AccessToken.objects.exists()


def test_there_is_a_limit_to_living_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_ALIVE", 1)
    user = factories.user()
    token_for(user)
    with pytest.raises(NotAllowed):
        token_for(user)
    tokens.revoke(AccessToken.objects.get(), by=user)
    token_for(user)


class TestServiceAccounts:
    def test_it_asks_by_token_with_its_own_rights_and_cannot_sign_in(self) -> None:
        desk = Desk()
        account = service_accounts.create(
            by=desk.admin, name="ERP", roles=[Role.SALES], department=desk.theirs
        )
        seen, hidden = desk.customer(desk.stranger, owner_id=account.pk), desk.customer()
        made = tokens.make(account, by=desk.admin, name="x", scopes=["read"])
        client = bearer(made.text)
        me = client.get(f"{API}/me").json()
        assert (me["kind"], me["roles"]) == ("service", ["sales"])
        assert client.get(f"{API}/customers/{seen.pk}").status_code == 200
        assert client.get(f"{API}/customers/{hidden.pk}").status_code == 404
        browser = Client()
        browser.force_login(account)
        assert browser.get("/account/").status_code == 302
        with pytest.raises(access.Denied):
            services.reset_password(account, by=desk.admin)

    def test_only_an_administrator_makes_one_and_gives_it_tokens(self) -> None:
        desk = Desk()
        manager = desk.people[Role.MANAGER]
        with pytest.raises(access.Denied):
            service_accounts.create(by=manager, name="x", roles=[Role.SALES], department=desk.ours)
        account = service_accounts.create(
            by=desk.admin, name="x", roles=[Role.SALES], department=desk.ours
        )
        with pytest.raises(access.Denied):
            tokens.make(account, by=manager, name="x", scopes=["all"])
        with pytest.raises(access.Denied):
            services.deactivate_user(account, by=manager)
        with pytest.raises(NotAllowed):
            service_accounts.create(by=desk.admin, name="x", roles=[], department=None)

    def test_it_is_no_second_administrator(self) -> None:
        desk = Desk()
        service_accounts.create(
            by=desk.admin, name="x", roles=[Role.ADMINISTRATOR], department=None
        )
        with pytest.raises(NotAllowed):
            services.change_user(
                desk.admin, by=desk.admin, name="x", roles=[Role.SALES], department=None
            )


class TestScreens:
    def test_a_token_is_shown_once(self) -> None:
        user = factories.user(Role.SALES)
        client = Client()
        client.force_login(user)
        form = {"name": "Nightly <b>export</b>", "days": "30", "extent": "some",
                "permissions": ["customer.change"]}  # fmt: skip
        made = client.post("/account/tokens/new/", form)
        kept = AccessToken.objects.get()
        assert kept.scopes == ["customer.change", "customer.see"]
        text = made.content.decode().split('zy-once">')[1].split("<")[0]
        assert text.startswith(kept.prefix)
        assert "no-store" in made.headers["Cache-Control"]
        assert bearer(text).get(f"{API}/customers").status_code == 200
        page = client.get("/account/tokens/").content.decode()
        assert text not in page
        assert kept.prefix in page
        assert "<b>export" not in page
        client.post(f"/account/tokens/{kept.pk}/revoke/")
        assert bearer(text).get(f"{API}/customers").status_code == 401
        assert (
            "Revoked"
            in client.get("/account/tokens/", headers={"accept-language": "en"}).content.decode()
        )

    def test_what_cannot_be_is_told_on_the_form(self) -> None:
        client = Client()
        client.force_login(factories.user(Role.SALES))
        page = client.post("/account/tokens/new/", {"name": "x", "days": "30", "extent": "some"})
        assert page.status_code == 200
        assert "zy-note bad" in page.content.decode()
        assert not AccessToken.objects.exists()

    def test_whoever_signed_in_long_ago_shows_who_they_are_first(self) -> None:
        client = Client()
        client.force_login(factories.user(password=factories.PASSWORD))
        answer = client.get("/account/tokens/new/")
        assert answer.status_code == 302
        assert "/account/reauthenticate/" in answer.headers["Location"]

    def test_an_administrator_keeps_service_accounts(self) -> None:
        desk = Desk()
        client = desk.client(Role.ADMINISTRATOR)
        assert "空" not in client.get("/account/service/").content.decode()
        assert client.get("/account/service/new/").status_code == 200
        rights = {"name": "ERP", "roles": ["sales"], "department": str(desk.ours.pk)}
        assert client.post("/account/service/new/", {"name": "ERP"}).status_code == 200
        client.post("/account/service/new/", rights)
        account = User.objects.get(kind="service")
        place = f"/account/service/{account.pk}/"
        assert client.get(f"{place}tokens/").status_code == 200
        form = {"name": "Nightly", "days": "30", "extent": "all"}
        client.post(f"{place}tokens/", form)
        client.post(f"{place}tokens/", form)
        first, second = AccessToken.objects.order_by("created_at")
        client.post(f"/account/service/tokens/{first.pk}/revoke/")
        assert "ERP" in client.get("/account/service/").content.decode()
        assert "Nightly" in client.get(place).content.decode()
        assert client.post(place, {**rights, "roles": []}).status_code == 200
        client.post(place, {**rights, "roles": ["analyst"]})
        second.refresh_from_db()
        assert second.ended == "account"
        client.post(f"{place}open/")
        assert not User.objects.get(pk=account.pk).is_active
        client.post(f"{place}open/", {"open": "1"})
        assert User.objects.get(pk=account.pk).is_active
        assert "ERP" not in client.get("/account/users/").content.decode()
        assert client.get(f"/account/users/{account.pk}/").status_code == 404
