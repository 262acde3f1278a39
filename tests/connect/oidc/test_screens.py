"""The screen of the company's sign-in: it says whether it works, and keeps what is allowed."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from tests import factories
from tests.connect.oidc.real_provider import Claims, Provider
from zhiyin.accounts import sign_in_rules
from zhiyin.accounts.models import AuditPending, GroupRule, User
from zhiyin.accounts.roles import Role

pytestmark = pytest.mark.django_db
PAGE, TEST = "/account/company/", "/account/company/test/"
ENGLISH = {"headers": {"accept-language": "en"}}


@pytest.fixture
def boss() -> User:
    return factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD)


@pytest.fixture
def desk(boss: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(boss)
    return client


def checks(desk: Client) -> list[str]:
    """Each step of the test as the screen says it."""
    page = desk.post(TEST).text
    lines = page.partition('id="checks"')[2].partition("</ul>")[0].split("<li>")[1:]
    return ["works" if "good" in line else line for line in lines]


def test_the_screen_says_what_the_operator_has_to_set(desk: Client) -> None:
    page = desk.get(PAGE).text
    assert "ZHIYIN_OIDC_ISSUER" in page
    assert "/account/company/callback/" in page


def test_the_test_tries_every_step(desk: Client, provider: Provider) -> None:
    assert checks(desk) == ["works"] * 6
    assert AuditPending.objects.get(verb="sign_in.tested").detail == {"ok": True}
    assert provider.secret not in desk.get(PAGE).text


def test_a_wrong_secret_is_found_before_anybody_signs_in(
    desk: Client, provider: Provider, settings: LazySettings
) -> None:
    settings.OIDC_CLIENT_SECRET = "another"
    found = checks(desk)
    assert [one == "works" for one in found] == [True] * 4 + [False, True]
    assert "invalid_client" in found[4]


@pytest.mark.parametrize(
    ("bent", "bad"),
    [
        ({"issuer": "https://evil.example"}, [0]),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, [1]),
        ({"code_challenge_methods_supported": ["plain"]}, [2]),
        ({"jwks_uri": "https://10.0.0.1/keys"}, [3]),
        ({"end_session_endpoint": None}, [5]),
    ],
)
def test_the_step_that_fails_is_the_one_that_is_wrong(
    desk: Client, provider: Provider, bent: Claims, bad: list[int]
) -> None:
    provider.metadata = bent
    found = checks(desk)
    assert [place for place, one in enumerate(found) if one != "works"] == bad


def test_a_provider_that_is_away_is_said_to_be(
    desk: Client, provider: Provider, settings: LazySettings
) -> None:
    settings.OIDC_ISSUER = "https://127.0.0.1:1"
    (found,) = checks(desk)
    assert "could not be reached" in found


def test_what_is_allowed_is_kept_and_shown_again(
    desk: Client, boss: User, provider: Provider
) -> None:
    north = factories.department("North")
    answer = desk.post(
        PAGE,
        {
            "link_by_email": "on", "create_users": "on", "domains": "Example.com, @example.cn",
            "groups_claim": "roles", "department_claim": "ou", "only_provider": "on",
            "break_glass": [str(boss.pk)], "group": ["crm-sales", "North", "", "nothing"],
            "gives": ["sales", str(north.pk), "sales", ""], "strong_acr": "gold  silver",
            "default_roles": ["read_only"],
        },
    )  # fmt: skip
    assert answer.status_code == 302
    rules = sign_in_rules.current()
    assert (rules.domains, rules.strong_acr) == (["example.cn", "example.com"], ["gold", "silver"])
    assert sign_in_rules.only_provider()
    assert set(GroupRule.objects.values_list("value", "role", "department")) == {
        ("crm-sales", "sales", None), ("North", "", north.pk),
    }  # fmt: skip
    page = desk.get(PAGE).text
    assert 'value="crm-sales"' in page
    assert page.count("selected") == 2


def test_what_cannot_be_is_said_on_the_form_and_nothing_is_kept(desk: Client) -> None:
    answer = desk.post(PAGE, {"create_users": "on", "group": ["a"], "gives": ["sales"]})
    assert answer.status_code == 422
    assert "Name the domains" in answer.text
    assert 'value="a"' in answer.text
    assert not GroupRule.objects.exists()


def test_the_officer_reads_and_changes_nothing(provider: Provider) -> None:
    client = Client()
    client.force_login(factories.user(Role.DPO))
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "<fieldset" in page.text
    assert " disabled" in page.text
    assert client.post(PAGE, {"link_by_email": "on"}).status_code == 403
    assert client.post(TEST).status_code == 403
