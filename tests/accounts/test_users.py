"""Users are made, changed, closed; nobody grants above their own; sessions end in time."""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from tests import factories
from zhiyin.accounts import services
from zhiyin.accounts.access import Denied, OutOfSight
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.services import NotAllowed

pytestmark = pytest.mark.django_db


def test_a_new_user_signs_in_with_the_password_shown_once(client: Client) -> None:
    made = services.create_user(by=None, email="Anna@Example.com", name="Anna", roles=[Role.SALES])
    assert made.user.email == "anna@example.com"
    assert _sign_in(client, "ANNA@example.com", made.password)


def test_two_generated_passwords_differ() -> None:
    assert services.generate_password() != services.generate_password()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DPO])
def test_a_manager_grants_no_role_above_their_own(role: Role) -> None:
    north = factories.department()
    manager = factories.user(Role.MANAGER, department=north)
    with pytest.raises(NotAllowed):
        services.create_user(by=manager, email="x@example.com", name="X", roles=[role],
                             department=north)  # fmt: skip
    seller = factories.user(Role.SALES, department=north)
    with pytest.raises(NotAllowed):
        services.change_user(seller, by=manager, name="X", roles=[role], department=north)
    with pytest.raises(NotAllowed):
        services.change_user(manager, by=manager, name="X", roles=[role], department=north)


def test_a_manager_does_not_touch_an_administrator_of_their_department() -> None:
    north = factories.department()
    manager = factories.user(Role.MANAGER, department=north)
    boss = factories.user(Role.ADMINISTRATOR, department=north)
    with pytest.raises(Denied):
        services.deactivate_user(boss, by=manager)
    with pytest.raises(Denied):
        services.reset_password(boss, by=manager)


def test_a_manager_makes_and_moves_people_only_below_themselves() -> None:
    north, south = factories.department(), factories.department()
    manager = factories.user(Role.MANAGER, department=north)
    seller = factories.user(Role.SALES, department=north)
    with pytest.raises(NotAllowed):
        services.change_user(seller, by=manager, name="X", roles=[Role.SALES], department=south)
    with pytest.raises(OutOfSight):
        services.deactivate_user(factories.user(department=south), by=manager)


def test_a_seller_makes_nobody() -> None:
    with pytest.raises(Denied):
        services.create_user(
            by=factories.user(Role.SALES), email="x@example.com", name="X", roles=[Role.SALES]
        )


def test_the_last_administrator_stays() -> None:
    boss, other = factories.user(Role.ADMINISTRATOR), factories.user(Role.ADMINISTRATOR)
    services.deactivate_user(other, by=boss)
    with pytest.raises(NotAllowed):
        services.change_user(boss, by=boss, name="X", roles=[Role.SALES], department=None)
    with pytest.raises(NotAllowed):
        services.deactivate_user(boss, by=boss)


def test_sessions_end_when_the_password_changes() -> None:
    anna = factories.user(email="anna@example.com", password=factories.PASSWORD)
    desk, phone = Client(), Client()
    assert _sign_in(desk, anna.email, factories.PASSWORD)
    assert _sign_in(phone, anna.email, factories.PASSWORD)
    answer = desk.post(
        "/account/password/change/",
        {
            "oldpassword": factories.PASSWORD,
            "password1": "the woodcutter understood",
            "password2": "the woodcutter understood",
        },
    )
    assert answer.status_code == 302
    assert _is_signed_in(desk)
    assert not _is_signed_in(phone)
    assert AuditPending.objects.filter(verb="user.password_changed", by=anna.pk).count() == 1


@pytest.mark.parametrize("deed", ["deactivate", "reset", "roles", "sessions"])
def test_sessions_end_when_the_account_is_closed_or_its_rights_change(deed: str) -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    anna = factories.user(Role.SALES, email="anna@example.com", password=factories.PASSWORD)
    phone = Client()
    assert _sign_in(phone, anna.email, factories.PASSWORD)
    if deed == "deactivate":
        services.deactivate_user(anna, by=boss)
    elif deed == "reset":
        services.reset_password(anna, by=boss)
    elif deed == "roles":
        services.change_user(anna, by=boss, name="Anna", roles=[Role.ANALYST], department=None)
    else:
        services.end_sessions(anna, by=anna)
    assert not _is_signed_in(phone)


def test_a_closed_account_cannot_sign_in(client: Client) -> None:
    anna = factories.user(email="anna@example.com", password=factories.PASSWORD)
    services.deactivate_user(anna, by=factories.user(Role.ADMINISTRATOR))
    assert not _sign_in(client, anna.email, factories.PASSWORD)


def test_every_deed_leaves_an_audit_entry_without_names() -> None:
    boss = factories.user(Role.ADMINISTRATOR)
    made = services.create_user(by=boss, email="anna@example.com", name="Anna", roles=[Role.SALES])
    services.change_user(made.user, by=boss, name="Ann", roles=[Role.SALES], department=None)
    services.deactivate_user(made.user, by=boss)
    entries = AuditPending.objects.order_by("id")
    assert [e.verb for e in entries] == ["user.created", "user.changed", "user.deactivated"]
    assert entries[1].detail["fields"] == ["name"]
    assert "Ann" not in str(list(entries.values()))


def test_a_second_factor_is_asked_for_at_the_next_sign_in_and_its_set_up_is_recorded() -> None:
    anna = factories.user(email="anna@example.com", password=factories.PASSWORD)
    desk, phone = Client(), Client()
    assert _sign_in(desk, anna.email, factories.PASSWORD)
    desk.post("/account/reauthenticate/", {"password": factories.PASSWORD})
    secret = desk.get("/account/2fa/totp/activate/").context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert desk.post("/account/2fa/totp/activate/", {"code": code}).status_code == 302
    assert AuditPending.objects.filter(verb="user.factor_added", by=anna.pk).exists()
    assert not _sign_in(phone, anna.email, factories.PASSWORD)
    assert phone.get("/account/2fa/authenticate/").status_code == 200


def _sign_in(client: Client, email: str, password: str) -> bool:
    client.post("/account/login/", {"login": email, "password": password})
    return _is_signed_in(client)


def _is_signed_in(client: Client) -> bool:
    return client.get("/account/2fa/").status_code == 200


def test_a_password_is_kept_only_as_a_hash() -> None:
    made = services.create_user(by=None, email="x@example.com", name="X", roles=[Role.SALES])
    assert made.password not in str(User.objects.values().get(pk=made.user.pk))
