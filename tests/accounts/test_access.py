"""The policy: denied by default, rows by ownership, fields by sensitivity, roles add up."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from tests import factories
from zhiyin.accounts import access, policy
from zhiyin.accounts.access import Denied, Grant, Level, OutOfSight, Resource, Scope, Sensitivity
from zhiyin.accounts.models import Department, User, Work
from zhiyin.accounts.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resource of this test's own, over the rows of User (owner: the user; with a department)."""
    monkeypatch.setattr(policy, "_resources", dict(policy._resources))
    access.register(
        Resource(
            name="letter",
            actions=frozenset({"see", "change", "burn"}),
            owner="id",
            fields={
                "subject": Sensitivity.PLAIN,
                "phone": Sensitivity.PERSONAL,
                "health": Sensitivity.SENSITIVE,
            },
            grants={
                Role.SALES: (
                    Grant(Scope.TEAM, {"see"}, personal=Level.MASKED),
                    Grant(Scope.OWN, {"change"}, plain=Level.WRITE, personal=Level.WRITE),
                ),
                Role.MANAGER: Grant(Scope.DEPARTMENT, {"see", "change"}, personal=Level.READ),
                Role.DPO: Grant(Scope.ALL, {"see", "burn"}, sensitive=Level.READ),
            },
        )
    )


@dataclass(frozen=True)
class Company:
    north: Department
    north_shop: Department
    south: Department


@pytest.fixture
def company() -> Company:
    north = factories.department("North")
    return Company(north, factories.department("Shop", parent=north), factories.department("South"))


def test_nobody_may_do_what_no_rule_allows() -> None:
    analyst = factories.user(Role.ANALYST)
    assert not access.allowed(analyst, "letter.see")
    assert not access.scoped(analyst, User.objects.all(), "letter.see").exists()
    assert access.scope_sql(analyst, "letter") == ("false", ())
    assert set(access.levels(analyst, "letter").values()) == {Level.HIDDEN}


def test_a_stranger_and_a_closed_account_may_do_nothing() -> None:
    closed = factories.user(Role.DPO)
    closed.is_active = False
    for person in (AnonymousUser(), closed):
        assert not access.allowed(person, "letter.see")
        assert set(access.levels(person, "letter").values()) == {Level.HIDDEN}


def test_an_unknown_permission_is_an_error_and_never_a_yes() -> None:
    with pytest.raises(access.PolicyError):
        access.allowed(factories.user(Role.ADMINISTRATOR), "letter.eat")


def test_a_rule_for_an_action_that_does_not_exist_is_refused() -> None:
    with pytest.raises(access.PolicyError):
        access.register(Resource("x", frozenset({"see"}), {Role.SALES: Grant(Scope.ALL, {"sea"})}))


@pytest.mark.parametrize(
    ("roles", "sees"),
    [
        ([Role.SALES], {"me", "colleague"}),
        ([Role.MANAGER], {"me", "colleague", "below"}),
        ([Role.DPO], {"me", "colleague", "below", "other", "nowhere"}),
        ([Role.SALES, Role.MANAGER], {"me", "colleague", "below"}),
    ],
)
def test_rows_by_scope_in_queryset_in_sql_and_one_by_one(
    company: Company, roles: list[Role], sees: set[str]
) -> None:
    me = factories.user(*roles, department=company.north, name="me")
    factories.user(department=company.north, name="colleague")
    factories.user(department=company.north_shop, name="below")
    factories.user(department=company.south, name="other")
    factories.user(name="nowhere")

    rows = access.scoped(me, User.objects.all(), "letter.see")
    assert {row.name for row in rows} == sees
    where, params = access.scope_sql(me, "letter")
    with connection.cursor() as cursor:
        cursor.execute(f"select name from accounts_user where {where}", params)
        assert {name for (name,) in cursor.fetchall()} == sees
    assert {row.name for row in User.objects.all() if access.can_see_row(me, "letter", row)} == sees


def test_who_has_no_department_sees_only_their_own(company: Company) -> None:
    me = factories.user(Role.MANAGER, name="me")
    factories.user(name="also nowhere")
    assert [row.name for row in access.scoped(me, User.objects.all(), "letter.see")] == ["me"]


def test_the_most_of_all_roles_counts_field_by_field() -> None:
    both = factories.user(Role.MANAGER, Role.DPO)
    assert access.levels(both, "letter") == {
        "subject": Level.READ,
        "phone": Level.READ,
        "health": Level.READ,
    }
    assert access.writable(factories.user(Role.SALES), "letter") == {"subject", "phone"}


def test_a_seen_row_is_denied_and_an_unseen_one_does_not_exist(company: Company) -> None:
    me = factories.user(Role.SALES, department=company.north)
    access.require(me, "letter.change", me)
    with pytest.raises(Denied):
        access.require(me, "letter.change", factories.user(department=company.north))
    with pytest.raises(OutOfSight):
        access.require(me, "letter.change", factories.user(department=company.south))
    with pytest.raises(Denied):
        access.require(me, "letter.burn", me)


def test_scope_costs_one_query_however_often_it_is_asked(
    company: Company, django_assert_num_queries: object
) -> None:
    me = factories.user(Role.MANAGER, department=company.north)
    with django_assert_num_queries(1):  # type: ignore[operator]
        for _ in range(5):
            access.scope_sql(me, "letter")


def test_long_work_is_seen_by_its_owner_alone() -> None:
    anna, bo = factories.user(Role.SALES), factories.user(Role.MANAGER)
    work = Work.objects.create(kind="import", title_zh="导入", title_en="Import", owner=anna)
    assert access.can_see_row(anna, "work", work)
    assert not access.can_see_row(bo, "work", work)
