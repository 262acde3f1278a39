"""Whom the provider lets in, and as what: linking, new accounts, groups, second factors, and the
administrator who does not depend on it."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.conf import LazySettings
from django.test import Client

from tests import factories
from tests.connect.oidc.real_provider import Provider
from tests.connect.oidc.world import allow, is_in, refused_for, sign_in
from zhiyin.accounts import services, sign_in_rules
from zhiyin.accounts.models import AuditPending, Identity, User
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.roles import Role
from zhiyin.accounts.sign_in_rules import Wanted

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def lin(*roles: Role, **kwargs: object) -> User:
    return factories.user(*(roles or (Role.SALES,)), email="lin@example.com", **kwargs)  # type: ignore[arg-type]


def test_without_the_administrators_leave_an_address_links_nobody(
    client: Client, provider: Provider
) -> None:
    lin()
    sign_in(client, provider)
    assert not is_in(client)
    assert refused_for() == "no_account"
    assert not Identity.objects.exists()


@pytest.mark.parametrize("verified", [False, None, "false", "yes", 1])
@pytest.mark.parametrize(
    "rules", [{"link_by_email": True}, {"create_users": True, "domains": ("example.com",)}]
)
def test_an_address_that_is_not_verified_there_counts_for_nothing_here(
    client: Client, provider: Provider, verified: object, rules: dict[str, object]
) -> None:
    allow(default_roles=(Role.READ_ONLY,), **rules)
    if "link_by_email" in rules:
        lin()
    provider.person["email_verified"] = verified
    sign_in(client, provider)
    assert not is_in(client)
    assert refused_for() == "unverified"


def test_a_closed_account_stays_closed(client: Client, provider: Provider) -> None:
    allow(link_by_email=True)
    lin(closed=True)
    sign_in(client, provider)
    assert refused_for() == "closed"


def test_a_service_account_is_no_person_there_either(client: Client, provider: Provider) -> None:
    allow(link_by_email=True)
    User.objects.filter(pk=lin().pk).update(kind=User.Kind.SERVICE)
    sign_in(client, provider)
    assert refused_for() == "local"


def test_a_new_colleague_of_the_named_domain_is_given_an_account(
    client: Client, provider: Provider
) -> None:
    allow(create_users=True, domains=("example.com",), default_roles=(Role.READ_ONLY,))
    sign_in(client, provider)
    assert is_in(client)
    made = User.objects.get(email="lin@example.com")
    assert (made.name, made.roles, made.has_usable_password()) == ("林静姝", ["read_only"], False)
    assert EmailAddress.objects.filter(user=made, verified=True, primary=True).exists()
    entry = AuditPending.objects.get(verb="user.created")
    assert entry.detail["way"] == "oidc"


@pytest.mark.parametrize(
    "email", ["lin@evil.example", "lin@sub.example.com", "lin@example.com.evil.example", "lin@"]
)
def test_nobody_of_another_domain_is_given_an_account(
    client: Client, provider: Provider, email: str
) -> None:
    allow(create_users=True, domains=("example.com",), default_roles=(Role.READ_ONLY,))
    provider.person["email"] = email
    before = User.objects.count()
    sign_in(client, provider)
    assert not is_in(client)
    assert refused_for() == "domain"
    assert User.objects.count() == before


def test_roles_and_the_department_come_from_named_groups_and_no_others(
    client: Client, provider: Provider
) -> None:
    china = factories.department("China")
    east = factories.department("East", parent=china)
    allow(
        create_users=True, domains=("example.com",),
        roles=(("crm-sales", Role.SALES), ("crm-boss", Role.ADMINISTRATOR)),
        departments=(("China", china), ("East", east)),
    )  # fmt: skip
    provider.person |= {"groups": ["crm-sales", "administrator", "dpo"],
                        "department": ["China", "East"]}  # fmt: skip
    sign_in(client, provider)
    made = User.objects.get(email="lin@example.com")
    assert (made.roles, made.department) == (["sales"], east)


def test_who_has_no_named_group_is_given_nothing(client: Client, provider: Provider) -> None:
    allow(create_users=True, domains=("example.com",), roles=(("crm-boss", Role.MANAGER),))
    sign_in(client, provider)
    assert refused_for() == "no_role"
    assert not User.objects.filter(email="lin@example.com").exists()


def test_who_left_a_group_loses_its_role_and_every_other_session(
    provider: Provider,
) -> None:
    allow(link_by_email=True, roles=(("crm-sales", Role.SALES), ("crm-boss", Role.MANAGER)))
    user = lin(Role.MANAGER)
    provider.person["groups"] = ["crm-boss"]
    phone, desk = Client(), Client()
    sign_in(phone, provider)
    provider.person["groups"] = ["crm-sales"]
    sign_in(desk, provider)
    user.refresh_from_db()
    assert user.roles == ["sales"]
    assert (is_in(phone), is_in(desk)) == (False, True)


def test_the_last_administrator_does_not_lose_the_role_by_a_group(
    client: Client, provider: Provider
) -> None:
    boss = allow(link_by_email=True, roles=(("crm-sales", Role.SALES),))
    services.create_user(by=None, email="lin@example.com", name="Lin", roles=[Role.ADMINISTRATOR])
    services.deactivate_user(boss, by=User.objects.get(email="lin@example.com"))
    sign_in(client, provider)
    assert is_in(client)
    assert User.objects.get(email="lin@example.com").roles == ["administrator", "sales"]


def test_without_named_groups_the_roles_stay_as_they_are(
    client: Client, provider: Provider
) -> None:
    allow(link_by_email=True)
    user = lin(Role.MARKETER)
    sign_in(client, provider)
    user.refresh_from_db()
    assert user.roles == ["marketer"]


def with_app(user: User) -> User:
    TOTP.activate(user, SECRET)
    return user


def code() -> str:
    return format_hotp_value(hotp_value(SECRET, list(counters())[-1]))


def test_who_used_no_second_factor_there_is_asked_for_their_own(
    client: Client, provider: Provider
) -> None:
    allow(link_by_email=True)
    with_app(lin())
    answer = sign_in(client, provider)
    assert answer.headers["Location"] == "/account/2fa/authenticate/"
    assert not is_in(client)
    client.post("/account/2fa/authenticate/", {"code": code()})
    assert is_in(client)
    assert AuditPending.objects.get(verb="signed_in").detail == {"way": ["oidc", "mfa"]}


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"acr": "urn:corp:gold"}])
def test_who_used_one_there_is_not_asked_again(
    client: Client, provider: Provider, said: dict[str, object]
) -> None:
    allow(link_by_email=True, strong_acr=("urn:corp:gold",))
    with_app(lin())
    provider.claims = said
    sign_in(client, provider)
    assert is_in(client)


@pytest.mark.parametrize("said", [{}, {"amr": ["pwd"]}, {"amr": "mfa"}, {"acr": "urn:corp:tin"}])
def test_where_a_second_factor_is_demanded_nobody_comes_in_without(
    client: Client, provider: Provider, said: dict[str, object]
) -> None:
    allow(link_by_email=True, second_factor=True, strong_acr=("urn:corp:gold",))
    lin()
    provider.claims = said
    sign_in(client, provider)
    assert not is_in(client)
    assert refused_for() == "no_second_factor"
    assert not Identity.objects.exists()


def only(boss: User) -> None:
    sign_in_rules.change(
        Wanted(link_by_email=True, only_provider=True, break_glass=(boss.pk,)), by=boss
    )


def by_password(client: Client, user: User) -> bool:
    client.post("/account/login/", {"login": user.email, "password": factories.PASSWORD})
    return is_in(client)


def test_where_the_provider_is_the_only_way_a_password_opens_nothing(
    client: Client, provider: Provider
) -> None:
    only(factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD))
    assert not by_password(client, lin(password=factories.PASSWORD))
    page = client.get("/account/login/").text
    assert page.count("btn-primary") == 1
    assert "<details" in page
    sign_in(client, provider)
    assert is_in(client)


def test_a_passkey_opens_nothing_either(client: Client, provider: Provider) -> None:
    from allauth.account.internal.flows.login import perform_login
    from allauth.account.models import Login

    only(factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD))
    request = client.get("/account/login/").wsgi_request
    request._messages = _Said()
    answer = perform_login(request, Login(user=lin()))
    assert answer.headers["Location"] == "/account/login/"
    assert not request.user.is_authenticated
    assert AuditPending.objects.get(verb="sign_in_refused").detail["reason"] == "only_provider"


class _Said(list[str]):
    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        self.append(message)


def test_the_local_administrator_comes_in_by_password_and_the_provider_cannot_be_them(
    client: Client, provider: Provider
) -> None:
    boss = factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD, email="lin@example.com")
    only(boss)
    sign_in(client, provider)
    assert not is_in(client)
    assert refused_for() == "local"
    assert by_password(client, boss)


def test_the_only_way_needs_somebody_who_breaks_the_glass(provider: Provider) -> None:
    boss = factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD)
    without_password = factories.user(Role.ADMINISTRATOR)
    sales = factories.user(Role.SALES, password=factories.PASSWORD)
    for glass in ((), (without_password.pk,), (sales.pk,)):
        with pytest.raises(NotAllowed):
            sign_in_rules.change(Wanted(only_provider=True, break_glass=glass), by=boss)
    assert not sign_in_rules.only_provider()


def test_without_a_provider_in_the_environment_nobody_is_locked_out(
    client: Client, provider: Provider, settings: LazySettings
) -> None:
    boss = factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD)
    only(boss)
    settings.OIDC_ISSUER = ""
    assert by_password(client, factories.user(password=factories.PASSWORD))


@pytest.mark.parametrize("domain", ["*.example.com", "example", "exa mple.com", "a" * 254, "-a.cn"])
def test_a_domain_that_is_none_is_named(domain: str) -> None:
    with pytest.raises(NotAllowed):
        allow(create_users=True, domains=(domain,))


def test_accounts_are_made_of_named_domains_only() -> None:
    with pytest.raises(NotAllowed):
        allow(create_users=True)


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.ADMINISTRATOR])
def test_nobody_but_an_administrator_changes_the_rules(role: Role) -> None:
    from zhiyin.accounts.access import Denied

    with pytest.raises(Denied):
        sign_in_rules.change(Wanted(link_by_email=True), by=factories.user(role))


def test_a_change_of_the_rules_is_in_the_audit() -> None:
    allow(link_by_email=True)
    entry = AuditPending.objects.get(verb="sign_in.changed")
    assert entry.detail["link_by_email"] is True
    assert Authenticator.objects.count() == 0
